// A transaction that waits on an account: a relying party's request, or the account's own application for certificates.
import { applicationMessage, PROOF_ALGORITHMS } from "../protocol/proof-message.ts";
import { acspV2Payload } from "../protocol/acsp-v2.ts";
import { hash, type HashAlgorithm, type SignatureAlgorithm, SUITE_OF } from "../protocol/algorithms.ts";
import type { ClaimedTransaction } from "../protocol/claimed-transaction.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { isSignature, type OfferedTransaction } from "./transaction.ts";
import { MAIN_SUITE, type Purpose, type Suite } from "./purpose.ts";

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
  /** The suite's part; undefined until a device claims it, after it may have been used up, and where nothing is signed. */
  readonly offer: Readonly<Record<string, string | number>> | undefined;
  /** The offer's nonce, wrapped; undefined where the suite has none. */
  readonly nonce: Uint8Array | undefined;
}

interface Algorithms {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
}

interface Message extends Algorithms {
  readonly digest: Uint8Array;
}

/** Whose keys are asked for; undefined where nothing is signed. */
export function algorithmsOf(details: TransactionDetails): (Algorithms & { readonly suite: Suite }) | undefined {
  if (details.kind === "application") return { suite: MAIN_SUITE, ...PROOF_ALGORITHMS[MAIN_SUITE] };
  if (!isSignature(details.offered)) return undefined;
  const { signatureAlgorithm, hashAlgorithm } = details.offered;
  return { suite: SUITE_OF[signatureAlgorithm], signatureAlgorithm, hashAlgorithm };
}

/** What the account's own computation says is to be signed; undefined where nothing is, or the user challenge is missing or too much. */
export function messageOf(handle: string, details: TransactionDetails, userChallenge: string | undefined): Message | undefined {
  if (details.kind === "application") {
    return userChallenge === undefined ? applicationMessage(handle, { ...details, suite: MAIN_SUITE }) : undefined;
  }
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
