import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bitLength,
  greatestCommonDivisor,
  modularInverse,
  modulo,
  raiseToPublicExponent,
  toBigInt,
  toFixedBytes,
} from "../../../src/split-key/rsa/modular-arithmetic.ts";

test("bytes and numbers turn into each other, leading zeros included", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 48 }), (bytes) => {
      expect(toFixedBytes(toBigInt(bytes), bytes.length)).toEqual(bytes);
    }),
  );
});

test("a number that is negative or too long is refused, never cut", () => {
  expect(toFixedBytes(255n, 1)).toEqual(Uint8Array.of(255));
  expect(() => toFixedBytes(256n, 1)).toThrow(RangeError);
  expect(() => toFixedBytes(-1n, 1)).toThrow(RangeError);
});

test("the bit length is that of the binary spelling", () => {
  fc.assert(fc.property(fc.bigInt({ min: 1n, max: 1n << 200n }), (value) => bitLength(value) === value.toString(2).length));
  expect(bitLength(0n)).toBe(0);
});

test("an inverse times its number is 1, and there is none where a factor is shared", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 90n), max: 1n << 90n }), fc.bigInt({ min: 2n, max: 1n << 80n }), (value, modulus) => {
      const inverse = modularInverse(value, modulus);
      const divisor = greatestCommonDivisor(modulo(value, modulus), modulus);
      expect(inverse === undefined).toBe(divisor !== 1n);
      if (inverse !== undefined) expect(modulo(inverse * value, modulus)).toBe(1n);
    }),
  );
});

test("the greatest common divisor is the product of the shared primes", () => {
  expect(greatestCommonDivisor(2n * 3n * 5n * 7n, 5n * 7n * 11n)).toBe(35n);
  expect(greatestCommonDivisor(0n, 9n)).toBe(9n);
});

test("the public exponent is 65537", () => {
  expect(raiseToPublicExponent(3n, 1n << 160_000n)).toBe(3n ** 65537n);
});
