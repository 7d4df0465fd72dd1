// RSA signatures (RFC 8017 §8.1.2, §8.2.2), verified here and not by WebCrypto, which cannot do it over a hash alone, and on Deno not by
// keys of more than 4096 bits: these have 6144. Public keys only: nothing here is secret, nothing has to be constant in time.
import type { X509Certificate } from "@peculiar/x509";
import { ALGORITHMS, type HashAlgorithm, type RsaNames } from "../algorithms.ts";
import { digestBytes } from "../encoding.ts";

const SMALLEST_MODULUS_BITS = 3072;
/** A key that takes for ever to compute with is an attack. */
const LARGEST_MODULUS_BITS = 8192;
const SMALLEST_EXPONENT = 65_537n;
const LARGEST_EXPONENT = 0xffff_ffffn;

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
  readonly bits: number;
}

/** Undefined for a key of another kind, or of a size that nobody may sign with. */
export async function rsaKeyOf({ publicKey }: X509Certificate): Promise<RsaKey | undefined> {
  try {
    const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("spki", publicKey.rawData, algorithm, true, ["verify"]);
    const { n = "", e = "" } = (await crypto.subtle.exportKey("jwk", key)) as { readonly n?: string; readonly e?: string };
    const [modulus, exponent] = [toNumber(fromBase64Url(n)), toNumber(fromBase64Url(e))];
    const bits = modulus.toString(2).length;
    const sound =
      bits >= SMALLEST_MODULUS_BITS &&
      bits <= LARGEST_MODULUS_BITS &&
      exponent >= SMALLEST_EXPONENT &&
      exponent <= LARGEST_EXPONENT &&
      (exponent & 1n) === 1n;
    return sound ? { modulus, exponent, bits } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the signature is over exactly this hash. */
export async function verifiesRsa(
  key: RsaKey,
  names: RsaNames,
  digest: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const length = Math.ceil(key.bits / 8);
  const value = toNumber(signature);
  if (digest.length !== names.hashLength || signature.length !== length || value >= key.modulus) return false;
  const encoded = toBytes(power(value, key), length);
  return names.scheme === "RSA-PSS" ? isPssEncoding(encoded, key.bits, digest, names) : isPkcs1Encoding(encoded, digest, names);
}

/** RFC 8017 §9.1.2, with a salt as long as the hash. `encoded`: as long as the modulus, one byte too many for some of its sizes. */
async function isPssEncoding(
  encoded: Uint8Array<ArrayBuffer>,
  modulusBits: number,
  digest: Uint8Array<ArrayBuffer>,
  { hashAlgorithm, hashLength }: RsaNames,
): Promise<boolean> {
  const bits = modulusBits - 1;
  const length = Math.ceil(bits / 8);
  if (encoded.length > length && encoded[0] !== 0) return false;
  const message = encoded.subarray(encoded.length - length);
  if (message.at(-1) !== 0xbc) return false;
  const masked = message.subarray(0, length - hashLength - 1);
  const hash = message.subarray(masked.length, length - 1);
  const topMask = 0xff >> (8 * length - bits);
  if (((masked[0] ?? 0) & ~topMask) !== 0) return false;
  const mask = await maskOf(hash, masked.length, hashAlgorithm);
  const block = masked.map((byte, index) => byte ^ (mask[index] ?? 0));
  block[0] = (block[0] ?? 0) & topMask;
  const zeros = block.length - hashLength - 1;
  if (block.subarray(0, zeros).some((byte) => byte !== 0) || block[zeros] !== 1) return false;
  const salted = joined(new Uint8Array(8), digest, block.subarray(zeros + 1));
  return isSame(hash, await digestBytes(hashAlgorithm, salted));
}

/** MGF1 (RFC 8017 B.2.1). */
async function maskOf(seed: Uint8Array, length: number, hash: HashAlgorithm): Promise<Uint8Array> {
  const count = Math.ceil(length / ALGORITHMS[`rsassa-pss/${hash}`].hashLength);
  const blocks = Array.from({ length: count }, (_, counter) =>
    digestBytes(hash, joined(seed, new Uint8Array([counter >> 24, counter >> 16, counter >> 8, counter]))),
  );
  return joined(...(await Promise.all(blocks))).subarray(0, length);
}

/** DER in front of the hash, of the DigestInfo with a NULL parameter (RFC 8017 §9.2, note 1). */
const DIGEST_INFO: Readonly<Record<HashAlgorithm, readonly number[]>> = {
  "SHA-256": [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20],
  "SHA-384": [0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30],
  "SHA-512": [0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40],
};

/** RFC 8017 §8.2.2: made anew and compared as a whole; what is parsed can be forged. */
function isPkcs1Encoding(encoded: Uint8Array, digest: Uint8Array, { hashAlgorithm }: RsaNames): boolean {
  const info = joined(new Uint8Array(DIGEST_INFO[hashAlgorithm]), digest);
  const padding = new Uint8Array(encoded.length - info.length - 3).fill(0xff);
  return isSame(encoded, joined(new Uint8Array([0, 1]), padding, new Uint8Array([0]), info));
}

function power(base: bigint, { modulus, exponent }: RsaKey): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function fromBase64Url(text: string): Uint8Array {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
}

const toNumber = (bytes: Uint8Array): bigint =>
  BigInt(`0x0${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);

function toBytes(value: bigint, length: number): Uint8Array<ArrayBuffer> {
  const text = value.toString(16).padStart(2 * length, "0");
  return Uint8Array.from({ length }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((offset, part) => {
    bytes.set(part, offset);
    return offset + part.length;
  }, 0);
  return bytes;
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);
