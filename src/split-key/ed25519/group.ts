// The group that Ed25519 lives in: one spelling of each scalar and each point (RFC 9591 §3.1, §6.1). Everything hostile comes in through
// here. No secret may enter a function that this file calls public: its time depends on what it is given.
import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import type { EdwardsPoint } from "@noble/curves/abstract/edwards.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { numberToBytesLE } from "@noble/curves/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";

export const { Point } = ed25519;
export type GroupPoint = EdwardsPoint;

/** L, the order of the group. */
export const ORDER: bigint = Point.Fn.ORDER;
/** Bytes of a scalar, little-endian, and of a point, as RFC 8032 §5.1.2 compresses it. */
export const SCALAR_LENGTH = 32;
export const POINT_LENGTH = 32;

/** Little-endian, of any length, modulo L. */
export const reduce = (bytes: Uint8Array): bigint => littleEndian(bytes) % ORDER;

/** 32 bytes of a number in [0, 2^256). */
export const toScalarBytes = (scalar: bigint): Uint8Array<ArrayBuffer> => numberToBytesLE(scalar, SCALAR_LENGTH);

/** Undefined unless it has 32 bytes and is below L. */
export function parseScalar(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== SCALAR_LENGTH) return undefined;
  const scalar = littleEndian(bytes);
  return scalar < ORDER ? scalar : undefined;
}

/** A point in its one spelling, which is not the identity. Of which order it is nobody has looked at. */
export function decodePoint(bytes: Uint8Array): GroupPoint | undefined {
  if (bytes.length !== POINT_LENGTH) return undefined;
  try {
    const point = Point.fromBytes(bytes);
    return point.is0() ? undefined : point;
  } catch {
    return undefined;
  }
}

/** DeserializeElement of RFC 9591 §6.1: undefined unless it is canonical, not the identity, and of prime order. */
export function parsePoint(bytes: Uint8Array): GroupPoint | undefined {
  const point = decodePoint(bytes);
  return point?.isTorsionFree() === true ? point : undefined;
}

/** P, 2^64·P, 2^128·P and 2^192·P, kept together so that a multiplication has a quarter of its doublings. */
export type Powers = readonly [GroupPoint, GroupPoint, GroupPoint, GroupPoint];

const LIMB_BITS = 64;

export function powersOf(point: GroupPoint): Powers {
  const next = (from: GroupPoint): GroupPoint => {
    let power = from;
    for (let bit = 0; bit < LIMB_BITS; bit++) power = power.double();
    return power;
  };
  const second = next(point);
  const third = next(second);
  return [point, second, third, next(third)];
}

/** scalar·P for a scalar below L. Public. */
export function multiplyPowers(powers: Powers, scalar: bigint): GroupPoint {
  const limbs = powers.map((_, index) => BigInt.asUintN(LIMB_BITS, scalar >> BigInt(LIMB_BITS * index)));
  return mulAddUnsafe(Point, [...powers], limbs);
}

/** x and y, each 32 bytes, little-endian: read without a square root, and only where nobody else has written. */
export function toCoordinates(point: GroupPoint): Uint8Array<ArrayBuffer> {
  const { x, y } = point.toAffine();
  const bytes = new Uint8Array(2 * POINT_LENGTH);
  bytes.set(toScalarBytes(x));
  bytes.set(toScalarBytes(y), POINT_LENGTH);
  return bytes;
}

/** Throws for coordinates that are none. That they are a point's is the record's promise. */
export const fromCoordinates = (bytes: Uint8Array): GroupPoint =>
  Point.fromAffine({ x: littleEndian(bytes.subarray(0, POINT_LENGTH)), y: littleEndian(bytes.subarray(POINT_LENGTH)) });

const littleEndian = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes.toReversed())}`));
