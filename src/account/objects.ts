// The calls between the Worker and its objects, and between the objects. Routes know an object only by these interfaces,
// through `env`; the classes are in durable/. Every value here crosses RPC: plain data, expected failures as `Result`.
import type { AccountNotice } from "../protocol/device-messages.ts";
import type { EcPublicKey } from "../protocol/ec-public-key.ts";
import type { HistoryEntry, RefusedParty } from "../protocol/history.ts";
import type { AccountDetails } from "../protocol/operator-orders.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import type { SessionStatus } from "../protocol/session-status.ts";
import type { Disowning, PastTransaction } from "./past-transaction.ts";
import type { CertificateLevel, Purpose, Suite } from "./purpose.ts";
import type { Result } from "./result.ts";
import type { AskedTransaction, GivenCertificate, OfferedTransaction, TransactionOutcome } from "./transaction.ts";

/** A natural person as an identity method proved it. */
export interface Identity {
  readonly givenName: string;
  readonly surname: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** ETSI EN 319 412-1, for example `PNOEE-40504040001`. */
  readonly semanticsIdentifier: string;
  /** `YYYY-MM-DD`, where known. */
  readonly dateOfBirth?: string;
  readonly level: CertificateLevel;
  /** Name of the identity method. */
  readonly method: string;
  /** Four of `0-9A-Z`: the document number that the person would like to have. Self-asserted test people only. */
  readonly documentSuffix?: string;
}

export interface AccountSummary {
  /** Names the Account object (the hexadecimal form of its id). */
  readonly handle: string;
  readonly documentNumber: string;
  readonly level: CertificateLevel;
}

/** As one relying party finds it. */
export interface FoundAccount extends AccountSummary {
  /** Its person refuses notification sessions of this party. */
  readonly refusesParty: boolean;
}

/** One of all accounts that a person ever had a document number for. */
export interface AccountRecord extends AccountSummary {
  readonly state: "reserved" | "active" | "closed";
  /**
   * Of every certificate that it was activated with, 32 lower-case hexadecimal digits each: how to revoke them where the Account object
   * is lost. Empty until it was active, and for accounts from before they were kept.
   */
  readonly serialNumbers: readonly string[];
}

export interface HandshakeAnswer {
  readonly handle: string;
  /** Compact JWS (ES256) over the transcript. */
  readonly signedTranscript: string;
}

/** Carries the ticket to the Account object's `fetch`, which answers 101 with a WebSocket, or 401. */
export const TICKET_HEADER = "tally-live-ticket";

/**
 * Why an account does not take a request. `unusable`: locked, dead or closed for this purpose, or the request was withdrawn before it
 * came. `awaits_another`: after a certificate choice its device waits for the signature that follows, and nothing else.
 * `stopped_waiting`, `waited_too_long`: this is that signature, and the device waits for it no longer.
 */
export type OfferFailure = "unusable" | "too_many_pending" | "awaits_another" | "stopped_waiting" | "waited_too_long";

export interface AuditHead {
  /** Of the last event; 0 before the first. */
  readonly position: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Position of the last event that the queue took. */
  readonly taken: number;
}

/**
 * Why an account was not re-wrapped. `lost`: its object holds nothing. `another_kek`: where it runs another KEK is the current one.
 * `unavailable`: the KEKs cannot be asked.
 */
export type RewrapFailure = "lost" | "another_kek" | "unavailable";

/** Of a device's request. `clientAddress`: where it came from. `origin`: under which it reached this server. Empty where there was none. */
export interface RequestSource {
  readonly clientAddress: string;
  readonly origin: string;
}

