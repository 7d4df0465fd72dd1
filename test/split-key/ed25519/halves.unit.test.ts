// What only this suite can be asked: hostile points and nonces, on both sides of one signature.
import { ed25519, ed25519_FROST as library } from "@noble/curves/ed25519.js";
import { describe, expect, test } from "vitest";
import { bytesToHex } from "@noble/hashes/utils.js";
import { concatBytes, toBase64Url, utf8 } from "../../../src/protocol/encoding.ts";
import { pinStream } from "../../../src/split-key/pin-mask.ts";
import { decodeOffer, decodePublicKey, DEVICE, SERVER, SIGNERS } from "../../../src/split-key/ed25519/common.ts";
import { bindingFactors, challengeOf } from "../../../src/split-key/ed25519/frost.ts";
import { type GroupPoint, ORDER, Point, reduce, toScalarBytes } from "../../../src/split-key/ed25519/group.ts";
import { openNonce, openServerShare, sealNonce, sealServerShare } from "../../../src/split-key/ed25519/server-records.ts";
import { contribute, evaluate, makeKey, messageOf, prepare, type Prepared, random, sign, SUITES_UNDER_TEST } from "../suites.ts";
import { HOSTILE_POINTS, SMALL_ORDER } from "./hostile-points.ts";

const suite = SUITES_UNDER_TEST.find((each) => each.suite === "ed25519");
if (suite === undefined) throw new Error("the suite is missing");
const { device, server, pair, other } = suite;
const message = messageOf("text", "ed25519", "SHA-256");
const groupKey = decodePublicKey(pair.publicKey) ?? new Uint8Array();
const drawn = (): bigint => reduce(random(64));

/** A contribution from the right share by a device that chooses its own points; `hiding` and `binding` are what it sends. */
function craft(prepared: Prepared, input: { d: bigint; e: bigint; hiding: GroupPoint; binding: GroupPoint; share?: bigint }) {
  const offered = decodeOffer(prepared.offer);
  if (offered === undefined) throw new Error("no offer");
  const [hiding, binding] = [input.hiding.toBytes(), input.binding.toBytes()];
  const commitments = [
    { identifier: 1n, hiding, binding },
    { identifier: 2n, ...offered },
  ];
  const [own = 0n, servers = 0n] = bindingFactors(groupKey, commitments, message.digest);
  const mine = Point.BASE.multiply((input.d + own * input.e) % ORDER);
  const theirs = Point.fromBytes(offered.binding).multiplyUnsafe(servers).add(Point.fromBytes(offered.hiding));
  const challenge = challengeOf(mine.add(theirs).toBytes(), groupKey, message.digest);
  const z = (input.d + own * input.e + 2n * challenge * (input.share ?? reduce(pair.share))) % ORDER;
  return { contribution: concatBytes(hiding, binding, toScalarBytes(z)), factor: own, challenge, serverFactor: servers };
}

const honestPoints = (d: bigint, e: bigint) => ({ d, e, hiding: Point.BASE.multiply(d), binding: Point.BASE.multiply(e) });

