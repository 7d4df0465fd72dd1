// Three codes, one of them right: nothing about the list may say which.
import { expect, it } from "vitest";
import { codeChoices } from "../../src/authenticator/verification-code-choice.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

it("are three different codes of four digits, and the right one among them", () => {
  for (let round = 0; round < 500; round++) {
    const codes = codeChoices("0042", random);
    expect(codes).toHaveLength(3);
    expect(new Set(codes).size).toBe(3);
    expect(codes).toContain("0042");
    for (const code of codes) expect(code).toMatch(/^\d{4}$/);
  }
});

it("the right one comes first, second and third", () => {
  const places = [0, 0, 0];
  for (let round = 0; round < 3000; round++) places[codeChoices("7180", random).indexOf("7180")]!++;
  // Each 1000 times on average; 150 is more than five standard deviations.
  for (const times of places) expect(Math.abs(times - 1000)).toBeLessThan(150);
});

it("codes that are drawn twice are drawn again", () => {
  const bytes = [1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 9, 0, 1, 2, 2];
  const scripted = (length: number): Uint8Array => Uint8Array.from(bytes.splice(0, length));
  expect(codeChoices("1234", scripted)).toEqual(["5678", "9012", "1234"]);
});
