// What is counted of a session that is over, and sent to the queue: whose it was, of what kind, and how it ended. Nothing about a person,
// and nothing that leads back to the session: the time is that of the hour, because a party's own log has the second. Pure.
import { z } from "zod";
import { CERTIFICATE_LEVELS } from "../account/purpose.ts";
import { type Completion, isForAnybody, type Session } from "../account/session.ts";
import { isSignature } from "../account/transaction.ts";
import type { EndResult, FlowType } from "../protocol/session-status.ts";

export const KINDS = ["authentication", "signature", "certificate-choice"] as const;
export type Kind = (typeof KINDS)[number];

/** `none`: nobody came to the session's device link; or it named its person, and nobody answered. */
export const FLOWS = ["Notification", "QR", "Web2App", "App2App", "none"] as const satisfies readonly (FlowType | "none")[];

const EVERY_RESULT: Readonly<Record<EndResult, true>> = {
  OK: true,
  USER_REFUSED: true,
  USER_REFUSED_INTERACTION: true,
  USER_REFUSED_CERT_CHOICE: true,
  TIMEOUT: true,
  WRONG_VC: true,
  DOCUMENT_UNUSABLE: true,
  ACCOUNT_UNUSABLE: true,
  REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP: true,
  EXPECTED_LINKED_SESSION: true,
  PROTOCOL_FAILURE: true,
  SERVER_ERROR: true,
};
export const RESULTS = Object.keys(EVERY_RESULT) as readonly EndResult[];

const HOUR = 3_600_000;

/**
 * Milliseconds after its end that a session is still counted: a queue keeps a message for up to 14 days, the queue of dead letters for 14
 * more. What comes later is dropped: it cannot be told any more whether it was counted.
 */
export const ACCEPTED_FOR = 34 * 24 * HOUR;

/** A message of the queue. */
export const meteredSession = z.strictObject({
  /** Random, drawn when the session started: the same however often the message comes. */
  id: z.uuidv4(),
  /** UUID, lower case. */
  party: z.guid().lowercase(),
  kind: z.enum(KINDS),
  flow: z.enum(FLOWS),
  /** That the relying party asked for. */
  level: z.enum(CERTIFICATE_LEVELS),
  result: z.enum(RESULTS),
  /** Milliseconds since the epoch, of the beginning of the hour (UTC). */
  finishedAt: z.int().nonnegative(),
});
export type MeteredSession = z.output<typeof meteredSession>;

/** Undefined for what is not counted: a start that was cut off, whose party was told that it failed. */
export function meteredSessionOf(session: Session, { outcome, at }: Completion): MeteredSession | undefined {
  // Whom it asked before may have answered: that is counted.
  if (!session.offered && outcome.endResult === "TIMEOUT") return undefined;
  return {
    id: session.meteringId,
    party: session.transaction.relyingPartyUUID,
    kind: kindOf(session),
    flow: flowOf(session, outcome),
    level: session.level,
    result: outcome.endResult,
    finishedAt: at - (at % HOUR),
  };
}

/** A party that named a person and heard nothing is not told by its bill whether the link was opened: a page would know its visitor by it. */
function flowOf({ link, flowType }: Session, { endResult }: Completion["outcome"]): MeteredSession["flow"] {
  const isUnanswered = link !== undefined && !isForAnybody(link) && endResult === "TIMEOUT";
  return isUnanswered ? "none" : (flowType ?? "none");
}

function kindOf({ transaction }: Session): Kind {
  if (!isSignature(transaction)) return "certificate-choice";
  return transaction.toSign.protocol === "ACSP_V2" ? "authentication" : "signature";
}