describe("a contribution", () => {
  const prepared = prepare(suite, pair, message);
  const honest = contribute(suite, pair, prepared);
  const verdict = (contribution: Uint8Array): string => evaluate(suite, pair, prepared, contribution).verdict;

  test("made by hand as this file makes it is right, with the right share alone", () => {
    const points = honestPoints(drawn(), drawn());
    expect(verdict(craft(prepared, points).contribution)).toBe("right");
    expect(verdict(craft(prepared, { ...points, share: drawn() }).contribution)).toBe("wrong");
    expect(verdict(craft(prepared, { ...points, share: 0n }).contribution)).toBe("wrong");
  });

  test("of the device is the share that the library takes from it, with the right share alone", () => {
    const verifyingShare = openServerShare(pair.serverShare)?.deviceVerifyingShare[0].toBytes() ?? new Uint8Array();
    const key = { signers: SIGNERS, commitments: [groupKey], verifyingShares: { [DEVICE.name]: verifyingShare } };
    const offered = decodeOffer(prepared.offer);
    if (offered === undefined) throw new Error("no offer");
    for (const [contribution, right] of [
      [honest, true],
      [contribute(suite, pair, prepared, toScalarBytes(drawn())), false],
    ] as const) {
      const own = { identifier: DEVICE.name, hiding: contribution.subarray(0, 32), binding: contribution.subarray(32, 64) };
      const all = [own, { identifier: SERVER.name, ...offered }];
      expect(library.verifyShare(key, all, message.digest, DEVICE.name, contribution.subarray(64))).toBe(right);
    }
  });

  test.each(HOSTILE_POINTS)("with %s is wrong", (_name, bytes) => {
    expect(verdict(concatBytes(bytes, honest.subarray(32)))).toBe("wrong");
    expect(verdict(concatBytes(honest.subarray(0, 32), bytes, honest.subarray(64)))).toBe("wrong");
  });

  test("with points of mixed order is wrong, or where their small parts cancel an ordinary one: no such part is in its signature", () => {
    const [d, e] = [drawn(), drawn()];
    const points = honestPoints(d, e);
    const generator = SMALL_ORDER.find((point) => !point.double().double().is0()) ?? Point.ZERO;
    const multiples = [...Array(8).keys()].map((count) =>
      Array(count)
        .fill(generator)
        .reduce((sum: GroupPoint, each) => sum.add(each), Point.ZERO),
    );
    expect(verdict(craft(prepared, { ...points, hiding: points.hiding.add(generator) }).contribution)).toBe("wrong");
    const mixed = craft(prepared, { ...points, binding: points.binding.add(generator) });
    // One time in eight ρ takes the small part away.
    expect(verdict(mixed.contribution)).toBe(mixed.factor % 8n === 0n ? "right" : "wrong");
    // ρ depends on the encoding of D and E, so that a few tries find D + T and E + T' with T + ρ·T' = 0: the equation holds exactly.
    let cancelling = 0;
    for (let attempt = 0; attempt < 64 && cancelling < 2; attempt++) {
      const again = honestPoints(d + BigInt(attempt), e);
      const small = multiples[attempt % 8] ?? Point.ZERO;
      const crafted = craft(prepared, { ...again, hiding: again.hiding.add(small), binding: again.binding.add(generator) });
      if (!small.add(multiples[Number(crafted.factor % 8n)] ?? Point.ZERO).is0()) continue;
      cancelling++;
      const evaluation = evaluate(suite, pair, prepared, crafted.contribution);
      if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
      expect(Point.fromBytes(evaluation.signature.subarray(0, 32)).isTorsionFree()).toBe(true);
      expect(ed25519.verify(evaluation.signature, message.digest, groupKey, { zip215: false })).toBe(true);
      // It takes the right share, as every other one does.
      const { contribution: without } = craft(prepared, {
        ...again,
        hiding: again.hiding.add(small),
        binding: again.binding.add(generator),
        share: drawn(),
      });
      expect(verdict(without)).toBe("wrong");
    }
    expect(cancelling).toBe(2);
  });

  test("with z + L, which is the same number modulo L, is wrong", () => {
    const z = reduce(honest.subarray(64));
    expect(verdict(concatBytes(honest.subarray(0, 64), toScalarBytes(z)))).toBe("right");
    expect(verdict(concatBytes(honest.subarray(0, 64), toScalarBytes(z + ORDER)))).toBe("wrong");
  });

  test("with D and E exchanged, or the server's, is wrong", () => {
    const { hiding, binding } = decodeOffer(prepared.offer) ?? {};
    const [d, e, z] = [honest.subarray(0, 32), honest.subarray(32, 64), honest.subarray(64)];
    expect(verdict(concatBytes(e, d, z))).toBe("wrong");
    expect(verdict(concatBytes(hiding ?? d, binding ?? e, z))).toBe("wrong");
    // D1 = −D2 and E1 = −E2 would leave no group commitment but what ρ makes of it.
    const opposite = [hiding, binding].map((bytes) =>
      Point.fromBytes(bytes ?? d)
        .negate()
        .toBytes(),
    );
    expect(verdict(concatBytes(...opposite, z))).toBe("wrong");
  });

  test("with a share of 0, which some PIN unmasks to, is made and is wrong", () => {
    const stream = concatBytes(pair.share, new Uint8Array(32));
    const zero = device.unmask(pair.share, stream);
    expect(zero).toEqual(new Uint8Array(32));
    expect(verdict(contribute(suite, pair, prepared, zero))).toBe("wrong");
    expect(device.mask(zero, stream)).toEqual(pair.share);
  });

  test("is never made with the same nonces twice", () => {
    const made = [1, 2, 3].map(() => contribute(suite, pair, prepared));
    expect(new Set(made.flatMap((each) => [each.subarray(0, 32).toString(), each.subarray(32, 64).toString()])).size).toBe(6);
  });
});

