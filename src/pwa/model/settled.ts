// What became of an attempt with a PIN that a crash, a reload or a lost answer interrupted. Pure.
import { PURPOSES, type Purpose } from "../../account/purpose.ts";
import type { ChannelFailure, Settled } from "../../authenticator/channel-client.ts";
import { type Attempted, consequenceOf, outcome } from "./consequence.ts";
import type { KeyState, Screen } from "./state.ts";

export type SettledConsequence =
  | { readonly kind: "screen"; readonly screen: Screen }
  /** The request still waits: the PIN is asked again. `attemptsLeft`: after a wrong one. */
  | { readonly kind: "ask-again"; readonly attemptsLeft?: number };

/** `state`: of the account, asked after it was settled. Undefined where no PIN was on its way. */
export function settledConsequence(settled: Settled, state: KeyState, attempted: Attempted): SettledConsequence | undefined {
  const { request, received, outcome: result } = settled;
  if (request.operation !== "performSignature") return undefined;
  if (!received) return { kind: "ask-again" };
  const purpose = attempted.purpose ?? (result.ok ? undefined : purposeOf(result.failure, state));
  const about: Attempted = { ...attempted, ...(purpose !== undefined && { purpose }) };
  const consequence = result.ok ? outcome("confirmed", attempted) : consequenceOf(result.failure, about);
  if (consequence.kind === "screen") return consequence;
  if (consequence.kind === "again" && consequence.attemptsLeft !== undefined) {
    return { kind: "ask-again", attemptsLeft: consequence.attemptsLeft };
  }
  return undefined;
}

/** Which PIN it was is not written down with the request; after a lock the account's state says it. */
function purposeOf(failure: ChannelFailure, { pins }: KeyState): Purpose | undefined {
  if (failure.code === "pin_dead") return PURPOSES.find((purpose) => pins[purpose].state === "dead");
  const until = "lockedUntil" in failure ? failure.lockedUntil : 0;
  return PURPOSES.find((purpose) => until > 0 && pins[purpose].lockedUntil === until);
}
