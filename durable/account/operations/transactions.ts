// What waits on this account: looked at, claimed for this device, refused.
import type { PendingTransaction } from "../../../src/account/pending-transaction.ts";
import type { ClaimedTransaction, RequestBody } from "../../../src/protocol/device-messages.ts";
import { PROOF_ALGORITHMS } from "../../../src/protocol/proof-message.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { pinFailure } from "../attempt.ts";
import { finishTransaction } from "../outbox.ts";

/** Undefined once its time is over: a late alarm changes no answer. */
export function liveTransaction(context: AccountContext, transactionId: string, now: number): PendingTransaction | undefined {
  const transaction = context.transactions.find(transactionId);
  return transaction !== undefined && now < transaction.expiresAt ? transaction : undefined;
}

export const listTransactions: OperationHandler<RequestBody<"listTransactions">> = (context) => (now) => {
  const transactions = context.transactions
    .all()
    .filter((transaction) => now < transaction.expiresAt)
    .map(({ transactionId, purpose, expiresAt, details }) => ({
      transactionId,
      purpose,
      expiresAt,
      relyingPartyName: details.kind === "application" ? "" : details.offered.relyingPartyName,
    }));
  return done({ transactions });
};

/** Asks the session first; claiming twice is harmless, so a claim whose answer was lost is simply made again. */
export const claimTransaction: OperationHandler<RequestBody<"claimTransaction">> = async (context, body) => {
  const waiting = liveTransaction(context, body.transactionId, Date.now());
  const { SESSIONS } = context.environment;
  // An account whose PIN is locked must not take the session from the person's other devices.
  const claimable = waiting !== undefined && pinFailure(context, waiting.purpose, Date.now()) === undefined;
  const session =
    claimable && waiting.details.kind === "relying-party"
      ? SESSIONS.get(SESSIONS.idFromName(waiting.details.offered.session))
      : undefined;
  const claim = await session?.claim(context.handle);
  return (now) => {
    const transaction = liveTransaction(context, body.transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    // It became possible between then and now: the device asks again.
    if (
      claim === undefined &&
      transaction.details.kind === "relying-party" &&
      pinFailure(context, transaction.purpose, now) === undefined
    ) {
      return refusal({ code: "server_error" });
    }
    if (claim?.ok === false) {
      context.transactions.remove(transaction.transactionId);
      return refusal({ code: claim.failure === "claimed_elsewhere" ? "claimed_elsewhere" : "no_such_transaction" });
    }
    const unusable = pinFailure(context, transaction.purpose, now);
    if (unusable !== undefined) {
      endUnusable(context, transaction);
      return refusal(unusable);
    }
    context.transactions.setClaimed(transaction.transactionId);
    return done(describe(context, transaction));
  };
};

export const refuseTransaction: OperationHandler<RequestBody<"refuseTransaction">> = (context, body) => (now) => {
  const transaction = liveTransaction(context, body.transactionId, now);
  if (transaction === undefined) return refusal({ code: "no_such_transaction" });
  // An application is not refused but left: the account never comes to be.
  if (!transaction.claimed || transaction.details.kind === "application") return refusal({ code: "not_claimed" });
  // Only who was asked to choose among codes can have chosen a wrong one.
  const choice = transaction.details.offered.interactionTypeUsed === "confirmationMessageAndVerificationCodeChoice";
  if (body.refusal === "WRONG_VC" && !choice) return refusal({ code: "malformed" });
  finishTransaction(context, transaction, { endResult: body.refusal, documentNumber: documentNumber(context) });
  return done({ refused: true });
};

/** A lock ends what runs: the relying party hears of it at once instead of waiting for the time-out. */
export function endUnusable(context: AccountContext, transaction: PendingTransaction): void {
  finishTransaction(context, transaction, { endResult: "DOCUMENT_UNUSABLE", documentNumber: documentNumber(context) });
}

export const documentNumber = (context: AccountContext): string => context.account.account()?.documentNumber ?? "";

/** What the device shows and computes the message from. */
function describe(context: AccountContext, transaction: PendingTransaction): ClaimedTransaction {
  const { details, offer, purpose, transactionId, expiresAt } = transaction;
  const key = context.keys.current(purpose);
  if (key === undefined) throw new Error("a pending transaction without a key");
  const { suite, keyVersion } = key;
  if (details.kind === "application") return { ...details, suite, keyVersion, offer, ...PROOF_ALGORITHMS };
  const {
    toSign,
    signatureAlgorithm,
    hashAlgorithm,
    relyingPartyName,
    brokeredRpName,
    interactions,
    interactionTypeUsed,
    flowType,
  } = details.offered;
  const shown = { relyingPartyName, brokeredRpName, interactions, interactionTypeUsed, flowType };
  const common = { transactionId, purpose, suite, keyVersion, offer, expiresAt, signatureAlgorithm, hashAlgorithm, ...shown };
  if (toSign.protocol === "RAW_DIGEST_SIGNATURE") {
    return { kind: "signature", ...common, digest: toSign.digest, verificationCode: toSign.verificationCode };
  }
  const { schemeName, rpChallenge, serverRandom, initialCallbackUrl } = toSign;
  return { kind: "authentication", ...common, schemeName, rpChallenge, serverRandom, initialCallbackUrl };
}
