// What somebody with everything of the server's could put in the place of a device's contribution, in suite `ed25519`, and a signature
// from it, put together as the server does but without any of its checks.
import { concatBytes } from "../../src/protocol/encoding.ts";
import { decodeOffer, decodePublicKey, DEVICE, SERVER } from "../../src/split-key/ed25519/common.ts";
import { bindingFactors, challengeOf, interpolatingValue, signatureShare } from "../../src/split-key/ed25519/frost.ts";
import {
  decodePoint,
  type GroupPoint,
  ORDER,
  parseScalar,
  Point,
  reduce,
  toScalarBytes,
} from "../../src/split-key/ed25519/group.ts";
import { openNonce, type ServerShare } from "../../src/split-key/ed25519/server-records.ts";
import { modularInverse, toBigInt } from "../../src/split-key/rsa/modular-arithmetic.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";
import type { Haul } from "./ransacking.ts";

export interface FrostLoot {
  readonly share: ServerShare;
  /** As it lies under the wrapping. */
  readonly record: Uint8Array<ArrayBuffer>;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Every contribution that the server has seen for this key, with what it was for. */
  readonly earlier: readonly Earlier[];
  /** s1, which the thief does not have: for showing that what is tried here works with it. */
  readonly deviceShare: Uint8Array;
}

interface Asked {
  readonly message: MessageToSign;
  readonly offer: Offer;
}

interface Earlier extends Asked {
  readonly contribution: Uint8Array;
}

interface Computed {
  readonly deviceFactor: bigint;
  readonly serverFactor: bigint;
  /** D1 + ρ1·E1. */
  readonly commitmentShare: GroupPoint;
  /** R, 32 bytes. */
  readonly groupCommitment: Uint8Array;
  readonly challenge: bigint;
}

const PARTICIPANTS = [DEVICE.number, SERVER.number];
const DEVICE_WEIGHT = interpolatingValue(PARTICIPANTS, DEVICE.number);
const SERVER_WEIGHT = interpolatingValue(PARTICIPANTS, SERVER.number);

const multiply = (point: GroupPoint, scalar: bigint): GroupPoint => point.multiplyUnsafe(scalar % ORDER);
const draw = (): bigint => reduce(crypto.getRandomValues(new Uint8Array(64)));
const inverse = (number: bigint): bigint => modularInverse(number % ORDER, ORDER) ?? 0n;

function pointOf(bytes: Uint8Array): GroupPoint {
  const decoded = decodePoint(bytes);
  if (decoded === undefined) throw new Error("no point");
  return decoded;
}

function compute(groupKey: Uint8Array, { message, offer }: Asked, commitments: Uint8Array): Computed {
  const server = decodeOffer(offer);
  if (server === undefined) throw new Error("no offer");
  const [hiding, binding] = [commitments.subarray(0, 32), commitments.subarray(32, 64)];
  const list = [
    { identifier: DEVICE.number, hiding, binding },
    { identifier: SERVER.number, ...server },
  ];
  const [deviceFactor = 0n, serverFactor = 0n] = bindingFactors(groupKey, list, message.digest);
  const commitmentShare = pointOf(hiding).add(multiply(pointOf(binding), deviceFactor));
  const serverShare = pointOf(server.hiding).add(multiply(pointOf(server.binding), serverFactor));
  const groupCommitment = commitmentShare.add(serverShare).toBytes();
  const challenge = challengeOf(groupCommitment, groupKey, message.digest);
  return { deviceFactor, serverFactor, commitmentShare, groupCommitment, challenge };
}

/** Which of the contributions were made for which of the messages, by z1·B = D1 + ρ1·E1 + c·λ1·Y1. */
export function contributionsFor(
  share: ServerShare,
  signed: readonly Asked[],
  contributions: readonly Uint8Array[],
): readonly Earlier[] {
  const [verifyingShare] = share.deviceVerifyingShare;
  return signed.flatMap(({ message, offer }) =>
    contributions
      .filter((contribution) => {
        if (contribution.length !== 96) return false;
        const { commitmentShare, challenge } = compute(share.groupKey, { message, offer }, contribution);
        const expected = commitmentShare.add(multiply(verifyingShare, challenge * DEVICE_WEIGHT));
        return multiply(Point.BASE, toScalar(contribution)).equals(expected);
      })
      .map((contribution) => ({ message, offer, contribution })),
  );
}

const toScalar = (contribution: Uint8Array): bigint => parseScalar(contribution.subarray(64)) ?? 0n;

/** R and z1 + z2. */
export function assemble(
  { share }: FrostLoot,
  { nonce, ...asked }: Asked & { readonly nonce: Uint8Array },
  contribution: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const nonces = openNonce(nonce);
  if (nonces === undefined) throw new Error("no nonce");
  const { serverFactor: bindingFactor, groupCommitment, challenge } = compute(share.groupKey, asked, contribution);
  const own = signatureShare(nonces, share.signingShare, { bindingFactor, interpolatingValue: SERVER_WEIGHT, challenge });
  return concatBytes(groupCommitment, toScalarBytes((toScalar(contribution) + own) % ORDER));
}

