// The distributed generation of a key, for both halves: each draws a line f(x) = a0 + a1·x, commits to it, proves that it knows a0, and
// gives the other its own point of it. Nobody ever has f1(0) + f2(0), the private key. One exchange: the device says everything first,
// in the second envelope, the server answers likewise. The proof names its maker, so that neither can send the other's, nor choose a0
// against the other's and own the sum (a rogue key).
import { ed25519_FROST as frost } from "@noble/curves/ed25519.js";
import type { DKG_Round1, DKG_Secret, Key } from "@noble/curves/abstract/frost.js";
import { concatBytes } from "../../protocol/encoding.ts";
import type { RandomBytes } from "../scheme.ts";
import { DEVICE, type Participant, SERVER, SIGNERS } from "./common.ts";
import { decodePoint, ORDER, parsePoint, parseScalar, SCALAR_LENGTH, toScalarBytes } from "./group.ts";

/** Commitments to a0 and a1 (2 × 32), proof of knowledge of a0 (64), the receiver's share f(receiver) (32). */
export const KEY_MESSAGE_LENGTH = 160;

/** One participant's part of a key that is being made. */
export interface HalfLine {
  readonly participant: Participant;
  /** KEY_MESSAGE_LENGTH bytes, secret: for the other participant and nobody else. */
  readonly message: Uint8Array<ArrayBuffer>;
  readonly secret: DKG_Secret;
}

/** What a participant has when the key is made. Each 32 bytes. */
export interface JoinedKey {
  /** A scalar, secret. */
  readonly signingShare: Uint8Array;
  /** Points. With them a PIN could be tried on a masked share: as secret as the share itself, on both sides. */
  readonly verifyingShares: { readonly device: Uint8Array; readonly server: Uint8Array };
  /** A point: the public key. */
  readonly groupKey: Uint8Array;
}

/** What the other participant says; every part well-formed, none of them believed yet. */
export interface KeyMessage {
  readonly round1: DKG_Round1;
  readonly signingShare: Uint8Array;
}

const otherThan = (participant: Participant): Participant => (participant === DEVICE ? SERVER : DEVICE);

export function drawLine(participant: Participant, random: RandomBytes): HalfLine {
  const { public: round1, secret } = frost.DKG.round1(participant.name, SIGNERS, undefined, (length = SCALAR_LENGTH) =>
    random(length),
  );
  const [constant = 0n, slope = 0n] = secret.coefficients ?? [];
  // The library gives shares out only after it heard the other's commitments, which in one exchange the device has not.
  const share = toScalarBytes((constant + slope * otherThan(participant).number) % ORDER);
  return { participant, message: concatBytes(...round1.commitment, round1.proofOfKnowledge, share), secret };
}

/** Undefined for another length, a point that is not of prime order or not in its one spelling, a scalar that is not below L. */
export function parseKeyMessage(message: Uint8Array, sender: Participant): KeyMessage | undefined {
  if (message.length !== KEY_MESSAGE_LENGTH) return undefined;
  const at = (index: number): Uint8Array<ArrayBuffer> => new Uint8Array(message.slice(32 * index, 32 * (index + 1)));
  const points = [at(0), at(1), at(2)];
  const scalars = [at(3), at(4)];
  if (points.some((bytes) => parsePoint(bytes) === undefined)) return undefined;
  if (scalars.some((bytes) => parseScalar(bytes) === undefined)) return undefined;
  const commitment = [at(0), at(1)];
  return {
    round1: { identifier: sender.name, commitment, proofOfKnowledge: concatBytes(at(2), at(3)) },
    signingShare: at(4),
  };
}

/**
 * Undefined unless the other's proof is good, its share lies on the line that it committed to, and what comes out are points. A line can be joined once.
 */
export function joinLines({ participant, secret }: HalfLine, { round1, signingShare }: KeyMessage): JoinedKey | undefined {
  let key: Key;
  try {
    frost.DKG.round2(secret, [round1]);
    key = frost.DKG.round3(secret, [round1], [{ identifier: otherThan(participant).name, signingShare }]);
  } catch {
    return undefined;
  } finally {
    frost.DKG.clean(secret);
  }
  const [groupKey] = key.public.commitments;
  const [device, server] = [DEVICE, SERVER].map(({ name }) => key.public.verifyingShares[name]);
  if (groupKey === undefined || device === undefined || server === undefined) return undefined;
  // Sums of points whose order the library asked for: what is left to be is the identity.
  if ([groupKey, device, server].some((bytes) => decodePoint(bytes) === undefined)) return undefined;
  return { signingShare: key.secret.signingShare, verifyingShares: { device, server }, groupKey };
}