describe("the device", () => {
  test.each(HOSTILE_POINTS)("answers no commitment and no key with %s", (_name, bytes) => {
    const { input } = prepare(suite, pair, message);
    const { stored, share } = pair;
    const hostile = toBase64Url(bytes);
    for (const offer of [
      { ...input.offer, hiding: hostile },
      { ...input.offer, binding: hostile },
    ]) {
      expect(() => device.contribute({ ...input, offer, stored, share, random })).toThrow(RangeError);
    }
    expect(() => device.contribute({ ...input, stored: bytes, share, random })).toThrow(RangeError);
  });

  // The value is from Python: hashlib.pbkdf2_hmac, HKDF by hmac, and the sum modulo L.
  test("masks as it always did: every stored key depends on it", async () => {
    const key = { purpose: "sign", suite: "ed25519", keyVersion: 2, iterations: 1 } as const;
    const bytes = (value: number, length: number) => new Uint8Array(length).fill(value);
    const stream = await pinStream({ pin: utf8("80235"), salt: bytes(5, 32), length: device.maskLength, ...key });
    expect(bytesToHex(device.mask(concatBytes(bytes(7, 31), bytes(0, 1)), stream))).toBe(
      "e5f1d5cfa272867baceb643f9ef6f0d7cfe3e3b6709e690a1f6bd013c524f20d",
    );
  });

  test("masks and unmasks scalars only, and keeps no bit of the stream's bias", () => {
    const beyond = toScalarBytes(reduce(pair.share) + ORDER);
    expect(() => device.mask(beyond, random(64))).toThrow(RangeError);
    expect(() => device.unmask(beyond, random(64))).toThrow(RangeError);
    expect(device.unmask(pair.share, new Uint8Array(64))).toEqual(pair.share);
    expect(device.mask(pair.share, concatBytes(toScalarBytes(ORDER), new Uint8Array(32)))).toEqual(pair.share);
  });
});

describe("the server's nonces", () => {
  test("depend on the share as well as on what is drawn (RFC 9591, section 4.1)", () => {
    const fixed = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7);
    const offerOf = (key: typeof pair) => server.offer({ ...key, algorithms: message, random: fixed }).offer;
    expect(offerOf(pair)).toEqual(offerOf(pair));
    expect(offerOf(other)).not.toEqual(offerOf(pair));
  });

  test("of another offer, of none, or damaged are damage, whatever was contributed, and sign nothing", () => {
    const prepared = prepare(suite, pair, message);
    const right = contribute(suite, pair, prepared);
    const nonce = prepared.nonce ?? new Uint8Array();
    const anotherOfThisKey = prepare(suite, pair, message).nonce;
    const damaged = [...Array(nonce.length).keys()]
      .filter((at) => at % 29 === 0)
      .map((at) => nonce.with(at, (nonce[at] ?? 0) ^ 1));
    for (const each of [
      undefined,
      anotherOfThisKey,
      prepare(suite, other, message).nonce,
      nonce.subarray(1),
      pair.serverShare,
      ...damaged,
    ]) {
      for (const contribution of [right, random(96), random(5)]) {
        expect(evaluate(suite, pair, { ...prepared, nonce: each && Uint8Array.from(each) }, contribution)).toEqual({
          verdict: "damaged",
        });
      }
    }
    expect(evaluate(suite, pair, prepared, right).verdict).toBe("right");
  });

  test("that are not the ones behind their commitment never make a signature", () => {
    const prepared = prepare(suite, pair, message);
    const opened = openNonce(prepared.nonce ?? new Uint8Array());
    if (opened === undefined) throw new Error("the nonce is damaged");
    expect(sealNonce(opened.hiding, opened.binding).record).toEqual(prepared.nonce);
    const swapped = sealNonce(opened.binding, opened.hiding).record;
    expect(evaluate(suite, pair, { ...prepared, nonce: swapped }, contribute(suite, pair, prepared)).verdict).toBe("damaged");
  });

  test("that answer three times give the server's share away, which is why `right` and `damaged` burn them", () => {
    const prepared = prepare(suite, pair, message);
    const answers = [1, 2, 3].map(() => {
      const crafted = craft(prepared, honestPoints(drawn(), drawn()));
      const evaluation = evaluate(suite, pair, prepared, crafted.contribution);
      if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
      const own = (reduce(evaluation.signature.subarray(32)) - reduce(crafted.contribution.subarray(64)) + ORDER) % ORDER;
      return { own, rho: crafted.serverFactor, c: crafted.challenge };
    });
    // own = d + e·ρ − c·s: three equations, and d, e, s are all that is unknown.
    const [first, second, third] = answers;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three answers");
    const { Fn } = Point;
    const less = (left: typeof first) => ({
      own: Fn.sub(left.own, first.own),
      rho: Fn.sub(left.rho, first.rho),
      c: Fn.sub(first.c, left.c),
    });
    const [one, two] = [less(second), less(third)];
    const determinant = Fn.sub(Fn.mul(one.rho, two.c), Fn.mul(two.rho, one.c));
    const share = Fn.div(Fn.sub(Fn.mul(one.rho, two.own), Fn.mul(two.rho, one.own)), determinant);
    expect(share).toBe(openServerShare(pair.serverShare)?.signingShare);
  });
});

