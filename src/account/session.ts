// The life of one relying-party session: running until an account answers or time is up, then complete, then gone. Pure: time is
// an argument, storage and calls belong to the Session object. Every question compares times itself, so a late alarm changes no
// answer.
import type { AccountSummary, LinkStart, OfferFailure, SessionStart } from "./objects.ts";
import type { CertificateLevel } from "./purpose.ts";
import { type AskedTransaction, isSignature, type OfferedTransaction, type TransactionOutcome } from "./transaction.ts";
import type { FlowType } from "../protocol/session-status.ts";
import { failed, type Result, success } from "./result.ts";

/** Milliseconds that the person has: from then on accounts refuse to sign. */
export const TIME_TO_ANSWER = 180_000;
/** Milliseconds more that the session waits, so that what was signed in time still arrives. */
export const DELIVERY_ALLOWANCE = 5_000;
/** Milliseconds that a result can be fetched. */
export const TIME_TO_FETCH = 300_000;

/** What became of the session: an account's answer, or why there was none. */
export type SessionOutcome =
  | TransactionOutcome
  | {
      readonly endResult:
        "TIMEOUT" | "DOCUMENT_UNUSABLE" | "SERVER_ERROR" | "USER_REFUSED" | "EXPECTED_LINKED_SESSION" | "PROTOCOL_FAILURE";
    };

