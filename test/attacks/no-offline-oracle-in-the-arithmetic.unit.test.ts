// Law 1 of the split key: with every byte that the device stores, the public key and any number of finished signatures, no
// computation tells the right PIN. The known ways are tried one by one; each is then shown to work where its rule is broken,
// so that a way that never works proves nothing here. Guesses are cheap in this test (one hash instead of PBKDF2), which
// only helps the thief.
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { equalBytes, utf8 } from "../../src/protocol/encoding.ts";
import { rsaDeviceHalf } from "../../src/split-key/rsa/device-half.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { encodeMessage } from "../../src/split-key/rsa/common.ts";
import { modulo, modularInverse, toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { contribute, evaluate, inputFor, messageOf, pairAt } from "../split-key/rsa/fixtures.ts";
import { type FinishedSignature, type Loot, PIN_TESTS, type PinTest } from "./known-pin-tests.ts";

const RIGHT_PIN = "48263";
const CANDIDATES = [...Array(12).keys()].map((index) => (index === 7 ? RIGHT_PIN : String(51_000 + index * 337)));

const pair = pairAt(0);
const { share, secret, p, q } = pair.device;
const deviceModulus = toBigInt(pair.device.n1);
const totient = (p - 1n) * (q - 1n);

/** Fixed, so that no run differs from another. */
const SALT = sha256(utf8("salt"));

const streamOf = (pin: string, salt: Uint8Array): Uint8Array =>
  hkdf(sha512, utf8(pin), salt, undefined, rsaDeviceHalf.maskLength);

const finished: readonly FinishedSignature[] = ["one", "two", "three"].map((text) => {
  const input = inputFor(pair, messageOf(text, "sha256WithRSAEncryption", "SHA-256"));
  const evaluation = evaluate(pair, input, contribute(pair, input));
  if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
  const encoded = encodeMessage(input.message, input.offer);
  return { representative: toBigInt(encoded ?? new Uint8Array()), signature: toBigInt(evaluation.signature) };
});

const loot: Loot = { deviceModulus, finished };

/** The PINs that one test tells apart from all others: the right one alone, or nothing. */
function told(pinTest: PinTest, having: Loot, masked: Uint8Array): string | undefined {
  const fitting = CANDIDATES.filter((pin) => pinTest(having, rsaDeviceHalf.unmask(masked, streamOf(pin, SALT))));
  const rejected = CANDIDATES.filter((pin) => !fitting.includes(pin));
  return fitting.length === 1 ? fitting[0] : rejected.length === 1 ? rejected[0] : undefined;
}

function wayCalled(name: string): PinTest {
  const pinTest = PIN_TESTS[name];
  if (pinTest === undefined) throw new Error(`no test is called ${name}`);
  return pinTest;
}

describe("with what an honest device stores", () => {
  const masked = rsaDeviceHalf.mask(share, streamOf(RIGHT_PIN, SALT));

  test.each(Object.keys(PIN_TESTS))("%s tells no PIN", (name) => {
    expect(told(wayCalled(name), loot, masked)).not.toBe(RIGHT_PIN);
  });

  test("for every PIN there is a server half with which it would have made the same signatures", () => {
    const exponent = modularInverse(65537n, totient) ?? 0n;
    for (const pin of CANDIDATES) {
      const candidate = rsaDeviceHalf.unmask(masked, streamOf(pin, SALT));
      const complement = toFixedBytes(modulo(exponent - toBigInt(candidate), totient), 384);
      for (const { representative, signature } of finished.slice(0, 1)) {
        const device = powerModulo(representative, candidate, deviceModulus);
        const server = powerModulo(representative, complement, deviceModulus);
        expect((device * server) % deviceModulus).toBe(signature % deviceModulus);
      }
      expect(equalBytes(complement, secret)).toBe(pin === RIGHT_PIN);
    }
  });
});

describe("each way works where its rule is broken", () => {
  const masked = rsaDeviceHalf.mask(share, streamOf(RIGHT_PIN, SALT));
  const [signature] = finished;
  if (signature === undefined) throw new Error("no finished signature");
  const { representative } = signature;

  test.each([
    ["a stored digest of the share", { verifier: sha256(share) }],
    ["a stored contribution", { contribution: powerModulo(representative, share, deviceModulus) }],
    ["the server's part d1''", { secret }],
    ["a value that the server computed with d1''", { serverPart: powerModulo(representative, secret, deviceModulus) }],
    ["the factors of n1 with d1''", { secret, totient }],
  ])("%s", (name, leaked) => {
    expect(told(wayCalled(name), { ...loot, leaked }, masked)).toBe(RIGHT_PIN);
  });

  test.each([
    ["a share that is the whole exponent", () => toFixedBytes(modularInverse(65537n, totient) ?? 0n, 400)],
    ["the finished signature modulo n1", () => toFixedBytes(modularInverse(65537n, totient) ?? 0n, 400)],
    ["the share's size against n1", () => Uint8Array.of(...new Uint8Array(16), ...pair.device.secret)],
  ])("%s, when the share is not drawn from all of 3200 bits", (name, makeShare) => {
    const shortMasked = rsaDeviceHalf.mask(makeShare(), streamOf(RIGHT_PIN, SALT));
    expect(told(wayCalled(name), loot, shortMasked)).toBe(RIGHT_PIN);
  });

  // One bit that is known halves the PINs that are left; every further key of the device halves them again.
  test.each([
    ["the share's top bit", (drawn: Uint8Array) => drawn.with(0, (drawn[0] ?? 0) | 0x80)],
    ["the share's lowest bit", (drawn: Uint8Array) => drawn.with(399, (drawn[399] ?? 0) | 1)],
    ["the quadratic character of the server's factor", (drawn: Uint8Array) => drawn],
  ])("%s, when it is forced or known", (name, draw) => {
    let left: readonly string[] = CANDIDATES;
    for (let key = 0; key < 64 && left.length > 1; key++) {
      const keySalt = sha256(utf8(`salt ${key}`));
      const keyShare = draw(streamOf("a source of randomness", keySalt));
      const keyMasked = rsaDeviceHalf.mask(keyShare, streamOf(RIGHT_PIN, keySalt));
      // d1 is odd, so one of d1' and d1'' is.
      const leaked = { secretIsOdd: ((keyShare[399] ?? 0) & 1) === 0 };
      left = left.filter((pin) => wayCalled(name)({ ...loot, leaked }, rsaDeviceHalf.unmask(keyMasked, streamOf(pin, keySalt))));
    }
    expect(left).toEqual([RIGHT_PIN]);
  });
});

describe("two masked shares", () => {
  const otherPin = CANDIDATES[5] ?? "";
  const [saltOne, saltTwo] = [sha256(utf8("salt one")), sha256(utf8("salt two"))];
  /** Meet in the middle: unmask each with every PIN and look for a share that comes up on both sides. */
  function meet(
    left: Uint8Array,
    leftSalt: Uint8Array,
    right: Uint8Array,
    rightSalt: Uint8Array,
  ): readonly (readonly [string, string])[] {
    const unmasked = CANDIDATES.map((pin) => rsaDeviceHalf.unmask(left, streamOf(pin, leftSalt)));
    return CANDIDATES.flatMap((pin) => {
      const candidate = rsaDeviceHalf.unmask(right, streamOf(pin, rightSalt));
      const index = unmasked.findIndex((each) => equalBytes(each, candidate));
      return index < 0 ? [] : [[CANDIDATES[index] ?? "", pin] as const];
    });
  }

  test("of two keys have nothing in common", () => {
    const one = rsaDeviceHalf.mask(share, streamOf(RIGHT_PIN, saltOne));
    const two = rsaDeviceHalf.mask(pairAt(1).device.share, streamOf(otherPin, saltTwo));
    expect(meet(one, saltOne, two, saltTwo)).toEqual([]);
  });

  test("of one key give away both PINs, which is why a new PIN means new keys (law 3)", () => {
    const one = rsaDeviceHalf.mask(share, streamOf(RIGHT_PIN, saltOne));
    const two = rsaDeviceHalf.mask(share, streamOf(otherPin, saltTwo));
    expect(meet(one, saltOne, two, saltTwo)).toEqual([[RIGHT_PIN, otherPin]]);
  });
});
