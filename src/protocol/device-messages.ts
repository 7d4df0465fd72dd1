// What travels inside the device channel: the operations with their bodies, and the answers. Both sides validate with
// these schemas; sizes are bounded by the envelope (channel/message.ts).
import { z } from "zod/mini";
import { accountCertificates } from "./account-certificates.ts";
import { claimedTransactionSchema, proofRequestSchema } from "./claimed-transaction.ts";
import { bytes, bytes32, identifier, keyVersion, level, milliseconds, purpose, suite, transactionId } from "./device-fields.ts";
import { failureSchema } from "./device-failures.ts";
import { keyChange, keyState, suites } from "./key-state.ts";
import { DEVICE_LINK_LIMIT } from "./device-link.ts";
import { HISTORY_ANSWERS, HISTORY_REQUESTS } from "./history.ts";
import { INTERACTION_TYPES } from "./interactions.ts";
import { pushNotice } from "./push-notice.ts";

export type { DeviceFailure } from "./device-failures.ts";

/** 32 random bytes, base64url. */
const oneTimePassword = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));
const envelope = z.string().check(z.maxLength(8192));
/** As the browser gives it (Push API). `p256dh`: 65 bytes, `auth`: 16 bytes, base64url. */
const pushSubscription = z.strictObject({
  endpoint: z.string().check(z.maxLength(2048)),
  p256dh: bytes.check(z.length(87)),
  auth: bytes.check(z.length(22)),
});
export type PushSubscription = z.infer<typeof pushSubscription>;

/** What this app can show; absent where it is all of them. The first of the relying party's that is among them is used. */
const supportedInteractions = z.optional(z.array(z.enum(INTERACTION_TYPES)).check(z.maxLength(8)));

/** An account keeps no more, and forgets the oldest first. */
export const MAXIMUM_NOTICES = 20;

/** The body of each operation's request. */
export const REQUEST_BODIES = {
  /**
   * Announces a new key pair; a half-made one of the same purpose and suite is thrown away. While the account is being enrolled, and for
   * a purpose whose new keys `reKey` allowed.
   */
  initiateKey: z.strictObject({ purpose, suite }),
  /** Suite `rsa`: the device's half, public part here, secret part (`secret`) in the second envelope. */
  submitClient2ndPart: z.strictObject({ purpose, keyVersion, device: bytes.check(z.maxLength(2048)), envelope }),
  /** Suite `ed25519`: what the device says in the generation of the key, all of it (`secret`) in the second envelope. */
  dkgRound: z.strictObject({ purpose, keyVersion, envelope }),
  /**
   * A contribution over the proof message, once for each new key. In the second envelope `grant`, too: 32 random bytes that the device keeps
   * in memory alone while it makes keys, and shows with each; after `reKey` the one that was shown there. Keys of one PIN have one.
   */
  provePossession: z.strictObject({ purpose, keyVersion, envelope }),
  /** A contribution for a claimed transaction. `userChallenge`: base64url of 32 bytes, authentications only. */
  performSignature: z.strictObject({ transactionId, userChallenge: z.optional(bytes32), envelope }),
  /** Asks what became of the request with this message's own id and OTP; its body is not looked at. */
  resume: z.strictObject({}),
  /** A contribution over the check message of a challenge. */
  answerChallenge: z.strictObject({ challenge: identifier, envelope }),
  /**
   * Asks for a proof request, whose answer (`reKey`) allows new keys of a purpose. `replace`: every key of it, which a new PIN needs;
   * `add`: keys of suites that the account has none of.
   */
  beginReKey: z.strictObject({ purpose, change: keyChange }),
  /**
   * A contribution over the message of that proof request by the key that stands, and so a PIN attempt that counts. In the second envelope
   * `grant`, too, as with the proof of each new key.
   */
  reKey: z.strictObject({ purpose, envelope }),
  /** `renewal`: the answer has `renewFrom`; `newAccounts`: notices of new accounts, too. Apps of before do not take them. */
  getKeyState: z.strictObject({ renewal: z.optional(z.literal(true)), newAccounts: z.optional(z.literal(true)) }),
  /**
   * Closes the account, at its owner's wish. `successor`: document number of the account of the same person that takes its place; it is
   * newer, active, and of no lower level, and none of its PINs is locked for ever.
   */
  revokeKey: z.strictObject({ successor: z.optional(z.string().check(z.maxLength(128))) }),
  /** Asks for a ticket to the live channel; see live-channel.ts. */
  openLiveChannel: z.strictObject({}),
  /**
   * Where to push when no live channel is open; it takes the place of what was sent before. `null`: nowhere. `notice`: for browsers that show
   * a push by themselves.
   */
  subscribePush: z.strictObject({ subscription: z.nullable(pushSubscription), notice: z.optional(pushNotice) }),
  /** Pushes to the account's device now, at the person's wish: at most once a minute. */
  testPush: z.strictObject({}),
  /** Asks for the certificates of the keys that stand. */
  getCertificates: z.strictObject({}),
  /** The person has read these notices; ids that are not there change nothing. */
  dismissNotices: z.strictObject({ ids: z.array(identifier).check(z.minLength(1), z.maxLength(MAXIMUM_NOTICES)) }),
  /**
   * A login that nobody asked for, to be listed and claimed like any other: for a person who tries out how that goes. `rpChallenge`: base64 of
   * 32 bytes that the device draws, whose code it shows in the place of a relying party's page.
   */
  practise: z.strictObject({
    rpChallenge: z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/)),
    displayText: z.string().check(z.minLength(1), z.maxLength(200)),
  }),
  /** `amongSeveral`: the answer says so, which apps of before do not take. */
  listTransactions: z.strictObject({ amongSeveral: z.optional(z.literal(true)) }),
  /**
   * Takes a transaction for this device and gives what is shown and signed. `publicKeys`: of an application, the keys themselves, too, which
   * apps of before do not take.
   */
  claimTransaction: z.strictObject({ transactionId, supportedInteractions, publicKeys: z.optional(z.literal(true)) }),
  /** Takes the transaction of a device link for this device, as `claimTransaction` does. `link`: as it was scanned or opened. */
  openDeviceLink: z.strictObject({ link: z.string().check(z.maxLength(DEVICE_LINK_LIMIT)), supportedInteractions }),
  /** Gives the signing certificate of this account to the relying party of a claimed certificate choice. */
  confirmCertificateChoice: z.strictObject({ transactionId }),
  /** The person waits no longer for the signature that follows a certificate choice by device link. */
  stopWaiting: z.strictObject({}),
  /**
   * `PROTOCOL_FAILURE`: not the person but the device, which cannot show what the server described. `USER_REFUSED_CERT_CHOICE`: on the
   * question which device to use, and so only of what is among several and not claimed.
   */
  refuseTransaction: z.strictObject({
    transactionId,
    refusal: z.enum(["USER_REFUSED", "USER_REFUSED_INTERACTION", "USER_REFUSED_CERT_CHOICE", "WRONG_VC", "PROTOCOL_FAILURE"]),
  }),
  ...HISTORY_REQUESTS,
} as const;

