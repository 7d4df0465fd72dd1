// The device's half of suite `ed25519`. Runs in browsers, Node and workerd alike. Of the generation of a key nothing is kept but the
// group's public key: a commitment or a verifying share beside the masked share would let every PIN be tried on it (law 1).
import { concatBytes, equalBytes } from "../../protocol/encoding.ts";
import type { DeviceHalf } from "../scheme.ts";
import { decodeOffer, DEVICE, DEVICE_WEIGHT, encodePublicKey, SERVER, transcriptOf } from "./common.ts";
import { bindingFactors, challengeOf, drawNonce, signatureShare } from "./frost.ts";
import { ORDER, parsePoint, parseScalar, Point, reduce, toScalarBytes } from "./group.ts";
import { drawLine, joinLines, parseKeyMessage } from "./key-generation.ts";

/** Twice as long as L, so that the stream modulo L is uniform but for 2^-259 and no PIN is likelier than another. */
const STREAM_LENGTH = 64;

/** `share`: a scalar, 32 bytes. `stored`: the public key, 32 bytes. `device`: empty; `secret`: 160 bytes. A contribution: 96 bytes. */
export const ed25519DeviceHalf: DeviceHalf = {
  suite: "ed25519",
  maskLength: STREAM_LENGTH,

  generate(random) {
    const line = drawLine(DEVICE, random);
    return Promise.resolve({
      device: new Uint8Array(),
      secret: line.message,
      finish(answer) {
        const message = parseKeyMessage(answer);
        const key = message && joinLines(line, message);
        return key && { share: toScalarBytes(key.signingShare), stored: key.groupKey };
      },
    });
  },

  isPartOf: (publicKey, stored) => equalBytes(publicKey, encodePublicKey(stored)),

  mask: (share, stream) => shift(share, stream, (value, by) => value + by),
  unmask: (masked, stream) => shift(masked, stream, (value, by) => value - by + ORDER),

  contribute({ stored, share, random, ...input }) {
    const sent = transcriptOf(input);
    const offered = decodeOffer(input.offer);
    const signingShare = parseScalar(share);
    if (offered === undefined || signingShare === undefined) throw new RangeError("not an offer and a share of suite ed25519");
    const [hiding, binding] = [parsePoint(offered.hiding), parsePoint(offered.binding)];
    if (hiding === undefined || binding === undefined || parsePoint(stored) === undefined) {
      throw new RangeError("the offer or what is stored is not a point");
    }
    // Drawn for this one contribution: two answers with one nonce would give the share away. `multiply` throws for a nonce of 0.
    const nonces = { hiding: drawNonce(random(32), signingShare), binding: drawNonce(random(32), signingShare) };
    const own = {
      identifier: DEVICE.number,
      hiding: Point.BASE.multiply(nonces.hiding).toBytes(),
      binding: Point.BASE.multiply(nonces.binding).toBytes(),
    };
    const { digest } = input.message;
    const commitments = [own, { identifier: SERVER.number, ...offered }];
    const [bindingFactor = 0n, serverFactor = 0n] = bindingFactors(stored, commitments, digest);
    // What D1 + ρ1·E1 is to everybody, and cheaper by the nonces: in the same steps for all of them.
    const ownCommitment = Point.BASE.multiply((nonces.hiding + nonces.binding * bindingFactor) % ORDER);
    const groupCommitment = binding.multiplyUnsafe(serverFactor).add(hiding).add(ownCommitment).toBytes();
    const factors = { bindingFactor, interpolatingValue: DEVICE_WEIGHT, challenge: challengeOf(groupCommitment, stored, digest) };
    const answer = toScalarBytes(signatureShare(nonces, signingShare, factors));
    return { contribution: concatBytes(own.hiding, own.binding, answer), transcript: sent };
  },
};

/** Modulo L and not by XOR: every stream gives a number below L, so that no PIN can be thrown out by what it unmasks to. */
function shift(scalar: Uint8Array, stream: Uint8Array, by: (value: bigint, amount: bigint) => bigint): Uint8Array {
  const value = parseScalar(scalar);
  if (value === undefined || stream.length !== STREAM_LENGTH) {
    throw new RangeError(`a share is a scalar, a stream has ${STREAM_LENGTH} bytes`);
  }
  return toScalarBytes(by(value, reduce(stream)) % ORDER);
}
