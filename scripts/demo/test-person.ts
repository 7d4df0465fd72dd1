// A person who does not exist, other at every run: a valid Estonian personal code, names, and two PINs that may be chosen.
import { randomInt } from "node:crypto";
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";
import { pinFault } from "../authenticator/chosen-pins.ts";

export interface TestPerson {
  readonly identity: SelfAssertedIdentity;
  readonly semanticsIdentifier: string;
  readonly pins: Readonly<Record<Purpose, string>>;
}

const GIVEN_NAMES = ["MARI", "JÜRI", "LIINA", "TOOMAS", "KÄRT", "ANDRES"];
const SURNAMES = ["TAMM", "SAAR", "MÄGI", "KASK", "KUUSK", "ILVES"];

export function makeTestPerson(): TestPerson {
  const personalCode = randomPersonalCode();
  const identity = {
    givenName: oneOf(GIVEN_NAMES),
    surname: oneOf(SURNAMES),
    country: "EE",
    personalCode,
    level: "QUALIFIED",
  } as const;
  for (;;) {
    const pins = { auth: randomDigits(4), sign: randomDigits(5) };
    if (pinFault(pins, identity) === undefined) return { identity, semanticsIdentifier: `PNOEE-${personalCode}`, pins };
  }
}

/** An adult's: sex and century, date of birth, serial number, check digit. One check digit of ten is right. */
function randomPersonalCode(): string {
  for (;;) {
    const date = [randomInt(50, 100), randomInt(1, 13), randomInt(1, 29)].map((part) => String(part).padStart(2, "0"));
    const code = `${randomInt(3, 5)}${date.join("")}${randomDigits(4)}`;
    if (readPersonalCode("EE", code, { testPeople: false }).ok) return code;
  }
}

const oneOf = (names: readonly string[]): string => names[randomInt(names.length)] ?? "TEST";

const randomDigits = (length: number): string => String(randomInt(10 ** length)).padStart(length, "0");
