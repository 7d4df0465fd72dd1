// Encodings that are no elements of the group of prime order (RFC 9591 §3.1), each of which some lax reader takes for one.
import { ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { Point } from "../../../src/split-key/ed25519/group.ts";

/** The point (0, 1) first; then seven of order 2, 4 and 8. */
export const SMALL_ORDER = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex)).toSorted(
  (a, b) => Number(b.is0()) - Number(a.is0()),
);

const fieldPrime = Point.Fp.ORDER;
/** y and the sign of x as they stand, whether they are a point's or not. */
const encoded = (y: bigint, sign: 0 | 1): Uint8Array => {
  const bytes = hexToBytes(y.toString(16).padStart(64, "0")).toReversed();
  return bytes.with(31, (bytes[31] ?? 0) | (sign << 7));
};

const offCurve = [...Array(64).keys()]
  .map((y) => encoded(BigInt(y + 2), 0))
  .find((bytes) => {
    try {
      Point.fromBytes(bytes);
      return false;
    } catch {
      return true;
    }
  });

export const HOSTILE_POINTS: readonly (readonly [string, Uint8Array])[] = [
  ...SMALL_ORDER.map(
    (point, index) => [index === 0 ? "the identity" : `point ${index} of small order`, point.toBytes()] as const,
  ),
  ...SMALL_ORDER.slice(1, 4).map(
    (point, index) => [`a point of mixed order (${index})`, point.add(Point.BASE).toBytes()] as const,
  ),
  ["the identity with a sign", encoded(1n, 1)],
  ["the identity as y = p + 1", encoded(fieldPrime + 1n, 0)],
  ["y = p", encoded(fieldPrime, 0)],
  ["y = p + 3, whose canonical form is a point", encoded(fieldPrime + 3n, 0)],
  ["what is not on the curve", offCurve ?? new Uint8Array()],
  ["32 bytes of 0xff", new Uint8Array(32).fill(0xff)],
];
