import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { powerModulo } from "../../../src/split-key/rsa/exponentiation.ts";
import { FixedBase } from "../../../src/split-key/rsa/fixed-base.ts";
import { toBigInt } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { pairAt, random } from "./fixtures.ts";

const odd = (bytes: Uint8Array): bigint => toBigInt(bytes) | 1n;
const prepared = (base: bigint, exponent: Uint8Array, modulus: bigint): bigint =>
  new FixedBase(base, modulus, exponent.length).power(exponent);

afterEach(() => vi.restoreAllMocks());

describe("a base that was prepared", () => {
  test("gives what the plain way gives, for odd moduli and exponents of every size", () => {
    const sizes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.uint8Array({ maxLength: 40 }), sizes, (base, exponent, modulusBytes) => {
        const modulus = odd(modulusBytes) + 2n;
        expect(prepared(toBigInt(base), exponent, modulus)).toBe(powerModulo(toBigInt(base), exponent, modulus));
      }),
      { numRuns: 60 },
    );
  });

  test.each([64, 65, 128, 3071, 3072])("agrees at the edges of a modulus of %i bits", (bits) => {
    for (const modulus of [(1n << BigInt(bits)) - 1n, (1n << BigInt(bits - 1)) + 1n]) {
      for (const base of [0n, 1n, modulus - 1n, modulus + 5n]) {
        const exponent = Uint8Array.of(0x80, 0, 0xff, 0xff, 1);
        expect(prepared(base, exponent, modulus)).toBe(powerModulo(base, exponent, modulus));
      }
    }
  });

  test("agrees for a device modulus and shares of 3200 bits, as often as it is used", () => {
    const modulus = toBigInt(pairAt(0).device.n1);
    const base = toBigInt(random(768));
    const fixed = new FixedBase(base, modulus, 400);
    for (const share of [new Uint8Array(400), new Uint8Array(400).fill(0xff), random(400), random(400)]) {
      expect(fixed.power(share)).toBe(powerModulo(base, share, modulus));
    }
  });

  test("has every bit of an exponent of 3200 bits in its place", () => {
    const modulus = 0xffff_ffff_ffff_ffc5n;
    const fixed = new FixedBase(3n, modulus, 400);
    for (let bit = 0; bit < 3200; bit += 7) {
      const exponent = new Uint8Array(400).fill(1 << (bit & 7), 399 - (bit >> 3), 400 - (bit >> 3));
      expect(fixed.power(exponent)).toBe(powerModulo(3n, exponent, modulus));
    }
  });

  test("does as much for one share as for any other", () => {
    const fixed = new FixedBase(toBigInt(random(384)), toBigInt(pairAt(0).device.n1), 400);
    const shares = [
      new Uint8Array(400),
      new Uint8Array(400).fill(0xff),
      Uint8Array.of(0x80, ...new Uint8Array(399)),
      random(400),
    ];
    const reductions = shares.map((share) => {
      const spy = vi.spyOn(BigInt, "asUintN");
      fixed.power(share);
      const calls = spy.mock.calls.map(([bits]) => bits);
      spy.mockRestore();
      return calls;
    });
    // 400 digits and 100 squarings, each with three cuts; what is left of the last one is cut too.
    expect(reductions[0]).toHaveLength(3 * 501);
    for (const each of reductions) expect(each).toEqual(reductions[0]);
  });

  test("is of one base and one modulus", () => {
    const fixed = new FixedBase(5n, 77n, 4);
    expect(fixed.isOf(5n, 77n)).toBe(true);
    expect([fixed.isOf(6n, 77n), fixed.isOf(5n, 79n), fixed.isOf(82n, 77n)]).toEqual([false, false, false]);
  });

  test("takes no exponent of another length, and no modulus that it would be wrong for", () => {
    const fixed = new FixedBase(5n, 77n, 4);
    expect(() => fixed.power(new Uint8Array(3))).toThrow(RangeError);
    expect(() => fixed.power(new Uint8Array(5))).toThrow(RangeError);
    expect(() => new FixedBase(5n, 76n, 4)).toThrow(RangeError);
    expect(() => new FixedBase(5n, 1n, 4)).toThrow(RangeError);
  });
});
