import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { powerModulo } from "../../../src/split-key/rsa/exponentiation.ts";
import { toBigInt } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { pairAt, random } from "./fixtures.ts";

/** Square and multiply, bit by bit. */
function plainPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n % modulus;
  for (const bit of exponent.toString(2)) {
    power = (power * power) % modulus;
    if (bit === "1") power = (power * base) % modulus;
  }
  return power;
}

const odd = (bytes: Uint8Array): bigint => toBigInt(bytes) | 1n;

describe("powerModulo", () => {
  test("agrees with square and multiply for odd moduli of every size", () => {
    const sizes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, sizes, sizes, (base, exponent, modulusBytes) => {
        const modulus = odd(modulusBytes) + 2n;
        expect(powerModulo(toBigInt(base), exponent, modulus)).toBe(plainPower(toBigInt(base), toBigInt(exponent), modulus));
      }),
      { numRuns: 500 },
    );
  });

  test.each([64, 65, 127, 128, 129, 191, 192, 3071, 3072])("agrees at the edges of a modulus of %i bits", (bits) => {
    for (const modulus of [(1n << BigInt(bits)) - 1n, (1n << BigInt(bits - 1)) + 1n]) {
      for (const base of [0n, 1n, 2n, modulus - 1n, modulus - 2n, modulus, modulus + 5n]) {
        const exponent = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff);
        expect(powerModulo(base, exponent, modulus)).toBe(plainPower(base, toBigInt(exponent), modulus));
      }
    }
  });

  test("agrees for a device modulus and a share of 3200 bits", () => {
    const modulus = toBigInt(pairAt(0).device.n1);
    const [base, share] = [toBigInt(random(384)), random(400)];
    expect(powerModulo(base, share, modulus)).toBe(plainPower(base, toBigInt(share), modulus));
  });

  test("takes leading zeros and an exponent of 0", () => {
    expect(powerModulo(5n, new Uint8Array(400), 77n)).toBe(1n);
    expect(powerModulo(5n, Uint8Array.of(0, 0, 0, 3), 77n)).toBe(125n % 77n);
    expect(powerModulo(5n, new Uint8Array(), 77n)).toBe(1n);
  });

  test("refuses a modulus that it would be wrong for", () => {
    expect(() => powerModulo(5n, Uint8Array.of(3), 76n)).toThrow(RangeError);
    expect(() => powerModulo(5n, Uint8Array.of(3), 1n)).toThrow(RangeError);
  });
});
