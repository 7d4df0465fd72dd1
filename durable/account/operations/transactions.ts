// What waits on this account: looked at, claimed for this device, refused.
import { isSignature, type OfferedTransaction, type SignatureAsked } from "../../../src/account/transaction.ts";
import { isPractice } from "../../../src/account/practice.ts";
import { algorithmsOf, type PendingTransaction, type TransactionDetails } from "../../../src/account/pending-transaction.ts";
import type { Purpose } from "../../../src/account/purpose.ts";
import type { ClaimedTransaction } from "../../../src/protocol/claimed-transaction.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { type InteractionType, parseInteractions } from "../../../src/protocol/interactions.ts";
import { PROOF_ALGORITHMS } from "../../../src/protocol/proof-message.ts";
import { type AccountContext, type Decide, done, type OperationHandler, type Outcome, refusal } from "../account-context.ts";
import { pinFailure } from "../attempt.ts";
import { drawOfferFor, type DrawnOffer, keyFor } from "../offer.ts";
import { endOver } from "../history.ts";
import { finishTransaction } from "../outbox.ts";
import { describeApplication } from "./application.ts";

/** Undefined once its time is over: a late alarm changes no answer. */
export function liveTransaction(context: AccountContext, transactionId: string, now: number): PendingTransaction | undefined {
  const transaction = context.transactions.find(transactionId);
  return transaction !== undefined && now < transaction.expiresAt ? transaction : undefined;
}

export const listTransactions: OperationHandler<RequestBody<"listTransactions">> = (context, body) => (now) => {
  const transactions = context.transactions
    .all()
    .filter((transaction) => now < transaction.expiresAt)
    .map((transaction) => {
      const { transactionId, purpose, expiresAt, details } = transaction;
      return {
        transactionId,
        purpose,
        expiresAt,
        relyingPartyName: details.kind === "application" ? "" : details.offered.relyingPartyName,
        ...(body.amongSeveral === true && offeredToSeveral(transaction) !== undefined && { amongSeveral: true }),
      };
    });
  return done({ transactions });
};

/** Defined while it is still to be said which device is used. What was claimed here is this one's. */
const offeredToSeveral = ({ details, claimed }: PendingTransaction): OfferedTransaction | undefined =>
  !claimed && details.kind === "relying-party" && details.offered.amongSeveral === true ? details.offered : undefined;

