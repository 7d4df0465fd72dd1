// From a sessionID, which only its relying party knows, to the name of the Session object, which is the token of its device links, and
// to what else a repeated request must find again without its being stored. One way: whoever sees a token cannot ask for the result.
import { bytesToHex } from "@noble/hashes/utils.js";
import { fromBase64, utf8 } from "../protocol/encoding.ts";
import { randomVerificationCode } from "../protocol/verification-code.ts";
import type { Environment } from "../environment.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 > 2^256. */
const NAME_LENGTH = 43;

/** 43 characters of base62: HMAC-SHA-256 of the sessionID under the deployment's SESSION_NAME_KEY. */
export async function sessionName(environment: Environment, sessionID: string): Promise<string> {
  return base62(await keyedHash(environment, sessionID.toLowerCase()));
}

/**
 * The verification code of a notification signature. Nobody without the key can foresee it, and a repeated request gets the
 * same one without anything being stored for it.
 */
export async function signatureVerificationCode(environment: Environment, sessionID: string): Promise<string> {
  const bytes = await keyedHash(environment, `verification-code ${sessionID.toLowerCase()}`);
  let drawn = 0;
  return randomVerificationCode((length) => {
    // Eight times four bytes: that each four hold one of the few that are thrown away does not happen.
    if (drawn === bytes.length) throw new Error("no fair digits in 32 bytes");
    return bytes.subarray(drawn, (drawn += length));
  });
}

/** 32 bytes: the relying party makes the authCodes of a session's device links with it. */
export const sessionSecret = (environment: Environment, sessionID: string): Promise<Uint8Array> =>
  keyedHash(environment, `session-secret ${sessionID.toLowerCase()}`);

/**
 * The sessionID (UUID) of the one signature that follows a certificate choice. The same request is the same session as long as the choice
 * is remembered, so that an answer that was lost can be asked for again.
 */
export async function followingSessionID(environment: Environment, linkedSessionID: string, request: string): Promise<string> {
  const bytes = (await keyedHash(environment, `following ${linkedSessionID.toLowerCase()} ${request}`)).slice(0, 16);
  // RFC 9562 §4: version 4, as clients expect.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function keyedHash(environment: Environment, message: string): Promise<Uint8Array> {
  const secret = fromBase64(await environment.SESSION_NAME_KEY.get());
  if (secret?.length !== 32) throw new Error("SESSION_NAME_KEY is not 32 bytes in base64");
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(message)));
}

function base62(bytes: Uint8Array): string {
  let number = bytes.reduce((total, byte) => (total << 8n) | BigInt(byte), 0n);
  let text = "";
  for (let index = 0; index < NAME_LENGTH; index++) {
    text = BASE62.charAt(Number(number % 62n)) + text;
    number /= 62n;
  }
  return text;
}
