// What became of a confirmation, with a PIN or without, that a crash, a reload or a lost answer interrupted. Pure.
import { PURPOSES, type Purpose } from "../../account/purpose.ts";
import type { ChannelFailure, Settled } from "../../authenticator/channel-client.ts";
import { ANSWER_BODIES } from "../../protocol/device-messages.ts";
import { type Attempted, choiceConfirmed, type Consequence, consequenceOf, outcome } from "./consequence.ts";
import type { KeyState } from "./state.ts";

/** `again`: the request still waits, and its PIN is asked again. `state`: of the account. */
export function settledConsequence(settled: Settled, state: KeyState, attempted: Attempted): Consequence {
  const { received, outcome: result, request } = settled;
  if (!received) return { kind: "again" };
  if (result.ok && request.operation === "confirmCertificateChoice") {
    return choiceConfirmed(ANSWER_BODIES[request.operation].safeParse(result.value).data?.awaits === true, attempted);
  }
  if (result.ok) return outcome("confirmed", attempted);
  // It was a request, also where nothing more is known of it: nobody says that its site was told nothing.
  if (result.failure.code === "refused")
    return { kind: "screen", screen: { name: "outcome", outcome: "interrupted", ...about(attempted) } };
  const purpose = attempted.purpose ?? purposeOf(result.failure, state);
  return consequenceOf(result.failure, { ...attempted, ...(purpose !== undefined && { purpose }) });
}

/** Which PIN it was is not written down with the request; after a lock the account's state says it. */
function purposeOf(failure: ChannelFailure, { pins }: KeyState): Purpose | undefined {
  if (failure.code === "pin_dead") return PURPOSES.find((purpose) => pins[purpose].state === "dead");
  const until = "lockedUntil" in failure ? failure.lockedUntil : 0;
  return PURPOSES.find((purpose) => until > 0 && pins[purpose].lockedUntil === until);
}

const about = ({ purpose, relyingPartyName }: Attempted) => ({
  ...(purpose !== undefined && { purpose }),
  ...(relyingPartyName !== undefined && { relyingPartyName }),
});
