// A PIN was typed: one counted attempt on a claimed transaction.
import { toBase64 } from "../../../src/protocol/encoding.ts";
import { accountExpiry } from "../../../src/account/account-state.ts";
import { type GivenCertificate, isSignature } from "../../../src/account/transaction.ts";
import { messageOf, type PendingTransaction } from "../../../src/account/pending-transaction.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { attempt, pinFailure } from "../attempt.ts";
import { keyOfContribution, openContribution, thenForget } from "../contribution.ts";
import { finishTransaction } from "../outbox.ts";
import { documentNumber, endUnusable, liveTransaction } from "./transactions.ts";

export const performSignature: OperationHandler<RequestBody<"performSignature">> = async (context, body, requestId) => {
  const { transactionId, userChallenge } = body;
  const purpose = context.transactions.find(transactionId)?.purpose;
  const binding = { requestId, operation: "performSignature", subject: transactionId };
  const opened = await openContribution(context, binding, body.envelope, purpose);
  if (opened === undefined) return () => refusal({ code: "malformed" });

  return thenForget(opened, (now) => {
    const transaction = liveTransaction(context, transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    if (!transaction.claimed) return refusal({ code: "not_claimed" });
    const unusable = pinFailure(context, transaction.purpose, now);
    if (unusable !== undefined) {
      endUnusable(context, transaction);
      return refusal(unusable);
    }
    const message = messageOf(context.handle, transaction.details, userChallenge);
    if (message === undefined) return refusal({ code: "malformed" });
    const held = keyOfContribution(context, opened, transaction.purpose);
    if (held === undefined) return refusal({ code: "server_error" });
    const { purpose: paidBy, keyVersion } = held.key;
    const input = { operation: "performSignature", purpose: paidBy, keyVersion, message, offer: transaction.offer };
    const verdict = attempt(context, held.key, input, held.sent, now);
    if (verdict.verdict === "right") {
      release(context, transaction, verdict.signature, userChallenge, now);
      return done({ signed: true });
    }
    if (verdict.lockFell) {
      if (paidBy === "sign") context.awaited.remove();
      for (const pending of context.transactions.all()) {
        if (pending.purpose === paidBy) endUnusable(context, pending);
      }
    }
    return refusal(verdict.failure);
  });
};

function release(
  context: AccountContext,
  transaction: PendingTransaction,
  signature: Uint8Array,
  userChallenge: string | undefined,
  now: number,
): void {
  if (transaction.details.kind === "application") {
    context.transactions.remove(transaction.transactionId);
    context.account.setApplied(now, accountExpiry(now), signature);
    return;
  }
  const certificate = certificateOf(context, transaction.purpose);
  const { offered } = transaction.details;
  finishTransaction(context, transaction, {
    endResult: "OK",
    documentNumber: documentNumber(context),
    signature: toBase64(signature),
    ...(isSignature(offered) && { interactionTypeUsed: offered.interactionTypeUsed }),
    ...(userChallenge !== undefined && { userChallenge }),
    certificate,
    deviceIpAddress: context.clientAddress,
  });
}

/** The current certificate of a purpose, with the account's level. Throws where there is none. */
export function certificateOf(context: AccountContext, purpose: PendingTransaction["purpose"]): GivenCertificate {
  const key = context.keys.current(purpose);
  const level = context.account.account()?.identity?.level;
  if (key === undefined || level === undefined) throw new Error("a certificate was asked of an account without one");
  return { value: toBase64(context.keys.certificate(key)), certificateLevel: level };
}
