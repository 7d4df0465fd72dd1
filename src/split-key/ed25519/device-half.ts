// The device's half of suite `ed25519`. Runs in browsers, Node and workerd alike. Of the generation of a key nothing is kept but the
// group's public key: a commitment or a verifying share beside the masked share would let every PIN be tried on it (law 1).
import { ed25519_FROST as frost } from "@noble/curves/ed25519.js";
import { concatBytes } from "../../protocol/encoding.ts";
import type { DeviceHalf } from "../scheme.ts";
import { decodeOffer, DEVICE, SERVER, SIGNERS, transcriptOf } from "./common.ts";
import { ORDER, parseScalar, reduce, SCALAR_LENGTH, toScalarBytes } from "./group.ts";
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
        const message = parseKeyMessage(answer, SERVER);
        const key = message && joinLines(line, message);
        return key && { share: key.signingShare, stored: key.groupKey };
      },
    });
  },

  mask: (share, stream) => shift(share, stream, (value, by) => value + by),
  unmask: (masked, stream) => shift(masked, stream, (value, by) => value - by + ORDER),

  contribute({ stored, share, random, ...input }) {
    const sent = transcriptOf(input);
    const offered = decodeOffer(input.offer);
    if (offered === undefined || parseScalar(share) === undefined)
      throw new RangeError("not an offer and a share of suite ed25519");
    const secret = { identifier: DEVICE.name, signingShare: share };
    const key = { signers: SIGNERS, commitments: [stored], verifyingShares: {} };
    // Drawn for this one contribution and overwritten after it: two answers with one nonce would give the share away.
    const { nonces, commitments } = frost.commit(secret, (length = SCALAR_LENGTH) => random(length));
    const all = [commitments, { identifier: SERVER.name, ...offered }];
    try {
      const signatureShare = frost.signShare(secret, key, nonces, all, input.message.digest);
      return { contribution: concatBytes(commitments.hiding, commitments.binding, signatureShare), transcript: sent };
    } catch (cause) {
      // The library takes points of prime order only, in their one spelling.
      throw new RangeError("the offer or what is stored is not a point", { cause });
    } finally {
      nonces.hiding.fill(0);
      nonces.binding.fill(0);
    }
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
