// What an account is: its life from the first handshake to its end, its key pairs, and which operation is possible when.
import type { Purpose, Suite } from "./purpose.ts";
import type { Operation } from "../protocol/device-messages.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import type { Identity } from "./objects.ts";

/**
 * `opened` the channel stands · `identified` an identity method vouched, keys are being made · `applying` both keys are
 * proven, the application waits for PIN2 · `issuing` signed, certificates are being made · `active` · `closed` for ever.
 */
export type AccountStatus = "opened" | "identified" | "applying" | "issuing" | "active" | "closed";

/**
 * `owner` asked for · `renewed` asked for, because another account of the same person took its place · `expired` its time was over ·
 * `operator` whoever runs the service closed it.
 */
export type ClosedReason = "owner" | "renewed" | "cloned" | "rolled_back" | "expired" | "operator";

/** What certificates are revoked for when an account closes; an operator may know better. */
export const REVOCATION_OF_CLOSING: Readonly<Record<ClosedReason, RevocationReason>> = {
  owner: "cessationOfOperation",
  renewed: "superseded",
  cloned: "keyCompromise",
  rolled_back: "keyCompromise",
  expired: "superseded",
  operator: "cessationOfOperation",
};

export interface Account {
  readonly handle: string;
  readonly status: AccountStatus;
  readonly closedReason: ClosedReason | "";
  readonly openedAt: number;
  readonly transcriptHash: string;
  readonly oneTimePassword: string;
  readonly identity: Identity | undefined;
  readonly documentNumber: string;
  /** When the application was signed; 0 before. */
  readonly appliedAt: number;
  readonly expiresAt: number;
  /** Rises with every payment and key change; see person-object. */
  readonly epoch: number;
}

/** `initiated` the device is making its half · `joined` both halves exist · `proven` · `certified` · `destroyed`. */
export type KeyState = "initiated" | "joined" | "proven" | "certified" | "destroyed";

export interface KeyPair {
  readonly purpose: Purpose;
  readonly keyVersion: number;
  readonly suite: Suite;
  readonly state: KeyState;
  /** SubjectPublicKeyInfo, DER; empty until joined. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Wrapped; empty until joined and after destruction. */
  readonly serverShare: Uint8Array;
  /** Wrapped: the nonce of its proof, while it is joined; undefined where the suite has none. */
  readonly proofNonce: Uint8Array<ArrayBuffer> | undefined;
}

/** Which keys of a purpose take the place of those that stand (`replace`), or come to them (`add`). */
export interface ReKey {
  readonly purpose: Purpose;
  readonly change: "replace" | "add";
  /** In which new keys are made. */
  readonly suites: readonly Suite[];
  /** `asked` the PIN is to be proven · `allowed` the device makes keys · `issuing` their certificates are being made. */
  readonly state: "asked" | "allowed" | "issuing";
  /** Milliseconds since the epoch: from then on it is given up. Of `issuing` when that began, and nothing gives it up. */
  readonly until: number;
}

/** Milliseconds to type a PIN, and to make new keys once it was right. */
export const TIME_TO_PROVE = 5 * 60 * 1000;
export const TIME_TO_MAKE_KEYS = 15 * 60 * 1000;

/** An enrolment that is not active by then is given up. */
export const ENROLMENT_TIME_LIMIT_MS = 60 * 60 * 1000;
/** Requests that came by themselves, and as many that were opened: more than a person can look at. A storm of them ends here. */
export const MAXIMUM_PENDING_TRANSACTIONS = 5;
/** Of these at most so many of one relying party: what one sends leaves room for the others. */
export const MAXIMUM_PENDING_OF_ONE_PARTY = 3;
/** Milliseconds that a device waits for the signature that follows a certificate choice. */
export const TIME_TO_BE_FOLLOWED = 180_000;

/**
 * Without a signed application; also when its owner closed it before there was one. Others close only what they heard of: rows were
 * brought back then from before the application, and the account's end is not to be forgotten.
 */
export const isEnrolling = ({ appliedAt, closedReason }: Account): boolean =>
  appliedAt === 0 && closedReason !== "rolled_back" && closedReason !== "operator";

/** Whether its `expiresAt` is when it ends by itself: from the application on, whose certificates may never come. */
export const hasEnd = ({ status }: Account): boolean => status === "issuing" || status === "active";

export const isAbandoned = (account: Account | undefined, now: number): boolean =>
  account !== undefined && isEnrolling(account) && now >= account.openedAt + ENROLMENT_TIME_LIMIT_MS;

/** An active account makes new keys while it is allowed to; see durable/account/operations/re-key.ts. */
const MAKING_KEYS: readonly AccountStatus[] = ["identified", "active"];
const SIGNING: readonly AccountStatus[] = ["applying", "active"];
const LIVING: readonly AccountStatus[] = ["opened", "identified", "applying", "issuing", "active"];

/** In which states each operation makes sense; anything else is answered `wrong_state`, or `account_closed`. */
export const PRECONDITIONS: Readonly<Record<Exclude<Operation, "resume">, readonly AccountStatus[]>> = {
  initiateKey: MAKING_KEYS,
  submitClient2ndPart: MAKING_KEYS,
  dkgRound: MAKING_KEYS,
  provePossession: MAKING_KEYS,
  beginReKey: ["active"],
  reKey: ["active"],
  practise: ["active"],
  listTransactions: SIGNING,
  claimTransaction: SIGNING,
  openDeviceLink: ["active"],
  confirmCertificateChoice: ["active"],
  stopWaiting: ["active"],
  refuseTransaction: SIGNING,
  performSignature: SIGNING,
  answerChallenge: ["active"],
  getKeyState: [...LIVING, "closed"],
  revokeKey: LIVING,
  // While certificates are made there is something to wait for already; a transaction to be pushed comes only later.
  openLiveChannel: ["issuing", "active"],
  subscribePush: ["active"],
  testPush: ["active"],
  getCertificates: ["active"],
  dismissNotices: ["active"],
  getHistory: ["active"],
  disown: ["active"],
  listRefusedParties: ["active"],
  allowParty: ["active"],
};
