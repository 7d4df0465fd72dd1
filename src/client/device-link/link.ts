// Device links: what a QR code, a button on a page or another app hands to the person's app. Every byte counts: the authCode is an
// HMAC over the whole link and the request, and the API compares what it computes itself. Made in the back end, never in the page.
import { fromBase64, toBase64, toBase64Url, utf8 } from "../encoding.ts";
import type { StartedDeviceLink } from "../session/started.ts";

export interface LinkOptions {
  /** What your page speaks: ISO 639-2, three lower-case letters; `eng` where it is not given. */
  readonly language?: string;
}

const SESSION_TYPES = { authentication: "auth", signature: "sign", "certificate-choice": "cert" } as const;

/** For a button or a redirect on the device where the app is. Throws where the session was started without `initialCallbackUrl`. */
export function deviceLink(started: StartedDeviceLink, type: "Web2App" | "App2App", options: LinkOptions = {}): Promise<string> {
  if (started.initialCallbackUrl === "") throw new TypeError(`${type} needs an initialCallbackUrl from the start`);
  return protectedLink(started, `deviceLinkType=${type}`, started.initialCallbackUrl, options);
}

/** What a QR code shows at `now` (milliseconds since the epoch); another one each second. */
export function qrLink(started: StartedDeviceLink, now: number = Date.now(), options: LinkOptions = {}): Promise<string> {
  return protectedLink(started, `deviceLinkType=QR&elapsedSeconds=${elapsedSeconds(started, now)}`, "", options);
}

/** Whole seconds since the session was started. */
export const elapsedSeconds = ({ receivedAt }: StartedDeviceLink, now: number): number =>
  Math.max(0, Math.floor((now - receivedAt) / 1000));

/** Exactly this order; nothing is URL-encoded, so that both sides have the same bytes. */
async function protectedLink(
  started: StartedDeviceLink,
  kind: string,
  callback: string,
  { language = "eng" }: LinkOptions,
): Promise<string> {
  if (!/^[a-z]{3}$/.test(language)) throw new TypeError("language: three lower-case letters (ISO 639-2)");
  const { deviceLinkBase, sessionToken } = started;
  const link =
    `${deviceLinkBase}?${kind}&sessionToken=${sessionToken}&sessionType=${SESSION_TYPES[started.kind]}` +
    `&version=1.0&lang=${language}`;
  return `${link}&authCode=${await authCode(started, callback, link)}`;
}

/** `callback`: empty for QR. Protocol, what is signed and interactions are empty for the choice of a certificate. */
async function authCode(started: StartedDeviceLink, callback: string, link: string): Promise<string> {
  const payload = [
    started.schemeName,
    ...signedTerms(started),
    toBase64(utf8(started.relyingPartyName)),
    toBase64(utf8(started.brokeredRelyingPartyName)),
    "interactions" in started ? started.interactions : "",
    callback,
    link,
  ].join("|");
  const secret = fromBase64(started.sessionSecret);
  if (secret === undefined) throw new TypeError("sessionSecret is not base64");
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(payload))));
}

function signedTerms(started: StartedDeviceLink): readonly [protocol: string, toSign: string] {
  switch (started.kind) {
    case "authentication":
      return ["ACSP_V2", started.rpChallenge];
    case "signature":
      return ["RAW_DIGEST_SIGNATURE", started.digest];
    case "certificate-choice":
      return ["", ""];
  }
}
