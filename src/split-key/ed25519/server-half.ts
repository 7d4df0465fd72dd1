// The server's half of suite `ed25519`. The device's signature share is verified first (that is the check of the PIN); only then do the
// server's own nonces sign, once; and nothing leaves but a finished signature that verifies. No I/O, no await, no
// throw for anything that a device can send.
import { createPublicKey, verify } from "node:crypto";
import { failed, success } from "../../account/result.ts";
import { SUITE_OF } from "../../protocol/algorithms.ts";
import { concatBytes, equalBytes } from "../../protocol/encoding.ts";
import type { Evaluation, EvaluationInput, ServerHalf } from "../scheme.ts";
import {
  decodeOffer,
  decodePublicKey,
  DEVICE,
  DEVICE_WEIGHT,
  encodeOffer,
  encodePublicKey,
  isSignable,
  type NonceCommitment,
  SERVER,
  SERVER_WEIGHT,
  transcriptOf,
} from "./common.ts";
import { bindingFactors, challengeOf, drawNonce, isSignatureShare, signatureShare } from "./frost.ts";
import { decodePoint, type GroupPoint, multiplyPowers, ORDER, parseScalar, Point, toScalarBytes } from "./group.ts";
import { drawLine, joinLines, KEY_MESSAGE_LENGTH, parseKeyMessage } from "./key-generation.ts";
import { openNonce, openServerShare, sealNonce, sealServerShare, type ServerNonce, type ServerShare } from "./server-records.ts";

const WRONG: Evaluation = { verdict: "wrong" };
const DAMAGED: Evaluation = { verdict: "damaged" };

export const ed25519ServerHalf: ServerHalf = {
  suite: "ed25519",
  drawsNonces: true,

  examineDeviceKey({ device, secret }) {
    // No share is taken from a pool, so that nothing is lost by looking at the rest when it is joined.
    return device.length === 0 && secret.length === KEY_MESSAGE_LENGTH ? undefined : "malformed";
  },

  acceptDeviceKey({ random, device, secret, earlierPublicKeys }) {
    // Nothing goes in the clear of the channel.
    const message = device.length === 0 ? parseKeyMessage(secret) : undefined;
    if (message === undefined) return failed("malformed");
    const line = drawLine(SERVER, random);
    const key = joinLines(line, message);
    if (key === undefined) return failed("unacceptable_key");
    const publicKey = encodePublicKey(key.groupKey);
    if (earlierPublicKeys.some((earlier) => equalBytes(earlier, publicKey))) return failed("unacceptable_key");
    return success({ serverShare: sealServerShare(key), publicKey, answer: line.message });
  },

  offer({ publicKey, serverShare, algorithms, random }) {
    const share = serverShare && openShareOf(serverShare, publicKey);
    // Seen here, before there is anything to contribute to, what is damaged costs nobody a PIN.
    if (share === undefined || !isConsistent(share)) {
      throw new RangeError("not a share and public key of suite ed25519");
    }
    if (SUITE_OF[algorithms.signatureAlgorithm] !== "ed25519") throw new RangeError("not an algorithm of suite ed25519");
    const draw = (): bigint => drawNonce(random(32), share.signingShare);
    const { record, commitment } = sealNonce(draw(), draw());
    return { offer: encodeOffer(commitment), nonce: record };
  },

  expectedTranscript: transcriptOf,

  evaluate(input) {
    const opened = openInput(input);
    const nonce = input.nonce && openNonce(input.nonce);
    if (opened === undefined || nonce === undefined || !isNonceOf(nonce, opened)) return DAMAGED;

    // What D2 + ρ2·E2 is to everybody, and cheaper by the nonces: in the same steps for all, and of no use before the share verifies.
    const serverCommitment = (factor: bigint) => Point.BASE.multiply((nonce.hiding + nonce.binding * factor) % ORDER);
    const verified = verifyContribution(opened, serverCommitment, input.contribution);
    if (verified === undefined) return WRONG;

    const { bindingFactor, challenge } = verified;
    const own = signatureShare(nonce, opened.share.signingShare, { bindingFactor, interpolatingValue: SERVER_WEIGHT, challenge });
    const signature = concatBytes(verified.groupCommitment, toScalarBytes((verified.deviceShare + own) % ORDER));
    if (!verifies(input.publicKey, input.message.digest, signature)) return DAMAGED;
    return { verdict: "right", signature, messageKey: undefined };
  },

  check(input) {
    const opened = openInput(input);
    if (opened === undefined) return "damaged";
    const [hiding, binding] = [decodePoint(opened.offered.hiding), decodePoint(opened.offered.binding)];
    if (hiding === undefined || binding === undefined) return "damaged";
    const serverCommitment = (factor: bigint) => binding.multiplyUnsafe(factor).add(hiding);
    return verifyContribution(opened, serverCommitment, input.contribution) === undefined ? "wrong" : "right";
  },
};

