// Law 1 for suite `ed25519`: with every byte that the device stores, the public key and any number of finished signatures, no
// computation tells the right PIN. Each known way is shown to work where its rule is broken, so that a way that never works proves
// nothing here. Guesses are cheap in this test (one hash instead of PBKDF2), which only helps the thief.
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/protocol/encoding.ts";
import { decodeOffer, decodePublicKey } from "../../src/split-key/ed25519/common.ts";
import { bindingFactors, challengeOf } from "../../src/split-key/ed25519/frost.ts";
import { ORDER, parseScalar, Point, reduce, toScalarBytes } from "../../src/split-key/ed25519/group.ts";
import { openServerShare } from "../../src/split-key/ed25519/server-records.ts";
import { contribute, evaluate, messageOf, prepare, SUITES_UNDER_TEST } from "../split-key/suites.ts";

const suite = SUITES_UNDER_TEST.find((each) => each.suite === "ed25519");
if (suite === undefined) throw new Error("the suite is missing");
const { device, pair } = suite;

const RIGHT_PIN = "48263";
const CANDIDATES = [...Array(12).keys()].map((index) => (index === 7 ? RIGHT_PIN : String(51_000 + index * 337)));
const streamOf = (pin: string, name = "salt", length = device.maskLength): Uint8Array =>
  hkdf(sha512, utf8(pin), sha256(utf8(name)), undefined, length);

const groupKey = decodePublicKey(pair.publicKey) ?? new Uint8Array();
const server = openServerShare(pair.serverShare);
if (server === undefined) throw new Error("the share is damaged");
const masked = device.mask(pair.share, streamOf(RIGHT_PIN));

/** One signature, and the contribution to it, which no thief sees (law 2). */
const made = (() => {
  const message = messageOf("text", "ed25519", "SHA-512");
  const prepared = prepare(suite, pair, message);
  const contribution = contribute(suite, pair, prepared);
  const evaluation = evaluate(suite, pair, prepared, contribution);
  if (evaluation.verdict !== "right") throw new Error(evaluation.verdict);
  const { signature } = evaluation;
  const [d, e] = [contribution.slice(0, 32), contribution.slice(32, 64)];
  const offered = decodeOffer(prepared.offer) ?? { hiding: d, binding: e };
  const commitments = [
    { identifier: 1n, hiding: d, binding: e },
    { identifier: 2n, ...offered },
  ];
  const [factor = 0n] = bindingFactors(groupKey, commitments, message.digest);
  return {
    ownCommitment: Point.fromBytes(e).multiplyUnsafe(factor).add(Point.fromBytes(d)),
    ownShare: reduce(contribution.subarray(64)),
    commitment: Point.fromBytes(signature.slice(0, 32)),
    sum: reduce(signature.subarray(32)),
    challenge: challengeOf(signature.slice(0, 32), groupKey, message.digest),
  };
})();

const key = Point.fromBytes(groupKey);
const times = (share: bigint) => (share === 0n ? Point.ZERO : Point.BASE.multiply(share));

/** Whether a share that some PIN unmasks to fits something else. The first four ask only what every thief has. */
const WAYS: Readonly<Record<string, (share: bigint) => boolean>> = {
  "the public key is the share's": (share) => times(share).equals(key),
  "the public key is twice the share's": (share) => times((2n * share) % ORDER).equals(key),
  "the signature was made by the share alone": (share) =>
    times(made.sum).equals(made.commitment.add(key.multiplyUnsafe((made.challenge * share) % ORDER))),
  "the signature was made by the weighted share": (share) =>
    times(made.sum).equals(made.commitment.add(times((2n * share * made.challenge) % ORDER))),
  "the device's verifying share": (share) => times(share).equals(server.deviceVerifyingShare[0]),
  "the server's verifying share": (share) =>
    times((2n * share) % ORDER)
      .subtract(server.verifyingShare)
      .equals(key),
  "a contribution": (share) => times(made.ownShare).equals(made.ownCommitment.add(times((2n * share * made.challenge) % ORDER))),
};

const told = (way: (share: bigint) => boolean): readonly string[] =>
  CANDIDATES.filter((pin) => way(reduce(device.unmask(masked, streamOf(pin)))));

test("with what an honest device stores no way tells a PIN", () => {
  for (const [name, way] of Object.entries(WAYS).slice(0, 4)) expect([name, told(way)]).toEqual([name, []]);
  expect(pair.stored).toEqual(groupKey);
});

test("each of the others tells it, which is why nothing that they need is stored or recorded", () => {
  for (const [name, way] of Object.entries(WAYS).slice(4)) expect([name, told(way)]).toEqual([name, [RIGHT_PIN]]);
});

test("for every PIN there is a server half with which it would have made the same key and the same signatures", () => {
  // λ1·s1 + λ2·s2 is the private key, whatever s1 is.
  const whole = (2n * reduce(pair.share) + ORDER - server.signingShare) % ORDER;
  for (const pin of CANDIDATES) {
    const share = reduce(device.unmask(masked, streamOf(pin)));
    const serverShare = (2n * share + ORDER - whole) % ORDER;
    expect(
      times((2n * share) % ORDER)
        .subtract(times(serverShare))
        .equals(key),
    ).toBe(true);
    expect(serverShare === server.signingShare).toBe(pin === RIGHT_PIN);
  }
});

describe("a mask that is not addition modulo L", () => {
  const xor = (left: Uint8Array, right: Uint8Array): Uint8Array => left.map((byte, index) => byte ^ (right[index] ?? 0));

  test("throws PINs out by what they unmask to: one in sixteen gives a scalar below L", () => {
    const left = CANDIDATES.filter((pin) => {
      const masked32 = xor(pair.share, streamOf(RIGHT_PIN, "salt", 32));
      return parseScalar(xor(masked32, streamOf(pin, "salt", 32))) !== undefined;
    });
    expect(left).toContain(RIGHT_PIN);
    expect(left.length).toBeLessThan(CANDIDATES.length / 2);
  });

  test("which addition never does", () => {
    for (const pin of CANDIDATES) expect(parseScalar(device.unmask(masked, streamOf(pin)))).toBeDefined();
  });
});

test("two masked forms of one share give both PINs away, two shares' nothing (law 3)", () => {
  const [one, two] = [streamOf(RIGHT_PIN, "one"), streamOf("51000", "two")];
  const meet = (left: Uint8Array, right: Uint8Array): readonly string[] => {
    const shares = new Map(CANDIDATES.map((pin) => [device.unmask(left, streamOf(pin, "one")).toString(), pin]));
    return CANDIDATES.flatMap((pin) => {
      const found = shares.get(device.unmask(right, streamOf(pin, "two")).toString());
      return found === undefined ? [] : [`${found} ${pin}`];
    });
  };
  expect(meet(device.mask(pair.share, one), device.mask(pair.share, two))).toEqual([`${RIGHT_PIN} 51000`]);
  expect(meet(device.mask(pair.share, one), device.mask(toScalarBytes(12345n), two))).toEqual([]);
});
