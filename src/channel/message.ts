// The outer envelope of every message of the device channel: a compact JWE (RFC 7516), `dir` with A256GCM, `kid` = handle.
// The protected header has exactly one spelling, compared before anything is decrypted: no `zip`, no `crit`, no other `alg`.
import { CompactEncrypt, compactDecrypt } from "jose";
import { fromBase64Url, toBase64Url, utf8 } from "../protocol/encoding.ts";

/** Characters; longer messages are refused unread. */
export const MAXIMUM_MESSAGE_LENGTH = 32 * 1024;
export const IV_LENGTH = 12;

const HANDLE = /^[0-9a-f]{64}$/;

/** Deterministic in its arguments: an answer sealed again with its stored IV has the same bytes. */
export async function sealMessage(
  key: Uint8Array,
  handle: string,
  plaintext: Uint8Array,
  initializationVector: Uint8Array,
): Promise<string> {
  return new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: handle })
    .setInitializationVector(initializationVector)
    .encrypt(key);
}

/** Undefined for whatever does not open, without saying why. */
export async function openMessage(key: Uint8Array, handle: string, message: string): Promise<Uint8Array | undefined> {
  if (message.length > MAXIMUM_MESSAGE_LENGTH) return undefined;
  if (!message.startsWith(`${protectedHeader(handle)}..`)) return undefined;
  // Decoders skip white space and stray bits: without this, other bytes would open as the same message.
  if (!message.split(".").every((segment) => fromBase64Url(segment) !== undefined)) return undefined;
  const options = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
  const opened = await compactDecrypt(message, key, options).catch(() => undefined);
  return opened?.plaintext;
}

/** The account that a message claims to be for; undefined where the header is not exactly the expected one. */
export function handleOf(message: string): string | undefined {
  const header = message.slice(0, message.indexOf("."));
  if (header.length === 0 || header.length > 256) return undefined;
  try {
    const { kid } = JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/"))) as { kid?: unknown };
    return typeof kid === "string" && HANDLE.test(kid) && header === protectedHeader(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}

const protectedHeader = (handle: string): string =>
  toBase64Url(utf8(JSON.stringify({ alg: "dir", enc: "A256GCM", kid: handle })));
