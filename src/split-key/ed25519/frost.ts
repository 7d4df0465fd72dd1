// FROST(Ed25519, SHA-512) of RFC 9591 as both halves compute it. The library's own way decodes, tests and multiplies the same points
// several times over; here each is touched once. Participants are parameters, so that the vectors of the RFC run through it.
// Scalars that are secret meet additions and multiplications modulo L and the library's constant-time multiplication only.
import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8 } from "../../protocol/encoding.ts";
import type { NonceCommitment } from "./common.ts";
import { type GroupPoint, ORDER, Point, reduce, toScalarBytes } from "./group.ts";

const CONTEXT = "FROST-ED25519-SHA512-v1";

export interface Commitment extends NonceCommitment {
  readonly identifier: bigint;
}

/** nonce_generate (RFC 9591 §4.1): a source of randomness that fails is not enough to give the share away. `fresh`: 32 bytes. */
export function drawNonce(fresh: Uint8Array, signingShare: bigint): bigint {
  const share = toScalarBytes(signingShare);
  const input = concatBytes(utf8(`${CONTEXT}nonce`), fresh, share);
  const hash = sha512(input);
  const nonce = reduce(hash);
  for (const bytes of [share, input, hash]) bytes.fill(0);
  return nonce;
}

/** compute_binding_factors (RFC 9591 §4.4), in the order of the commitments, which are sorted by identifier. */
export function bindingFactors(groupKey: Uint8Array, commitments: readonly Commitment[], message: Uint8Array): readonly bigint[] {
  const list = commitments.flatMap(({ identifier, hiding, binding }) => [toScalarBytes(identifier), hiding, binding]);
  const prefix = concatBytes(groupKey, hashed("msg", message), hashed("com", ...list));
  return commitments.map(({ identifier }) => digest("rho", prefix, toScalarBytes(identifier)));
}

/** compute_challenge (RFC 9591 §4.6), which is that of RFC 8032 §5.1.6. `commitment`: the group's, R. */
export const challengeOf = (commitment: Uint8Array, groupKey: Uint8Array, message: Uint8Array): bigint =>
  reduce(sha512(concatBytes(commitment, groupKey, message)));

/** derive_interpolating_value (RFC 9591 §4.2). `participants`: distinct, `identifier` among them. */
export function interpolatingValue(participants: readonly bigint[], identifier: bigint): bigint {
  const { Fn } = Point;
  let [numerator, denominator] = [1n, 1n];
  for (const other of participants) {
    if (other === identifier) continue;
    numerator = Fn.mul(numerator, other);
    denominator = Fn.mul(denominator, Fn.sub(other, identifier));
  }
  return Fn.div(numerator, denominator);
}

/** What the signature share of one participant is made from: ρ, λ and c. */
export interface Factors {
  readonly bindingFactor: bigint;
  readonly interpolatingValue: bigint;
  readonly challenge: bigint;
}

/** sign (RFC 9591 §5.2): d + e·ρ + λ·s·c. */
export function signatureShare(
  { hiding, binding }: { readonly hiding: bigint; readonly binding: bigint },
  signingShare: bigint,
  factors: Factors,
): bigint {
  const weighted = (factors.interpolatingValue * factors.challenge) % ORDER;
  return (hiding + binding * factors.bindingFactor + signingShare * weighted) % ORDER;
}

/** verify_signature_share (RFC 9591 §5.4) without its hashes: z·B = (D + ρ·E) + (c·λ)·Y, exactly. All of it is public. */
export const isSignatureShare = (share: bigint, commitmentShare: GroupPoint, weightedVerifyingShare: GroupPoint): boolean =>
  Point.BASE.multiplyUnsafe(share).equals(commitmentShare.add(weightedVerifyingShare));

/** A proof that its maker knows a0: μ = k + a0·c, c = H(identifier, A0, R), R = k·B. */
export interface ProofOfKnowledge {
  readonly commitment: GroupPoint;
  readonly response: bigint;
}

/**
 * Of the maker `identifier` for A0, `committed`, exactly: R = μ·B − c·A0. The RFC leaves the generation of keys to others; the hash is
 * the library's.
 */
export function isProofOfKnowledge(
  identifier: bigint,
  committed: GroupPoint,
  { commitment, response }: ProofOfKnowledge,
): boolean {
  const challenge = digest("dkg", toScalarBytes(identifier), committed.toBytes(), commitment.toBytes());
  return mulAddUnsafe(Point, [Point.BASE, committed.negate()], [response, challenge]).equals(commitment);
}

const hashed = (name: string, ...parts: readonly Uint8Array[]): Uint8Array => sha512(concatBytes(utf8(CONTEXT + name), ...parts));
const digest = (name: string, ...parts: readonly Uint8Array[]): bigint => reduce(hashed(name, ...parts));
