// Device links: what a QR code, a button on a web page or another app hands to the authenticator, the authCode by which the server
// knows that the session's relying party made it, and the way back. Every byte counts: whoever builds one knows only what is here.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64, toBase64Url, utf8 } from "./encoding.ts";

export const DEVICE_LINK_TYPES = ["QR", "Web2App", "App2App"] as const;
/** `QR` goes to another device; the other two stay on this one and return to a callback. */
export type DeviceLinkType = (typeof DEVICE_LINK_TYPES)[number];

/** Of the session: an authentication, a signature, or the choice of a certificate. */
export type SessionType = "auth" | "sign" | "cert";

export const DEVICE_LINK_LIMIT = 2048;

/** A link without its authCode. */
export interface UnprotectedLink {
  /** Address in front of the query, as the session's answer named it. */
  readonly deviceLinkBase: string;
  readonly deviceLinkType: DeviceLinkType;
  /** Whole seconds between the session's answer and the making of this code; QR only. */
  readonly elapsedSeconds?: number;
  /** Letters and digits. */
  readonly sessionToken: string;
  readonly sessionType: SessionType;
  /** ISO 639-2, three lower-case letters: what the relying party's page speaks. */
  readonly language: string;
}

export interface DeviceLink extends UnprotectedLink {
  /** 43 characters of base64url. */
  readonly authCode: string;
}

/** Exactly this order; nothing is URL-encoded, so that both sides have the same bytes. */
export function unprotectedLinkText(link: UnprotectedLink): string {
  const elapsed = link.elapsedSeconds === undefined ? "" : `&elapsedSeconds=${link.elapsedSeconds}`;
  return (
    `${link.deviceLinkBase}?deviceLinkType=${link.deviceLinkType}${elapsed}&sessionToken=${link.sessionToken}` +
    `&sessionType=${link.sessionType}&version=1.0&lang=${link.language}`
  );
}

export const deviceLinkText = (link: DeviceLink): string => `${unprotectedLinkText(link)}&authCode=${link.authCode}`;

const LINK = new RegExp(
  "^(?<deviceLinkBase>https?://[^?#\\s]{1,512})\\?deviceLinkType=(?<deviceLinkType>QR|Web2App|App2App)" +
    "(?:&elapsedSeconds=(?<elapsedSeconds>0|[1-9][0-9]{0,5}))?&sessionToken=(?<sessionToken>[A-Za-z0-9]{24,64})" +
    "&sessionType=(?<sessionType>auth|sign|cert)&version=1\\.0&lang=(?<language>[a-z]{3})&authCode=(?<authCode>[A-Za-z0-9_-]{43})$",
);

/** Undefined for whatever is not a device link of this version, in this one spelling. */
export function parseDeviceLink(text: string): DeviceLink | undefined {
  const groups = text.length <= DEVICE_LINK_LIMIT ? LINK.exec(text)?.groups : undefined;
  if (groups === undefined) return undefined;
  const { deviceLinkBase = "", sessionToken = "", language = "", authCode = "", elapsedSeconds } = groups;
  const deviceLinkType = groups["deviceLinkType"] as DeviceLinkType;
  if ((deviceLinkType === "QR") !== (elapsedSeconds !== undefined)) return undefined;
  return {
    deviceLinkBase,
    deviceLinkType,
    ...(elapsedSeconds !== undefined && { elapsedSeconds: Number(elapsedSeconds) }),
    sessionToken,
    sessionType: groups["sessionType"] as SessionType,
    language,
    authCode,
  };
}

/** What the authCode covers besides the link. All texts as the relying party sent them. */
export interface LinkTerms {
  /** First field, as in ACSP_V2. */
  readonly schemeName: string;
  /** Empty, as the next and the interactions, for the choice of a certificate. */
  readonly signatureProtocol: "ACSP_V2" | "RAW_DIGEST_SIGNATURE" | "";
  /** The rpChallenge or the digest. */
  readonly toSign: string;
  readonly relyingPartyName: string;
  readonly brokeredRpName: string;
  readonly interactions: string;
  /** Empty where none was given. */
  readonly initialCallbackUrl: string;
}

/** `sessionSecret`: the decoded bytes. Synchronous, so that nothing happens between the reading of a session and its decision. */
export function authCodeOf(sessionSecret: Uint8Array, terms: LinkTerms, link: UnprotectedLink): string {
  const payload = [
    terms.schemeName,
    terms.signatureProtocol,
    terms.toSign,
    toBase64(utf8(terms.relyingPartyName)),
    toBase64(utf8(terms.brokeredRpName)),
    terms.interactions,
    link.deviceLinkType === "QR" ? "" : terms.initialCallbackUrl,
    unprotectedLinkText(link),
  ].join("|");
  return toBase64Url(hmac(sha256, sessionSecret, utf8(payload)));
}

/** What goes back to the relying party shows that it goes to the browser that began: base64url of SHA-256 of the decoded secret. */
export const sessionSecretDigest = (sessionSecret: Uint8Array): string => toBase64Url(sha256(sessionSecret));

/** Of a userChallengeVerifier, its ASCII characters: 43 characters of base64url. */
export const userChallengeOf = (verifier: string): string => toBase64Url(sha256(utf8(verifier)));

/** Where the person returns to. `userChallengeVerifier`: of an authentication that was signed. */
export function callbackAddress(
  initialCallbackUrl: string,
  values: { readonly sessionSecretDigest: string; readonly userChallengeVerifier?: string | undefined },
): string {
  const separator = initialCallbackUrl.includes("?") ? "&" : "?";
  const verifier = values.userChallengeVerifier === undefined ? "" : `&userChallengeVerifier=${values.userChallengeVerifier}`;
  return `${initialCallbackUrl}${separator}sessionSecretDigest=${values.sessionSecretDigest}${verifier}`;
}

export const CALLBACK_LIMIT = 1800;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a person may be sent there: https, or plain http to the person's own machine (RFC 8252 §7.3), without user, fragment and the
 * separator of ACSP_V2. ASCII alone (RFC 3986 §2): what browsers would encode is not what was signed.
 */
export function isCallbackUrl(text: string): boolean {
  if (text.length > CALLBACK_LIMIT || !/^[\u0021-\u007e]+$/.test(text) || /[|#\\]/.test(text)) return false;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return (
    (protocol === "https:" && text.startsWith("https://")) ||
    (protocol === "http:" && text.startsWith("http://") && LOOPBACK.test(hostname))
  );
}
