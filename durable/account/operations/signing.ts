// A PIN was typed: one counted attempt on a claimed transaction.
import { toBase64 } from "../../../src/protocol/encoding.ts";
import { accountExpiry } from "../../../src/account/account-life.ts";
import { isPractice } from "../../../src/account/practice.ts";
import type { KeyPair } from "../../../src/account/account-state.ts";
import { type GivenCertificate, isSignature, type TransactionOutcome } from "../../../src/account/transaction.ts";
import { messageOf, type PendingTransaction } from "../../../src/account/pending-transaction.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { attempt, pinFailure } from "../attempt.ts";
import { digestOf, keyOf, record } from "../audit.ts";
import { heldAgainst, isNonceOf, openContribution, thenForget } from "../contribution.ts";
import { keyFor } from "../offer.ts";
import { finishTransaction } from "../outbox.ts";
import { recordRepeated } from "../repeated-events.ts";
import { documentNumber, endUnusable, endUnusableOf, liveTransaction } from "./transactions.ts";

export const performSignature: OperationHandler<RequestBody<"performSignature">> = async (context, body, requestId) => {
  const { transactionId, userChallenge } = body;
  const waiting = context.transactions.find(transactionId);
  const binding = { requestId, operation: "performSignature", subject: transactionId };
  const key = waiting && keyFor(context, waiting);
  const nonce = { wrapped: waiting?.nonce, subject: transactionId };
  const opened = await openContribution(context, binding, body.envelope, { key, nonce });
  if (opened === undefined) return () => refusal({ code: "malformed" });

  return thenForget(opened, (now) => {
    const transaction = liveTransaction(context, transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    if (!transaction.claimed) return refusal({ code: "not_claimed" });
    const unusable = pinFailure(context, transaction.purpose, now);
    if (unusable !== undefined) {
      endUnusable(context, transaction, now);
      return refusal(unusable);
    }
    const message = messageOf(context.handle, transaction.details, userChallenge);
    if (message === undefined) return refusal({ code: "malformed" });
    const { offer } = transaction;
    // Used up or replaced since the device claimed it: it claims again, and nothing was paid.
    if (offer === undefined || !isNonceOf(opened, transaction.nonce)) return refusal({ code: "transcript_mismatch" });
    const held = heldAgainst(opened, keyFor(context, transaction));
    if (held === undefined) return refusal({ code: "server_error" });
    const { purpose, keyVersion } = held.key;
    const input = { operation: "performSignature", purpose, keyVersion, message, offer } as const;
    const { details } = transaction;
    const recordedAs = details.kind === "relying-party" && isPractice(details.offered) ? "practise" : input.operation;
    const verdict = attempt(context, held.key, input, { sent: held.sent, completes: true, now, recordedAs });
    // With the transaction goes its nonce, in this commit.
    if (verdict.verdict === "right") {
      release(context, transaction, { key: held.key, signature: verdict.signature }, userChallenge, now);
      return done({ signed: true });
    }
    if (verdict.damaged) context.transactions.forgetOffer(transactionId);
    if (verdict.lockFell) endUnusableOf(context, purpose, now);
    return refusal(verdict.failure);
  });
};

function release(
  context: AccountContext,
  transaction: PendingTransaction,
  { key, signature }: { readonly key: KeyPair; readonly signature: Uint8Array },
  userChallenge: string | undefined,
  now: number,
): void {
  const signed = { ...keyOf(key), signatureHash: digestOf(signature) };
  if (transaction.details.kind === "application") {
    record(context, { kind: "applied", detail: signed }, now);
    context.transactions.remove(transaction.transactionId);
    context.account.setApplied(now, accountExpiry(now, context.lifetimeMonths), signature);
    return;
  }
  const certificate = certificateOf(context, key);
  const { offered } = transaction.details;
  // Whoever knows the PIN practises as often as they like.
  if (isPractice(offered)) recordRepeated(context, { kind: "practised", detail: keyOf(key) }, now);
  else record(context, { kind: "signed", detail: { ...signed, relyingParty: offered.relyingPartyUUID } }, now);
  const outcome: TransactionOutcome = {
    endResult: "OK",
    documentNumber: documentNumber(context),
    signature: toBase64(signature),
    ...(isSignature(offered) && { interactionTypeUsed: offered.interactionTypeUsed }),
    ...(userChallenge !== undefined && { userChallenge }),
    certificate,
    deviceIpAddress: context.clientAddress,
  };
  finishTransaction(context, transaction, outcome, now);
}

/** With the account's level. Throws where there is none. */
export function certificateOf(context: AccountContext, key: KeyPair | undefined): GivenCertificate {
  const level = context.account.account()?.identity?.level;
  if (key === undefined || level === undefined) throw new Error("a certificate was asked of an account without one");
  return { value: toBase64(context.keys.certificate(key)), certificateLevel: level };
}
