// National personal codes: shape, date, check digits, and the date of birth where the code holds it. Issued certificates hold
// these codes, and client libraries of relying parties parse them: what they cannot read is refused here. Pure.
import { failed, type Result, success } from "../account/result.ts";
import { calendarDate } from "./calendar-date.ts";
import { TEST_PEOPLE_WITHOUT_CHECK_DIGITS } from "./test-people.ts";

export interface PersonalCode {
  /** `YYYY-MM-DD`; absent where the code does not hold it. */
  readonly dateOfBirth?: string;
}

export type PersonalCodeFailure = "malformed" | "no_such_date" | "wrong_check_digit";

type Reading = Result<PersonalCode, PersonalCodeFailure>;

/** Countries whose codes are checked in full; of the others only the shape is. */
const COUNTRIES: Readonly<Record<string, (code: string) => Reading>> = {
  EE: readBaltic,
  LT: readBaltic,
  LV: readLatvian,
  BE: readBelgian,
};

/** Upper-case letters and digits, and hyphens inside: what a semantics identifier can hold. */
const ANY_COUNTRY = /^[A-Z0-9](?:[A-Z0-9-]{0,30}[A-Z0-9])?$/;

/**
 * Reads a personal code as its country writes it (`40504040001`, Latvia with its hyphen: `050405-10009`).
 * `country`: ISO 3166-1 alpha-2, upper case. `testPeople`: exempt the two people of the public demo environment whose codes
 * have wrong check digits. Whether the date lies in the future is for the caller, who knows today.
 */
export function readPersonalCode(country: string, code: string, { testPeople }: { readonly testPeople: boolean }): Reading {
  const testPerson = testPeople ? TEST_PEOPLE_WITHOUT_CHECK_DIGITS.get(`PNO${country}-${code}`) : undefined;
  if (testPerson !== undefined) return success({ dateOfBirth: testPerson });
  if (Object.hasOwn(COUNTRIES, country)) return COUNTRIES[country]?.(code) ?? failed("malformed");
  return ANY_COUNTRY.test(code) ? success({}) : failed("malformed");
}

/**
 * Estonia (standard EVS 585) and Lithuania: GYYMMDDNNNC. G gives sex and century, 1 and 2 for the 1800s up to 5 and 6 for the
 * 2000s. The same check digit in both. Lithuania also has codes for people whose date of birth is not known (month or day 00,
 * or G = 9): client libraries cannot read them, so they are refused.
 */
function readBaltic(code: string): Reading {
  const [, century, year, month, day] = /^([1-6])(\d\d)(\d\d)(\d\d)\d{4}$/.exec(code) ?? [];
  if (century === undefined) return failed("malformed");
  const dateOfBirth = calendarDate(1800 + 100 * Math.floor((Number(century) - 1) / 2) + Number(year), Number(month), Number(day));
  if (dateOfBirth === undefined) return failed("no_such_date");
  return balticCheckDigit(digitsOf(code)) === Number(code[10]) ? success({ dateOfBirth }) : failed("wrong_check_digit");
}

/** Two rounds of weights modulo 11; 10 in the first asks for the second, 10 in the second gives 0. */
function balticCheckDigit(digits: readonly number[]): number {
  const first = weightedSum(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  if (first < 10) return first;
  return (weightedSum(digits, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10;
}

/**
 * Latvia: DDMMYY-CNNNK with C = 0, 1, 2 for the 1800s, 1900s, 2000s; codes given since July 2017 start with 32–39 and are
 * random otherwise, check digit and date included (Population Register Law: second digit 2–9, the others 0–9).
 */
function readLatvian(code: string): Reading {
  if (/^3[2-9]\d{4}-\d{5}$/.test(code)) return success({});
  const [, day, month, year, century] = /^(\d\d)(\d\d)(\d\d)-([0-2])\d{4}$/.exec(code) ?? [];
  if (century === undefined) return failed("malformed");
  const dateOfBirth = calendarDate(1800 + 100 * Number(century) + Number(year), Number(month), Number(day));
  if (dateOfBirth === undefined) return failed("no_such_date");
  const digits = digitsOf(code.replace("-", ""));
  const check = ((1101 - weightedSum(digits, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11) % 10;
  return check === digits[10] ? success({ dateOfBirth }) : failed("wrong_check_digit");
}

/**
 * Belgium, national register and bis numbers: YYMMDDNNNKK. KK = 97 − N mod 97 over the nine digits before it, with a 2 in front
 * for births since 2000: the check tells the century. Bis numbers have 20 (sex unknown) or 40 added to the month. Month 00, or
 * day 00, stands for a date that is not known or whose day ran out of numbers: then no date follows.
 */
function readBelgian(code: string): Reading {
  const [, year, month, day, check] = /^(\d\d)(\d\d)(\d\d)\d{3}(\d\d)$/.exec(code) ?? [];
  if (check === undefined) return failed("malformed");
  const birthMonth = belgianMonth(Number(month));
  if (birthMonth === undefined || Number(day) > 31) return failed("no_such_date");
  const body = Number(code.slice(0, 9));
  const century = [1900, 2000].find((start) => 97 - ((start === 2000 ? 2_000_000_000 + body : body) % 97) === Number(check));
  const unknownDate = birthMonth === 0 || Number(day) === 0;
  if (unknownDate) return century === undefined ? failed("wrong_check_digit") : success({});
  // Only 29 February needs the century; a date of neither is no date, whatever the check digits are.
  const dateOf = (start: number) => calendarDate(start + Number(year), birthMonth, Number(day));
  if (dateOf(1900) === undefined && dateOf(2000) === undefined) return failed("no_such_date");
  if (century === undefined) return failed("wrong_check_digit");
  const dateOfBirth = dateOf(century);
  return dateOfBirth === undefined ? failed("no_such_date") : success({ dateOfBirth });
}

function belgianMonth(month: number): number | undefined {
  const offset = [40, 20, 0].find((start) => month >= start) ?? 0;
  return month - offset <= 12 ? month - offset : undefined;
}

const digitsOf = (code: string): number[] => [...code].map(Number);

const weightedSum = (digits: readonly number[], weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
