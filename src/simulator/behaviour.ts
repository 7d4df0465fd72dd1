// What a test person does with a request, decided by the person's behaviour alone. Pure: no I/O, no clock, no randomness.
import type { Refusal } from "../authenticator/transactions.ts";
import type { ClaimedTransaction } from "../protocol/claimed-transaction.ts";
import { INTERACTION_TYPES, type InteractionType } from "../protocol/interactions.ts";

const REFUSED_INTERACTION = "USER_REFUSED_INTERACTION:";
type RefusedInteraction = `${typeof REFUSED_INTERACTION}${InteractionType}`;

/** The endResult that the person stands for; where one interaction is refused, with its name behind a colon. */
export type Behaviour = "OK" | "USER_REFUSED" | RefusedInteraction | "WRONG_VC" | "TIMEOUT";

export const BEHAVIOURS: readonly Behaviour[] = [
  "OK",
  "USER_REFUSED",
  ...INTERACTION_TYPES.map((type): RefusedInteraction => `${REFUSED_INTERACTION}${type}`),
  "WRONG_VC",
  "TIMEOUT",
];

/** What a person reacts to. The choice of a certificate shows no interaction. */
export type AnsweredRequest =
  | { readonly kind: "certificate-choice" }
  | { readonly kind: "authentication" | "signature"; readonly interactionTypeUsed: InteractionType };

/** Whether the person looks at requests at all. */
export const answersRequests = (behaviour: Behaviour): boolean => behaviour !== "TIMEOUT";

/** "approve": with the right PIN and, where there is a choice of codes, the right code. Undefined: nothing is done. */
export function answerTo(behaviour: Behaviour, request: AnsweredRequest): "approve" | Refusal | undefined {
  const interaction = request.kind === "certificate-choice" ? undefined : request.interactionTypeUsed;
  switch (behaviour) {
    case "OK":
      return "approve";
    case "USER_REFUSED":
      return "USER_REFUSED";
    case "WRONG_VC":
      return interaction === "confirmationMessageAndVerificationCodeChoice" ? "WRONG_VC" : "approve";
    case "TIMEOUT":
      return undefined;
    default:
      return behaviour === `${REFUSED_INTERACTION}${interaction}` ? "USER_REFUSED_INTERACTION" : "approve";
  }
}

/** Undefined for an application, which is no relying party's request. */
export const answeredRequest = (claimed: ClaimedTransaction): AnsweredRequest | undefined =>
  claimed.kind === "application" ? undefined : claimed;