interface OpenedInput {
  readonly share: ServerShare;
  readonly digest: Uint8Array;
  readonly offered: NonceCommitment;
}

/** Undefined where the server's own data do not fit together. */
function openInput({ serverShare, publicKey, message, offer }: EvaluationInput): OpenedInput | undefined {
  const share = openShareOf(serverShare, publicKey);
  const offered = decodeOffer(offer);
  if (share === undefined || offered === undefined || !isSignable(message)) return undefined;
  return { share, digest: message.digest, offered };
}

/** Undefined unless it is intact and names that public key. */
function openShareOf(serverShare: Uint8Array, publicKey: Uint8Array): ServerShare | undefined {
  const share = openServerShare(serverShare);
  const groupKey = decodePublicKey(publicKey);
  return share !== undefined && groupKey !== undefined && equalBytes(share.groupKey, groupKey) ? share : undefined;
}

/** Whether its parts belong together: Y2 is s2·B, and the public key λ1·Y1 + λ2·Y2, which is 2·Y1 − Y2. `multiply` takes no 0. */
function isConsistent({ signingShare, deviceVerifyingShare: [device], verifyingShare, groupKey }: ServerShare): boolean {
  if (signingShare === 0n || !Point.BASE.multiply(signingShare).equals(verifyingShare)) return false;
  return equalBytes(device.double().subtract(verifyingShare).toBytes(), groupKey);
}

/** That the nonces are the ones behind these points is the record's promise, as `sealNonce` made both; the finished signature tells at last. */
const isNonceOf = ({ commitment }: ServerNonce, { offered }: OpenedInput): boolean =>
  equalBytes(commitment.hiding, offered.hiding) && equalBytes(commitment.binding, offered.binding);

interface VerifiedContribution {
  /** z1. */
  readonly deviceShare: bigint;
  /** ρ2. */
  readonly bindingFactor: bigint;
  /** R, 32 bytes. */
  readonly groupCommitment: Uint8Array;
  readonly challenge: bigint;
}

/**
 * Undefined for a contribution that is malformed or was not made with the device's share. `serverCommitment`: D2 + ρ2·E2, as a point. Y1,
 * which the device could compute and nobody else may have, is multiplied by what the device knows, in a time that depends on it. Of which
 * order D1 and E1 are is not asked (RFC 9591 §3.1 has it asked of each, for half a multiplication): nothing but their sum D1 + ρ1·E1 is
 * used, the equation is exact, and where it holds that sum is z1·B − (c·λ1)·Y1, which is in the subgroup of prime order.
 */
function verifyContribution(
  { share, digest, offered }: OpenedInput,
  serverCommitment: (bindingFactor: bigint) => GroupPoint,
  contribution: Uint8Array,
): VerifiedContribution | undefined {
  // D1, E1 and z1, each of which has to have its 32 bytes.
  const device = { identifier: DEVICE.number, hiding: contribution.subarray(0, 32), binding: contribution.subarray(32, 64) };
  const [hiding, binding] = [decodePoint(device.hiding), decodePoint(device.binding)];
  const deviceShare = parseScalar(contribution.subarray(64));
  if (hiding === undefined || binding === undefined || deviceShare === undefined) return undefined;

  const commitments = [device, { identifier: SERVER.number, ...offered }];
  const [deviceFactor = 0n, bindingFactor = 0n] = bindingFactors(share.groupKey, commitments, digest);
  const commitmentShare = binding.multiplyUnsafe(deviceFactor).add(hiding);
  const groupCommitment = commitmentShare.add(serverCommitment(bindingFactor)).toBytes();
  const challenge = challengeOf(groupCommitment, share.groupKey, digest);
  const verifyingShare = multiplyPowers(share.deviceVerifyingShare, (challenge * DEVICE_WEIGHT) % ORDER);
  if (!isSignatureShare(deviceShare, commitmentShare, verifyingShare)) return undefined;
  return { deviceShare, bindingFactor, groupCommitment, challenge };
}

/** Plain Ed25519, by the runtime's own implementation, which shares nothing with what made the signature. */
export function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, message, createPublicKey({ key: publicKey as Buffer, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}
