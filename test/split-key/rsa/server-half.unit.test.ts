import { describe, expect, test } from "vitest";
import { encodePublicKey } from "../../../src/split-key/rsa/public-key.ts";
import { bitLength, toBigInt, toFixedBytes } from "../../../src/split-key/rsa/modular-arithmetic.ts";
import { openPooledShare } from "../../../src/split-key/rsa/pooled-share.ts";
import { rsaServerHalf } from "../../../src/split-key/rsa/server-half.ts";
import type { MessageToSign } from "../../../src/split-key/scheme.ts";
import { openServerShare, sealServerShare } from "../../../src/split-key/rsa/server-share.ts";
import { PAIRS, contribute, evaluate, inputFor, messageOf, pairAt, random } from "./fixtures.ts";

const pair = pairAt(0);
const n1 = toBigInt(pair.device.n1);
const n2 = openPooledShare(pair.pooledShare)?.modulus ?? 0n;
const message = messageOf("text", "rsassa-pss", "SHA-256");

describe("a device's key", () => {
  const secret = toFixedBytes(12345n, 384);
  const accept = (device: Uint8Array, parts: { secret?: Uint8Array; earlierPublicKeys?: readonly Uint8Array[] } = {}): string => {
    const joined = rsaServerHalf.acceptDeviceKey({
      pooledShare: pair.pooledShare,
      device,
      secret,
      earlierPublicKeys: [],
      random,
      ...parts,
    });
    return joined.ok ? "accepted" : joined.failure;
  };
  const bytes = (value: bigint): Uint8Array => toFixedBytes(value, 384);

  test("is accepted as an honest device sends it", () => {
    expect(accept(pair.device.n1, { secret: pair.device.secret })).toBe("accepted");
  });

  test.each([0, 1, 383, 385, 768])("of %i bytes instead of 384 is malformed", (length) => {
    expect(accept(new Uint8Array(length).fill(0xff))).toBe("malformed");
    expect(accept(pair.device.n1, { secret: new Uint8Array(length).fill(1) })).toBe("malformed");
  });

  test("is malformed unless 0 < d1'' < n1", () => {
    expect(accept(pair.device.n1, { secret: bytes(0n) })).toBe("malformed");
    expect(accept(pair.device.n1, { secret: bytes(1n) })).toBe("accepted");
    expect(accept(pair.device.n1, { secret: bytes(n1 - 1n) })).toBe("accepted");
    expect(accept(pair.device.n1, { secret: bytes(n1) })).toBe("malformed");
    expect(accept(pair.device.n1, { secret: new Uint8Array(384).fill(0xff) })).toBe("malformed");
  });

  test("is refused when even, short, or with a small factor", () => {
    expect(accept(bytes(n1 + 1n))).toBe("unacceptable_key");
    expect(accept(bytes(n1 >> 2n))).toBe("unacceptable_key");
    expect(accept(bytes((n1 >> 64n) | 1n))).toBe("unacceptable_key");
    const primes = [...Array(10_000).keys()]
      .slice(2)
      .filter((number) => [...Array(100).keys()].slice(2).every((divisor) => divisor === number || number % divisor !== 0));
    for (const factor of [3, 5, 257, 9973]) {
      let multiple = n1 - (n1 % BigInt(2 * factor)) + BigInt(factor);
      while (primes.some((prime) => prime !== factor && multiple % BigInt(prime) === 0n)) multiple += BigInt(2 * factor);
      expect(multiple % BigInt(factor)).toBe(0n);
      expect(accept(bytes(multiple))).toBe("unacceptable_key");
    }
  });

  test("is refused when the whole modulus would be below 6143 bits", () => {
    // Just above 2^3070 the product with n2 has 6142 bits; primes have no small factor that would be refused first.
    const modulus = 1n << 3070n;
    expect(bitLength((modulus + 400n) * n2)).toBe(6142);
    for (let step = 1n; step < 400n; step += 2n) expect(accept(bytes(modulus + step))).toBe("unacceptable_key");
  });

  test("is refused when it shares a factor with the server's modulus", () => {
    expect(accept(bytes(n2))).toBe("unacceptable_key");
  });

  test("is refused when it shares a factor with any key that the account ever had", () => {
    const other = pairAt(1);
    const { p } = pair.device;
    const sharing = encodePublicKey(p * toBigInt(other.device.n1) * ((1n << 1536n) + 1n));
    const secretOf = { secret: pair.device.secret };
    expect(accept(pair.device.n1, { ...secretOf, earlierPublicKeys: [other.publicKey] })).toBe("accepted");
    expect(accept(pair.device.n1, { ...secretOf, earlierPublicKeys: [other.publicKey, sharing] })).toBe("unacceptable_key");
    expect(accept(pair.device.n1, { ...secretOf, earlierPublicKeys: [pair.publicKey, other.publicKey] })).toBe(
      "unacceptable_key",
    );
  });

  test("joins an intact pooled share only", () => {
    const damaged = Uint8Array.from(pair.pooledShare);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    const input = { device: pair.device.n1, secret: pair.device.secret, earlierPublicKeys: [], random };
    expect(() => rsaServerHalf.acceptDeviceKey({ ...input, pooledShare: damaged })).toThrow();
    expect(() => rsaServerHalf.acceptDeviceKey({ ...input, pooledShare: pair.serverShare })).toThrow();
    expect(() => rsaServerHalf.acceptDeviceKey({ ...input, pooledShare: undefined })).toThrow();
  });
});