/** Asks the session first; claiming twice is harmless, so a claim whose answer was lost is simply made again. */
export const claimTransaction: OperationHandler<RequestBody<"claimTransaction">> = async (context, body) => {
  const waiting = liveTransaction(context, body.transactionId, Date.now());
  // An account that cannot answer must not take the session from the person's other devices.
  const offered = waiting !== undefined && isSessions(waiting.details) ? waiting.details.offered : undefined;
  const claimable =
    offered !== undefined &&
    pinFailure(context, offered.purpose, Date.now()) === undefined &&
    isShowable(offered, body.supportedInteractions);
  const { SESSIONS } = context.environment;
  const session = claimable ? SESSIONS.get(SESSIONS.idFromName(offered.session)) : undefined;
  // First: whoever cannot be made an offer, for want of a vault say, must not take it either.
  const drawn = waiting?.offer === undefined && waiting !== undefined ? await drawOfferFor(context, waiting) : undefined;
  const claim = await session?.claim(context.handle);
  return (now) => {
    const transaction = liveTransaction(context, body.transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    if (claim?.ok === false) return missed(context, transaction, claim.failure, now);
    const unusable = pinFailure(context, transaction.purpose, now);
    if (unusable !== undefined) {
      endUnusable(context, transaction, now);
      return refusal(unusable);
    }
    const { details } = transaction;
    // It became possible between then and now: the device asks again.
    if (claim === undefined && isSessions(details) && isShowable(details.offered, body.supportedInteractions)) {
      return refusal({ code: "server_error" });
    }
    const publicKeys = body.publicKeys === true;
    return takeForDevice(context, transaction, { supported: body.supportedInteractions, publicKeys, drawn, now });
  };
};

/** The session is not to be had. */
function missed(
  context: AccountContext,
  transaction: PendingTransaction,
  failure: "claimed_elsewhere" | "over",
  now: number,
): Outcome {
  if (failure === "over") endOver(context, transaction, now);
  else context.transactions.remove(transaction.transactionId);
  return refusal({ code: failure === "claimed_elsewhere" ? "claimed_elsewhere" : "no_such_transaction" });
}

/** A relying party's session waits for it. */
const isSessions = (details: TransactionDetails): details is Extract<TransactionDetails, { kind: "relying-party" }> =>
  details.kind === "relying-party" && !isPractice(details.offered);

/**
 * Claimed for the device, which gets what it shows; the first interaction that it can show is the one that is used. `drawn`: what is
 * offered where nothing is yet. A second claim gets the same offer.
 */
export function takeForDevice(
  context: AccountContext,
  transaction: PendingTransaction,
  {
    supported,
    publicKeys = false,
    drawn,
    now,
  }: {
    readonly supported: readonly InteractionType[] | undefined;
    readonly publicKeys?: boolean;
    readonly drawn: DrawnOffer | undefined;
    readonly now: number;
  },
): Outcome {
  const { details, transactionId } = transaction;
  if (algorithmsOf(details) === undefined) {
    context.transactions.setClaimed(transactionId);
    return done(describe(context, transaction));
  }
  const key = keyFor(context, transaction);
  if (key === undefined) {
    endUnusable(context, transaction, now);
    return refusal({ code: "key_missing" });
  }
  const offer = transaction.offer ?? (drawn?.keyVersion === key.keyVersion ? drawn.offer : undefined);
  // Its key was another a moment ago, or its share does not unwrap.
  if (offer === undefined) return refusal({ code: "server_error" });
  if (transaction.offer === undefined) context.transactions.setOffer(transactionId, { offer, nonce: drawn?.nonce });
  context.transactions.setClaimed(transactionId);
  const offered = { ...transaction, offer };
  if (details.kind === "application" || !isSignature(details.offered) || supported === undefined) {
    return done(describe(context, offered, publicKeys));
  }
  const interactionTypeUsed = firstShowable(details.offered, supported);
  if (interactionTypeUsed === undefined) {
    const endResult = "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP";
    finishTransaction(context, transaction, { endResult, documentNumber: documentNumber(context) }, now);
    return refusal({ code: "interaction_not_supported" });
  }
  const shown = { ...details, offered: { ...details.offered, interactionTypeUsed } };
  context.transactions.setDetails(transactionId, shown);
  return done(describe(context, { ...offered, details: shown }));
}

const isShowable = (offered: OfferedTransaction, supported: readonly InteractionType[] | undefined): boolean =>
  supported === undefined || !isSignature(offered) || firstShowable(offered, supported) !== undefined;

/** In the order of the relying party's preference. */
function firstShowable({ interactions }: SignatureAsked, supported: readonly InteractionType[]): InteractionType | undefined {
  const asked = parseInteractions(interactions);
  if (typeof asked === "string") throw new Error("interactions were offered that were never let in");
  return asked.find(({ type }) => supported.includes(type))?.type;
}

export const refuseTransaction: OperationHandler<RequestBody<"refuseTransaction">> = (context, body) =>
  body.refusal === "USER_REFUSED_CERT_CHOICE" ? refuseForAll(context, body.transactionId) : refuseClaimed(context, body);

/**
 * Cancelled where the person was asked which device to use: the session is over for all of them. It is taken for this account first, so
 * that nobody is told of a refusal while another device goes on. Refusing again is harmless, as claiming is.
 */
async function refuseForAll(context: AccountContext, transactionId: string): Promise<Decide> {
  const waiting = liveTransaction(context, transactionId, Date.now());
  const offered = waiting && offeredToSeveral(waiting);
  const { SESSIONS } = context.environment;
  const session = offered && SESSIONS.get(SESSIONS.idFromName(offered.session));
  const claim = await session?.claim(context.handle);
  return (now) => {
    const transaction = liveTransaction(context, transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    if (claim?.ok === false) return missed(context, transaction, claim.failure, now);
    // This device has it, or was the only one that was left: there it is refused as what it shows.
    if (claim === undefined || transaction.claimed) return refusal({ code: "wrong_state" });
    const endResult = "USER_REFUSED_CERT_CHOICE";
    // For the history, too, it was this account that answered.
    const taken = { ...transaction, claimed: true };
    finishTransaction(context, taken, { endResult, documentNumber: documentNumber(context) }, now);
    return done({ refused: true });
  };
}

const refuseClaimed =
  (context: AccountContext, body: RequestBody<"refuseTransaction">) =>
  (now: number): Outcome => {
    const transaction = liveTransaction(context, body.transactionId, now);
    if (transaction === undefined) return refusal({ code: "no_such_transaction" });
    const { details, claimed } = transaction;
    // An application is not refused but left: the account never comes to be.
    if (!claimed || details.kind === "application") return refusal({ code: "not_claimed" });
    const { refusal: endResult } = body;
    const common = { endResult, documentNumber: documentNumber(context) };
    if (!isSignature(details.offered)) {
      // Nothing was shown but the question itself.
      if (endResult === "WRONG_VC" || endResult === "USER_REFUSED_INTERACTION") return refusal({ code: "malformed" });
      finishTransaction(context, transaction, common, now);
      return done({ refused: true });
    }
    const { interactionTypeUsed } = details.offered;
    // Only who was asked to choose among codes can have chosen a wrong one.
    const choice = interactionTypeUsed === "confirmationMessageAndVerificationCodeChoice";
    if (endResult === "WRONG_VC" && !choice) return refusal({ code: "malformed" });
    finishTransaction(context, transaction, { ...common, interactionTypeUsed }, now);
    return done({ refused: true });
  };

/** A lock ends what runs: the relying party hears of it at once instead of waiting for the time-out. */
export function endUnusable(
  context: AccountContext,
  transaction: PendingTransaction,
  now: number,
  endResult: "DOCUMENT_UNUSABLE" | "ACCOUNT_UNUSABLE" = "DOCUMENT_UNUSABLE",
): void {
  finishTransaction(context, transaction, { endResult, documentNumber: documentNumber(context) }, now);
}

/** The PIN of that purpose fell into a lock, or for ever. */
export function endUnusableOf(context: AccountContext, purpose: Purpose, now: number): void {
  if (purpose === "sign") context.awaited.remove();
  for (const pending of context.transactions.all()) if (pending.purpose === purpose) endUnusable(context, pending, now);
}

export const documentNumber = (context: AccountContext): string => context.account.account()?.documentNumber ?? "";

/** What the device shows and computes the message from. */
function describe(context: AccountContext, transaction: PendingTransaction, publicKeys = false): ClaimedTransaction {
  const { details, offer, purpose, transactionId, expiresAt } = transaction;
  const key = keyFor(context, transaction);
  if (details.kind === "application") {
    if (key === undefined || offer === undefined) throw new Error("an application without a key");
    const { suite, keyVersion } = key;
    return { ...describeApplication(context, details, publicKeys), suite, keyVersion, offer, ...PROOF_ALGORITHMS[suite] };
  }
  const { offered } = details;
  const { relyingPartyName, brokeredRpName, flowType, initialCallbackUrl, sessionSecretDigest } = offered;
  const party = { relyingPartyName, brokeredRpName, flowType, initialCallbackUrl, sessionSecretDigest };
  if (!isSignature(offered)) return { kind: "certificate-choice", transactionId, purpose: "sign", expiresAt, ...party };
  if (key === undefined || offer === undefined) throw new Error("a pending transaction without a key");
  const { suite, keyVersion } = key;
  const { toSign, signatureAlgorithm, hashAlgorithm, interactions, interactionTypeUsed } = offered;
  const shown = { ...party, interactions, interactionTypeUsed };
  const common = { transactionId, purpose, suite, keyVersion, offer, expiresAt, signatureAlgorithm, hashAlgorithm, ...shown };
  if (toSign.protocol === "RAW_DIGEST_SIGNATURE") {
    return { kind: "signature", ...common, digest: toSign.digest, verificationCode: toSign.verificationCode };
  }
  const { schemeName, rpChallenge, serverRandom } = toSign;
  return { kind: "authentication", ...common, schemeName, rpChallenge, serverRandom };
}
