// The test people: document numbers of the public Smart-ID demo environment, so that test suites of relying parties find whom they are
// written against. Fixed PINs, which protect nobody: these people exist in local mode only and answer whoever asks.
import type { Purpose } from "../account/purpose.ts";
import type { SelfAssertedIdentity } from "../authenticator/enrolment.ts";
import { parseDocumentNumber } from "../protocol/document-number.ts";
import type { InteractionType } from "../protocol/interactions.ts";
import { parseSemanticsIdentifier } from "../protocol/semantics-identifier.ts";
import { checkPin } from "../split-key/pin-rules.ts";
import type { Behaviour } from "./behaviour.ts";

export interface TestPerson {
  /** Says the country, the personal code, the suffix and the level. */
  readonly documentNumber: string;
  readonly givenName: string;
  readonly surname: string;
  readonly behaviour: Behaviour;
  /** What the person's app can show; absent: everything. */
  readonly interactions?: readonly InteractionType[];
  /** `YYYY-MM-DD`, for codes that do not hold it. */
  readonly dateOfBirth?: string;
}

type Row = Omit<TestPerson, "documentNumber"> & { readonly documentNumbers: string };

/** In the order in which they are made: first those whom a developer meets first. */
const TABLE: readonly Row[] = [
  {
    givenName: "OK",
    surname: "TESTNUMBER",
    behaviour: "OK",
    documentNumbers: "PNOEE-40504040001-DEM0-Q PNOLT-40504040001-MOCK-Q PNOLV-050405-10009-DEM0-Q PNOBE-05040400032-DEMO-Q",
  },
  {
    givenName: "OK",
    surname: "TESTNUMBER-ADULT",
    behaviour: "OK",
    documentNumbers: "PNOEE-50001029996-DEMO-Q PNOLT-50001029996-DEMO-Q PNOLV-020100-29990-MOCK-Q PNOBE-00010299944-MOCK-Q",
  },
  {
    givenName: "OK",
    surname: "TESTNUMBER-LINK-ADULT",
    behaviour: "OK",
    documentNumbers: "PNOEE-40404040009-MOCK-Q PNOLT-40404040009-MOCK-Q PNOLV-040404-10003-DEMO-Q PNOBE-04040400287-MOCK-Q",
  },
  {
    givenName: "REFUSED",
    surname: "TESTNUMBER",
    behaviour: "USER_REFUSED",
    documentNumbers: "PNOEE-30403039917-MOCK-Q PNOLT-30403039917-MOCK-Q PNOLV-030403-10016-MOCK-Q PNOBE-00010238349-MOCK-Q",
  },
  {
    givenName: "REFUSED DISPLAY",
    surname: "TESTNUMBER",
    behaviour: "USER_REFUSED_INTERACTION:displayTextAndPIN",
    documentNumbers: "PNOEE-30403039928-MOCK-Q PNOLT-30403039928-MOCK-Q PNOLV-030403-10024-MOCK-Q PNOBE-00010267350-MOCK-Q",
  },
  {
    givenName: "REFUSED CONFIRMATION",
    surname: "TESTNUMBER",
    behaviour: "USER_REFUSED_INTERACTION:confirmationMessage",
    documentNumbers: "PNOEE-30403039946-MOCK-Q PNOLT-30403039946-MOCK-Q PNOLV-030403-10040-MOCK-Q PNOBE-00010232708-MOCK-Q",
  },
  {
    givenName: "REFUSED CONFIRMATION CHOICE",
    surname: "TESTNUMBER",
    behaviour: "USER_REFUSED_INTERACTION:confirmationMessageAndVerificationCodeChoice",
    documentNumbers: "PNOEE-30403039950-MOCK-Q PNOLT-30403039950-MOCK-Q PNOLV-030403-10059-MOCK-Q PNOBE-00010211724-MOCK-Q",
  },
  {
    // In the public table by the name that this interaction had in an earlier version of the API (verificationCodeChoice).
    givenName: "REFUSED CHOICE",
    surname: "TESTNUMBER",
    behaviour: "USER_REFUSED_INTERACTION:confirmationMessageAndVerificationCodeChoice",
    documentNumbers: "PNOEE-30403039939-MOCK-Q PNOLT-30403039939-MOCK-Q PNOLV-030403-10032-MOCK-Q PNOBE-00010266756-MOCK-Q",
  },
  {
    givenName: "WRONG CODE",
    surname: "TESTNUMBER",
    behaviour: "WRONG_VC",
    documentNumbers: "PNOEE-30403039972-MOCK-Q PNOLT-30403039972-MOCK-Q PNOLV-030403-10075-MOCK-Q PNOBE-00010216276-MOCK-Q",
  },
  {
    givenName: "TIMEOUT",
    surname: "TESTNUMBER",
    behaviour: "TIMEOUT",
    documentNumbers: "PNOEE-30403039983-MOCK-Q PNOLT-30403039983-MOCK-Q PNOLV-030403-10083-MOCK-Q PNOBE-00010220335-MOCK-Q",
  },
  {
    givenName: "OK",
    surname: "TESTNUMBER-NOT-QUALIFIED",
    behaviour: "OK",
    documentNumbers: "PNOLT-40504049999-MOCK-NQ PNOLV-050404-19993-DEMO-NQ",
  },
  {
    givenName: "OK",
    surname: "TESTNUMBER-LINK-MINOR",
    behaviour: "OK",
    documentNumbers: "PNOEE-61101019999-MOCK-Q PNOLT-61101019999-MOCK-Q PNOLV-010111-22341-MOCK-Q PNOBE-11010199815-MOCK-Q",
  },
];

/** Everybody of the table. */
export const PEOPLE: readonly TestPerson[] = TABLE.flatMap(({ documentNumbers, ...person }) =>
  documentNumbers.split(" ").map((documentNumber) => ({ documentNumber, ...person })),
);

/** Tried in this order: the first that the rules allow to the person. */
const PINS: readonly Readonly<Record<Purpose, string>>[] = [
  { auth: "8063", sign: "90638" },
  { auth: "9074", sign: "70952" },
  { auth: "7086", sign: "80975" },
];

/** The same at every call. Throws for a code in which all of them occur. */
export function pinsOf(person: TestPerson): Readonly<Record<Purpose, string>> {
  const { personalCode, dateOfBirth } = identityOf(person);
  const pins = PINS.find(({ auth, sign }) => {
    const first = checkPin({ pin: auth, purpose: "auth", personalCode, dateOfBirth });
    return first.ok && checkPin({ pin: sign, purpose: "sign", otherPin: auth, personalCode, dateOfBirth }).ok;
  });
  if (pins === undefined) throw new Error(`no PINs fit ${person.documentNumber}`);
  return pins;
}

/** What the person says about themselves at enrolment. Throws where the document number is not that of a `PNO` identifier. */
export function identityOf({ documentNumber, givenName, surname, dateOfBirth }: TestPerson): SelfAssertedIdentity {
  const { semanticsIdentifier = "", suffix = "", qualified = false } = parseDocumentNumber(documentNumber) ?? {};
  const { type, country = "", identifier = "" } = parseSemanticsIdentifier(semanticsIdentifier) ?? {};
  if (type !== "PNO") throw new Error(`${documentNumber} is not the document number of a test person`);
  const level = qualified ? "QUALIFIED" : "ADVANCED";
  const about = { givenName, surname, country, personalCode: identifier, level, documentSuffix: suffix } as const;
  return { ...about, ...(dateOfBirth !== undefined && { dateOfBirth }) };
}
