// The one exchange in which a key is made, with one of the two sides hostile.
import { ed25519_FROST as library } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/protocol/encoding.ts";
import { decodePublicKey, DEVICE, SERVER, SIGNERS } from "../../../src/split-key/ed25519/common.ts";
import { ed25519DeviceHalf } from "../../../src/split-key/ed25519/device-half.ts";
import { ORDER, Point, reduce, toScalarBytes } from "../../../src/split-key/ed25519/group.ts";
import { drawLine } from "../../../src/split-key/ed25519/key-generation.ts";
import { ed25519ServerHalf } from "../../../src/split-key/ed25519/server-half.ts";
import { openServerShare } from "../../../src/split-key/ed25519/server-records.ts";
import type { RandomBytes } from "../../../src/split-key/scheme.ts";
import { HOSTILE_POINTS } from "./hostile-points.ts";

/** A source that gives the same bytes again under the same name. */
function source(name: string): RandomBytes {
  let draws = 0;
  return (length) => new Uint8Array(sha512(utf8(`${name} ${draws++}`)).slice(0, length));
}

const accept = (secret: Uint8Array, random = source("server"), earlierPublicKeys: readonly Uint8Array[] = []) =>
  ed25519ServerHalf.acceptDeviceKey({ device: new Uint8Array(), secret, pooledShare: undefined, random, earlierPublicKeys });

function refusal(secret: Uint8Array): string | undefined {
  const joined = accept(secret);
  return joined.ok ? undefined : joined.failure;
}

/** Both participants' messages with known lines: f1 and f2 of every test. */
const [deviceLine, serverLine] = [drawLine(DEVICE, source("device")), drawLine(SERVER, source("server"))];
const honest = deviceLine.message;
const [constant = 0n, slope = 0n] = deviceLine.secret.coefficients ?? [];
const [serverConstant = 0n] = serverLine.secret.coefficients ?? [];
const half = () => ed25519DeviceHalf.generate(source("device"));

