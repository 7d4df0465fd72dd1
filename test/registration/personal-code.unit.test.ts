// Personal codes of EE, LT, LV and BE. Valid codes: the public Smart-ID demo environment and the examples of the national
// descriptions; properties: codes that are built here from a date and the check digits written out once more.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { success } from "../../src/account/result.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";

const read = (country: string, code: string) => readPersonalCode(country, code, { testPeople: false });
const readTestPerson = (country: string, code: string) => readPersonalCode(country, code, { testPeople: true });
const failure = (country: string, code: string) => {
  const reading = read(country, code);
  return reading.ok ? undefined : reading.failure;
};

/** The table of the public demo environment, and the date of birth that each code holds. */
const DEMO_PEOPLE = [
  ["EE", "40504040001", "1905-04-04"],
  ["EE", "50001029996", "2000-01-02"],
  ["EE", "40404040009", "1904-04-04"],
  ["EE", "61101019999", "2011-01-01"],
  ["EE", "30403039917", "1904-03-03"],
  ["EE", "30403039928", "1904-03-03"],
  ["EE", "30403039939", "1904-03-03"],
  ["EE", "30403039946", "1904-03-03"],
  ["EE", "30403039950", "1904-03-03"],
  ["EE", "30403039972", "1904-03-03"],
  ["EE", "30403039983", "1904-03-03"],
  ["LT", "40504040001", "1905-04-04"],
  ["LT", "50001029996", "2000-01-02"],
  ["LT", "40504049999", "1905-04-04"],
  ["LT", "40404040009", "1904-04-04"],
  ["LT", "61101019999", "2011-01-01"],
  ["LT", "30403039917", "1904-03-03"],
  ["LT", "30403039928", "1904-03-03"],
  ["LT", "30403039939", "1904-03-03"],
  ["LT", "30403039946", "1904-03-03"],
  ["LT", "30403039950", "1904-03-03"],
  ["LT", "30403039972", "1904-03-03"],
  ["LT", "30403039983", "1904-03-03"],
  ["LV", "050405-10009", "1905-04-05"],
  ["LV", "020100-29990", "2000-01-02"],
  ["LV", "050404-19993", "1904-04-05"],
  ["LV", "040404-10003", "1904-04-04"],
  ["LV", "030403-10016", "1903-04-03"],
  ["LV", "030403-10024", "1903-04-03"],
  ["LV", "030403-10032", "1903-04-03"],
  ["LV", "030403-10040", "1903-04-03"],
  ["LV", "030403-10059", "1903-04-03"],
  ["LV", "030403-10075", "1903-04-03"],
  ["LV", "030403-10083", "1903-04-03"],
  ["BE", "00010299944", "2000-01-02"],
  ["BE", "04040400287", "1904-04-04"],
  ["BE", "11010199815", "2011-01-01"],
  ["BE", "00010238349", "1900-01-02"],
  ["BE", "00010267350", "1900-01-02"],
  ["BE", "00010266756", "1900-01-02"],
  ["BE", "00010232708", "1900-01-02"],
  ["BE", "00010211724", "1900-01-02"],
  ["BE", "00010216276", "1900-01-02"],
  ["BE", "00010220335", "1900-01-02"],
] as const;

/** The only two of the table that fail their country's check digits. */
const EXEMPT = [
  ["LV", "010111-22341", "2011-01-01"],
  ["BE", "05040400032", "1905-04-04"],
] as const;

describe("the people of the public demo environment", () => {
  it.each(DEMO_PEOPLE)("pass like everybody else: %s %s", (country, code, dateOfBirth) => {
    expect(read(country, code)).toEqual(success({ dateOfBirth }));
  });

  it.each(EXEMPT)(
    "whose check digits are wrong are exempt, and only where that is asked for: %s %s",
    (country, code, dateOfBirth) => {
      expect(failure(country, code)).toBe("wrong_check_digit");
      expect(readTestPerson(country, code)).toEqual(success({ dateOfBirth }));
    },
  );

  it("exempt nobody else", () => {
    expect(readTestPerson("BE", "05040400033")).toMatchObject({ failure: "wrong_check_digit" });
    expect(readTestPerson("EE", "05040400032")).toMatchObject({ failure: "malformed" });
  });
});

