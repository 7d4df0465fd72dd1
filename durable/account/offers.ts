// Requests of relying parties on their way into an account: those that come by themselves, which are bounded, and those that the person
// opened. Runs inside one turn of the object, without an await.
import { MAXIMUM_PENDING_OF_ONE_PARTY, MAXIMUM_PENDING_TRANSACTIONS } from "../../src/account/account-state.ts";
import { isPractice } from "../../src/account/practice.ts";
import type { OfferFailure } from "../../src/account/objects.ts";
import type { OfferedTransaction } from "../../src/account/transaction.ts";
import { algorithmsOf, type PendingTransaction } from "../../src/account/pending-transaction.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import type { AccountContext } from "./account-context.ts";
import { isUsable } from "./attempt.ts";
import { expireTransactions } from "./history.ts";
import { keyFor } from "./offer.ts";

/** Idempotent by transaction id. */
export function takeOffer(
  context: AccountContext,
  transaction: OfferedTransaction,
  now: number,
): Result<"new" | "known", OfferFailure> {
  if (context.withdrawn.has(transaction.transactionId)) return failed("unusable");
  if (!canAnswer(context, transaction, now)) {
    // What was waited for came in vain, and nothing else will.
    if (transaction.follows !== undefined) context.awaited.remove();
    return failed("unusable");
  }
  if (context.transactions.find(transaction.transactionId) !== undefined) return success("known");
  expireTransactions(context, now);
  const refusal = outOfTurn(context, transaction, now) ?? tooMany(context, transaction);
  if (refusal !== undefined) return failed(refusal);
  if (transaction.follows !== undefined) context.awaited.remove();
  addTransaction(context, transaction);
  return success("new");
}

const canAnswer = (context: AccountContext, transaction: OfferedTransaction, now: number): boolean =>
  hasKeyFor(context, transaction) && isUsable(context, transaction.purpose, now);

/** Or nothing is signed. */
function hasKeyFor(context: AccountContext, transaction: OfferedTransaction): boolean {
  const pending = pendingFrom(transaction);
  return algorithmsOf(pending.details) === undefined || keyFor(context, pending) !== undefined;
}

/** Nobody has to be asked any more which device is to be used. */
export function askAlone({ transactions }: AccountContext, transactionId: string): void {
  const details = transactions.find(transactionId)?.details;
  if (details?.kind !== "relying-party") return;
  const { amongSeveral: _, ...offered } = details.offered;
  transactions.setDetails(transactionId, { kind: "relying-party", offered });
}

/** Takes what the person opened, where there is room. Idempotent by transaction id. */
export function takeOpened(
  context: AccountContext,
  transaction: OfferedTransaction,
  now: number,
): Result<PendingTransaction, "too_many_opened"> {
  const known = context.transactions.find(transaction.transactionId);
  if (known !== undefined) return success(known);
  expireTransactions(context, now);
  if (!hasRoomFor(context, transaction.session, now)) return failed("too_many_opened");
  return success(addTransaction(context, transaction));
}

/**
 * Whether what a session's link opens can still be taken. Nothing that was opened before makes room for it: a page that sends the person
 * from link to link would throw out what they opened themselves, and learn from the end of its first one that the others came here, too.
 */
export function hasRoomFor({ transactions }: AccountContext, session: string, now: number): boolean {
  const opened = transactions.all().flatMap(({ details, expiresAt }) => {
    const isOpened = details.kind === "relying-party" && details.offered.flowType !== "Notification" && now < expiresAt;
    return isOpened ? [details.offered.session] : [];
  });
  return opened.length < MAXIMUM_PENDING_TRANSACTIONS || opened.includes(session);
}

/** A device that waits for the signature after its certificate choice takes that one and no other. */
function outOfTurn({ awaited }: AccountContext, { follows }: OfferedTransaction, now: number): OfferFailure | undefined {
  const waiting = awaited.read();
  const waits = waiting !== undefined && !waiting.stopped && now < waiting.until;
  if (follows === undefined) return waits ? "awaits_another" : undefined;
  if (waiting?.session !== follows) return waits ? "awaits_another" : "waited_too_long";
  if (waiting.stopped) return "stopped_waiting";
  return waits ? undefined : "waited_too_long";
}

function tooMany({ transactions }: AccountContext, { relyingPartyUUID, follows }: OfferedTransaction): OfferFailure | undefined {
  if (follows !== undefined) return undefined;
  const waiting = transactions.all().filter(cameByItself);
  const ofThisParty = waiting.filter(
    ({ details }) => details.kind === "relying-party" && details.offered.relyingPartyUUID === relyingPartyUUID,
  );
  if (waiting.length >= MAXIMUM_PENDING_TRANSACTIONS) return "too_many_pending";
  return ofThisParty.length >= MAXIMUM_PENDING_OF_ONE_PARTY ? "too_many_pending" : undefined;
}

/** What the person practises with is neither, and takes nobody's place. */
const cameByItself = ({ details }: PendingTransaction): boolean =>
  details.kind === "relying-party" && details.offered.flowType === "Notification" && !isPractice(details.offered);

export function addTransaction(context: AccountContext, offered: OfferedTransaction): PendingTransaction {
  const transaction = pendingFrom(offered);
  context.transactions.add(transaction);
  return transaction;
}

/** As it waits on an account before a device claims it. */
export function pendingFrom(offered: OfferedTransaction): PendingTransaction {
  const { transactionId, purpose, expiresAt } = offered;
  const details = { kind: "relying-party", offered } as const;
  return { transactionId, purpose, expiresAt, details, claimed: false, offer: undefined, nonce: undefined };
}
