// The life of one relying-party session: running until an account answers or time is up, then complete, then gone. Pure: time is
// an argument, storage and calls belong to the Session object. Every question compares times itself, so a late alarm changes no
// answer.
import type { AccountSummary, OfferedTransaction, SessionStart, TransactionOutcome } from "./objects.ts";
import { failed, type Result, success } from "./result.ts";

/** Milliseconds that the person has: from then on accounts refuse to sign. */
export const TIME_TO_ANSWER = 180_000;
/** Milliseconds more that the session waits, so that what was signed in time still arrives. */
export const DELIVERY_ALLOWANCE = 5_000;
/** Milliseconds that a result can be fetched. */
export const TIME_TO_FETCH = 300_000;

/** What became of the session: an account's answer, or why there was none. */
export type SessionOutcome = TransactionOutcome | { readonly endResult: "TIMEOUT" | "DOCUMENT_UNUSABLE" | "SERVER_ERROR" };

export interface Completion {
  readonly outcome: SessionOutcome;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Session {
  readonly relyingPartyUUID: string;
  readonly transaction: OfferedTransaction;
  /** Those that may still answer. */
  readonly accounts: readonly AccountSummary[];
  readonly shareClientAddress: boolean;
  readonly ignoredProperties: readonly string[];
  /** Whether every account has been asked. */
  readonly offered: boolean;
  /** Handle of the account that took the transaction. */
  readonly claimedBy?: string;
  readonly completion?: Completion;
}

/** How an account took the offer; `unreachable`: its object failed. */
export type OfferVerdict = "accepted" | "unusable" | "too_many_pending" | "unreachable";

export function startSession(name: string, input: SessionStart, transactionId: string, now: number): Session {
  const { relyingPartyUUID, accounts, shareClientAddress, ignoredProperties } = input;
  const transaction = { ...input.transaction, transactionId, session: name, expiresAt: now + TIME_TO_ANSWER };
  return { relyingPartyUUID, transaction, accounts, shareClientAddress, ignoredProperties, offered: false };
}

/** Milliseconds since the epoch; a session without an outcome then is a TIMEOUT. */
export const answerDeadline = (session: Session): number => session.transaction.expiresAt + DELIVERY_ALLOWANCE;

export function completionAt(session: Session, now: number): Completion | undefined {
  if (session.completion !== undefined) return session.completion;
  const deadline = answerDeadline(session);
  return now >= deadline ? { outcome: { endResult: "TIMEOUT" }, at: deadline } : undefined;
}

export function isGone(session: Session, now: number): boolean {
  const completion = completionAt(session, now);
  return completion !== undefined && now >= completion.at + TIME_TO_FETCH;
}

/** Milliseconds since the epoch at which something changes without anybody asking. */
export function nextChange(session: Session): number {
  return session.completion === undefined ? answerDeadline(session) : session.completion.at + TIME_TO_FETCH;
}

/**
 * Takes in how the accounts took the offer; an account that answered meanwhile keeps its say. Fails with `too_many_pending`
 * where nobody accepted and at least one would have if less were waiting.
 */
export function takeOffers(
  session: Session,
  verdicts: ReadonlyMap<string, OfferVerdict>,
  now: number,
): Result<Session, "too_many_pending"> {
  if (completionAt(session, now) !== undefined) return success({ ...session, offered: true });
  const accounts = session.accounts.filter(
    ({ handle }) => handle === session.claimedBy || (verdicts.get(handle) ?? "accepted") === "accepted",
  );
  if (accounts.length > 0) return success({ ...session, accounts, offered: true });
  const given = new Set(verdicts.values());
  if (given.has("too_many_pending")) return failed("too_many_pending");
  const endResult = given.has("unreachable") ? "SERVER_ERROR" : "DOCUMENT_UNUSABLE";
  return success({ ...session, accounts, offered: true, completion: { outcome: { endResult }, at: now } });
}

/** The first account to claim wins and may claim again. `over`: complete, too late to sign, or never asked. */
export function claimSession(session: Session, handle: string, now: number): Result<Session, "claimed_elsewhere" | "over"> {
  if (completionAt(session, now) !== undefined || now >= session.transaction.expiresAt) return failed("over");
  if (session.claimedBy !== undefined && session.claimedBy !== handle) return failed("claimed_elsewhere");
  if (!session.accounts.some((account) => account.handle === handle)) return failed("over");
  return success({ ...session, claimedBy: handle });
}

/**
 * The session after an account's outcome; the same session where that changes nothing. The first outcome stands. An account
 * that fails without having claimed only steps aside while others can still answer.
 */
export function finishSession(session: Session, handle: string, outcome: TransactionOutcome, now: number): Session {
  if (completionAt(session, now) !== undefined) return session;
  if (session.claimedBy !== undefined && session.claimedBy !== handle) return session;
  if (!session.accounts.some((account) => account.handle === handle)) return session;
  const failedByItself = outcome.endResult === "DOCUMENT_UNUSABLE" || outcome.endResult === "SERVER_ERROR";
  const others = session.accounts.filter((account) => account.handle !== handle);
  if (failedByItself && session.claimedBy === undefined && others.length > 0) return { ...session, accounts: others };
  return { ...session, completion: { outcome, at: now } };
}