const put = (message: Uint8Array, index: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(message.subarray(0, 32 * index), bytes, message.subarray(32 * index + bytes.length));
const scalarAt = (message: Uint8Array, index: number): bigint => reduce(message.subarray(32 * index, 32 * index + 32));

/** A line with that constant, and a good proof for it. */
function lineFrom(participant: typeof DEVICE | typeof SERVER, secret: bigint): Uint8Array {
  const { public: round1, secret: state } = library.DKG.round1(participant.name, SIGNERS, toScalarBytes(secret));
  const [a0 = 0n, a1 = 0n] = state.coefficients ?? [];
  const receiver = participant === DEVICE ? 2n : 1n;
  return concatBytes(...round1.commitment, round1.proofOfKnowledge, toScalarBytes((a0 + a1 * receiver) % ORDER));
}

describe("an honest exchange", () => {
  test("gives both the key that neither has", async () => {
    const made = await half();
    expect([made.device.length, made.secret.length]).toEqual([0, 160]);
    const joined = accept(made.secret);
    if (!joined.ok) throw new Error(joined.failure);
    const { answer, publicKey, serverShare } = joined.value;
    const finished = made.finish(answer);
    const whole = Point.BASE.multiply((constant + serverConstant) % ORDER).toBytes();
    expect(decodePublicKey(publicKey)).toEqual(whole);
    expect(finished?.stored).toEqual(whole);
    const share = openServerShare(serverShare);
    const deviceShare = reduce(finished?.share ?? new Uint8Array());
    expect(share?.deviceVerifyingShare[0].toBytes()).toEqual(Point.BASE.multiply(deviceShare).toBytes());
    expect((2n * deviceShare + ORDER - (share?.signingShare ?? 0n)) % ORDER).toBe((constant + serverConstant) % ORDER);
    // A line is joined once: a second answer finds nothing to join.
    expect(made.finish(answer)).toBeUndefined();
  });

  test("is another one each time, and a key that the account had is not made again", () => {
    const first = accept(honest);
    if (!first.ok) throw new Error(first.failure);
    expect(accept(honest, source("another")).ok).toBe(true);
    expect(accept(honest, source("server"), [first.value.publicKey])).toEqual({ ok: false, failure: "unacceptable_key" });
    expect(accept(honest)).toEqual(first);
  });
});

describe("a message that is malformed", () => {
  const forms: readonly (readonly [string, (message: Uint8Array) => Uint8Array])[] = [
    ["empty", () => new Uint8Array()],
    ["a byte short", (message) => message.subarray(1)],
    ["a byte long", (message) => Uint8Array.of(...message, 0)],
    ...[0, 1, 2].flatMap((index) =>
      HOSTILE_POINTS.map(
        ([name, bytes]) => [`${name} in place ${index}`, (message: Uint8Array) => put(message, index, bytes)] as const,
      ),
    ),
    ...[3, 4].map(
      (index) =>
        [
          `a scalar that is L more, in place ${index}`,
          (message: Uint8Array) => put(message, index, toScalarBytes(scalarAt(message, index) + ORDER)),
        ] as const,
    ),
  ];

  test("is refused by the server", () => {
    const examined = (secret: Uint8Array, device = new Uint8Array()) =>
      ed25519ServerHalf.examineDeviceKey({ device, secret, earlierPublicKeys: [] });
    for (const [name, form] of forms) {
      expect([name, refusal(form(honest)), examined(form(honest))]).toEqual([name, "malformed", "malformed"]);
    }
    expect([examined(honest), examined(honest, Uint8Array.of(0))]).toEqual([undefined, "malformed"]);
  });

  test("finishes nothing on the device", async () => {
    for (const [name, form] of forms) expect([name, (await half()).finish(form(serverLine.message))]).toEqual([name, undefined]);
  });
});

describe("a message that is not honest", () => {
  /** Commitments chosen so that the key becomes the attacker's own, T: T minus what the other committed to. */
  const target = Point.BASE.multiply(12345n);
  const against = (other: Uint8Array): Uint8Array => target.subtract(Point.fromBytes(other.subarray(0, 32))).toBytes();
  const proofOf = (message: Uint8Array): Uint8Array => message.subarray(64, 128);
  const forms = (participant: typeof DEVICE | typeof SERVER, other: Uint8Array): readonly (readonly [string, Uint8Array])[] => {
    const own = lineFrom(participant, 777n);
    const rogue = put(own, 0, against(other));
    return [
      ["the other's own message", other],
      ["a proof by the other for the other's commitment", put(put(own, 0, other.subarray(0, 32)), 2, proofOf(other))],
      ["a rogue key with the proof of its maker's own", rogue],
      ["a rogue key with the other's proof", put(rogue, 2, proofOf(other))],
      ["a rogue key with a proof for the target", put(rogue, 2, proofOf(lineFrom(participant, 12345n)))],
      [
        "a proof that was made under the other's name",
        put(own, 2, proofOf(lineFrom(participant === DEVICE ? SERVER : DEVICE, 777n))),
      ],
      ["another line's proof", put(own, 2, proofOf(lineFrom(participant, 778n)))],
      ["a proof with another scalar", put(own, 3, toScalarBytes((scalarAt(own, 3) + 1n) % ORDER))],
      ["a share off the line", put(own, 4, toScalarBytes((scalarAt(own, 4) + 1n) % ORDER))],
      ["a share of 0", put(own, 4, new Uint8Array(32))],
      ["another slope than the share's", put(own, 1, other.subarray(32, 64))],
    ];
  };

  test("is no key for the server", () => {
    for (const [name, secret] of forms(DEVICE, serverLine.message)) {
      expect([name, refusal(secret)]).toEqual([name, "unacceptable_key"]);
    }
  });

  test("is no key for the device, also where the server spoke last and chose", async () => {
    for (const [name, answer] of forms(SERVER, honest)) expect([name, (await half()).finish(answer)]).toEqual([name, undefined]);
  });

  test("cancels the other's part to the identity, which is no public key", async () => {
    const cancelling = lineFrom(DEVICE, ORDER - serverConstant);
    expect(accept(cancelling)).toEqual({ ok: false, failure: "unacceptable_key" });
    expect(accept(cancelling, source("another")).ok).toBe(true);
    expect((await half()).finish(lineFrom(SERVER, ORDER - constant))).toBeUndefined();
  });

  test("cancels a verifying share to the identity, which would be no secret", async () => {
    // f1(1) + f2(1) = 0, and a share of 0 that anybody has.
    const { public: round1, secret } = library.DKG.round1(SERVER.name, SIGNERS);
    const [a0 = 0n] = secret.coefficients ?? [];
    const wanted = (3n * ORDER - constant - slope - a0) % ORDER;
    const commitment = Point.BASE.multiply(wanted).toBytes();
    const share = toScalarBytes((a0 + wanted) % ORDER);
    const answer = concatBytes(round1.commitment[0] ?? new Uint8Array(), commitment, round1.proofOfKnowledge, share);
    expect((await half()).finish(answer)).toBeUndefined();
  });
});
