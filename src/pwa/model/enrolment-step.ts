// How far an enrolment is, by what the server says of the account, and how far the keys are. Pure: a reload at any step, or an answer
// that was lost, leads to the same step.
import { MAIN_SUITE, PURPOSES } from "../../account/purpose.ts";
import type { KeyWorkProgress } from "../key-work/jobs.ts";
import type { KeyProgress, KeyStage } from "./screen-parts.ts";
import type { AccountView, KeyState } from "./state.ts";

export type EnrolmentStep = "identity" | "choose-pins" | "application" | "issuing" | "active" | "closed";

/** `owner`: who this device remembers. The server's answer to the identity may have been lost: then it is given once more. */
export function enrolmentStep({ status }: KeyState, owner: AccountView["owner"]): EnrolmentStep {
  switch (status) {
    case "opened":
      return "identity";
    case "identified":
      return owner === undefined ? "identity" : "choose-pins";
    case "applying":
      return "application";
    case "issuing":
    case "active":
    case "closed":
      return status;
  }
}

export const NO_PROGRESS: KeyProgress = { auth: "waiting", sign: "waiting" };

/**
 * Keys are made one after the other, and from the first on again after a lost network. Within one PIN the main suite
 * comes first; all of another one, which takes a moment, is one stage.
 */
export function keyProgress(before: KeyProgress, step: KeyWorkProgress): KeyProgress {
  if (step.step === "waiting-for-network") return before;
  if (step.step === "proven") return { auth: "done", sign: "done" };
  const current = PURPOSES.indexOf(step.purpose);
  const stage = keyStage(step);
  const stages = PURPOSES.map((purpose, index): readonly [string, KeyStage] => [
    purpose,
    index === current ? stage : index < current ? "done" : "waiting",
  ]);
  return Object.fromEntries(stages) as unknown as KeyProgress;
}

/** Of the keys of the PIN that are being made. */
export function keyStage(step: Exclude<KeyWorkProgress, { readonly step: "waiting-for-network" }>): KeyStage {
  if (step.step === "proven") return "done";
  return step.suite === MAIN_SUITE ? step.step : "adding";
}
