// What a device asks and hears of the person's past transactions, and of the relying parties whose notifications the person refuses.
// Nothing of what was shown is in it, and no relying party's UUID: parties are told who they are by it.
import { z } from "zod/mini";
import { milliseconds, transactionId } from "./device-fields.ts";

/** More would not fit into one message. */
export const MAXIMUM_HISTORY_PAGE = 40;
/**
 * Of what accounts of one level confirmed no more entries are kept: the oldest are forgotten first. The limits count apart, and each level for
 * itself: who floods a person with requests does not push out what they did, nor does who proved less what was done by who proved more.
 */
export const MAXIMUM_CONFIRMED = 200;
/** Of what ended otherwise. A device takes by itself what comes while somebody looks on: that it was taken says nothing. */
export const MAXIMUM_NOT_CONFIRMED = 60;
/** Of what the person did not start, however it ended. */
export const MAXIMUM_DISOWNED = 60;
/** 13 months, in milliseconds: no entry is kept for longer. */
export const HISTORY_LIFETIME = 396 * 24 * 3_600_000;
/** Said on accounts of one level: the oldest makes room. Counted apart, as the history is. */
export const MAXIMUM_REFUSED_OF_LEVEL = 50;
export const MAXIMUM_REFUSED_PARTIES = 2 * MAXIMUM_REFUSED_OF_LEVEL;

export const pastKind = z.enum(["authentication", "signature", "certificate-choice"]);
/** `failed`: nobody's wish, for example a locked PIN. */
export const pastResult = z.enum(["confirmed", "refused", "wrong_code", "timed_out", "failed"]);
export const pastFlow = z.enum(["QR", "App2App", "Web2App", "Notification"]);

const historyEntry = z.strictObject({
  id: transactionId,
  /** When it ended, in milliseconds since the epoch. */
  at: milliseconds,
  kind: pastKind,
  flow: pastFlow,
  result: pastResult,
  relyingPartyName: z.string(),
  /** Whether it was this account's. */
  here: z.boolean(),
  /** Document number of the account that it was of, closed ones among them; only where it was asked for. */
  account: z.optional(z.string()),
  /** The person said that they did not start it. */
  disowned: z.boolean(),
  /** Requests of this relying party that come by themselves are refused. */
  partyRefused: z.boolean(),
});
export type HistoryEntry = z.infer<typeof historyEntry>;

const refusedParty = z.strictObject({
  /** Random: names this refusal, and nothing else. */
  id: transactionId,
  relyingPartyName: z.string(),
  /** Milliseconds since the epoch. */
  since: milliseconds,
});
export type RefusedParty = z.infer<typeof refusedParty>;

export const HISTORY_REQUESTS = {
  /** Entries newest first. `before`: the last one that the device has; those older than it. */
  getHistory: z.strictObject({
    before: z.optional(z.strictObject({ at: milliseconds, id: transactionId })),
    limit: z.int().check(z.minimum(1), z.maximum(MAXIMUM_HISTORY_PAGE)),
    /** Each with its account. Devices of before do not ask, and would not understand it. */
    accounts: z.optional(z.literal(true)),
  }),
  /**
   * "I did not start this": marks the entry for the person and for whoever audits the service. `refuseParty`: from now on notification
   * sessions of its relying party end at once, for this account and every other of this person that is of no higher level. What is answered
   * is done or will be: where the person's object cannot be reached, it is told later.
   */
  disown: z.strictObject({ id: transactionId, refuseParty: z.optional(z.boolean()) }),
  listRefusedParties: z.strictObject({}),
  /** Takes the refusal back. One that is not there any more changes nothing. */
  allowParty: z.strictObject({ party: transactionId }),
} as const;

export const HISTORY_ANSWERS = {
  /** `more`: there are older ones. */
  getHistory: z.strictObject({ entries: z.array(historyEntry).check(z.maxLength(MAXIMUM_HISTORY_PAGE)), more: z.boolean() }),
  disown: z.strictObject({ disowned: z.literal(true) }),
  /** Newest first. */
  listRefusedParties: z.strictObject({ parties: z.array(refusedParty).check(z.maxLength(MAXIMUM_REFUSED_PARTIES)) }),
  allowParty: z.strictObject({ allowed: z.literal(true) }),
} as const;
