// What the server keeps of one key pair, and of the nonces behind one offer, under its wrapping. Beside the one point that is multiplied
// for every contribution to a key, Y1, stand multiples of it (`Powers`): they are as secret as the point, and follow from it.
import { concatBytes } from "../../protocol/encoding.ts";
import { openRecord, sealRecord } from "../record.ts";
import type { NonceCommitment } from "./common.ts";
import {
  fromCoordinates,
  type GroupPoint,
  parseScalar,
  Point,
  POINT_LENGTH,
  type Powers,
  powersOf,
  toCoordinates,
  toScalarBytes,
} from "./group.ts";
import type { JoinedKey } from "./key-generation.ts";

const SHARE = "tally-ed25519-server-share-1";
const NONCE = "tally-ed25519-nonce-1";

const COORDINATES_LENGTH = 2 * POINT_LENGTH;

export interface ServerShare {
  readonly signingShare: bigint;
  /** Y1 and Y2. */
  readonly deviceVerifyingShare: Powers;
  readonly verifyingShare: GroupPoint;
  /** 32 bytes. */
  readonly groupKey: Uint8Array;
}

export const sealServerShare = ({ signingShare, verifyingShares, groupKey }: JoinedKey): Uint8Array<ArrayBuffer> => {
  const { device, server } = verifyingShares;
  const scalar = toScalarBytes(signingShare);
  const record = sealRecord(SHARE, scalar, sealPowers(device), toCoordinates(server), groupKey);
  scalar.fill(0);
  return record;
};

/** Undefined for anything but an intact server share. */
export function openServerShare(record: Uint8Array): ServerShare | undefined {
  const [secret, device, server, groupKey, ...more] = openRecord(SHARE, record) ?? [];
  const signingShare = secret && parseScalar(secret);
  const deviceVerifyingShare = device && openPowers(device);
  if (signingShare === undefined || deviceVerifyingShare === undefined || more.length > 0) return undefined;
  if (server?.length !== COORDINATES_LENGTH || groupKey?.length !== POINT_LENGTH) return undefined;
  return { signingShare, deviceVerifyingShare, verifyingShare: fromCoordinates(server), groupKey };
}

/** Two nonces and what was said of them: with another offer they are never used. */
export interface ServerNonce {
  readonly hiding: bigint;
  readonly binding: bigint;
  readonly commitment: NonceCommitment;
}

/** Computes the commitment. Throws for a nonce that is 0, which nobody will ever draw. */
export function sealNonce(
  hiding: bigint,
  binding: bigint,
): { readonly record: Uint8Array<ArrayBuffer>; readonly commitment: NonceCommitment } {
  const commitment = { hiding: Point.BASE.multiply(hiding).toBytes(), binding: Point.BASE.multiply(binding).toBytes() };
  const scalars = [toScalarBytes(hiding), toScalarBytes(binding)];
  const record = sealRecord(NONCE, ...scalars, commitment.hiding, commitment.binding);
  for (const scalar of scalars) scalar.fill(0);
  return { record, commitment };
}

/** Undefined for anything but an intact nonce record. */
export function openNonce(record: Uint8Array): ServerNonce | undefined {
  const [hidingScalar, bindingScalar, hidingBytes, bindingBytes, ...more] = openRecord(NONCE, record) ?? [];
  const [hiding, binding] = [hidingScalar && parseScalar(hidingScalar), bindingScalar && parseScalar(bindingScalar)];
  if (hiding === undefined || binding === undefined || more.length > 0) return undefined;
  if (hidingBytes === undefined || bindingBytes === undefined) return undefined;
  return { hiding, binding, commitment: { hiding: hidingBytes, binding: bindingBytes } };
}

const sealPowers = (point: GroupPoint): Uint8Array => concatBytes(...powersOf(point).map(toCoordinates));

function openPowers(bytes: Uint8Array): Powers | undefined {
  if (bytes.length !== 4 * COORDINATES_LENGTH) return undefined;
  const at = (index: number): GroupPoint =>
    fromCoordinates(bytes.subarray(index * COORDINATES_LENGTH, (index + 1) * COORDINATES_LENGTH));
  return [at(0), at(1), at(2), at(3)];
}
