// The one exchange in which a key is made, with one of the two sides hostile.
import { ed25519_FROST as library } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/protocol/encoding.ts";
import { decodePublicKey, DEVICE, type Participant, SERVER, SIGNERS } from "../../../src/split-key/ed25519/common.ts";
import { ed25519DeviceHalf } from "../../../src/split-key/ed25519/device-half.ts";
import { ORDER, Point, reduce, toScalarBytes } from "../../../src/split-key/ed25519/group.ts";
import { drawLine, joinLines, parseKeyMessage } from "../../../src/split-key/ed25519/key-generation.ts";
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
const [constant = 0n] = deviceLine.secret.coefficients ?? [];
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
    for (const [name, form] of forms) expect([name, refusal(form(honest))]).toEqual([name, "malformed"]);
    const inTheClear = { device: Uint8Array.of(0), secret: honest, pooledShare: undefined, earlierPublicKeys: [] };
    const joined = ed25519ServerHalf.acceptDeviceKey({ ...inTheClear, random: source("server") });
    expect(joined).toEqual({ ok: false, failure: "malformed" });
    expect(ed25519ServerHalf.examineDeviceKey(inTheClear)).toBe("malformed");
  });

  test("finishes nothing on the device", async () => {
    for (const [name, form] of forms) expect([name, (await half()).finish(form(serverLine.message))]).toEqual([name, undefined]);
  });
});

/** What the library makes of a message, by its own rounds, for the line that this source gives. */
function libraryJoins(participant: Participant, name: string, message: Uint8Array) {
  const sender = participant === DEVICE ? SERVER : DEVICE;
  const at = (from: number, to: number): Uint8Array<ArrayBuffer> => new Uint8Array(message.slice(32 * from, 32 * to));
  const round1 = { identifier: sender.name, commitment: [at(0, 1), at(1, 2)], proofOfKnowledge: at(2, 4) };
  const { secret } = drawLine(participant, source(name));
  try {
    library.DKG.round2(secret, [round1]);
    const key = library.DKG.round3(secret, [round1], [{ identifier: sender.name, signingShare: at(4, 5) }]);
    const { [DEVICE.name]: device, [SERVER.name]: server } = key.public.verifyingShares;
    const points = [key.public.commitments[0], device, server].map((bytes) => Point.fromBytes(bytes ?? new Uint8Array()));
    // The library itself takes a group key and verifying shares of which everybody has the secret, 0.
    return points.some((point) => point.is0()) ? undefined : [key.secret.signingShare, ...points.map((each) => each.toBytes())];
  } catch {
    return undefined;
  }
}

function weJoin(participant: Participant, name: string, message: Uint8Array) {
  const parsed = parseKeyMessage(message);
  const key = parsed && joinLines(drawLine(participant, source(name)), parsed);
  if (key === undefined) return undefined;
  const { device, server } = key.verifyingShares;
  return [toScalarBytes(key.signingShare), key.groupKey, device.toBytes(), server.toBytes()];
}

test("lines are joined as the library joins them, whichever part of a message is another's, off by a bit, 0 or no point", () => {
  for (const [participant, sender] of [
    [DEVICE, SERVER],
    [SERVER, DEVICE],
  ] as const) {
    // f(receiver) = 0, and the line is good.
    const flat = lineFrom(sender, 777n);
    const falling = Point.Fn.div(ORDER - 777n, participant.number);
    const zero = put(put(flat, 1, Point.BASE.multiply(falling).toBytes()), 4, new Uint8Array(32));
    const [message, another] = ["one", "two"].map((name) => drawLine(sender, source(name)).message) as [Uint8Array, Uint8Array];
    const spoiled = [0, 1, 2, 3, 4].flatMap((index) => [
      put(message, index, another.subarray(32 * index, 32 * index + 32)),
      message.with(32 * index, (message[32 * index] ?? 0) ^ 1),
      put(message, index, new Uint8Array(32)),
      ...(index < 3 ? [5, 9].map((form) => put(message, index, HOSTILE_POINTS[form]?.[1] ?? new Uint8Array(32))) : []),
    ]);
    const [first, ...others] = [message, another, zero, ...spoiled].map((each) => {
      const joined = weJoin(participant, "own", each);
      expect(joined).toEqual(libraryJoins(participant, "own", each));
      return joined;
    });
    expect(first).toHaveLength(4);
    expect(others.filter((joined) => joined !== undefined)).toHaveLength(1);
  }
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

  test("cancels either's verifying share to the identity, which would be no secret, or the share alone to 0", () => {
    for (const [participant, sender, line] of [
      [DEVICE, SERVER, deviceLine],
      [SERVER, DEVICE, serverLine],
    ] as const) {
      const [own = 0n, rise = 0n] = line.secret.coefficients ?? [];
      const name = participant === DEVICE ? "device" : "server";
      const flat = lineFrom(sender, 777n);
      for (const { number } of [DEVICE, SERVER]) {
        // f1(number) + f2(number) = 0
        const fall = Point.Fn.neg(Point.Fn.div((own + rise * number + 777n) % ORDER, number));
        const share = toScalarBytes((777n + fall * participant.number) % ORDER);
        const cancelling = put(put(flat, 1, Point.BASE.multiply(fall).toBytes()), 4, share);
        expect([name, number, weJoin(participant, name, cancelling)]).toEqual([name, number, undefined]);
      }
      const opposite = toScalarBytes(ORDER - ((own + rise * participant.number) % ORDER));
      expect(weJoin(participant, name, put(flat, 4, opposite))).toBeUndefined();
    }
  });
});
