// What the screens say of people and of time, and what they must never do.
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COUNTRIES, holdsDateOfBirth, likelyCountry } from "../../src/pwa/views/countries.ts";
import { maskedDocumentNumber, maskedPersonalCode } from "../../src/pwa/views/person.ts";
import { clockTime, countdown, minutesAndSeconds } from "../../src/pwa/views/server-clock.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";

describe("what a bystander can read", () => {
  test("a masked personal code shows its country and no character of the code", () => {
    expect(maskedPersonalCode("PNOEE-50001029996")).toBe("•••••••• (Estonia)");
    expect(maskedPersonalCode("nothing that can be read 50001029996")).not.toMatch(/\d/);
  });

  test("a masked document number shows only what tells a person's accounts apart", () => {
    expect(maskedDocumentNumber("PNOEE-50001029996-K2GN-Q")).toBe("•••• K2GN");
    expect(maskedDocumentNumber("50001029996")).not.toMatch(/\d/);
  });
});

describe("the form of an identity", () => {
  test.each([
    ["EE", "40504040001"],
    ["LT", "40504040001"],
    ["LV", "050405-10009"],
    ["LV", "320000-00000"],
    ["DE", "40504040001"],
  ])("asks for the date of birth exactly where the code of %s holds none: %s", (country, code) => {
    const read = readPersonalCode(country, code, { testPeople: true });
    expect(read.ok && read.value.dateOfBirth !== undefined).toBe(holdsDateOfBirth(country, code));
  });

  test("takes the country from the person's languages, where it is among the ones to choose from", () => {
    expect(likelyCountry(["en-US", "lv"])).toBe("LV");
    expect(likelyCountry(["nl-BE"])).toBe("BE");
    expect(likelyCountry(["", "not a language", "ja"])).toBe("EE");
  });

  test("offers no country twice", () => {
    expect(new Set(COUNTRIES).size).toBe(COUNTRIES.length);
  });
});

describe("time", () => {
  test("counts down to zero and not below", () => {
    expect(countdown(3 * 3_600_000)).toBe("3:00:00");
    expect(countdown(3 * 3_600_000 + 300)).toBe("3:00:00");
    expect(countdown(61_499)).toBe("0:01:01");
    expect(countdown(-1)).toBe("0:00:00");
    expect(minutesAndSeconds(127_000)).toBe("2:07");
    expect(minutesAndSeconds(-5)).toBe("0:00");
  });

  test("names the day when it is not today", () => {
    const now = new Date(2026, 10, 22, 20, 0).getTime();
    expect(clockTime(now + 3_600_000, now)).toBe("today at 21:00");
    expect(clockTime(now + 24 * 3_600_000, now)).toBe("on Monday at 20:00");
  });
});

test("no screen sets styles or markup from strings: the policy of the page forbids both", () => {
  const views = globSync("src/pwa/views/*.tsx");
  expect(views.length).toBeGreaterThan(10);
  for (const view of views) {
    expect(readFileSync(view, "utf8"), view).not.toMatch(/\bstyle=|innerHTML|setAttribute|\bhref="javascript/);
  }
});
