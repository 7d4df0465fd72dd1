// What the person's history hears of this account's transactions: how each ended, and which ran out of time. Written in the commit that ends
// the transaction, and told by the outbox.
import { type PastTransaction, pastTransaction } from "../../src/account/past-transaction.ts";
import { isPractice } from "../../src/account/practice.ts";
import type { PendingTransaction } from "../../src/account/pending-transaction.ts";
import type { TransactionOutcome } from "../../src/account/transaction.ts";
import type { AccountContext } from "./account-context.ts";

/** As it travels to the Person object. */
export interface TransactionToTell {
  readonly past: PastTransaction;
  /** Of the account. */
  readonly epoch: number;
}

/** Runs inside the caller's commit. An application and a practice are nobody's request, and in no history. */
export function tellHistory(
  context: AccountContext,
  { details, claimed }: PendingTransaction,
  endResult: TransactionOutcome["endResult"] | "TIMEOUT",
  now: number,
): void {
  const account = context.account.account();
  const person = account?.identity?.semanticsIdentifier;
  if (account === undefined || person === undefined || details.kind === "application" || isPractice(details.offered)) return;
  const past = pastTransaction(details.offered, endResult, { claimed, at: now });
  // A PIN's payment has posted the epoch in this same commit, mostly: one row and one call tell both.
  context.outbox.postInPlaceOf("epoch", "transaction", person, { past, epoch: account.epoch } satisfies TransactionToTell);
}

/** What nobody answered in time. True where there was anything to tell. */
export function expireTransactions(context: AccountContext, now: number): boolean {
  const expired = context.transactions.takeExpired(now).filter(({ details }) => details.kind === "relying-party");
  for (const transaction of expired) tellHistory(context, transaction, "TIMEOUT", now);
  return expired.length > 0;
}

/**
 * Its session is over, and this account never heard how: whoever asked got no answer of it. Where another account gave one, that stands in
 * the history whoever tells first.
 */
export function endOver(context: AccountContext, transaction: PendingTransaction, now: number): void {
  context.transactions.remove(transaction.transactionId);
  tellHistory(context, transaction, transaction.claimed ? "PROTOCOL_FAILURE" : "TIMEOUT", now);
}

/** Its session is over, or another device has it, whose part it is then to tell how it ended. */
export function withdrawTransaction(context: AccountContext, transactionId: string, now: number): void {
  context.withdrawn.add(transactionId, now);
  const transaction = context.transactions.find(transactionId);
  if (transaction === undefined) return;
  context.transactions.remove(transactionId);
  if (now >= transaction.expiresAt) tellHistory(context, transaction, "TIMEOUT", now);
  // Somebody brought a forged link of the session that this account had taken.
  else if (transaction.claimed) tellHistory(context, transaction, "PROTOCOL_FAILURE", now);
}