export interface Completion {
  readonly outcome: SessionOutcome;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Session {
  /** Of the object: what a device link's token is, too. */
  readonly name: string;
  /** UUID by which its end is counted. Random, and told to nobody else. */
  readonly meteringId: string;
  readonly transaction: AskedTransaction & { readonly transactionId: string; readonly expiresAt: number };
  /** Undefined until a device link was opened: the link says which way it went. */
  readonly flowType?: FlowType;
  /** Those that may still answer. */
  readonly accounts: readonly AccountSummary[];
  readonly link?: LinkStart;
  /** Name of the certificate choice's session that this signature follows. */
  readonly follows?: string;
  /** Name of the signature session that follows this certificate choice. */
  readonly followedBy?: string;
  /** That the relying party asked for. */
  readonly level: CertificateLevel;
  readonly shareClientAddress: boolean;
  readonly ignoredProperties: readonly string[];
  /** Whether every account has been asked, or need not be. */
  readonly offered: boolean;
  /** Handle of the account that took the transaction. */
  readonly claimedBy?: string;
  readonly completion?: Completion;
}

/** How an account took the offer; `unreachable`: its object failed. */
export type OfferVerdict = "accepted" | OfferFailure | "unreachable";

/** `ids`: random, version 4. */
export function startSession(
  name: string,
  input: SessionStart,
  ids: { readonly transactionId: string; readonly meteringId: string },
  now: number,
): Session {
  const { transactionId, meteringId } = ids;
  const { accounts, level, shareClientAddress, ignoredProperties, link, follows } = input;
  return {
    name,
    meteringId,
    transaction: { ...input.transaction, transactionId, expiresAt: now + TIME_TO_ANSWER },
    accounts,
    level,
    shareClientAddress,
    ignoredProperties,
    ...(link === undefined ? { flowType: "Notification" } : { link }),
    ...(follows !== undefined && { follows }),
    offered: link !== undefined,
  };
}

/** As an account sees it. Throws while nobody has opened the session's device link. */
export function offeredTransaction(session: Session): OfferedTransaction {
  const { transaction, name, flowType, follows } = session;
  if (flowType === undefined) throw new Error("a session is offered that waits for its device link");
  const offered = {
    ...transaction,
    session: name,
    flowType,
    ...(follows !== undefined && { follows }),
    ...(isOpenToSeveral(session) && { amongSeveral: true as const }),
  };
  // A code that went to another device leads back nowhere.
  return flowType === "QR" ? { ...offered, initialCallbackUrl: "", sessionSecretDigest: "" } : offered;
}

export const isForAnybody = ({ anyoneOfLevel }: LinkStart): boolean => anyoneOfLevel !== undefined;

/** Whether the person may still answer it on more than one account. Whoever opens a device link has chosen, and what follows a choice, too. */
export const isOpenToSeveral = ({ accounts, flowType, follows, claimedBy, completion }: Session): boolean =>
  flowType === "Notification" &&
  follows === undefined &&
  accounts.length > 1 &&
  claimedBy === undefined &&
  completion === undefined;

/** When it was started, in milliseconds since the epoch. */
export const startedAt = (session: Session): number => session.transaction.expiresAt - TIME_TO_ANSWER;

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
 * where nobody accepted and at least one would have if less were waiting. Of two starts side by side the first counts.
 */
export function takeOffers(
  session: Session,
  verdicts: ReadonlyMap<string, OfferVerdict>,
  now: number,
): Result<Session, "too_many_pending"> {
  if (session.offered || completionAt(session, now) !== undefined) return success({ ...session, offered: true });
  const accounts = session.accounts.filter(
    ({ handle }) => handle === session.claimedBy || (verdicts.get(handle) ?? "accepted") === "accepted",
  );
  if (accounts.length > 0) return success({ ...session, accounts, offered: true });
  const given = new Set(verdicts.values());
  if (given.has("too_many_pending")) return failed("too_many_pending");
  return success({ ...session, accounts, offered: true, completion: { outcome: { endResult: endOfRefused(given) }, at: now } });
}

/** Nobody else is asked any more: an account has it, or it is over. */
export const isAnswered = (session: Session, now: number): boolean =>
  session.claimedBy !== undefined || completionAt(session, now) !== undefined;

/**
 * Handles of the accounts that may have taken the offer and are not asked by the session that came of it; undefined where none did. Who
 * failed may have taken it all the same.
 */
export function strayOffers(
  verdicts: ReadonlyMap<string, OfferVerdict>,
  session: Session | undefined,
  now: number,
): readonly string[] {
  const mayHaveIt = [...verdicts].filter(([, verdict]) => verdict === "accepted" || verdict === "unreachable");
  const handles = mayHaveIt.map(([handle]) => handle);
  if (session === undefined || session.completion !== undefined) return handles;
  if (isAnswered(session, now)) return handles.filter((handle) => handle !== session.claimedBy);
  return handles.filter((handle) => session.accounts.every((account) => account.handle !== handle));
}

/** Of a session that no account took. */
function endOfRefused(
  given: ReadonlySet<OfferVerdict>,
): "SERVER_ERROR" | "EXPECTED_LINKED_SESSION" | "USER_REFUSED" | "TIMEOUT" | "DOCUMENT_UNUSABLE" {
  if (given.has("unreachable")) return "SERVER_ERROR";
  if (given.has("awaits_another")) return "EXPECTED_LINKED_SESSION";
  if (given.has("stopped_waiting")) return "USER_REFUSED";
  return given.has("waited_too_long") ? "TIMEOUT" : "DOCUMENT_UNUSABLE";
}

/**
 * None of its accounts is asked. Whoever is refused beforehand hears what they would if the person took the first of them and cancelled
 * there: nothing more and nothing less.
 */
export function refuseBeforehand(session: Session, now: number): Session {
  const [first] = session.accounts;
  if (first === undefined) throw new Error("a session for nobody is refused");
  const { handle, documentNumber } = first;
  return finishSession({ ...session, offered: true }, handle, { endResult: "USER_REFUSED", documentNumber }, now);
}

/** The first account to claim wins and may claim again. `over`: complete, too late to sign, or never asked. */
export function claimSession(session: Session, handle: string, now: number): Result<Session, "claimed_elsewhere" | "over"> {
  if (completionAt(session, now) !== undefined || now >= session.transaction.expiresAt) return failed("over");
  if (session.claimedBy !== undefined && session.claimedBy !== handle) return failed("claimed_elsewhere");
  if (!session.accounts.some((account) => account.handle === handle)) return failed("over");
  return success({ ...session, claimedBy: handle });
}

const FAILED_BY_ITSELF: ReadonlySet<string> = new Set([
  "DOCUMENT_UNUSABLE",
  "ACCOUNT_UNUSABLE",
  "SERVER_ERROR",
  "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP",
]);

/**
 * The session after an account's outcome; the same session where that changes nothing. The first outcome stands. An account
 * that fails without having claimed only steps aside while others can still answer.
 */
export function finishSession(session: Session, handle: string, outcome: TransactionOutcome, now: number): Session {
  if (completionAt(session, now) !== undefined) return session;
  if (session.claimedBy !== undefined && session.claimedBy !== handle) return session;
  if (!session.accounts.some((account) => account.handle === handle)) return session;
  const failedByItself = FAILED_BY_ITSELF.has(outcome.endResult);
  const others = session.accounts.filter((account) => account.handle !== handle);
  if (failedByItself && session.claimedBy === undefined && others.length > 0) return { ...session, accounts: others };
  return { ...session, completion: { outcome, at: now } };
}

/**
 * The certificate choice, tied to the session of the signature that follows it: one, which may ask again. Undefined unless this party's
 * choice by device link ended well on that document.
 */
export function followSession(
  session: Session,
  { relyingPartyUUID, documentNumber, follower }: { relyingPartyUUID: string; documentNumber: string; follower: string },
  now: number,
): Session | undefined {
  const { transaction, link, followedBy } = session;
  const outcome = completionAt(session, now)?.outcome;
  if (isSignature(transaction) || link === undefined || transaction.relyingPartyUUID !== relyingPartyUUID) return undefined;
  if (outcome?.endResult !== "OK" || outcome.documentNumber !== documentNumber) return undefined;
  if (followedBy !== undefined && followedBy !== follower) return undefined;
  return { ...session, followedBy: follower };
}
