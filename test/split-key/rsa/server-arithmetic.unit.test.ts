import { describe, expect, test } from "vitest";
import { powerModulo } from "../../../src/split-key/rsa/exponentiation.ts";
import { toBigInt, toFixedBytes } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { openPooledShare } from "../../../src/split-key/rsa/pooled-share.ts";
import { privateOperation, secretPower } from "../../../src/split-key/rsa/server-arithmetic.ts";
import { pairAt, random } from "./fixtures.ts";

const modulus = toBigInt(pairAt(0).device.n1);

describe("secretPower, the Diffie–Hellman way", () => {
  test("agrees with BigInt for full exponents", () => {
    for (let round = 0; round < 5; round++) {
      const [base, exponent] = [toBigInt(random(384)) % modulus, random(384)];
      expect(secretPower(base, exponent, modulus)).toBe(powerModulo(base, exponent, modulus));
    }
  });

  test("agrees for more moduli in turn than are kept, and for one that comes again with another exponent", () => {
    const moduli = [...Array(40).keys()].map((step) => modulus - 2n * BigInt(step % 37));
    for (const each of moduli) {
      const exponent = toFixedBytes(toBigInt(random(8)), 384);
      expect(secretPower(7n, exponent, each)).toBe(powerModulo(7n, exponent, each));
    }
  });

  test("agrees where the exponent or the result begins with zeros", () => {
    for (const [base, exponent] of [
      [2n, 1n],
      [2n, 5n],
      [3n, 255n],
      [modulus - 2n, 2n],
    ] as const) {
      const bytes = toFixedBytes(exponent, 384);
      expect(secretPower(base, bytes, modulus)).toBe(powerModulo(base, bytes, modulus));
    }
  });

  test("knows the powers of 1 and n − 1, which Diffie–Hellman refuses, and gives none of 0", () => {
    const [odd, even] = [toFixedBytes(7n, 384), toFixedBytes(8n, 384)];
    expect(secretPower(0n, odd, modulus)).toBeUndefined();
    expect(secretPower(modulus, odd, modulus)).toBeUndefined();
    expect(secretPower(1n, odd, modulus)).toBe(1n);
    expect(secretPower(modulus - 1n, odd, modulus)).toBe(modulus - 1n);
    expect(secretPower(modulus - 1n, even, modulus)).toBe(1n);
  });
});

describe("privateOperation", () => {
  const pooled = openPooledShare(pairAt(0).pooledShare);
  if (pooled === undefined) throw new Error("the vector is damaged");

  test("is undone by the public exponent, for small values too", () => {
    for (const value of [0n, 1n, 2n, pooled.modulus - 1n, toBigInt(random(384)) % pooled.modulus]) {
      const power = privateOperation(pooled.privateKey, value);
      expect(powerModulo(power ?? -1n, Uint8Array.of(1, 0, 1), pooled.modulus)).toBe(value);
    }
  });

  test("gives nothing for a key that is none and a value that is too large", () => {
    expect(privateOperation(random(1200), 5n)).toBeUndefined();
    expect(privateOperation(pooled.privateKey, pooled.modulus)).toBeUndefined();
    expect(privateOperation(pooled.privateKey, 1n << 3072n)).toBeUndefined();
  });
});
