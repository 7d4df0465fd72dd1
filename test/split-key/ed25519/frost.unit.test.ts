import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { ed25519, ed25519_FROST as library } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/protocol/encoding.ts";
import { encodePublicKey } from "../../../src/split-key/ed25519/common.ts";
import * as frost from "../../../src/split-key/ed25519/frost.ts";
import { decodePoint, multiplyPowers, ORDER, parsePoint } from "../../../src/split-key/ed25519/group.ts";
import { parseScalar, Point, powersOf, reduce, toScalarBytes } from "../../../src/split-key/ed25519/group.ts";
import { verifies } from "../../../src/split-key/ed25519/server-half.ts";
import ed25519Vectors from "../../vectors/ed25519.json" with { type: "json" };
import vectors from "../../vectors/frost-ed25519.json" with { type: "json" };
import { HOSTILE_POINTS } from "./hostile-points.ts";

const scalar = (hex: string): bigint => reduce(hexToBytes(hex));
const hex = (value: bigint): string => bytesToHex(toScalarBytes(value));

describe("RFC 9591, appendix E.1", () => {
  const groupKey = hexToBytes(vectors.groupPublicKey);
  const message = hexToBytes(vectors.message);
  const identifiers = vectors.participants.map(({ identifier }) => BigInt(identifier));
  const commitments = vectors.participants.map(({ identifier, hidingCommitment, bindingCommitment }) => ({
    identifier: BigInt(identifier),
    hiding: hexToBytes(hidingCommitment),
    binding: hexToBytes(bindingCommitment),
  }));
  const factors = frost.bindingFactors(groupKey, commitments, message);
  const commitmentShares = commitments.map(({ hiding, binding }, index) =>
    Point.fromBytes(binding)
      .multiplyUnsafe(factors[index] ?? 0n)
      .add(Point.fromBytes(hiding)),
  );
  const groupCommitment = commitmentShares
    .reduce<typeof Point.ZERO>((sum, each) => sum.add(each ?? Point.ZERO), Point.ZERO)
    .toBytes();
  const challenge = frost.challengeOf(groupCommitment, groupKey, message);

  test.each(vectors.participants.map((participant, index) => ({ participant, index })))(
    "participant $participant.identifier",
    ({ participant, index }) => {
      const signingShare = scalar(participant.share);
      const hiding = frost.drawNonce(hexToBytes(participant.hidingRandomness), signingShare);
      const binding = frost.drawNonce(hexToBytes(participant.bindingRandomness), signingShare);
      expect([hex(hiding), hex(binding)]).toEqual([participant.hidingNonce, participant.bindingNonce]);
      expect(Point.BASE.multiply(hiding).toHex()).toBe(participant.hidingCommitment);
      expect(hex(factors[index] ?? 0n)).toBe(participant.bindingFactor);

      const interpolatingValue = frost.interpolatingValue(identifiers, BigInt(participant.identifier));
      const share = frost.signatureShare({ hiding, binding }, signingShare, {
        bindingFactor: factors[index] ?? 0n,
        interpolatingValue,
        challenge,
      });
      expect(hex(share)).toBe(participant.signatureShare);
      const weighted = multiplyPowers(powersOf(Point.BASE.multiply(signingShare)), (challenge * interpolatingValue) % ORDER);
      expect(frost.isSignatureShare(share, commitmentShares[index] ?? Point.ZERO, weighted)).toBe(true);
      expect(frost.isSignatureShare((share + 1n) % ORDER, commitmentShares[index] ?? Point.ZERO, weighted)).toBe(false);
    },
  );

  test("the signature", () => {
    const sum = vectors.participants.reduce((total, { signatureShare }) => total + scalar(signatureShare), 0n) % ORDER;
    const signature = concatBytes(groupCommitment, toScalarBytes(sum));
    expect(bytesToHex(signature)).toBe(vectors.signature);
    expect(verifies(encodePublicKey(groupKey), message, signature)).toBe(true);
  });
});

test.each(ed25519Vectors.signatures)("RFC 8032, section 7.1: the signature of $message", ({ publicKey, message, signature }) => {
  const [spki, text, bytes] = [encodePublicKey(hexToBytes(publicKey)), hexToBytes(message), hexToBytes(signature)];
  expect(verifies(spki, text, bytes)).toBe(true);
  expect(verifies(spki, Uint8Array.of(...text, 0), bytes)).toBe(false);
  expect(verifies(spki, text, bytes.with(0, (bytes[0] ?? 0) ^ 1))).toBe(false);
  const beyond = concatBytes(bytes.subarray(0, 32), toScalarBytes(scalar(signature.slice(64)) + ORDER));
  expect(verifies(spki, text, beyond)).toBe(false);
  const [commitment, key] = [bytes.slice(0, 32), hexToBytes(publicKey)];
  const weighted = Point.fromBytes(key).multiplyUnsafe(frost.challengeOf(commitment, key, text));
  expect(frost.isSignatureShare(scalar(signature.slice(64)), Point.fromBytes(commitment), weighted)).toBe(true);
});

