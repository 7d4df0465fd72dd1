// A transaction as its device sees it: everything that is shown, and everything that the signed message is computed from.
import { z } from "zod/mini";
import { HASH_ALGORITHMS, SIGNATURE_ALGORITHMS } from "./algorithms.ts";
import {
  bytes,
  bytes32,
  identifier,
  KEYS_LIMIT,
  keyVersion,
  level,
  milliseconds,
  purpose,
  suite,
  transactionId,
} from "./device-fields.ts";
import { INTERACTION_TYPES } from "./interactions.ts";

/** What the suite sends with a message to be signed: small, flat, opaque outside of the suite. */
const offer = z.record(z.string(), z.union([z.string(), z.number()]));

const publicKey = bytes.check(z.minLength(1), z.maxLength(2048));

const algorithms = {
  signatureAlgorithm: z.enum(SIGNATURE_ALGORITHMS),
  hashAlgorithm: z.enum(HASH_ALGORITHMS),
};

/** Everything that a device needs to build a proof message; see proof-message.ts. */
export const proofRequestSchema = z.strictObject({ nonce: identifier, offer });
export type ProofRequest = z.infer<typeof proofRequestSchema>;

const claimed = {
  transactionId,
  purpose,
  suite,
  keyVersion,
  offer,
  expiresAt: milliseconds,
  ...algorithms,
};

const relyingParty = {
  relyingPartyName: z.string(),
  brokeredRpName: z.string(),
  flowType: z.enum(["QR", "App2App", "Web2App", "Notification"]),
  /** Where the person returns to, and what is said there; empty in the flows that return nowhere. */
  initialCallbackUrl: z.string(),
  sessionSecretDigest: z.string(),
};

const interaction = {
  interactions: z.string(),
  interactionTypeUsed: z.enum(INTERACTION_TYPES),
};

/** What a claimed transaction shows and signs. */
export const claimedTransactionSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("authentication"),
    ...claimed,
    ...relyingParty,
    ...interaction,
    schemeName: z.string(),
    rpChallenge: z.string(),
    serverRandom: z.string(),
  }),
  z.strictObject({
    kind: z.literal("signature"),
    ...claimed,
    ...relyingParty,
    ...interaction,
    digest: z.string(),
    /** Empty where the person began on the relying party's page: a device link, and the signature that follows one. */
    verificationCode: z.string(),
  }),
  /** Nothing is signed: the person says which account, and that the relying party may have its signing certificate. */
  z.strictObject({
    kind: z.literal("certificate-choice"),
    transactionId,
    purpose: z.literal("sign"),
    expiresAt: milliseconds,
    ...relyingParty,
  }),
  z.strictObject({
    kind: z.literal("application"),
    ...claimed,
    nonce: identifier,
    givenName: z.string(),
    surname: z.string(),
    semanticsIdentifier: z.string(),
    level,
    /**
     * Every key that is applied for. `publicKeyHash`: SHA-256 of its SubjectPublicKeyInfo, base64url; `publicKey`: that itself, in DER and
     * base64url. Absent where it was not asked for.
     */
    keys: z
      .array(z.strictObject({ purpose, suite, publicKeyHash: bytes32, publicKey: z.optional(publicKey) }))
      .check(z.minLength(2), z.maxLength(KEYS_LIMIT)),
  }),
]);
export type ClaimedTransaction = z.infer<typeof claimedTransactionSchema>;
export type CertificateChoice = Extract<ClaimedTransaction, { kind: "certificate-choice" }>;
/** Those that a PIN answers. */
export type SignedTransaction = Exclude<ClaimedTransaction, CertificateChoice>;
/** Those of relying parties, with a text that is shown. */
export type ShownTransaction = Exclude<SignedTransaction, { kind: "application" }>;