export type Operation = keyof typeof REQUEST_BODIES;
export type RequestBody<Name extends Operation> = z.infer<(typeof REQUEST_BODIES)[Name]>;

export const requestSchema = z.strictObject({
  operation: z.enum(Object.keys(REQUEST_BODIES) as [Operation, ...Operation[]]),
  requestId: identifier,
  oneTimePassword,
  body: z.unknown(),
});
export type ChannelRequest = z.infer<typeof requestSchema>;

const pinState = z.strictObject({
  state: z.enum(["usable", "locked", "dead"]),
  attemptsLeft: z.int().check(z.minimum(0)),
  /** Milliseconds since the epoch; 0 when not locked. */
  lockedUntil: milliseconds,
});
export type PinState = z.infer<typeof pinState>;

const aboutAccount = {
  id: identifier,
  /** Of the account that it happened to. */
  documentNumber: z.string(),
  /** Milliseconds since the epoch. */
  at: milliseconds,
};
/** What happened to one account of a person, as the person's other accounts are told. */
const accountNotice = z.discriminatedUnion("kind", [
  /** `reason`: as `closedReason` of that account. */
  z.strictObject({ kind: z.literal("closed"), reason: z.string(), ...aboutAccount }),
  /** The PIN of this purpose is locked for ever. */
  z.strictObject({ kind: z.literal("pin_dead"), purpose, ...aboutAccount }),
  /** It is being made: somebody proved to be the person, and signed the application for it. */
  z.strictObject({ kind: z.literal("new_account"), ...aboutAccount }),
]);
export type AccountNotice = z.infer<typeof accountNotice>;

