// From a PIN to the stream that masks a share; on the device only. No rule about PINs is applied here: whatever is entered
// gives a stream, and only the server learns whether it was the right one.
import type { Purpose, Suite } from "../account/purpose.ts";
import { lengthPrefixed } from "../protocol/encoding.ts";

export const PIN_SALT_LENGTH = 32;

/** OWASP's figure for PBKDF2-HMAC-SHA-512. It slows a thief of device and server share; the mask alone tells nothing. */
export const PIN_ITERATIONS = 210_000;

/**
 * `length` bytes: PBKDF2-HMAC-SHA-512 (RFC 8018 §5.2) over the PIN and this key's own random salt, then HKDF-SHA-512 (RFC 5869)
 * with no salt. Its info names purpose, suite and key version, so that no stream ever masks two shares. `pin`: digits in ASCII.
 * Throws a RangeError for a salt that has not 32 bytes.
 */
export async function pinStream(input: {
  readonly pin: Uint8Array<ArrayBuffer>;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly purpose: Purpose;
  readonly suite: Suite;
  readonly keyVersion: number;
  readonly length: number;
  /** Of PBKDF2: part of the key, like the salt. */
  readonly iterations?: number | undefined;
}): Promise<Uint8Array<ArrayBuffer>> {
  const { pin, salt, purpose, suite, keyVersion, length, iterations = PIN_ITERATIONS } = input;
  if (salt.length !== PIN_SALT_LENGTH) throw new RangeError(`the salt has ${PIN_SALT_LENGTH} bytes`);

  const password = await crypto.subtle.importKey("raw", pin, "PBKDF2", false, ["deriveBits"]);
  const stretching = { name: "PBKDF2", hash: "SHA-512", salt, iterations };
  const stretched = new Uint8Array(await crypto.subtle.deriveBits(stretching, password, 512));
  const seed = await crypto.subtle.importKey("raw", stretched, "HKDF", false, ["deriveBits"]);
  stretched.fill(0);

  const info = lengthPrefixed("tally-pin-mask-1", purpose, suite, keyVersion);
  const expansion = { name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(expansion, seed, length * 8));
}