export interface AccountApi {
  /** Opens the channel of a new account. `unavailable`: nothing can be wrapped just now, and nothing was done. */
  handshake(deviceKey: EcPublicKey): Promise<Result<HandshakeAnswer, "account_exists" | "unacceptable_key" | "unavailable">>;
  /** An identity method vouches for the person at the other end of the channel with this transcript hash (base64url). */
  acceptIdentity(transcriptHash: string, identity: Identity): Promise<Result<undefined, "no_such_account" | "wrong_state">>;
  /**
   * One message of the device channel. `unauthorized`: it did not open. `unavailable`: something that it needs cannot be unwrapped just
   * now; nothing was decided or charged, or it was and its answer waits for the same bytes.
   */
  receive(message: string, from: RequestSource): Promise<Result<string, "unauthorized" | "unavailable">>;
  /** Idempotent by transaction id. */
  offer(transaction: OfferedTransaction): Promise<Result<undefined, OfferFailure>>;
  /** The session ended or another device took it. */
  withdraw(transactionId: string): Promise<void>;
  /** Of all the accounts that were asked this one alone can still answer. Idempotent. */
  askAlone(transactionId: string): Promise<void>;
  certificate(purpose: Purpose): Promise<Result<GivenCertificate, "unusable">>;
  /** What happened to another account of the same person. Idempotent by id; returning is the acknowledgement. */
  notice(notice: AccountNotice): Promise<void>;
  /** For an operator. Undefined where the object holds nothing. */
  describe(): Promise<AccountDetails | undefined>;
  /**
   * Wraps everything lasting under `target`, the current KEK of whoever asks, and tells the index. Idempotent. Gives the KEKs that are
   * still named beside it: by what is used up within the hour, or does not unwrap.
   */
  rewrap(target: string): Promise<Result<readonly string[], RewrapFailure>>;
  /**
   * An operator closes the account; its certificates are revoked for that reason. Idempotent: the first closing stands, and
   * `closed` says whether this was it. `order` names the order (`jti`) in the audit log. Waits a while for the certificate index;
   * `details` count what is still to be told. Undefined where the object holds nothing.
   */
  closeByOperator(reason: RevocationReason, order: string): Promise<{ closed: boolean; details: AccountDetails } | undefined>;
  /** Where its audit chain stands; undefined where the object holds nothing. */
  auditHead(): Promise<AuditHead | undefined>;
}

/** For a session that a person comes to by a device link, instead of being asked. */
export interface LinkStart {
  /** Base64, 32 bytes: the relying party makes authCodes with it. */
  readonly sessionSecret: string;
  /** Address in front of the link's query. */
  readonly deviceLinkBase: string;
  /** First field of what the authCode covers. */
  readonly schemeName: string;
  /** When a request that was repeated was answered last, in milliseconds since the epoch. */
  readonly answeredAgainAt?: number;
  /** Any account of this level will do; undefined where the accounts are named. */
  readonly anyoneOfLevel?: CertificateLevel;
}

export interface SessionStart {
  /** Those that are asked; with a device link those that may answer. */
  readonly accounts: readonly AccountSummary[];
  readonly transaction: AskedTransaction;
  /** None of the accounts is asked: the person has refused the party's notification sessions beforehand. */
  readonly isRefused?: boolean;
  /** Undefined: the accounts are asked at once. */
  readonly link?: LinkStart;
  /** Name of the certificate choice's session that this signature follows. */
  readonly follows?: string;
  /** That the relying party asked for, whatever the account that answers has. */
  readonly level: CertificateLevel;
  readonly shareClientAddress: boolean;
  /** Names of request properties that this server does not know. */
  readonly ignoredProperties: readonly string[];
}

/** Why a device link is not followed. See the failures of the same names in protocol/device-messages.ts. */
export type LinkFailure = "over" | "claimed_elsewhere" | "not_for_this_account" | "forged_link" | "stale_link" | "key_missing";

export interface SessionView {
  readonly relyingPartyUUID: string;
  readonly status: SessionStatus;
}

