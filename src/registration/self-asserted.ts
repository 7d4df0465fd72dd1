// Identity method "self-asserted": the person is whoever they say they are. It proves nothing, so it is for local mode alone,
// where every certificate comes from an authority marked TEST.
import { z } from "zod";
import type { Identity } from "../account/objects.ts";
import { CERTIFICATE_LEVELS } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { type Failure, malformed } from "../http/failures.ts";
import { validate } from "../http/validation.ts";
import { formatSemanticsIdentifier } from "../protocol/semantics-identifier.ts";
import { dayOf, parseCalendarDate } from "./calendar-date.ts";
import type { IdentityMethod, ProofContext } from "./identity-method.ts";
import { personName } from "./person-name.ts";
import { type PersonalCodeFailure, readPersonalCode } from "./personal-code.ts";

const NAME = "self-asserted";

/** The first day that any personal code can hold; an earlier one is a slip of the pen. */
const EARLIEST_BIRTH = "1800-01-01";

const evidenceSchema = z.object({
  givenName: personName,
  surname: personName,
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, "is not a country code of two upper-case letters"),
  /** As the country writes it; Latvian codes with their hyphen. */
  personalCode: z.string().max(64),
  level: z.enum(CERTIFICATE_LEVELS),
  /** `YYYY-MM-DD`; only for codes that do not hold it. */
  dateOfBirth: z
    .string()
    .refine((text) => parseCalendarDate(text) !== undefined, "is not a date of the form YYYY-MM-DD")
    .optional(),
  /** Test people have the document numbers that relying parties' tests are written against. */
  documentSuffix: z
    .string()
    .regex(/^[0-9A-Z]{4}$/, "is not four digits or upper-case letters")
    .optional(),
});

const CODE_FAILURES: Readonly<Record<PersonalCodeFailure, string>> = {
  malformed: "The personal code does not have the form that the country gives it.",
  no_such_date: "The personal code holds a date that does not exist.",
  wrong_check_digit: "The check digits of the personal code are wrong.",
};

export const selfAsserted: IdentityMethod = {
  name: NAME,
  levels: CERTIFICATE_LEVELS,
  isEnabled: ({ LOCAL_MODE }) => LOCAL_MODE === "true",
  prove: (evidence, context) => Promise.resolve(prove(evidence, context)),
};

function prove(evidence: unknown, { environment, now }: ProofContext): Result<Identity, Failure> {
  if (!selfAsserted.isEnabled(environment)) {
    return failed({ kind: "forbidden", detail: "Identities are not taken on trust here: self-asserted is for local mode only." });
  }
  const claimed = validate(evidenceSchema, evidence);
  if (!claimed.ok) return claimed;
  const { givenName, surname, country, personalCode, level, documentSuffix } = claimed.value;
  const code = readPersonalCode(country, personalCode, { testPeople: true });
  if (!code.ok) return refused(code.failure, CODE_FAILURES[code.failure], "#/personalCode");
  const birth = dateOfBirth(code.value.dateOfBirth, claimed.value.dateOfBirth, dayOf(now));
  if (!birth.ok) return birth;
  return success({
    givenName,
    surname,
    country,
    semanticsIdentifier: formatSemanticsIdentifier({ type: "PNO", country, identifier: personalCode }),
    ...(birth.value !== undefined && { dateOfBirth: birth.value }),
    level,
    method: NAME,
    ...(documentSuffix !== undefined && { documentSuffix }),
  });
}

/** What the code says stands; a statement that contradicts it is refused instead of being dropped in silence. */
function dateOfBirth(
  fromCode: string | undefined,
  stated: string | undefined,
  today: string,
): Result<string | undefined, Failure> {
  if (fromCode !== undefined && stated !== undefined && fromCode !== stated) {
    return refused("contradiction", "The personal code holds another date of birth.", "#/dateOfBirth");
  }
  const date = fromCode ?? stated;
  if (date !== undefined && (date > today || date < EARLIEST_BIRTH)) {
    return refused(
      "no_such_birth",
      "Nobody with this date of birth is alive.",
      fromCode === undefined ? "#/dateOfBirth" : "#/personalCode",
    );
  }
  return success(date);
}

const refused = (code: string, detail: string, pointer: string): { readonly ok: false; readonly failure: Failure } =>
  failed(malformed(detail, { code, detail, pointer }));
