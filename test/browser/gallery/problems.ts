// What can be in the way, each in words that a person reads beside what they were doing; and how a PIN stands that is being typed.
import type { IdentityRefusal, PinEntryState, Problem } from "../../../src/pwa/model/screen-parts.ts";
import type { PinRefusal } from "../../../src/split-key/pin-rules.ts";

export const PROBLEMS: { readonly [Kind in Problem["kind"]]: Extract<Problem, { readonly kind: Kind }> } = {
  unreachable: { kind: "unreachable" },
  refused: { kind: "refused" },
  "identity-refused": { kind: "identity-refused", reason: "name" },
  "wrong-pin": { kind: "wrong-pin" },
  passkey: { kind: "passkey" },
  "passkey-elsewhere": { kind: "passkey-elsewhere" },
  "enrolment-over": { kind: "enrolment-over" },
  "other-window": { kind: "other-window" },
  "close-others": { kind: "close-others" },
  reload: { kind: "reload" },
  language: { kind: "language" },
  storage: { kind: "storage", newer: false },
  failed: { kind: "failed" },
};

export const IDENTITY_REFUSALS: Readonly<Record<IdentityRefusal, true>> = {
  name: true,
  "personalCode-malformed": true,
  "personalCode-no_such_date": true,
  "personalCode-wrong_check_digit": true,
  "personalCode-no_such_birth": true,
  "dateOfBirth-no_such_birth": true,
  "dateOfBirth-contradiction": true,
};

export const PIN_REFUSALS: Readonly<Record<PinRefusal | "differs" | "same_as_before", true>> = {
  not_digits: true,
  too_short: true,
  too_long: true,
  same_as_other_pin: true,
  one_repeated_digit: true,
  run_of_digits: true,
  birth_date: true,
  part_of_personal_code: true,
  well_known: true,
  differs: true,
  same_as_before: true,
};

/** Three digits are there. */
export const TYPING: PinEntryState = { length: 3, state: "typing" };
export const NOTHING_TYPED: PinEntryState = { length: 0, state: "typing" };
/** The longest. */
export const WORKING: PinEntryState = { length: 12, state: "working" };
