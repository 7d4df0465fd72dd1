import { describe, expect, test } from "vitest";
import { checkPin } from "../../src/split-key/pin-rules.ts";

/** The refusal, or "allowed". */
function verdict(
  pin: string,
  more: Omit<Parameters<typeof checkPin>[0], "pin" | "purpose"> = {},
  purpose: "auth" | "sign" = "auth",
): string {
  const result = checkPin({ pin, purpose, ...more });
  if (result.ok) expect(result.value).toBe(pin);
  return result.ok ? "allowed" : result.failure;
}

test.each(["4826", "90371", "739164", "583920174"])("%s may be chosen", (pin) => {
  expect(verdict(pin, { otherPin: "61739", dateOfBirth: "1940-04-05", personalCode: "40504040001" })).toBe("allowed");
});

test("a PIN has digits only", () => {
  for (const pin of ["48a6", "48 26", "٤٨٢٦", "-4826", "4826\n", "4.826"]) expect(verdict(pin)).toBe("not_digits");
});

test("PIN1 has 4 to 12 digits, PIN2 has 5 to 12", () => {
  expect(verdict("")).toBe("too_short");
  expect(verdict("482")).toBe("too_short");
  expect(verdict("4826")).toBe("allowed");
  expect(verdict("4826", {}, "sign")).toBe("too_short");
  expect(verdict("48263", {}, "sign")).toBe("allowed");
  expect(verdict("482639174058")).toBe("allowed");
  expect(verdict("4826391740583")).toBe("too_long");
  expect(verdict("4826391740583", {}, "sign")).toBe("too_long");
});

test("PIN1 and PIN2 differ", () => {
  expect(verdict("48263", { otherPin: "48263" })).toBe("same_as_other_pin");
  expect(verdict("48263", { otherPin: "4826" })).toBe("allowed");
});

test.each(["0000", "11111", "999999999999"])("%s is one repeated digit", (pin) => {
  expect(verdict(pin)).toBe("one_repeated_digit");
});

test.each(["1234", "98765", "0123456789", "7890", "8901", "1098", "43210", "210987654321"])("%s is a run", (pin) => {
  expect(verdict(pin)).toBe("run_of_digits");
});

describe("the birth date 1986-03-09", () => {
  test.each([
    ["day and month", ["0903", "0309"]],
    ["day or month with the year", ["0986", "8609", "0386", "8603", "091986", "198609", "031986", "198603"]],
    ["the year", ["1986"]],
    ["the whole date, two digits for the year", ["090386", "030986", "860309", "860903", "098603", "038609"]],
    ["the whole date, four digits for the year", ["09031986", "03091986", "19860309", "19860903"]],
    ["without leading zeros", ["9386", "3986", "931986", "391986", "198639", "8639", "91986", "19869"]],
  ])("is no PIN: %s", (_name, pins) => {
    const verdicts = pins.map((pin) => [pin, verdict(pin, { dateOfBirth: "1986-03-09" })]);
    expect(verdicts).toEqual(pins.map((pin) => [pin, "birth_date"]));
  });

  test("is refused to its owner only", () => {
    expect(verdict("090386", { dateOfBirth: "1986-03-10" })).toBe("allowed");
    expect(verdict("090386")).toBe("allowed");
  });
});

test("four digits or more of the personal code in a row are no PIN", () => {
  const personalCode = "49403136526";
  for (const pin of ["4940", "0313", "6526", "31365", "494031", personalCode]) {
    expect(verdict(pin, { personalCode })).toBe("part_of_personal_code");
  }
  expect(verdict("63130", { personalCode })).toBe("allowed");
  expect(verdict("70911", { personalCode: "130570-91105" })).toBe("part_of_personal_code");
  expect(verdict("0911", { personalCode: "PNOLV-130570-91105" })).toBe("part_of_personal_code");
});

test.each(["2580", "1212", "1004", "6969", "123123", "159753", "147258369", "12321"])("%s is well known", (pin) => {
  expect(verdict(pin)).toBe("well_known");
});
