// PINs where they are chosen: both there, and neither of them easy to guess. Where a PIN is used, nothing is checked.
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";
import { checkPin, type PinRefusal } from "../../src/split-key/pin-rules.ts";
import { CommandFailure, usageFailure } from "./command-failure.ts";
import { PIN_NAMES } from "./explain.ts";

type Pins = Readonly<Record<Purpose, string>>;
type Person = Pick<SelfAssertedIdentity, "country" | "personalCode" | "dateOfBirth">;

const REASONS: Readonly<Record<PinRefusal, string>> = {
  not_digits: "digits only",
  too_short: "PIN1 has at least 4 digits, PIN2 at least 5",
  too_long: "12 digits at most",
  same_as_other_pin: "the two PINs must differ",
  one_repeated_digit: "not one digit over and over",
  run_of_digits: "not a run such as 1234 or 98765",
  birth_date: "not the date of birth, in no order",
  part_of_personal_code: "not a part of the personal code",
  well_known: "too many people choose it",
};

/** Throws a CommandFailure with the reason. The PIN itself is never repeated in it. */
export function chosenPins(given: Readonly<Record<Purpose, string | undefined>>, person: Person): Pins {
  const { auth, sign } = given;
  if (auth === undefined || sign === undefined) {
    throw usageFailure("choose two PINs: --pin1 and --pin2, or TALLY_PIN1 and TALLY_PIN2");
  }
  const fault = pinFault({ auth, sign }, person);
  if (fault !== undefined) throw weakPin(fault.purpose, fault.reason);
  return { auth, sign };
}

/** One PIN in the place of another. `otherPin`: of the other purpose, undefined where nobody gave it. Throws as `chosenPins`. */
export function chosenPin(purpose: Purpose, pin: string, otherPin: string | undefined, person: Person): string {
  const checked = checkPin({ pin, purpose, otherPin, ...aboutPerson(person) });
  if (!checked.ok) throw weakPin(purpose, checked.failure);
  return pin;
}

function weakPin(purpose: Purpose, reason: PinRefusal): CommandFailure {
  const message = `${PIN_NAMES[purpose]} may not be that: ${REASONS[reason]}`;
  return new CommandFailure("weak_pin", message, 2, { pin: PIN_NAMES[purpose], reason });
}

/** The first of the two PINs that breaks a rule; undefined where both may be chosen. */
export function pinFault(pins: Pins, person: Person): { readonly purpose: Purpose; readonly reason: PinRefusal } | undefined {
  const about = aboutPerson(person);
  const first = checkPin({ pin: pins.auth, purpose: "auth", ...about });
  if (!first.ok) return { purpose: "auth", reason: first.failure };
  const second = checkPin({ pin: pins.sign, purpose: "sign", otherPin: pins.auth, ...about });
  return second.ok ? undefined : { purpose: "sign", reason: second.failure };
}

function aboutPerson({ country, personalCode, dateOfBirth }: Person) {
  const code = readPersonalCode(country, personalCode, { testPeople: true });
  return { personalCode, dateOfBirth: (code.ok ? code.value.dateOfBirth : undefined) ?? dateOfBirth };
}
