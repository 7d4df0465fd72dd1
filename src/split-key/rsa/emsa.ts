// The two encodings of a digest that RSA signs: EMSA-PSS and EMSA-PKCS1-v1_5 (RFC 8017 §9.1.1 and §9.2). Encoding only:
// both halves build EM themselves and compare it; nothing here decodes, so there is no padding to be lenient about.
import { type HashAlgorithm, HASH_LENGTHS, hash } from "../../protocol/algorithms.ts";
import { concatBytes } from "../../protocol/encoding.ts";

/** DER of DigestInfo up to the digest itself (RFC 8017 §9.2, note 1). The API names no PKCS#1 v1.5 algorithm with SHA-3. */
const DIGEST_INFO_PREFIXES: Partial<Record<HashAlgorithm, readonly number[]>> = {
  "SHA-256": [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20],
  "SHA-384": [0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30],
  "SHA-512": [0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40],
};

/** MGF1 (RFC 8017 §B.2.1). `length` in bytes. */
export function maskGeneration(algorithm: HashAlgorithm, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * HASH_LENGTHS[algorithm] < length; counter++) {
    const counterBytes = new Uint8Array(4);
    new DataView(counterBytes.buffer).setUint32(0, counter);
    blocks.push(hash(algorithm, concatBytes(seed, counterBytes)));
  }
  return concatBytes(...blocks).subarray(0, length);
}

/**
 * EMSA-PSS of a digest that was computed before (steps 3–13), MGF1 with the same hash, trailer 0xbc.
 * `emBits`: the modulus' length in bits less one. Throws a RangeError for a digest of another length than its hash's or an
 * EM too short for digest and salt.
 */
export function emsaPss(input: {
  readonly hashAlgorithm: HashAlgorithm;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  readonly emBits: number;
}): Uint8Array<ArrayBuffer> {
  const { hashAlgorithm, digest, salt, emBits } = input;
  checkDigest(hashAlgorithm, digest);
  const emLength = Math.ceil(emBits / 8);
  const paddingLength = emLength - salt.length - digest.length - 2;
  if (paddingLength < 0) throw new RangeError("the modulus is too short for this digest and salt");

  const digestOfSalted = hash(hashAlgorithm, concatBytes(new Uint8Array(8), digest, salt));
  const block = concatBytes(new Uint8Array(paddingLength), Uint8Array.of(1), salt);
  const mask = maskGeneration(hashAlgorithm, digestOfSalted, block.length);
  block.forEach((byte, index) => (block[index] = byte ^ (mask[index] ?? 0)));
  block.set([(block[0] ?? 0) & (0xff >> (8 * emLength - emBits))]);
  return concatBytes(block, digestOfSalted, Uint8Array.of(0xbc));
}

/**
 * EMSA-PKCS1-v1_5 of a digest that was computed before, in `emLength` bytes. Throws a RangeError for a digest of another
 * length than its hash's, a hash without a PKCS#1 v1.5 name in the API, or an EM with less than 8 bytes of padding.
 */
export function emsaPkcs1(input: {
  readonly hashAlgorithm: HashAlgorithm;
  readonly digest: Uint8Array;
  readonly emLength: number;
}): Uint8Array<ArrayBuffer> {
  const { hashAlgorithm, digest, emLength } = input;
  checkDigest(hashAlgorithm, digest);
  const prefix = DIGEST_INFO_PREFIXES[hashAlgorithm];
  if (prefix === undefined) throw new RangeError(`no PKCS#1 v1.5 signature with ${hashAlgorithm}`);
  const paddingLength = emLength - prefix.length - digest.length - 3;
  if (paddingLength < 8) throw new RangeError("the modulus is too short for this digest");
  const padding = new Uint8Array(paddingLength).fill(0xff);
  return concatBytes(Uint8Array.of(0, 1), padding, Uint8Array.of(0), Uint8Array.from(prefix), digest);
}

function checkDigest(hashAlgorithm: HashAlgorithm, digest: Uint8Array): void {
  if (digest.length !== HASH_LENGTHS[hashAlgorithm])
    throw new RangeError(`a digest of ${digest.length} bytes is not ${hashAlgorithm}`);
}
