// The relying party's part of device-link flows: starts a session, and makes links for it.
import { expect } from "vitest";
import { authCodeOf, type DeviceLinkType, deviceLinkText, type SessionType } from "../../src/protocol/device-link.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { anAuthentication, aSignature, DEMO, post } from "./relying-party.ts";

export interface StartedLink {
  readonly sessionID: string;
  readonly sessionToken: string;
  readonly sessionSecret: string;
  readonly deviceLinkBase: string;
  /** As it was sent. */
  readonly body: Body;
  readonly sessionType: SessionType;
}

interface Body {
  readonly nonce?: string;
  readonly interactions?: string;
  readonly signatureProtocolParameters?: { readonly rpChallenge?: string; readonly digest?: string };
  readonly initialCallbackUrl?: string;
}

export const CALLBACK = "https://rp.example.com/callback?value=RrKjjT4aggzu27YBddX1bQ";

/** `path` begins behind `authentication/device-link/`. */
export const startAuthenticationLink = (path = "anonymous", changes: object = {}): Promise<StartedLink> =>
  start(`/authentication/device-link/${path}`, { ...anAuthentication(), ...changes }, "auth");

/** `path` begins behind `signature/device-link/`. */
export const startSignatureLink = (path: string, changes: object = {}): Promise<StartedLink> =>
  start(`/signature/device-link/${path}`, { ...aSignature(), ...changes }, "sign");

export const startCertificateChoiceLink = (changes: object = {}): Promise<StartedLink> =>
  start(
    "/signature/certificate-choice/device-link/anonymous",
    { ...DEMO, nonce: crypto.randomUUID().slice(0, 30), ...changes },
    "cert",
  );

async function start(path: string, body: Body, sessionType: SessionType): Promise<StartedLink> {
  const response = await post(path, body);
  expect(response.status, await response.clone().text()).toBe(200);
  return { ...(await response.json<Omit<StartedLink, "body" | "sessionType">>()), body, sessionType };
}

/** `forged`: with the right token, by somebody who does not have the secret. */
export function linkOf(
  started: StartedLink,
  deviceLinkType: DeviceLinkType = "QR",
  { elapsedSeconds = 0, forged = false } = {},
): string {
  const { body, sessionType, sessionToken, deviceLinkBase } = started;
  const unprotected = {
    deviceLinkBase,
    deviceLinkType,
    ...(deviceLinkType === "QR" && { elapsedSeconds }),
    sessionToken,
    sessionType,
    language: "eng",
  };
  const parameters = body.signatureProtocolParameters;
  const terms = {
    schemeName: "smart-id",
    signatureProtocol: sessionType === "cert" ? "" : sessionType === "auth" ? "ACSP_V2" : "RAW_DIGEST_SIGNATURE",
    toSign: parameters?.rpChallenge ?? parameters?.digest ?? "",
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    interactions: body.interactions ?? "",
    initialCallbackUrl: body.initialCallbackUrl ?? "",
  } as const;
  const secret = forged ? new Uint8Array(32) : (fromBase64(started.sessionSecret) ?? new Uint8Array());
  return deviceLinkText({ ...unprotected, authCode: authCodeOf(secret, terms, unprotected) });
}
