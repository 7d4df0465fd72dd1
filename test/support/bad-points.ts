// What no honest participant of suite `ed25519` says where a point is expected: each in 32 bytes.
import { ed25519 } from "@noble/curves/ed25519.js";
import { hexToBytes } from "@noble/hashes/utils.js";

const { Point } = ed25519;
const ORDER_8 = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

export const BAD_POINTS: readonly (readonly [string, Uint8Array])[] = [
  ["the identity", hexToBytes(`01${"00".repeat(31)}`)],
  ["the identity in another spelling", hexToBytes(`ee${"ff".repeat(30)}7f`)],
  ["a point of order 2", hexToBytes(`ec${"ff".repeat(30)}7f`)],
  ["a point of order 4 in a spelling that is not canonical", hexToBytes(`ed${"ff".repeat(30)}7f`)],
  ["a point of order 8", ORDER_8.toBytes()],
  ["a point of composite order", Point.BASE.add(ORDER_8).toBytes()],
  ["a number that is no point", hexToBytes(`02${"00".repeat(31)}`)],
];

/** The point that differs from it by one of order 8: whoever multiplies by 8 sees no difference. */
export const movedByTorsion = (point: Uint8Array): Uint8Array => Point.fromBytes(point).add(ORDER_8).toBytes();
