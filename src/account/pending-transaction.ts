// A transaction that waits on an account: a relying party's request, or the account's own application for certificates.
import { applicationMessage } from "../protocol/proof-message.ts";
import { acspV2Payload } from "../protocol/acsp-v2.ts";
import { hash, type HashAlgorithm, type SignatureAlgorithm } from "../protocol/algorithms.ts";
import type { ClaimedTransaction } from "../protocol/claimed-transaction.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { isSignature, type OfferedTransaction } from "./transaction.ts";
import type { Purpose } from "./purpose.ts";

export type Application = Omit<
  Extract<ClaimedTransaction, { kind: "application" }>,
  "suite" | "keyVersion" | "offer" | "signatureAlgorithm" | "hashAlgorithm"
>;

export type TransactionDetails = { readonly kind: "relying-party"; readonly offered: OfferedTransaction } | Application;

export interface PendingTransaction {
  readonly transactionId: string;
  readonly purpose: Purpose;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly claimed: boolean;
  readonly details: TransactionDetails;
  /** The suite's part, drawn when the transaction arrived: `rsa`: salt and length of the key. Empty where nothing is signed. */
  readonly offer: Readonly<Record<string, string | number>>;
}

interface Message {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
  readonly digest: Uint8Array;
}

/** What the account's own computation says is to be signed; undefined where nothing is, or the user challenge is missing or too much. */
export function messageOf(handle: string, details: TransactionDetails, userChallenge: string | undefined): Message | undefined {
  if (details.kind === "application") return userChallenge === undefined ? applicationMessage(handle, details) : undefined;
  if (!isSignature(details.offered)) return undefined;
  const { toSign, signatureAlgorithm, hashAlgorithm, ...offered } = details.offered;
  if (toSign.protocol === "RAW_DIGEST_SIGNATURE") {
    const digest = fromBase64(toSign.digest);
    return digest === undefined || userChallenge !== undefined ? undefined : { signatureAlgorithm, hashAlgorithm, digest };
  }
  if (userChallenge === undefined) return undefined;
  const payload = acspV2Payload({ ...offered, ...toSign, userChallenge });
  return { signatureAlgorithm, hashAlgorithm, digest: hash(hashAlgorithm, payload) };
}
