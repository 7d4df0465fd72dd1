// What both halves of suite `ed25519` must read alike: who is who, the public key, the offer, and what may be signed.
// FROST(Ed25519, SHA-512) of RFC 9591 between two participants who both sign; the signature is plain Ed25519 (RFC 8032) over the
// bytes of the digest.
import { ed25519_FROST as frost } from "@noble/curves/ed25519.js";
import { HASH_LENGTHS, SUITE_OF } from "../../protocol/algorithms.ts";
import { concatBytes, equalBytes, fromBase64Url, toBase64Url } from "../../protocol/encoding.ts";
import { type MessageToSign, type Offer, transcript, type TranscriptInput } from "../scheme.ts";
import { interpolatingValue } from "./frost.ts";
import { POINT_LENGTH } from "./group.ts";

/** Identifiers of the participants, as numbers and as the library spells them. */
export const DEVICE = { number: 1n, name: frost.Identifier.fromNumber(1) } as const;
export const SERVER = { number: 2n, name: frost.Identifier.fromNumber(2) } as const;
export type Participant = typeof DEVICE | typeof SERVER;

const PARTICIPANTS = [DEVICE.number, SERVER.number];
/** λ of each: 2 and −1. */
export const DEVICE_WEIGHT = interpolatingValue(PARTICIPANTS, DEVICE.number);
export const SERVER_WEIGHT = interpolatingValue(PARTICIPANTS, SERVER.number);

/** Both sign, always. */
export const SIGNERS = { min: 2, max: 2 } as const;

/** SubjectPublicKeyInfo up to the key's own bytes: id-Ed25519 without parameters, a bit string of 32 bytes (RFC 8410 §4). */
const PUBLIC_KEY_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** DER, 44 bytes. */
export const encodePublicKey = (groupKey: Uint8Array): Uint8Array<ArrayBuffer> => concatBytes(PUBLIC_KEY_PREFIX, groupKey);

/** The 32 bytes of the group's key, which may be no point; undefined for anything but the one DER spelling. */
export function decodePublicKey(publicKey: Uint8Array): Uint8Array | undefined {
  const groupKey = publicKey.subarray(PUBLIC_KEY_PREFIX.length);
  if (groupKey.length !== POINT_LENGTH) return undefined;
  return equalBytes(publicKey.subarray(0, PUBLIC_KEY_PREFIX.length), PUBLIC_KEY_PREFIX) ? groupKey : undefined;
}

/** A participant's commitment to its two nonces, each point in 32 bytes. */
export interface NonceCommitment {
  readonly hiding: Uint8Array;
  readonly binding: Uint8Array;
}

export const encodeOffer = ({ hiding, binding }: NonceCommitment): Offer => ({
  hiding: toBase64Url(hiding),
  binding: toBase64Url(binding),
});

/** The server's commitment, of which nobody has looked whether they are points; undefined for an offer of another form. */
export function decodeOffer(offer: Offer): NonceCommitment | undefined {
  const { hiding, binding, ...unknown } = offer as { hiding?: string | number; binding?: string | number };
  if (typeof hiding !== "string" || typeof binding !== "string" || Object.keys(unknown).length > 0) return undefined;
  const [hidingPoint, bindingPoint] = [fromBase64Url(hiding), fromBase64Url(binding)];
  if (hidingPoint?.length !== POINT_LENGTH || bindingPoint?.length !== POINT_LENGTH) return undefined;
  return { hiding: hidingPoint, binding: bindingPoint };
}

/** Whether it is for a key of this suite, and its digest of the length of the hash that is named. */
export const isSignable = ({ signatureAlgorithm, hashAlgorithm, digest }: MessageToSign): boolean =>
  SUITE_OF[signatureAlgorithm] === "ed25519" && digest.length === HASH_LENGTHS[hashAlgorithm];

/** What both sides say of one contribution before it is paid for. Throws a RangeError for an offer or a message of another form. */
export function transcriptOf(input: TranscriptInput): Uint8Array {
  const commitment = decodeOffer(input.offer);
  if (commitment === undefined || !isSignable(input.message)) throw new RangeError("the offer does not fit the message");
  return transcript("ed25519", input, concatBytes(commitment.hiding, commitment.binding));
}