/** As a device with that share makes it. */
export function contributionWith(share: Uint8Array | bigint, publicKey: Uint8Array, asked: Asked): Uint8Array {
  const groupKey = decodePublicKey(publicKey) ?? new Uint8Array();
  const nonces = { hiding: draw(), binding: draw() };
  const commitments = concatBytes(...[nonces.hiding, nonces.binding].map((nonce) => multiply(Point.BASE, nonce).toBytes()));
  const { deviceFactor: bindingFactor, challenge } = compute(groupKey, asked, commitments);
  const scalar = typeof share === "bigint" ? share : reduce(share);
  const sum = signatureShare(nonces, scalar, { bindingFactor, interpolatingValue: DEVICE_WEIGHT, challenge });
  return concatBytes(commitments, toScalarBytes(sum));
}

/** Whatever a thief could put in the place of the device's contribution to a new message. */
export function replacements(loot: FrostLoot, asked: Asked): Readonly<Record<string, Uint8Array>> {
  const { share, publicKey, earlier } = loot;
  const { signingShare, groupKey } = share;
  const [verifyingShare] = share.deviceVerifyingShare;
  const known: Record<string, Uint8Array> = {};
  const shares = { "0": 0n, "1": 1n, s2: signingShare, "-s2": ORDER - signingShare, "2·s2": 2n * signingShare };
  const halves = {
    "s2/2": signingShare * inverse(2n),
    "Y's bytes": reduce(groupKey),
    "Y1's bytes": reduce(verifyingShare.toBytes()),
  };
  for (const [name, number] of Object.entries({ ...shares, ...halves, "a random number": draw() })) {
    known[`made with ${name} for s1`] = contributionWith(number % ORDER, publicKey, asked);
  }
  // z1 first, then D1 so that the equation holds for the challenge of another D1: it never meets its own.
  const [binding, sum] = [multiply(Point.BASE, draw()), draw()];
  let hiding = multiply(Point.BASE, draw());
  for (let round = 0; round < 3; round++) {
    const commitments = concatBytes(hiding.toBytes(), binding.toBytes());
    known[`solved for D1, round ${round}`] = concatBytes(commitments, toScalarBytes(sum));
    const { deviceFactor, challenge } = compute(groupKey, asked, commitments);
    const rest = multiply(binding, deviceFactor).add(multiply(verifyingShare, challenge * DEVICE_WEIGHT));
    hiding = multiply(Point.BASE, sum).subtract(rest);
  }
  earlier.forEach(({ contribution, ...other }, index) => {
    const [commitments, old] = [contribution.subarray(0, 64), toScalar(contribution)];
    const quotient = compute(groupKey, asked, commitments).challenge * inverse(compute(groupKey, other, commitments).challenge);
    const scaled = (factor: bigint, name: string): void => {
      known[`old contribution ${index} ${name}`] = concatBytes(commitments, toScalarBytes((old * (factor % ORDER)) % ORDER));
    };
    scaled(1n, "as it was");
    scaled(quotient, "times the quotient of the challenges");
    scaled(ORDER - 1n, "with the other sign");
    earlier.slice(index + 1).forEach((next, distance) => {
      const points = [0, 32].map((start) =>
        pointOf(contribution.subarray(start, start + 32)).add(pointOf(next.contribution.subarray(start, start + 32))),
      );
      const total = (old + toScalar(next.contribution)) % ORDER;
      const sums = concatBytes(...points.map((each) => each.toBytes()), toScalarBytes(total));
      known[`sum of old contributions ${index} and ${index + 1 + distance}`] = sums;
    });
  });
  return known;
}

/** What a number that was found is good for, in either order of its bytes. */
export function numbersThatOpen({ byteStrings }: Haul, { share }: FrostLoot): readonly string[] {
  const [device] = share.deviceVerifyingShare;
  const targets: Readonly<Record<string, GroupPoint>> = {
    "the device's share": device,
    "the device's weighted share": multiply(device, DEVICE_WEIGHT),
    "the whole key": pointOf(share.groupKey),
  };
  const pieces = [...byteStrings.values()]
    .filter(({ length }) => length >= 32 && length <= 1024)
    .flatMap((bytes) => [bytes.subarray(0, 32), bytes.subarray(-32), bytes.subarray(64, 96)]);
  const points = pieces
    .filter(({ length }) => length === 32)
    .flatMap((bytes) => [reduce(bytes), toBigInt(bytes) % ORDER])
    .map((number) => multiply(Point.BASE, number));
  return Object.keys(targets).filter((name) => points.some((each) => targets[name]?.equals(each) === true));
}