/** The body of each operation's successful answer. */
export const ANSWER_BODIES = {
  initiateKey: z.strictObject({ keyVersion }),
  submitClient2ndPart: z.strictObject({ proof: proofRequestSchema }),
  /** `answer`: what the server says in the generation of the key, 160 bytes, base64url; see split-key/ed25519/key-generation.ts. */
  dkgRound: z.strictObject({ proof: proofRequestSchema, answer: bytes.check(z.length(214)) }),
  provePossession: z.strictObject({ proven: z.literal(true) }),
  performSignature: z.strictObject({ signed: z.literal(true) }),
  resume: z.strictObject({ received: z.literal(false) }),
  answerChallenge: z.strictObject({ closed: z.literal(true) }),
  /** `suite`, `keyVersion`: of the key that proves. `suites`: in which new keys are to be made. */
  beginReKey: z.strictObject({ suite, keyVersion, proof: proofRequestSchema, suites }),
  reKey: z.strictObject({ suites }),
  getKeyState: z.strictObject({
    status: z.enum(["opened", "identified", "applying", "issuing", "active", "closed"]),
    closedReason: z.string(),
    /** Empty until the account is active. */
    documentNumber: z.string(),
    level: z.union([level, z.literal("")]),
    /** The server's clock, milliseconds since the epoch. */
    now: milliseconds,
    /** 0 until the account is active. */
    expiresAt: milliseconds,
    /** From when on the person is asked to renew the account; 0 until it is active. Absent where it was not asked for. */
    renewFrom: z.optional(milliseconds),
    pins: z.strictObject({ auth: pinState, sign: pinState }),
    ...keyState,
    /** Requests that came out of step: a sign of a second device with the same keys. */
    outOfStep: z.strictObject({ count: z.int(), lastAt: milliseconds, unansweredForGood: z.boolean() }),
    /** SHA-256 of `subscriptionText` (push-notice.ts), base64url: where pushes go to, and what they say; empty for nowhere. */
    pushEndpointHash: z.union([bytes32, z.literal("")]),
    /** Newest first; those that were dismissed are gone. */
    notices: z.array(accountNotice).check(z.maxLength(MAXIMUM_NOTICES)),
    /** The relying party whose signature request is awaited after a certificate choice by device link; `null`: none. */
    awaited: z.nullable(z.strictObject({ relyingPartyName: z.string(), until: milliseconds })),
  }),
  revokeKey: z.strictObject({ closed: z.literal(true) }),
  /** 32 random bytes, base64url: good once, for 60 s. */
  openLiveChannel: z.strictObject({ ticket: bytes32 }),
  /** False where nothing is pushed from now on: `null` was sent, or the address of no known push service. */
  subscribePush: z.strictObject({ subscribed: z.boolean() }),
  /**
   * What the push service said: it took it (`sent`), knows no such subscription any more (`gone`, and nothing is pushed from now on), said
   * no, or did not answer. `none`: there is no subscription. `too_soon`: nothing was pushed, since the last one was less than a minute ago.
   */
  testPush: z.strictObject({ outcome: z.enum(["sent", "gone", "refused", "unreachable", "none", "too_soon"]) }),
  getCertificates: z.strictObject(accountCertificates),
  dismissNotices: z.strictObject({ dismissed: z.literal(true) }),
  practise: z.strictObject({ transactionId }),
  listTransactions: z.strictObject({
    transactions: z.array(
      z.strictObject({
        transactionId,
        purpose,
        relyingPartyName: z.string(),
        expiresAt: milliseconds,
        /** Other accounts of the person are asked, too, and none has claimed it. Absent where it was not asked for. */
        amongSeveral: z.optional(z.literal(true)),
      }),
    ),
  }),
  claimTransaction: claimedTransactionSchema,
  openDeviceLink: claimedTransactionSchema,
  /** `awaits`: the relying party will ask for a signature next, which this device waits for (`awaited` of getKeyState). */
  confirmCertificateChoice: z.strictObject({ confirmed: z.literal(true), awaits: z.boolean() }),
  stopWaiting: z.strictObject({ stopped: z.literal(true) }),
  refuseTransaction: z.strictObject({ refused: z.literal(true) }),
  ...HISTORY_ANSWERS,
} as const;

export type AnswerBody<Name extends Operation> = z.infer<(typeof ANSWER_BODIES)[Name]>;

export const answerSchema = z.strictObject({
  /** Empty where the request's could not be read. */
  requestId: z.union([identifier, z.literal("")]),
  /** The next OTP; only answers to requests in step carry one. */
  oneTimePassword: z.optional(oneTimePassword),
  outcome: z.union([
    z.strictObject({ ok: z.literal(true), body: z.unknown() }),
    z.strictObject({ ok: z.literal(false), failure: failureSchema }),
  ]),
});
export type ChannelAnswer = z.infer<typeof answerSchema>;
