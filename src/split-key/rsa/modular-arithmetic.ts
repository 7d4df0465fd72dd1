// Integers modulo n on BigInt, for both halves of suite `rsa`. No I/O, no randomness.
// BigInt runs in a time that depends on its operands: nothing here may serve an attacker who can time single operations
// of the server on a secret; the server's secret exponents go through node:crypto (server-arithmetic.ts).
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** e of every key of this suite. */
export const PUBLIC_EXPONENT = 65537n;

/** Big-endian, unsigned (OS2IP, RFC 8017 §4.2). No bytes are 0. */
export const toBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`));

/** Big-endian in exactly `length` bytes (I2OSP, RFC 8017 §4.1). Throws a RangeError for a value that does not fit. */
export function toFixedBytes(value: bigint, length: number): Uint8Array<ArrayBuffer> {
  if (value < 0n || bitLength(value) > length * 8) throw new RangeError(`the value does not fit into ${length} bytes`);
  return Uint8Array.from(hexToBytes(value.toString(16).padStart(length * 2, "0")));
}

/** 0 for 0; of a positive number the position of its highest bit, counted from 1. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
}

export function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}

/** The x in [1, modulus) with value·x ≡ 1, by the extended Euclidean algorithm; undefined where there is none. */
export function modularInverse(value: bigint, modulus: bigint): bigint | undefined {
  let [remainder, nextRemainder] = [modulus, modulo(value, modulus)];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (nextRemainder !== 0n) {
    const quotient = remainder / nextRemainder;
    [remainder, nextRemainder] = [nextRemainder, remainder - quotient * nextRemainder];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  return remainder === 1n ? modulo(coefficient, modulus) : undefined;
}

/** The representative in [0, modulus), also of a negative value. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const remainder = value % modulus;
  return remainder < 0n ? remainder + modulus : remainder;
}

/** value^65537 mod modulus: RSAVP1 (RFC 8017 §5.2.2), of public values only. */
export function raiseToPublicExponent(value: bigint, modulus: bigint): bigint {
  let power = value % modulus;
  for (let squaring = 0; squaring < 16; squaring++) power = (power * power) % modulus;
  return (power * value) % modulus;
}
