// What went wrong between device and server, in words for the person at the keyboard, and what to do about it.
import type { Settled } from "../../src/authenticator/channel-client.ts";
import type { ReKeyFailure } from "../../src/authenticator/re-key.ts";
import type { TransactionFailure } from "../../src/authenticator/transactions.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { CommandFailure } from "./command-failure.ts";

export const PIN_NAMES = { auth: "PIN1", sign: "PIN2" } as const satisfies Record<Purpose, string>;

/** `time`: milliseconds since the epoch; whole seconds, UTC. */
export const formatTime = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");

/** `2026-11-22T03:12:05Z (in 2 h 59 min)`. */
export function formatLock(lockedUntil: number, now: number): string {
  const minutes = Math.max(1, Math.ceil((lockedUntil - now) / 60_000));
  const hours = Math.floor(minutes / 60);
  return `${formatTime(lockedUntil)} (in ${hours > 0 ? `${hours} h ` : ""}${minutes % 60} min)`;
}

export const attempts = (count: number): string => `${count} attempt${count === 1 ? "" : "s"} left`;

/** `purpose`: whose PIN was typed, where one was. */
export function commandFailure(failure: TransactionFailure | ReKeyFailure, purpose?: Purpose): CommandFailure {
  const { code, ...details } = failure;
  return new CommandFailure(code, explain(failure, purpose === undefined ? "PIN" : PIN_NAMES[purpose]), 1, details);
}

function explain(failure: TransactionFailure | ReKeyFailure, pin: string): string {
  switch (failure.code) {
    case "wrong_pin":
      if (failure.lockedUntil === 0) return `Wrong ${pin}: ${attempts(failure.attemptsLeft)}.`;
      return `Wrong ${pin}: locked until ${formatLock(failure.lockedUntil, Date.now())}.`;
    case "pin_locked":
      return `${pin} is locked until ${formatLock(failure.lockedUntil, Date.now())}; until then not even the right one counts.`;
    case "pin_dead":
      return `${pin} is locked for ever, its keys are destroyed: delete this account and enrol anew.`;
    case "no_account":
      return "There is no account in this state file: enrol first.";
    case "unknown_channel":
      return (
        "The server does not know this account: it is another server (--server), it lost its data, or the enrolment was given up " +
        "after an hour. To throw the state file away: delete --yes --forget"
      );
    case "account_closed":
      return `The account is closed (${closedReason(failure.reason)}): delete --yes removes the state file, enrol makes a new account.`;
    case "unacceptable_successor":
      return "The account is not closed: the successor is no newer usable account of this person, of this level or a higher one.";
    case "out_of_step":
      return `The server is out of step with this state file: ${outOfStep(failure.challenge !== undefined)}`;
    case "no_such_transaction":
      return "The transaction is over: answered, withdrawn or timed out.";
    case "no_such_entry":
      return "The history of this person has no such entry, or not any more.";
    case "claimed_elsewhere":
      return "The transaction was taken by another device of the same person.";
    case "no_such_link":
      return "Nothing waits under this link: it is over, of another server, or no device link.";
    case "stale_link":
      return "This QR code is some time old: take the one that the page shows now.";
    case "forged_link":
      return "This link is not what the relying party made. A request for anybody ended as PROTOCOL_FAILURE; one for this person goes on.";
    case "not_for_this_account":
      return "The request is for another account or person, or for a higher level than this account has.";
    case "awaits_signature":
      return "This account waits for the signature that follows a certificate choice: nothing else is opened until it came.";
    case "too_many_opened":
      return "Too many requests that were opened by links still wait on this account: answer or refuse one of them first.";
    case "interaction_not_supported":
      return "The relying party allows nothing that this app can show: its request is over.";
    case "key_missing":
      return "The relying party asks for a kind of signature that this account has no key for: its request is over (add-keys makes keys).";
    case "not_presentable":
      return "The request contradicts itself and cannot be shown: nothing was signed.";
    case "challenge_failed":
      return "Wrong PIN1: the challenge is not answered, and the account stays as it is. Three wrong answers end the asking for good.";
    case "challenge_over":
      return "The challenge is over (used, older than five minutes, or no longer asked): nothing was changed.";
    case "possession_not_proven":
      return "The new key failed its own proof and was destroyed: call enrol again.";
    case "no_key":
      return "The key that the server asks for is not in this state file: delete this account and enrol anew.";
    case "exchanged_before":
      return `An interrupted change is finished now: ${pin} is the one that was chosen then. Nothing else was changed.`;
    case "certificates_late":
      return "The new keys are made, and their certificates are late: they hold as soon as those are there (status shows it).";
    case "exchange_given_up":
      return `The new keys were not made in time: nothing is changed, and ${pin} is what it was. Try again.`;
    case "wrong_state":
      return "The account is not ready for that: status shows how far it is, enrol goes on with an enrolment.";
    case "transcript_mismatch":
      return "Device and server computed different things to sign: no attempt was counted. Update both to one version.";
    case "unreadable_answer":
      return "The server answers in words that this version does not know: update it. What was asked for may have been done.";
    case "not_claimed":
    case "malformed":
    case "unacceptable_key":
    case "refused":
    case "server_error":
      return `The server refused (${failure.code}); no attempt was counted. Try again.`;
  }
}

function outOfStep(challenged: boolean): string {
  const cause =
    "the file is a copy, or an old one brought back, and the account was used from elsewhere. The account's owner is warned. ";
  return challenged
    ? `${cause}If another device really uses the same keys, close the account for both: answer-challenge with PIN1. ` +
        "A wrong PIN1 closes nothing."
    : `${cause}Nothing can be proven from here now; delete --yes closes the account even so.`;
}

export function closedReason(reason: string): string {
  const reasons: Readonly<Record<string, string>> = {
    owner: "by its owner",
    renewed: "another account took its place",
    cloned: "two devices held its keys",
    rolled_back: "its server was set back to an older state",
    expired: "its time was over",
    operator: "by the operator of its server",
  };
  return reasons[reason] ?? reason;
}

/** What became of a request that an earlier command left behind. */
export function describeSettled({ request, received, outcome }: Settled): string {
  const what = `an earlier ${request.operation} was interrupted`;
  if (!received) return `${what} before the server received it: nothing happened`;
  if (outcome.ok) return `${what}, but the server had done it`;
  return `${what}; the server's answer: ${commandFailure(outcome.failure).message}`;
}