describe("a code of Estonia or Lithuania", () => {
  it.each(["EE", "LT"])("of %s holds its date of birth, and passes exactly with its check digit", (country) => {
    fc.assert(
      fc.property(births(1800, 2099), fc.integer({ min: 0, max: 999 }), fc.boolean(), ([year, month, day], serial, female) => {
        const century = 2 * Math.floor((year - 1800) / 100) + (female ? 2 : 1);
        const body = `${century}${two(year % 100)}${two(month)}${two(day)}${String(serial).padStart(3, "0")}`;
        const right = balticDigit(body);
        for (let digit = 0; digit < 10; digit++) {
          const expected =
            digit === right ? success({ dateOfBirth: iso(year, month, day) }) : { ok: false, failure: "wrong_check_digit" };
          expect(read(country, `${body}${digit}`)).toEqual(expected);
        }
      }),
    );
  });

  it("given as an example by the national descriptions passes", () => {
    expect(read("EE", "37605030299")).toEqual(success({ dateOfBirth: "1976-05-03" }));
    expect(read("LT", "33309240064")).toEqual(success({ dateOfBirth: "1933-09-24" }));
  });

  it("takes the second weights where the first leave 10, and 0 where these leave 10 again", () => {
    const seen = { second: 0, both: 0 };
    for (let serial = 0; serial < 1000; serial++) {
      const body = `3600101${String(serial).padStart(3, "0")}`;
      const first = weigh(body, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
      const second = weigh(body, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
      if (first !== 10) continue;
      seen[second === 10 ? "both" : "second"]++;
      expect(read("EE", `${body}${second === 10 ? 0 : second}`).ok).toBe(true);
    }
    expect(seen.second).toBeGreaterThan(0);
    expect(seen.both).toBeGreaterThan(0);
  });

  it("is refused for a day that never was, for digits 0 and 7 to 9 in front, and for a date that is not known", () => {
    expect(failure("EE", withBalticDigit("3990229000"))).toBe("no_such_date");
    expect(failure("EE", withBalticDigit("3001301000"))).toBe("no_such_date");
    expect(failure("LT", withBalticDigit("3900000000"))).toBe("no_such_date");
    expect(failure("EE", withBalticDigit("5000229000"))).toBeUndefined();
    expect(failure("EE", withBalticDigit("3000229000"))).toBe("no_such_date");
    for (const first of "0789") expect(failure("LT", withBalticDigit(`${first}900101000`))).toBe("malformed");
  });
});

describe("a code of Latvia", () => {
  it("of the old form holds its date of birth, and passes exactly with its check digit", () => {
    fc.assert(
      fc.property(births(1800, 2099), fc.integer({ min: 0, max: 999 }), ([year, month, day], serial) => {
        const body = `${two(day)}${two(month)}${two(year % 100)}${Math.floor((year - 1800) / 100)}${String(serial).padStart(3, "0")}`;
        const right = ((1101 - weigh(body, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11) % 10;
        for (let digit = 0; digit < 10; digit++) {
          const expected =
            digit === right ? success({ dateOfBirth: iso(year, month, day) }) : { ok: false, failure: "wrong_check_digit" };
          expect(read("LV", `${body.slice(0, 6)}-${body.slice(6)}${digit}`)).toEqual(expected);
        }
      }),
    );
  });

  it("of the new form starts with 32 to 39 and holds no date", () => {
    for (const prefix of ["32", "33", "39"]) expect(read("LV", `${prefix}9999-99901`)).toEqual(success({}));
    for (const prefix of ["30", "31", "40", "99"]) expect(read("LV", `${prefix}9999-99901`).ok).toBe(false);
  });

  it("is refused without its hyphen, in a century to come, and for a day that never was", () => {
    expect(failure("LV", "05040510009")).toBe("malformed");
    expect(failure("LV", "32999999901")).toBe("malformed");
    expect(failure("LV", "050405-30009")).toBe("malformed");
    expect(failure("LV", "310405-10009")).toBe("no_such_date");
  });
});

describe("a code of Belgium", () => {
  it("holds its date of birth, its check digits telling the century, in the register and in all bis forms", () => {
    fc.assert(
      fc.property(
        births(1900, 2099),
        fc.integer({ min: 1, max: 998 }),
        fc.constantFrom(0, 20, 40),
        ([year, month, day], serial, offset) => {
          const body = `${two(year % 100)}${two(month + offset)}${two(day)}${String(serial).padStart(3, "0")}`;
          expect(read("BE", `${body}${belgianDigits(body, year)}`)).toEqual(success({ dateOfBirth: iso(year, month, day) }));
        },
      ),
    );
  });

  it("passes with two of a hundred check digits, one for each century", () => {
    const passing = Array.from({ length: 100 }, (_, check) => `930518223${two(check)}`).filter((code) => read("BE", code).ok);
    expect(passing).toEqual([`930518223${belgianDigits("930518223", 2093)}`, "93051822361"].toSorted());
  });

  it("of a person whose date of birth is not known, or whose day ran out of numbers, holds no date", () => {
    for (const [body, year] of [
      ["850000123", 1985],
      ["000001123", 1900],
      ["000001123", 2000],
      ["850500123", 1985],
      ["402000123", 1940],
    ] as const) {
      expect(read("BE", `${body}${belgianDigits(body, year)}`)).toEqual(success({}));
      expect(failure("BE", `${body}00`)).toBe("wrong_check_digit");
    }
  });

  it("is refused for a day that never was, also in the century that the check digits tell", () => {
    for (const body of ["851301123", "850230123", "850532123", "855301123", "853301123"]) {
      expect(failure("BE", `${body}${belgianDigits(body, 1985)}`)).toBe("no_such_date");
    }
    expect(failure("BE", `000229123${belgianDigits("000229123", 2000)}`)).toBeUndefined();
    expect(failure("BE", `000229123${belgianDigits("000229123", 1900)}`)).toBe("no_such_date");
  });

  it("is written as eleven digits and nothing else", () => {
    for (const code of ["93.05.18-223.61", "9305182236", "930518223611", " 93051822361"])
      expect(failure("BE", code)).toBe("malformed");
  });
});

describe("a code of any other country", () => {
  it("is a matter of shape alone and holds no date", () => {
    for (const code of ["010190-123A", "8001015009087", "X"]) expect(read("FI", code)).toEqual(success({}));
    for (const code of ["", "-1", "1-", "a1", "1 2", "1|2", "１２", "1".repeat(33), "1\n"])
      expect(failure("FI", code)).toBe("malformed");
  });

  it("named like a property of every object is still only a country", () => {
    expect(read("constructor", "1").ok).toBe(true);
  });
});

describe("no code", () => {
  it("makes the reader throw", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("EE", "LT", "LV", "BE", "FI"),
        fc.string({ unit: "binary", maxLength: 20 }),
        (country, code) => {
          read(country, code);
        },
      ),
    );
    const digits = fc.stringMatching(/^[0-9]{6}-?[0-9]{5}$/);
    fc.assert(
      fc.property(fc.constantFrom("EE", "LT", "LV", "BE"), digits, (country, code) => {
        const reading = read(country, code);
        if (reading.ok && reading.value.dateOfBirth !== undefined)
          expect(reading.value.dateOfBirth).toMatch(/^(18|19|20)\d\d-\d\d-\d\d$/);
      }),
      { numRuns: 3000 },
    );
  });
});

const two = (number: number): string => String(number).padStart(2, "0");
const iso = (year: number, month: number, day: number): string => `${year}-${two(month)}-${two(day)}`;
const weigh = (body: string, weights: number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(body[index]), 0);

/** Real days between the first of January and the last of December of these years. */
const births = (from: number, to: number): fc.Arbitrary<[number, number, number]> =>
  fc
    .date({ min: new Date(Date.UTC(from, 0, 1)), max: new Date(Date.UTC(to, 11, 31)), noInvalidDate: true })
    .map((date) => [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);

function balticDigit(body: string): number {
  const first = weigh(body, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const second = weigh(body, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
  return first < 10 ? first : second < 10 ? second : 0;
}

const withBalticDigit = (body: string): string => `${body}${balticDigit(body)}`;

const belgianDigits = (body: string, year: number): string => two(97 - (Number(year >= 2000 ? `2${body}` : body) % 97));
