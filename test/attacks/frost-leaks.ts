// Values of suite `ed25519` that the laws keep from a thief, computed from a share: for tests that put one of them where a thief finds it.
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { decodeOffer, DEVICE, SERVER } from "../../src/split-key/ed25519/common.ts";
import { bindingFactors, challengeOf, interpolatingValue, signatureShare } from "../../src/split-key/ed25519/frost.ts";
import {
  decodePoint,
  type GroupPoint,
  ORDER,
  Point,
  reduce,
  toCoordinates,
  toScalarBytes,
} from "../../src/split-key/ed25519/group.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";
import type { FrostWay } from "./thief-ed25519.ts";

const PARTICIPANTS = [DEVICE.number, SERVER.number];

function point(bytes: Uint8Array | undefined): GroupPoint {
  const decoded = bytes && decodePoint(bytes);
  if (decoded === undefined) throw new Error("no point");
  return decoded;
}

/** A number as a program might write it. */
const base64 = (number: bigint): string => toBase64Url(toScalarBytes(number));

/** `said`: all that the device sent when the key was made, 160 bytes. */
export function leaksOf({
  share,
  groupKey,
  said,
}: {
  readonly share: Uint8Array;
  readonly groupKey: Uint8Array;
  readonly said: Uint8Array;
}): Readonly<Record<string, { readonly way: FrostWay; readonly value: string }>> {
  const own = Point.BASE.multiply(reduce(share));
  const other = own.double().subtract(point(groupKey));
  const slope = said.subarray(32, 64);
  return {
    "its verifying share": { way: "a verifying share", value: toBase64Url(own.toBytes()) },
    "its verifying share, as coordinates in hexadecimal": {
      way: "a verifying share",
      value: own.toAffine().x.toString(16).padStart(64, "0"),
    },
    "the server's verifying share": { way: "a verifying share", value: toBase64Url(other.toBytes()) },
    "a record with the server's verifying share in it": {
      way: "a verifying share",
      value: toBase64Url(Uint8Array.of(1, 2, 3, ...toCoordinates(other), 4)),
    },
    "its commitment to the slope": { way: "a message of the key's generation", value: toBase64Url(slope) },
    "the share that it gave to the server": { way: "a message of the key's generation", value: toBase64Url(said.subarray(128)) },
    "the share as a number": { way: "the share, a digest or a MAC of it", value: reduce(share).toString() },
  };
}

interface SignedByKey {
  readonly message: MessageToSign;
  readonly offer: Offer;
}

/** Two signature shares for which the nonces were drawn once: what no device may make. */
export function contributionsUnderOneNonce({
  share,
  groupKey,
  signed,
}: {
  readonly share: Uint8Array;
  readonly groupKey: Uint8Array;
  readonly signed: readonly [SignedByKey, SignedByKey];
}) {
  const draw = (): bigint => reduce(crypto.getRandomValues(new Uint8Array(64)));
  const nonces = { hiding: draw(), binding: draw() };
  const commitment = { hiding: Point.BASE.multiply(nonces.hiding), binding: Point.BASE.multiply(nonces.binding) };
  const encoded = { hiding: commitment.hiding.toBytes(), binding: commitment.binding.toBytes() };
  const shares = signed.map(({ message, offer }) => {
    const server = decodeOffer(offer);
    if (server === undefined) throw new Error("no offer");
    const commitments = [
      { identifier: DEVICE.number, ...encoded },
      { identifier: SERVER.number, ...server },
    ];
    const [own = 0n, others = 0n] = bindingFactors(groupKey, commitments, message.digest);
    const deviceCommitment = commitment.hiding.add(commitment.binding.multiply(own));
    const serverCommitment = point(server.hiding).add(point(server.binding).multiply(others));
    const challenge = challengeOf(deviceCommitment.add(serverCommitment).toBytes(), groupKey, message.digest);
    const factors = { bindingFactor: own, interpolatingValue: interpolatingValue(PARTICIPANTS, DEVICE.number), challenge };
    return signatureShare(nonces, reduce(share), factors);
  });
  const [first = 0n, second = 0n] = shares;
  return {
    commitments: { hiding: toBase64Url(encoded.hiding), binding: toBase64Url(encoded.binding) },
    nonces: { hiding: base64(nonces.hiding), binding: base64(nonces.binding) },
    shares: shares.map(base64),
    difference: base64((first - second + ORDER) % ORDER),
  };
}
