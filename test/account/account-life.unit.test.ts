// The calendar of accounts: when one ends, from when on it is renewed, and what the operator may write about that.
import { describe, expect, it } from "vitest";
import { accountExpiry, parseLifetime, renewalStart } from "../../src/account/account-life.ts";

const DAY = 24 * 3_600_000;
const time = (text: string): number => Date.parse(text);

describe("the end of an account", () => {
  it.each([
    ["2026-11-22T18:46:31.250Z", 36, "2029-11-22T18:46:31.250Z"],
    ["2026-11-22T00:00:00.000Z", 25, "2028-12-22T00:00:00.000Z"],
    // Over the end of a year, and from December itself.
    ["2026-11-22T00:00:00.000Z", 2, "2027-01-22T00:00:00.000Z"],
    ["2026-12-31T23:59:59.999Z", 1, "2027-01-31T23:59:59.999Z"],
    ["2026-12-31T23:59:59.999Z", 12, "2027-12-31T23:59:59.999Z"],
    // A day that the month does not have is the first of the next one, at the same time of day.
    ["2028-02-29T12:34:56.789Z", 36, "2031-03-01T12:34:56.789Z"],
    ["2028-02-29T12:34:56.789Z", 12, "2029-03-01T12:34:56.789Z"],
    ["2031-02-28T12:34:56.789Z", 12, "2032-02-28T12:34:56.789Z"],
    ["2099-01-31T12:34:56.789Z", 13, "2100-03-01T12:34:56.789Z"],
    ["2027-01-31T23:59:59.999Z", 1, "2027-03-01T23:59:59.999Z"],
    ["2028-01-30T00:00:00.001Z", 1, "2028-03-01T00:00:00.001Z"],
    ["2028-01-29T00:00:00.001Z", 1, "2028-02-29T00:00:00.001Z"],
    ["2027-10-31T06:00:00.000Z", 4, "2028-03-01T06:00:00.000Z"],
    ["2027-08-31T06:00:00.000Z", 1, "2027-10-01T06:00:00.000Z"],
  ])("of %s after %i months is %s", (applied, months, end) => {
    expect(new Date(accountExpiry(time(applied), months)).toISOString()).toBe(end);
  });

  it("is on no earlier day for whoever applied on a later one", () => {
    for (const months of [1, 12, 35, 36]) {
      let before = 0;
      for (let applied = time("2027-01-25T23:59:59.999Z"); applied < time("2028-04-02T00:00:00Z"); applied += DAY) {
        const end = accountExpiry(applied, months);
        expect(end).toBeGreaterThanOrEqual(before);
        before = end;
      }
    }
  });
});

describe("the renewal of an account begins", () => {
  const life = (months: number) => {
    const appliedAt = time("2026-11-22T00:00:00Z");
    const expiresAt = accountExpiry(appliedAt, months);
    return { appliedAt, expiresAt, renewFrom: renewalStart({ appliedAt, expiresAt }) };
  };

  it.each([4, 12, 36])("60 days before its end (%i months)", (months) => {
    const { expiresAt, renewFrom } = life(months);
    expect(expiresAt - renewFrom).toBe(60 * DAY);
  });

  it.each([1, 3])("in the middle of a short life, and not with the account itself (%i months)", (months) => {
    const { appliedAt, expiresAt, renewFrom } = life(months);
    expect(renewFrom - appliedAt).toBe(expiresAt - renewFrom);
  });
});

describe("ACCOUNT_LIFETIME_MONTHS", () => {
  it("is three years where nobody says anything", () => {
    expect(parseLifetime(undefined)).toBe(36);
  });

  it.each(["1", "12", "36"])("takes %s", (text) => {
    expect(parseLifetime(text)).toBe(Number(text));
  });

  it.each(["", "0", "37", "60", "120", "1000", "-1", "1.5", "36 ", "036", "three", "1e2", "Infinity"])(
    "refuses %j in a sentence",
    (text) => {
      expect(() => parseLifetime(text)).toThrow(
        `ACCOUNT_LIFETIME_MONTHS must be a whole number from 1 to 36, not ${JSON.stringify(text)}`,
      );
    },
  );
});