describe("a contribution", () => {
  const input = inputFor(pair, message);
  const right = contribute(pair, input);

  test("made with a share that differs in one bit is wrong", () => {
    for (const bit of [0, 1, 1599, 3198, 3199]) {
      const share = Uint8Array.from(pair.device.share);
      share[bit >> 3] = (share[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      expect(evaluate(pair, input, contribute(pair, input, share))).toEqual({ verdict: "wrong" });
    }
  });

  test.each([
    ["0", 0n],
    ["1", 1n],
    ["n1 − 1", n1 - 1n],
    ["n1", n1],
    ["n1 + 1", n1 + 1n],
    ["the greatest number of 384 bytes", (1n << 3072n) - 1n],
    ["the right one's negative", n1 - toBigInt(right)],
  ])("of %s is wrong", (_name, value) => {
    expect(evaluate(pair, input, toFixedBytes(value, 384))).toEqual({ verdict: "wrong" });
  });

  test("is not accepted in a second spelling, its value plus n1", () => {
    for (let round = 0; round < 40; round++) {
      const again = inputFor(pair, message);
      const value = toBigInt(contribute(pair, again)) + n1;
      if (bitLength(value) > 3072) continue;
      expect(evaluate(pair, again, toFixedBytes(value, 384))).toEqual({ verdict: "wrong" });
      return;
    }
    throw new Error("no such contribution was found");
  });
});

describe("the server's own damage", () => {
  const input = inputFor(pair, message);
  const right = contribute(pair, input);
  const intact = openServerShare(pair.serverShare);
  if (intact === undefined) throw new Error("the vector is damaged");
  const verdict = (serverShare: Uint8Array, contribution: Uint8Array = right): string =>
    evaluate({ ...pair, serverShare }, input, contribution).verdict;

  test("that a checksum does not show is caught by the arithmetic before anything leaves", () => {
    const other = openServerShare(pairAt(1).serverShare);
    if (other === undefined) throw new Error("the vector is damaged");
    expect(verdict(sealServerShare(intact))).toBe("right");
    expect(verdict(sealServerShare({ ...intact, privateKey: other.privateKey }))).toBe("damaged");
    expect(verdict(sealServerShare({ ...intact, coefficient: intact.coefficient + 1n }))).toBe("damaged");
    expect(verdict(sealServerShare({ ...intact, coefficient: 0n }))).toBe("damaged");
    expect(verdict(sealServerShare({ ...intact, serverModulus: other.serverModulus }))).toBe("damaged");
    expect(verdict(sealServerShare({ ...intact, deviceModulus: other.deviceModulus }))).toBe("damaged");
    expect(verdict(sealServerShare(other))).toBe("damaged");
  });

  test("of its own half is the same for a right and a wrong PIN", () => {
    const other = openServerShare(pairAt(1).serverShare);
    if (other === undefined) throw new Error("the vector is damaged");
    const damaged = sealServerShare({ ...intact, privateKey: other.privateKey });
    expect([verdict(damaged, right), verdict(damaged, random(384)), verdict(damaged, random(5))]).toEqual(
      Array(3).fill("damaged"),
    );
  });
});

test("a pooled share is not a server share, nor the length of another key an offer's", () => {
  const { serverShare, publicKey } = pair;
  const input = inputFor(pair, message);
  const base = { serverShare, publicKey, message, offer: input.offer, nonce: undefined, contribution: contribute(pair, input) };
  expect(rsaServerHalf.evaluate({ ...base, serverShare: pair.pooledShare }).verdict).toBe("damaged");
  expect(rsaServerHalf.evaluate({ ...base, offer: { ...input.offer, modulusBits: 6143 } }).verdict).toBe("damaged");
});

test("an offer has the key's real length, and a fresh salt as long as the hash for PSS alone", () => {
  for (const each of PAIRS) {
    const offered = (text: MessageToSign) => inputFor(each, text).offer;
    const pss = messageOf("", "rsassa-pss", "SHA3-512");
    expect(offered(pss)).toEqual({ modulusBits: each.modulusBits, salt: expect.stringMatching(/^[A-Za-z0-9_-]{86}$/) });
    expect(offered(messageOf("", "sha256WithRSAEncryption", "SHA-256"))).toEqual({ modulusBits: each.modulusBits });
  }
});

test("PKCS#1 v1.5 signs one message under one name, PSS every offer under its own", () => {
  for (const each of PAIRS) {
    const keys = (algorithm: "rsassa-pss" | "sha256WithRSAEncryption"): unknown[] =>
      [1, 2].map(() => {
        const input = inputFor(each, messageOf("text", algorithm, "SHA-256"));
        const evaluation = evaluate(each, input, contribute(each, input));
        return evaluation.verdict === "right" ? evaluation.messageKey?.toString() : evaluation.verdict;
      });
    expect(new Set(keys("sha256WithRSAEncryption")).size).toBe(1);
    expect(new Set(keys("rsassa-pss")).size).toBe(2);
  }
});