describe("reading", () => {
  test.each(HOSTILE_POINTS)("%s is no element of the group", (_name, bytes) => {
    expect(parsePoint(bytes)).toBeUndefined();
  });

  test("a point has 32 bytes, a scalar 32 bytes below L", () => {
    const bytes = Point.BASE.toBytes();
    expect(parsePoint(bytes)?.equals(Point.BASE)).toBe(true);
    expect([decodePoint(bytes.subarray(1)), decodePoint(Uint8Array.of(...bytes, 0))]).toEqual([undefined, undefined]);
    expect(parseScalar(toScalarBytes(ORDER - 1n))).toBe(ORDER - 1n);
    for (const value of [ORDER, ORDER + 1n, (1n << 256n) - 1n]) expect(parseScalar(toScalarBytes(value))).toBeUndefined();
    expect(parseScalar(new Uint8Array(31))).toBeUndefined();
  });
});

/** Numbers that no run differs in. */
const seeded = (label: string): bigint => reduce(sha512(utf8(label)));

test("the multiplication by kept powers agrees with the library's, at the edges too", () => {
  for (const [index, value] of [0n, 1n, 7n, 8n, 9n, 15n, 1n << 64n, ORDER - 1n, ...Array(12).keys()].entries()) {
    const point = Point.BASE.multiply(seeded(`point ${index}`));
    const by = typeof value === "bigint" ? value : seeded(`scalar ${value}`);
    const product = point.multiplyUnsafe(by);
    expect(multiplyPowers(powersOf(point), by).equals(product)).toBe(true);
    expect(mulAddUnsafe(Point, [point], [by]).equals(product)).toBe(true);
  }
});

test("shares are judged and joined as the library judges and joins them", () => {
  const signers = { min: 2, max: 2 };
  const run = fc.property(
    fc.nat(),
    fc.uint8Array({ maxLength: 80 }),
    fc.integer({ min: 0, max: 5 }),
    (seed, message, spoiled) => {
      let draws = 0;
      const rng = (length = 32): Uint8Array => sha512(utf8(`${seed} ${draws++}`)).subarray(0, length);
      const { public: key, secretShares } = library.trustedDealer(signers, undefined, undefined, rng);
      const [groupKey = new Uint8Array()] = key.commitments;
      const parties = [1n, 2n].map((identifier) => {
        const name = library.Identifier.fromNumber(Number(identifier));
        const secret = secretShares[name];
        if (secret === undefined) throw new Error("the dealer gave no share");
        const { nonces, commitments } = library.commit(secret, rng);
        return { identifier, name, secret, nonces, commitments, signingShare: reduce(secret.signingShare) };
      });
      const list = parties.map(({ identifier, commitments }) => ({
        identifier,
        hiding: commitments.hiding,
        binding: commitments.binding,
      }));
      const factors = frost.bindingFactors(groupKey, list, message);
      const shared = list.map(({ hiding, binding }, index) =>
        Point.fromBytes(binding)
          .multiplyUnsafe(factors[index] ?? 0n)
          .add(Point.fromBytes(hiding)),
      );
      const groupCommitment = (shared[0] ?? Point.ZERO).add(shared[1] ?? Point.ZERO).toBytes();
      const challenge = frost.challengeOf(groupCommitment, groupKey, message);

      const made = parties.map(({ identifier, nonces, signingShare, name }, index) => {
        const interpolatingValue = frost.interpolatingValue([1n, 2n], identifier);
        const numbers = { hiding: reduce(nonces.hiding), binding: reduce(nonces.binding) };
        const factorsOf = { bindingFactor: factors[index] ?? 0n, interpolatingValue, challenge };
        const right = frost.signatureShare(numbers, signingShare, factorsOf);
        const share = spoiled === index + 1 ? (right + seeded(String(seed))) % ORDER : right;
        const weighted = Point.fromBytes(key.verifyingShares[name] ?? groupKey).multiplyUnsafe(
          (challenge * interpolatingValue) % ORDER,
        );
        const mine = frost.isSignatureShare(share, shared[index] ?? Point.ZERO, weighted);
        const theirs = library.verifyShare(
          key,
          parties.map((each) => each.commitments),
          message,
          name,
          toScalarBytes(share),
        );
        expect(mine).toBe(theirs);
        expect(mine).toBe(spoiled !== index + 1);
        return share;
      });
      if (spoiled === 1 || spoiled === 2) return;
      const joined = concatBytes(groupCommitment, toScalarBytes(((made[0] ?? 0n) + (made[1] ?? 0n)) % ORDER));
      const shares = Object.fromEntries(parties.map(({ name }, index) => [name, toScalarBytes(made[index] ?? 0n)]));
      expect(joined).toEqual(
        library.aggregate(
          key,
          parties.map((each) => each.commitments),
          message,
          shares,
        ),
      );
      expect(ed25519.verify(joined, message, groupKey)).toBe(true);
    },
  );
  fc.assert(run, { numRuns: 8, seed: 9591 });
});
