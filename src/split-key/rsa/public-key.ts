// SubjectPublicKeyInfo of a composite RSA key (RFC 8017 §A.1.1, RFC 5280 §4.1.2.7). Written by hand and not with an ASN.1
// library because the device reads it too and one shape is all there is: e is always 65537.
import { concatBytes, equalBytes } from "../../protocol/encoding.ts";
import { PUBLIC_EXPONENT, bitLength, toBigInt, toFixedBytes } from "./modular-arithmetic.ts";

/** AlgorithmIdentifier: rsaEncryption, NULL. */
const RSA_ENCRYPTION = Uint8Array.of(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00);

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
/** Bytes before the modulus' own bytes: three headers of four, the algorithm, the header of the bit string and its unused bits. */
const MODULUS_OFFSET = 4 + RSA_ENCRYPTION.length + 5 + 4 + 4;
/** Bytes after them: 02 03 01 00 01. */
const EXPONENT_LENGTH = 5;

/** DER of (modulus, 65537). */
export function encodePublicKey(modulus: bigint): Uint8Array<ArrayBuffer> {
  const key = element(SEQUENCE, concatBytes(unsignedInteger(modulus), unsignedInteger(PUBLIC_EXPONENT)));
  return element(SEQUENCE, concatBytes(RSA_ENCRYPTION, element(BIT_STRING, concatBytes(Uint8Array.of(0), key))));
}

/** The modulus; undefined for anything but the one DER spelling of an RSA key of 2041 bits or more with e = 65537. */
export function decodePublicKey(publicKey: Uint8Array): bigint | undefined {
  if (publicKey.length < MODULUS_OFFSET + 256 || publicKey.length > 2048) return undefined;
  const modulus = toBigInt(publicKey.subarray(MODULUS_OFFSET, publicKey.length - EXPONENT_LENGTH));
  return equalBytes(encodePublicKey(modulus), publicKey) ? modulus : undefined;
}

/** The leading zero keeps a number with its top bit set from reading as negative (X.690 §8.3). */
function unsignedInteger(value: bigint): Uint8Array {
  return element(INTEGER, toFixedBytes(value, Math.floor(bitLength(value) / 8) + 1));
}

/** Tag, length in the shortest form (X.690 §10.1), content of less than 64 KiB. */
function element(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...header), content);
}
