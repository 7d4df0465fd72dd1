// What tells the right share of a key of suite `ed25519`. In FROST whatever fixes a participant's verifying share tests candidates
// for its share: the other's verifying share or its share, what was said when the key was generated, a signature share whose
// commitments or nonces are known. Everything is brought to one form: a point that was found, or the point of a number that was.
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { decodeOffer, DEVICE, SERVER } from "../../src/split-key/ed25519/common.ts";
import { bindingFactors, challengeOf, interpolatingValue } from "../../src/split-key/ed25519/frost.ts";
import {
  type GroupPoint,
  ORDER,
  parsePoint,
  parseScalar,
  Point,
  POINT_LENGTH,
  reduce,
  toCoordinates,
} from "../../src/split-key/ed25519/group.ts";
import { KEY_MESSAGE_LENGTH } from "../../src/split-key/ed25519/key-generation.ts";
import { toBigInt } from "../../src/split-key/rsa/modular-arithmetic.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";
import type { Haul } from "./ransacking.ts";

export type FrostWay =
  | "the share, a digest or a MAC of it"
  | "a verifying share"
  | "the server's share"
  | "a message of the key's generation"
  | "a signature share with its commitments"
  | "a signature share with its nonces"
  | "the difference of two signature shares";

interface SignedByKey {
  readonly message: MessageToSign;
  readonly offer: Offer;
}

/** Where bytes may lie in anything that was found. */
interface Places {
  has(value: Uint8Array): boolean;
  begins(value: Uint8Array): boolean;
}

/** D1 and E1 that were found, or follow from nonces that were. */
interface Commitments {
  readonly hiding: Uint8Array;
  readonly binding: Uint8Array;
  readonly from: "points" | "nonces";
}

/** D1 + ρ1·E1 and c·λ1 for one message: whoever knows z1 knows z1·B, which is their sum with c·λ1·Y1. */
interface Equation {
  readonly commitmentShare: GroupPoint;
  readonly weight: bigint;
}

const DEVICE_WEIGHT = interpolatingValue([DEVICE.number, SERVER.number], DEVICE.number);

export class FrostFinds {
  readonly #places: Places;
  /** Of s·B for every number s that was found, in either order of its bytes. */
  readonly #pointsOfNumbers = new Set<string>();
  readonly #commitments: readonly Commitments[];
  readonly #keyMessages: readonly Uint8Array[];

  /** `signed`: by any key, since the server's commitments in its offers are none of a device's. */
  constructor({ byteStrings }: Haul, places: Places, signed: readonly SignedByKey[]) {
    this.#places = places;
    const strings = [...byteStrings.values()];
    const pieces = strings.flatMap(piecesOf);
    for (const number of [...pieces.flatMap(numbersIn), ...strings.flatMap(decimalIn)]) {
      this.#pointsOfNumbers.add(nameOf(multiplyBase(number)));
    }
    this.#keyMessages = strings.filter(({ length }) => length === KEY_MESSAGE_LENGTH);
    const offered = new Set(signed.map(({ offer }) => String(offer["hiding"])));
    this.#commitments = [...pairs(pieces)]
      .flatMap(([left, right]) => commitmentsIn(left, right))
      .filter(({ hiding }) => !offered.has(toBase64Url(hiding)));
  }