export interface SessionApi {
  /** Offers the transaction to the accounts; a session that none of them can answer is complete at once.
   * `too_many_pending`: every account refused for having too much waiting already; no session exists then. */
  start(name: string, input: SessionStart): Promise<Result<undefined, "too_many_pending">>;
  /** The first account to claim wins and may claim again; the others are told. */
  claim(handle: string): Promise<Result<undefined, "claimed_elsewhere" | "over">>;
  /**
   * Claims the session for the account that brought its link. `link`: as it was scanned or opened. `suites`: of which the account has a
   * key for what the link asks; every one where it does not say. The same account may come again.
   */
  openLink(account: AccountSummary, link: string, suites?: readonly Suite[]): Promise<Result<OfferedTransaction, LinkFailure>>;
  /**
   * Ties the signature session of that name to this certificate choice, which has one follower and no other. Fails unless this party's
   * choice by device link ended well on that document.
   */
  follow(relyingPartyUUID: string, documentNumber: string, follower: string): Promise<Result<undefined, "not_to_be_followed">>;
  /** Idempotent; returning is the acknowledgement. The first outcome stands. */
  finish(handle: string, outcome: TransactionOutcome): Promise<void>;
  /** Resolves as soon as the session is complete, or after `timeoutMs` as it stands; undefined once it is gone. */
  view(timeoutMs: number): Promise<SessionView | undefined>;
}

export interface PersonApi {
  /**
   * Idempotent by handle. The account is not asked for anything until it is activated. The suffix is `wishedSuffix` where no account of
   * this person ever had it, a random one otherwise.
   */
  reserveDocumentNumber(
    semanticsIdentifier: string,
    handle: string,
    level: CertificateLevel,
    wishedSuffix?: string,
  ): Promise<string>;
  /**
   * Idempotent. `serialNumbers`: of its certificates, 32 lower-case hexadecimal digits each; those of earlier calls are kept too.
   * `expiresAt`: when its time is over, in milliseconds since the epoch; 0 where that is not known.
   */
  activate(handle: string, serialNumbers: readonly string[], expiresAt?: number): Promise<void>;
  /** Idempotent. `notice`: for the person's other active accounts, which are told until they have heard it. */
  close(handle: string, notice?: AccountNotice): Promise<void>;
  /** Tells the person's other active accounts, until they have heard it. Idempotent by the notice's id. */
  tellOthers(handle: string, notice: AccountNotice): Promise<void>;
  /** Active accounts whose time is not over, in the order in which they were begun. */
  accounts(): Promise<readonly AccountSummary[]>;
  /** The same, as this relying party finds them. */
  accountsFor(relyingPartyUUID: string): Promise<readonly FoundAccount[]>;
  /** Every account that was ever given a document number, in the order in which they were begun. */
  history(): Promise<readonly AccountRecord[]>;
  /** The sessionID under which a request with this fingerprint was answered within the last 15 s; else remembers the new one. */
  repeatedSession(fingerprint: string, newSessionID: string): Promise<string>;
  /** A transaction of the account is over. Idempotent by its id; `epoch` as with `raiseEpoch`. */
  recordTransaction(handle: string, past: PastTransaction, epoch: number): Promise<void>;
  /**
   * What that account sees of the person's history, newest first; nothing where it is no active account of this person. `withAccounts`:
   * each entry with its account.
   */
  transactions(
    handle: string,
    limit: number,
    before?: Pick<HistoryEntry, "at" | "id">,
    withAccounts?: boolean,
  ): Promise<{ readonly entries: HistoryEntry[]; readonly more: boolean }>;
  /** Undefined where the account sees no such entry. */
  transaction(handle: string, id: string): Promise<Pick<PastTransaction, "relyingPartyUUID" | "kind"> | undefined>;
  /**
   * The person said on that account that they did not start a transaction, and perhaps that they refuse its party: from now on `accountsFor`
   * says so. Idempotent, also where the refusal was taken back meanwhile. Nothing is done where there is no such entry any more.
   */
  disown(handle: string, said: Disowning): Promise<void>;
  /** Those that the account sees, newest first. */
  refusedParties(handle: string): Promise<RefusedParty[]>;
  /** UUID of the party that it refuses; undefined where the account sees no such refusal. */
  refusedParty(handle: string, refusalId: string): Promise<string | undefined>;
  /** Takes a refusal back. Idempotent. */
  allowParty(handle: string, refusalId: string): Promise<void>;
  /** Keeps the highest value seen. */
  raiseEpoch(handle: string, epoch: number): Promise<void>;
  /**
   * 0 for an account never heard of. `expiresAt`: when the time of an active account is over, in milliseconds since the epoch; the list
   * takes it where it has none, since accounts of before never told it. 0 tells nothing.
   */
  epoch(handle: string, expiresAt?: number): Promise<number>;
}