describe("the server's share", () => {
  const opened = openServerShare(pair.serverShare);
  const otherOpened = openServerShare(other.serverShare);
  if (opened === undefined || otherOpened === undefined) throw new Error("a share is damaged");
  const prepared = prepare(suite, pair, message);
  const right = contribute(suite, pair, prepared);
  const whole = {
    signingShare: opened.signingShare,
    verifyingShares: { device: opened.deviceVerifyingShare[0], server: opened.verifyingShare },
    groupKey,
  };
  const withPart = (part: object): Uint8Array => sealServerShare({ ...whole, ...part });
  const { device: deviceShare, server: ownShare } = whole.verifyingShares;
  const others = { device: otherOpened.deviceVerifyingShare[0], server: otherOpened.verifyingShare };

  test.each([
    ["another verifying share of the device", { verifyingShares: { device: others.device, server: ownShare } }],
    ["another verifying share of its own", { verifyingShares: { device: deviceShare, server: others.server } }],
    ["both exchanged", { verifyingShares: { device: ownShare, server: deviceShare } }],
    ["another public key", { groupKey: decodePublicKey(other.publicKey) ?? groupKey }],
  ])("with %s is no share for an offer, and makes no signature", (_name, part) => {
    // Nobody uses Y2 but the offer, which comes first.
    const usesPart = !("verifyingShares" in part) || part.verifyingShares.device !== deviceShare;
    for (const contribution of [...(usesPart ? [right] : []), random(96), random(5)]) {
      expect(evaluate(suite, { ...pair, serverShare: withPart(part) }, prepared, contribution).verdict).not.toBe("right");
    }
    expect(() => prepare(suite, { ...pair, serverShare: withPart(part) }, message)).toThrow(RangeError);
  });

  test("with another secret is no share for an offer, and makes no signature", () => {
    expect(evaluate(suite, { ...pair, serverShare: withPart({}) }, prepared, right).verdict).toBe("right");
    for (const secret of [0n, 1n, otherOpened.signingShare]) {
      const serverShare = withPart({ signingShare: secret });
      expect(() => prepare(suite, { ...pair, serverShare }, message)).toThrow(RangeError);
      expect(evaluate(suite, { ...pair, serverShare }, prepared, right).verdict).toBe("damaged");
    }
  });
});

test("an offer is two points and nothing else, and the signature names no message to be replayed", async () => {
  const { input, nonce } = prepare(suite, pair, message);
  expect(input.offer).toEqual({
    hiding: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    binding: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
  });
  expect(nonce).toBeDefined();
  const prepared = prepare(suite, pair, message);
  expect(evaluate(suite, pair, prepared, contribute(suite, pair, prepared))).toMatchObject({ messageKey: undefined });
  expect(pair.stored).toEqual(groupKey);
  expect(sign(suite, await makeKey("ed25519"), message)).toHaveLength(64);
});