  /** The ways in which a share fits to what was found. `groupKey`: 32 bytes; `signed`: by this key. */
  waysTo(share: Uint8Array, groupKey: Uint8Array, signed: readonly SignedByKey[]): readonly FrostWay[] {
    const key = pointOf(groupKey);
    if (key === undefined) throw new Error("the group's key is no point");
    const own = multiplyBase(reduce(share));
    const other = own.double().subtract(key);
    const ways = new Set<FrostWay>();
    if (this.#hasNumberOf(own)) ways.add("the share, a digest or a MAC of it");
    if (this.#hasNumberOf(other)) ways.add("the server's share");
    if (this.#hasPoint(own) || this.#hasPoint(other)) ways.add("a verifying share");
    if (this.#keyMessages.some((message) => this.#fitsGeneration(own, key, message))) {
      ways.add("a message of the key's generation");
    }
    for (const commitments of this.#commitments) {
      const known = signed.map((each) => FrostFinds.#equation(groupKey, each, commitments)).filter((each) => each !== undefined);
      const sides = known.map(({ commitmentShare, weight }) => commitmentShare.add(multiply(own, weight)));
      if (sides.some((side) => this.#hasNumberOf(side))) {
        ways.add(`a signature share with its ${commitments.from === "nonces" ? "nonces" : "commitments"}`);
      }
      const differences = sides.flatMap((side, index) => sides.slice(index + 1).map((next) => side.subtract(next)));
      if (differences.some((each) => this.#hasNumberOf(each) || this.#hasNumberOf(each.negate()))) {
        ways.add("the difference of two signature shares");
      }
    }
    return [...ways];
  }

  /**
   * Y1 = Y + φ11 + φ21, where the server's φ20 and φ21 came in its answer: the device's φ11, its number, or the share that it gave to the
   * server, f1(2), or kept for itself, f1(1).
   */
  #fitsGeneration(own: GroupPoint, key: GroupPoint, message: Uint8Array): boolean {
    const [constant, slope] = [message.subarray(0, 32), message.subarray(32, 64)].map(pointOf);
    const given = parseScalar(message.subarray(128));
    if (constant === undefined || slope === undefined || given === undefined) return false;
    const deviceSlope = own.subtract(key).subtract(slope);
    const toServer = key.subtract(constant).add(deviceSlope.double());
    const toItself = own.subtract(multiplyBase(given));
    if (this.#hasPoint(deviceSlope)) return true;
    return [deviceSlope, toServer, toItself].some((point) => this.#hasNumberOf(point));
  }

  static #equation(groupKey: Uint8Array, signed: SignedByKey, commitments: Commitments): Equation | undefined {
    const { message, offer } = signed;
    const name =
      [groupKey, message.digest, commitments.hiding, commitments.binding].map(bytesToHex).join() + JSON.stringify(offer);
    if (!equations.has(name)) equations.set(name, equationOf(groupKey, signed, commitments));
    return equations.get(name);
  }

  #hasNumberOf(point: GroupPoint): boolean {
    return this.#pointsOfNumbers.has(nameOf(point));
  }

  /** Compressed, one of its coordinates in either order, or a digest, anywhere inside of anything. */
  #hasPoint(point: GroupPoint): boolean {
    const compressed = point.toBytes();
    // Without the byte that has the sign in it: the rest is that of y.
    const y = compressed.subarray(0, POINT_LENGTH - 1);
    const x = toCoordinates(point).subarray(0, POINT_LENGTH);
    if ([y, y.toReversed(), x, x.toReversed()].some((spelling) => this.#places.has(spelling))) return true;
    return this.#places.begins(sha256(compressed)) || this.#places.begins(sha512(compressed));
  }
}

const nameOf = (point: GroupPoint): string => bytesToHex(point.toBytes());
const multiply = (point: GroupPoint, scalar: bigint): GroupPoint => point.multiplyUnsafe(scalar % ORDER);

// What was computed for one haul serves the next.
const points = new Map<string, GroupPoint | undefined>();
const multiples = new Map<bigint, GroupPoint>();
const equations = new Map<string, Equation | undefined>();

function pointOf(bytes: Uint8Array): GroupPoint | undefined {
  const name = bytesToHex(bytes);
  if (!points.has(name)) points.set(name, parsePoint(bytes));
  return points.get(name);
}

function multiplyBase(scalar: bigint): GroupPoint {
  const multiple = multiples.get(scalar) ?? Point.BASE.multiply(scalar % ORDER);
  multiples.set(scalar, multiple);
  return multiple;
}

/** What stands in a row in a record, a contribution or a message of the key's generation. */
function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length % 32 !== 0 || bytes.length > KEY_MESSAGE_LENGTH) return [];
  return Array.from({ length: bytes.length / 32 }, (_, index) => bytes.subarray(32 * index, 32 * (index + 1)));
}

const isNumber = (number: bigint): boolean => number > 0n && number < ORDER;
const numbersIn = (piece: Uint8Array): readonly bigint[] => [toBigInt(piece), toBigInt(piece.toReversed())].filter(isNumber);
/** A number that was written without its leading zeros. */
const decimalIn = (bytes: Uint8Array): readonly bigint[] =>
  bytes.length >= 28 && bytes.length < 32 ? [toBigInt(bytes)].filter(isNumber) : [];

function* pairs<Value>(values: readonly Value[]): Generator<readonly [Value, Value]> {
  for (const [index, value] of values.entries()) {
    const next = values[index + 1];
    if (next !== undefined) yield [value, next];
  }
}

/** Two points that stand one after the other, or two numbers, are taken for a device's. */
function commitmentsIn(left: Uint8Array, right: Uint8Array): readonly Commitments[] {
  const found: Commitments[] = [];
  if (pointOf(left) !== undefined && pointOf(right) !== undefined) {
    found.push({ hiding: left, binding: right, from: "points" });
  }
  const [hiding, binding] = [parseScalar(left), parseScalar(right)];
  if (hiding && binding) {
    const of = (nonce: bigint): Uint8Array => multiplyBase(nonce).toBytes();
    found.push({ hiding: of(hiding), binding: of(binding), from: "nonces" });
  }
  return found;
}

function equationOf(groupKey: Uint8Array, { message, offer }: SignedByKey, device: Commitments): Equation | undefined {
  const server = decodeOffer(offer);
  const decoded = [device.hiding, device.binding, server?.hiding, server?.binding].map((bytes) => bytes && pointOf(bytes));
  const [deviceHiding, deviceBinding, hiding, binding] = decoded;
  if (server === undefined || deviceHiding === undefined || deviceBinding === undefined) return undefined;
  if (hiding === undefined || binding === undefined) return undefined;
  const commitments = [
    { identifier: DEVICE.number, ...device },
    { identifier: SERVER.number, ...server },
  ];
  const [deviceFactor = 0n, serverFactor = 0n] = bindingFactors(groupKey, commitments, message.digest);
  const commitmentShare = deviceHiding.add(multiply(deviceBinding, deviceFactor));
  const groupCommitment = commitmentShare.add(hiding).add(multiply(binding, serverFactor));
  const challenge = challengeOf(groupCommitment.toBytes(), groupKey, message.digest);
  return { commitmentShare, weight: (challenge * DEVICE_WEIGHT) % ORDER };
}
