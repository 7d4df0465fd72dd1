// The distributed generation of a key, for both halves: each draws a line f(x) = a0 + a1·x, commits to it, proves that it knows a0, and
// gives the other its own point of it. Nobody ever has f1(0) + f2(0), the private key. One exchange: the device says everything first,
// in the second envelope, the server answers likewise. The proof names its maker, so that neither can send the other's, nor choose a0
// against the other's and own the sum (a rogue key).
import { ed25519_FROST as frost } from "@noble/curves/ed25519.js";
import type { DKG_Secret } from "@noble/curves/abstract/frost.js";
import { concatBytes } from "../../protocol/encoding.ts";
import type { RandomBytes } from "../scheme.ts";
import { DEVICE, type Participant, SERVER, SIGNERS } from "./common.ts";
import { isProofOfKnowledge, type ProofOfKnowledge } from "./frost.ts";
import { type GroupPoint, ORDER, parsePoint, parseScalar, Point, SCALAR_LENGTH, toScalarBytes } from "./group.ts";

/** Commitments to a0 and a1 (2 × 32), proof of knowledge of a0 (64), the receiver's share f(receiver) (32). */
export const KEY_MESSAGE_LENGTH = 160;

/** One participant's part of a key that is being made. */
export interface HalfLine {
  readonly participant: Participant;
  /** KEY_MESSAGE_LENGTH bytes, secret: for the other participant and nobody else. */
  readonly message: Uint8Array<ArrayBuffer>;
  readonly secret: DKG_Secret;
}

/** What a participant has when the key is made. */
export interface JoinedKey {
  /** Secret. */
  readonly signingShare: bigint;
  /** With them a PIN could be tried on a masked share: as secret as the share itself, on both sides. */
  readonly verifyingShares: { readonly device: GroupPoint; readonly server: GroupPoint };
  /** The public key, 32 bytes. */
  readonly groupKey: Uint8Array;
}

/** What the other participant says; every part well-formed, none of them believed yet. */
export interface KeyMessage {
  /** A0 and A1. */
  readonly committed: readonly [GroupPoint, GroupPoint];
  readonly proof: ProofOfKnowledge;
  /** f(receiver). */
  readonly share: bigint;
}

const otherThan = (participant: Participant): Participant => (participant === DEVICE ? SERVER : DEVICE);

export function drawLine(participant: Participant, random: RandomBytes): HalfLine {
  const { public: round1, secret } = frost.DKG.round1(participant.name, SIGNERS, undefined, (length = SCALAR_LENGTH) =>
    random(length),
  );
  const [constant, slope] = coefficientsOf(secret);
  // The library gives shares out only after it heard the other's commitments, which in one exchange the device has not.
  const share = toScalarBytes((constant + slope * otherThan(participant).number) % ORDER);
  const message = concatBytes(...round1.commitment, round1.proofOfKnowledge, share);
  share.fill(0);
  return { participant, message, secret };
}

/** Throws where the library has no longer two numbers there: taken for 0, they would make a share that is no secret. */
function coefficientsOf({ coefficients }: DKG_Secret): readonly [bigint, bigint] {
  const [constant, slope, ...more] = coefficients ?? [];
  if (typeof constant !== "bigint" || typeof slope !== "bigint" || more.length > 0) {
    throw new Error("the library keeps the line of a key somewhere else");
  }
  return [constant, slope];
}

/** Undefined for another length, a point that is not of prime order or not in its one spelling, a scalar that is not below L. */
export function parseKeyMessage(message: Uint8Array): KeyMessage | undefined {
  if (message.length !== KEY_MESSAGE_LENGTH) return undefined;
  const at = (index: number): Uint8Array => message.subarray(32 * index, 32 * (index + 1));
  const [response, share] = [parseScalar(at(3)), parseScalar(at(4))];
  if (response === undefined || share === undefined) return undefined;
  const [constant, slope, commitment] = [parsePoint(at(0)), parsePoint(at(1)), parsePoint(at(2))];
  if (constant === undefined || slope === undefined || commitment === undefined) return undefined;
  return { committed: [constant, slope], proof: { commitment, response }, share };
}

/**
 * Rounds 2 and 3 of the library, each point decoded and each thing asked once. Undefined unless the other's proof is good, its share
 * lies on the line that it committed to, and what comes out are points. A line can be joined once.
 */
export function joinLines({ participant, secret }: HalfLine, other: KeyMessage): JoinedKey | undefined {
  if (secret.step !== 1) return undefined;
  const [constant, slope] = coefficientsOf(secret);
  const ownShare = (constant + slope * participant.number) % ORDER;
  const [ownConstant, ownSlope] = secret.commitment.map((bytes) => Point.fromBytes(bytes));
  frost.DKG.clean(secret);
  if (ownConstant === undefined || ownSlope === undefined) return undefined;
  const [theirConstant, theirSlope] = other.committed;
  if (!isProofOfKnowledge(otherThan(participant).number, theirConstant, other.proof)) return undefined;

  const group = ownConstant.add(theirConstant);
  const slopes = ownSlope.add(theirSlope);
  const device = group.add(slopes);
  const server = device.add(slopes);
  // Sums of points of prime order: what is left to be is the identity.
  if (group.is0() || device.is0() || server.is0()) return undefined;
  const signingShare = (ownShare + other.share) % ORDER;
  // Its own part of the sum lies on its own line, so that the sum does where the other's does. `multiply` takes no 0.
  if (other.share === 0n || signingShare === 0n) return undefined;
  if (!Point.BASE.multiply(signingShare).equals(participant === DEVICE ? device : server)) return undefined;
  return { signingShare, verifyingShares: { device, server }, groupKey: group.toBytes() };
}
