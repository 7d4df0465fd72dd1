// What both halves of suite `rsa` must compute alike: lengths, the offer, and EM, the number that is signed.
// Four-prime RSA after "Server-Supported RSA Signatures for Mobile Devices" (Buldas, Kalu, Laud, Oruaas, ESORICS 2017):
// n = n1·n2, n1 the device's and n2 the server's; d1' + d1'' ≡ 1/e (mod φ(n1)), d1' on the device and d1'' at the server.
import { HASH_LENGTHS, IMPLIED_HASH } from "../../protocol/algorithms.ts";
import { fromBase64Url, toBase64Url } from "../../protocol/encoding.ts";
import type { MessageToSign, Offer, RandomBytes } from "../scheme.ts";
import { emsaPkcs1, emsaPss } from "./emsa.ts";

/** Bits of n1 and of n2. */
export const HALF_MODULUS_BITS = 3072;
/** Bytes of n1, n2, d1'' and of a contribution. */
export const HALF_LENGTH = 384;
/** Bytes of d1': 128 bits more than φ(n1) has, so that d1'' is uniform but for 2^-128 whatever d1 is. */
export const DEVICE_SHARE_LENGTH = 400;
/** Bytes of n, of EM and of a signature. */
export const MODULUS_LENGTH = 768;

/** The product of two numbers of 3072 bits has one bit less about as often as not. */
export const isCompositeLength = (modulusBits: unknown): modulusBits is number => modulusBits === 6143 || modulusBits === 6144;

/**
 * The server draws the PSS salt, as long as the hash: a salt of the device's choice would be a covert channel, and an old
 * contribution could be used again. PKCS#1 v1.5 has none.
 */
export function makeOffer(
  modulusBits: number,
  message: Pick<MessageToSign, "signatureAlgorithm" | "hashAlgorithm">,
  random: RandomBytes,
): Offer {
  if (message.signatureAlgorithm !== "rsassa-pss") return { modulusBits };
  return { modulusBits, salt: toBase64Url(random(HASH_LENGTHS[message.hashAlgorithm])) };
}

/**
 * EM in 768 bytes; below the modulus by its construction. Undefined for an offer that no honest server makes, a hash that
 * contradicts the algorithm's name, or a digest of another length than the hash's.
 */
export function encodeMessage(message: MessageToSign, offer: Offer): Uint8Array<ArrayBuffer> | undefined {
  const { signatureAlgorithm, hashAlgorithm, digest } = message;
  const { modulusBits, salt, ...unknown } = offer as { modulusBits?: string | number; salt?: string | number };
  if (!isCompositeLength(modulusBits) || Object.keys(unknown).length > 0) return undefined;
  if (digest.length !== HASH_LENGTHS[hashAlgorithm]) return undefined;

  if (signatureAlgorithm === "rsassa-pss") {
    const saltBytes = typeof salt === "string" ? fromBase64Url(salt) : undefined;
    if (saltBytes?.length !== HASH_LENGTHS[hashAlgorithm]) return undefined;
    return emsaPss({ hashAlgorithm, digest, salt: saltBytes, emBits: modulusBits - 1 });
  }
  if (salt !== undefined || IMPLIED_HASH[signatureAlgorithm] !== hashAlgorithm) return undefined;
  return emsaPkcs1({ hashAlgorithm, digest, emLength: MODULUS_LENGTH });
}
