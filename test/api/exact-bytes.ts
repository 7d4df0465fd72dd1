// What a relying party computes for itself, byte for byte as the public documentation of the RP API says (pages "Signature protocols",
// "Device link flows", "authCode calculation", "Callback URLs", "Notification based flows"). Written from these alone: knows nothing of
// the server's code.
import { createHash, createHmac } from "node:crypto";

export const SCHEME_NAME = "smart-id";

export type FlowType = "QR" | "Web2App" | "App2App" | "Notification";
export type LinkType = Exclude<FlowType, "Notification">;
export type SessionType = "auth" | "sign" | "cert";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const sha256 = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();

export interface AuthenticationContext {
  readonly serverRandom: string;
  readonly rpChallenge: string;
  readonly userChallenge: string;
  readonly relyingPartyName: string;
  readonly brokeredRpName?: string;
  /** Base64 as sent. */
  readonly interactions: string;
  readonly interactionTypeUsed: string;
  readonly initialCallbackUrl?: string;
  readonly flowType: FlowType;
}

/** What the signature of an authentication is over. */
export function acspV2Payload(context: AuthenticationContext): string {
  const returns = context.flowType === "Web2App" || context.flowType === "App2App";
  return [
    SCHEME_NAME,
    "ACSP_V2",
    context.serverRandom,
    context.rpChallenge,
    context.userChallenge,
    base64(context.relyingPartyName),
    base64(context.brokeredRpName ?? ""),
    sha256(context.interactions).toString("base64"),
    context.interactionTypeUsed,
    returns ? (context.initialCallbackUrl ?? "") : "",
    context.flowType,
  ].join("|");
}

/** Of a notification authentication, four digits. `rpChallenge`: base64. */
export function verificationCode(rpChallenge: string): string {
  const digest = sha256(Buffer.from(rpChallenge, "base64"));
  return String(digest.readUInt16BE(digest.length - 2) % 10_000).padStart(4, "0");
}

export interface LinkParts {
  readonly deviceLinkBase: string;
  readonly deviceLinkType: LinkType;
  /** QR only. */
  readonly elapsedSeconds?: number;
  readonly sessionToken: string;
  readonly sessionType: SessionType;
  readonly lang?: string;
}

/** What the authCode ties a link to. The first and the third are absent for a certificate choice. */
export interface LinkTerms {
  /** The rpChallenge or the digest, base64. */
  readonly signed?: string;
  readonly relyingPartyName: string;
  readonly brokeredRpName?: string;
  readonly interactions?: string;
  readonly initialCallbackUrl?: string;
}

const PROTOCOLS: Readonly<Record<SessionType, string>> = { auth: "ACSP_V2", sign: "RAW_DIGEST_SIGNATURE", cert: "" };

/** A whole link. `sessionSecret`: base64. */
export function deviceLink(parts: LinkParts, terms: LinkTerms, sessionSecret: string): string {
  const elapsed = parts.deviceLinkType === "QR" ? `&elapsedSeconds=${parts.elapsedSeconds ?? 0}` : "";
  const unprotectedLink =
    `${parts.deviceLinkBase}?deviceLinkType=${parts.deviceLinkType}${elapsed}&sessionToken=${parts.sessionToken}` +
    `&sessionType=${parts.sessionType}&version=1.0&lang=${parts.lang ?? "eng"}`;
  const payload = [
    SCHEME_NAME,
    PROTOCOLS[parts.sessionType],
    terms.signed ?? "",
    base64(terms.relyingPartyName),
    base64(terms.brokeredRpName ?? ""),
    terms.interactions ?? "",
    parts.deviceLinkType === "QR" ? "" : (terms.initialCallbackUrl ?? ""),
    unprotectedLink,
  ].join("|");
  const authCode = createHmac("sha256", Buffer.from(sessionSecret, "base64")).update(payload).digest("base64url");
  return `${unprotectedLink}&authCode=${authCode}`;
}

/** What comes back with the person, to the browser that began. `sessionSecret`: base64. */
export const sessionSecretDigest = (sessionSecret: string): string =>
  sha256(Buffer.from(sessionSecret, "base64")).toString("base64url");

/** Only the app that signed can know what this is the hash of. */
export const userChallengeOf = (verifier: string): string => sha256(verifier).toString("base64url");
