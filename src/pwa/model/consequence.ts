// What each failure means for the person in front of the app: the one place where the engine's codes become screens. Pure.
import type { Purpose } from "../../account/purpose.ts";
import type { ChannelFailure } from "../../authenticator/channel-client.ts";
import type { TransactionFailure } from "../../authenticator/transactions.ts";
import type { PasskeyFailure } from "../key-work/jobs.ts";
import type { Unreachable } from "../reached.ts";
import type { ClosedReason, OutcomeKind, Problem } from "./screen-parts.ts";
import type { Screen } from "./state.ts";

/** What failed, and whose it was. `purpose`: of the PIN or the request, where there is one; `relyingPartyName`: of a request only. */
export interface Attempted {
  readonly accountId: string;
  readonly purpose?: Purpose;
  readonly relyingPartyName?: string;
}

export type Consequence =
  /** The person goes elsewhere. */
  | { readonly kind: "screen"; readonly screen: Screen }
  /** The person stays, and can try again. */
  | { readonly kind: "again"; readonly problem?: Problem; readonly attemptsLeft?: number }
  /** Nothing of this account lies here any more. */
  | { readonly kind: "gone" };

const CLOSED_REASONS: readonly ClosedReason[] = ["owner", "renewed", "cloned", "rolled_back", "expired", "operator"];

export const closedReason = (reason: string): ClosedReason => CLOSED_REASONS.find((known) => known === reason) ?? "unknown";

/** The server and this version of the app do not understand each other: in what was asked, or in what was answered. */
export const isTooOldFor = ({ code }: ChannelFailure): boolean => code === "malformed" || code === "unreadable_answer";

export function consequenceOf(failure: TransactionFailure | Unreachable | PasskeyFailure, attempted: Attempted): Consequence {
  const { accountId, purpose } = attempted;
  switch (failure.code) {
    case "unreachable":
      return { kind: "again", problem: { kind: "unreachable" } };
    case "passkey_needed":
      return { kind: "again", problem: { kind: "passkey" } };
    case "wrong_pin":
      if (failure.lockedUntil === 0) return { kind: "again", attemptsLeft: failure.attemptsLeft };
      return locked(attempted, failure.lockedUntil);
    case "pin_locked":
      return locked(attempted, failure.lockedUntil);
    case "pin_dead":
      return purpose === undefined ? outcome("failed", attempted) : to({ name: "dead", accountId, purpose });
    case "no_such_transaction":
      return outcome("timed-out", attempted);
    case "claimed_elsewhere":
      return outcome("claimed-elsewhere", attempted);
    case "not_presentable":
      return outcome("not-presentable", attempted);
    case "refused":
      return outcome("interrupted", attempted);
    case "malformed":
    case "unreadable_answer":
      return outcome("app-too-old", attempted);
    case "awaits_signature":
      return outcome("link-must-wait", attempted);
    case "too_many_opened":
      return outcome("link-too-many", attempted);
    case "interaction_not_supported":
      return outcome("not-supported", attempted);
    case "key_missing":
      return outcome("key-missing", attempted);
    case "no_such_link":
      return outcome("link-over", attempted);
    case "stale_link":
      return outcome("link-stale", attempted);
    case "forged_link":
      return outcome("link-forged", attempted);
    case "not_for_this_account":
      return outcome("link-not-mine", attempted);
    case "account_closed":
      return to({ name: "closed", accountId, reason: closedReason(failure.reason) });
    case "unknown_channel":
      return to({ name: "closed", accountId, reason: "unknown" });
    case "out_of_step":
      if (failure.challenge === undefined) return to({ name: "closed", accountId, reason: "out_of_step" });
      return to({ name: "challenge", accountId, pin: { length: 0, state: "typing" } });
    case "challenge_failed":
      return { kind: "again", problem: { kind: "wrong-pin" } };
    case "challenge_over":
      return { kind: "again", problem: { kind: "failed" } };
    case "no_account":
      return { kind: "gone" };
    case "transcript_mismatch":
    case "not_claimed":
    case "wrong_state":
    case "unacceptable_successor":
    case "no_such_entry":
    case "unacceptable_key":
    case "possession_not_proven":
    case "no_key":
    case "server_error":
      return outcome("failed", attempted);
  }
}

/** The same for what concerns the account alone, as a refresh of it finds it. */
export const accountConsequence = (failure: ChannelFailure, accountId: string): Consequence =>
  consequenceOf(failure, { accountId });

export function outcome(kind: OutcomeKind, { purpose, relyingPartyName }: Omit<Attempted, "accountId">): Consequence {
  // Nothing is said of a request, or of its site, where it was about none.
  const isOfNoRequest = relyingPartyName === undefined && (kind === "failed" || kind === "interrupted");
  return to({
    name: "outcome",
    outcome: isOfNoRequest ? "not-done" : kind,
    ...(purpose !== undefined && { purpose }),
    ...(relyingPartyName !== undefined && { relyingPartyName }),
  });
}

/** `awaits`: the relying party asks for a signature next. */
export function choiceConfirmed(awaits: boolean, attempted: Attempted): Consequence {
  const { accountId, relyingPartyName = "" } = attempted;
  if (!awaits) return outcome("certificate-given", attempted);
  return to({ name: "awaiting", accountId, relyingPartyName, busy: false });
}

function locked(attempted: Attempted, until: number): Consequence {
  const { accountId, purpose } = attempted;
  return purpose === undefined ? outcome("failed", attempted) : to({ name: "locked", accountId, purpose, until });
}

const to = (screen: Screen): Consequence => ({ kind: "screen", screen });
