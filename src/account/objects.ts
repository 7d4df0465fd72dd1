// The calls between the Worker and its objects, and between the objects. Routes know an object only by these interfaces,
// through `env`; the classes are in durable/. Every value here crosses RPC: plain data, expected failures as `Result`.
import type { HashAlgorithm, SignatureAlgorithm } from "../protocol/algorithms.ts";
import type { AccountNotice } from "../protocol/device-messages.ts";
import type { EcPublicKey } from "../protocol/ec-public-key.ts";
import type { InteractionType } from "../protocol/interactions.ts";
import type { AccountDetails } from "../protocol/operator-orders.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import type { FlowType, SessionStatus } from "../protocol/session-status.ts";
import type { CertificateLevel, Purpose } from "./purpose.ts";
import type { Result } from "./result.ts";

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
}

/** What an authentication signs is built from these and the device's user challenge (ACSP_V2). */
export interface AuthenticationToSign {
  readonly protocol: "ACSP_V2";
  readonly schemeName: string;
  /** Base64 as the relying party sent it. */
  readonly rpChallenge: string;
  /** Base64, 24 characters or more. */
  readonly serverRandom: string;
  /** Empty unless the flow returns to a callback. */
  readonly initialCallbackUrl: string;
}

export interface DigestToSign {
  readonly protocol: "RAW_DIGEST_SIGNATURE";
  /** Base64 as the relying party sent it. */
  readonly digest: string;
  /** Four digits, drawn by the server. */
  readonly verificationCode: string;
}

/** A relying party's request as an account sees it. */
export interface OfferedTransaction {
  readonly transactionId: string;
  /** Name of the Session object that waits for the outcome. */
  readonly session: string;
  readonly purpose: Purpose;
  /** Milliseconds since the epoch; from then on the account refuses to sign. */
  readonly expiresAt: number;
  /** The exact bytes that the relying party sent. */
  readonly relyingPartyName: string;
  readonly brokeredRpName: string;
  /** Base64 as the relying party sent it. */
  readonly interactions: string;
  readonly interactionTypeUsed: InteractionType;
  readonly flowType: FlowType;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
  readonly toSign: AuthenticationToSign | DigestToSign;
}

/** What became of a transaction on an account. */
export type TransactionOutcome =
  | {
      readonly endResult: "OK";
      readonly documentNumber: string;
      /** Base64. */
      readonly signature: string;
      /** Base64url, 43 characters; authentications only. */
      readonly userChallenge?: string;
      /** Base64 of the DER form, with the account's level. */
      readonly certificate: { readonly value: string; readonly certificateLevel: CertificateLevel };
      /** The address that the device's request came from. */
      readonly deviceIpAddress: string;
    }
  | {
      readonly endResult: "USER_REFUSED" | "USER_REFUSED_INTERACTION" | "WRONG_VC" | "DOCUMENT_UNUSABLE" | "SERVER_ERROR";
      readonly documentNumber: string;
    };

export interface AccountSummary {
  /** Names the Account object (the hexadecimal form of its id). */
  readonly handle: string;
  readonly documentNumber: string;
  readonly level: CertificateLevel;
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

export interface AccountApi {
  /** Opens the channel of a new account. */
  handshake(deviceKey: EcPublicKey): Promise<Result<HandshakeAnswer, "account_exists" | "unacceptable_key">>;
  /** An identity method vouches for the person at the other end of the channel with this transcript hash (base64url). */
  acceptIdentity(transcriptHash: string, identity: Identity): Promise<Result<undefined, "no_such_account" | "wrong_state">>;
  /** One message of the device channel. A failure means that it did not open. */
  receive(message: string, clientAddress: string): Promise<Result<string, "unauthorized">>;
  /** `unusable`: locked, dead or closed for this purpose. Idempotent by transaction id. */
  offer(transaction: OfferedTransaction): Promise<Result<undefined, "unusable" | "too_many_pending">>;
  /** The session ended or another device took it. */
  withdraw(transactionId: string): Promise<void>;
  /** Base64 of the DER form. */
  certificate(purpose: Purpose): Promise<Result<{ value: string; certificateLevel: CertificateLevel }, "unusable">>;
  /** What happened to another account of the same person. Idempotent by id; returning is the acknowledgement. */
  notice(notice: AccountNotice): Promise<void>;
  /** For an operator. Undefined where the object holds nothing. */
  describe(): Promise<AccountDetails | undefined>;
  /**
   * An operator closes the account; its certificates are revoked for that reason. Idempotent: the first closing stands, and
   * `closed` says whether this was it. Waits a while for the certificate index; `details` count what is still to be told.
   * Undefined where the object holds nothing.
   */
  closeByOperator(reason: RevocationReason): Promise<{ closed: boolean; details: AccountDetails } | undefined>;
}

export interface SessionStart {
  readonly relyingPartyUUID: string;
  readonly accounts: readonly AccountSummary[];
  readonly transaction: Omit<OfferedTransaction, "transactionId" | "session" | "expiresAt">;
  readonly shareClientAddress: boolean;
  /** Names of request properties that this server does not know. */
  readonly ignoredProperties: readonly string[];
}

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
  /** Idempotent; returning is the acknowledgement. The first outcome stands. */
  finish(handle: string, outcome: TransactionOutcome): Promise<void>;
  /** Resolves as soon as the session is complete, or after `timeoutMs` as it stands; undefined once it is gone. */
  view(timeoutMs: number): Promise<SessionView | undefined>;
}

export interface PersonApi {
  /** Idempotent by handle. The account is not asked for anything until it is activated. */
  reserveDocumentNumber(semanticsIdentifier: string, handle: string, level: CertificateLevel): Promise<string>;
  /** Idempotent. `serialNumbers`: of its certificates, 32 lower-case hexadecimal digits each. Those of earlier calls are kept too. */
  activate(handle: string, serialNumbers: readonly string[]): Promise<void>;
  /** Idempotent. `notice`: for the person's other active accounts, which are told until they have heard it. */
  close(handle: string, notice?: AccountNotice): Promise<void>;
  /** Tells the person's other active accounts, until they have heard it. Idempotent by the notice's id. */
  tellOthers(handle: string, notice: AccountNotice): Promise<void>;
  /** Active accounts, oldest first. */
  accounts(): Promise<readonly AccountSummary[]>;
  /** Every account that was ever given a document number, in the order in which they were begun. */
  history(): Promise<readonly AccountRecord[]>;
  /** The sessionID under which a request with this fingerprint was answered within the last 15 s; else remembers the new one. */
  repeatedSession(fingerprint: string, newSessionID: string): Promise<string>;
  /** Keeps the highest value seen. */
  raiseEpoch(handle: string, epoch: number): Promise<void>;
  /** 0 for an account never heard of. */
  epoch(handle: string): Promise<number>;
}
