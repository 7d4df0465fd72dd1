import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { type HashAlgorithm, hash } from "../../../src/protocol/algorithms.ts";
import { emsaPkcs1, emsaPss, maskGeneration } from "../../../src/split-key/rsa/emsa.ts";
import { bitLength, toFixedBytes } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import vectors from "../../vectors/emsa.json" with { type: "json" };

interface Vector {
  readonly hashAlgorithm: string;
  readonly n: string;
  readonly e: string;
  readonly message: string;
  readonly signature: string;
}

/** What the published signature is a signature of: signature^e mod n. */
function open(vector: Vector): { em: Uint8Array; modulusBits: number; digest: Uint8Array; hashAlgorithm: HashAlgorithm } {
  const [n, e, signature] = [vector.n, vector.e, vector.signature].map((hex) => BigInt(`0x${hex}`));
  if (n === undefined || e === undefined || signature === undefined) throw new Error("incomplete");
  let power = 1n;
  for (const bit of e.toString(2)) {
    power = (power * power) % n;
    if (bit === "1") power = (power * signature) % n;
  }
  const hashAlgorithm = vector.hashAlgorithm as HashAlgorithm;
  const modulusBits = bitLength(n);
  const em = toFixedBytes(power, Math.ceil(modulusBits / 8));
  return { em, modulusBits, digest: hash(hashAlgorithm, hexToBytes(vector.message)), hashAlgorithm };
}

describe("EMSA-PSS", () => {
  test.each(vectors.pss)("gives the EM of $source", (vector) => {
    const { em, modulusBits, digest, hashAlgorithm } = open(vector);
    const block = em.slice(0, em.length - digest.length - 1);
    const mask = maskGeneration(hashAlgorithm, em.slice(block.length, -1), block.length);
    const salt = block.map((byte, index) => byte ^ (mask[index] ?? 0)).slice(block.length - vector.saltLength);
    expect(emsaPss({ hashAlgorithm, digest, salt, emBits: modulusBits - 1 })).toEqual(em);
  });

  test("leaves the top bits free that a modulus of 6143 bits does not have", () => {
    const input = { hashAlgorithm: "SHA-256", digest: new Uint8Array(32), salt: new Uint8Array(32) } as const;
    for (let attempt = 0; attempt < 16; attempt++) {
      const salt = new Uint8Array(32).fill(attempt);
      expect(emsaPss({ ...input, salt, emBits: 6142 })[0]).toBeLessThan(0x40);
      expect(emsaPss({ ...input, salt, emBits: 6143 })[0]).toBeLessThan(0x80);
    }
    expect(emsaPss({ ...input, emBits: 6142 })).toHaveLength(768);
  });

  test("refuses a digest of another hash's length and a modulus that is too short", () => {
    const input = { hashAlgorithm: "SHA-256", digest: new Uint8Array(32), salt: new Uint8Array(32), emBits: 6143 } as const;
    expect(() => emsaPss({ ...input, digest: new Uint8Array(48) })).toThrow(RangeError);
    expect(() => emsaPss({ ...input, emBits: 8 * (32 + 32 + 1) })).toThrow(RangeError);
  });
});

describe("EMSA-PKCS1-v1_5", () => {
  test.each(vectors.pkcs1)("gives the EM of $source", (vector) => {
    const { em, digest, hashAlgorithm } = open(vector);
    expect(emsaPkcs1({ hashAlgorithm, digest, emLength: em.length })).toEqual(em);
  });

  test("refuses SHA-3, a digest of another length and less than eight bytes of padding", () => {
    expect(() => emsaPkcs1({ hashAlgorithm: "SHA3-256", digest: new Uint8Array(32), emLength: 768 })).toThrow(RangeError);
    expect(() => emsaPkcs1({ hashAlgorithm: "SHA-384", digest: new Uint8Array(32), emLength: 768 })).toThrow(RangeError);
    expect(() => emsaPkcs1({ hashAlgorithm: "SHA-256", digest: new Uint8Array(32), emLength: 61 })).toThrow(RangeError);
    expect(emsaPkcs1({ hashAlgorithm: "SHA-256", digest: new Uint8Array(32), emLength: 62 })).toHaveLength(62);
  });
});
