// What a server may say of itself: what becomes a link or stands beside one is judged on both sides.
import { describe, expect, it } from "vitest";
import { operatorSchema } from "../../src/protocol/registration-about.ts";

const takes = (operator: object): boolean => operatorSchema.safeParse(operator).success;

describe("an operator's addresses", () => {
  it.each([
    "https://example.ee",
    "https://example.ee:8443/help?for=people#now",
    "https://xn--nide-loa.example.ee/",
    "mailto:help.desk+tally@sub.example.ee",
    "tel:+372-600-1234",
    "tel:112",
  ])("take %s as a contact", (contact) => expect(takes({ contact })).toBe(true));

  it.each([
    "",
    "example.ee",
    "//example.ee",
    "http://example.ee",
    "HTTPS://example.ee",
    "https:",
    "https://",
    "https://example.ee:port",
    "https://somebody@example.ee",
    "https://:secret@example.ee",
    "https://näide.ee",
    "https://example.ee/\u202egpj.exe",
    "https://example.ee/a b",
    "https://example.ee\n",
    `https://example.ee/${"x".repeat(300)}`,
    "javascript:alert(1)",
    "data:text/html,x",
    "intent://example.ee",
    "mailto:help@example.ee?bcc=other@example.com",
    "mailto:help@example.ee,other@example.com",
    "mailto:help",
    `mailto:${"x".repeat(300)}@example.ee`,
    "mailto:help@example.ee\n",
    "tel:",
    "tel:+",
    "tel:*21*112#",
    "tel:1234;phone-context=x",
  ])("do not take %j", (contact) => expect(takes({ contact })).toBe(false));

  it.each(["terms", "privacy"])("are pages where they are of %s", (field) => {
    expect(takes({ [field]: "https://example.ee/terms" })).toBe(true);
    for (const address of ["mailto:help@example.ee", "tel:112", "http://example.ee"])
      expect(takes({ [field]: address })).toBe(false);
  });
});

describe("an operator's name", () => {
  it.each(["Example", "Näidis AS", "ООО «Пример» (Рига)", "例", "x".repeat(100)])("can be %s", (name) =>
    expect(takes({ name })).toBe(true),
  );

  it.each([
    "",
    " ",
    " Example",
    "Example ",
    "x".repeat(101),
    "Exam\nple",
    "Exam\u2028ple",
    "Exam\u0000ple",
    "Exam\u202eple",
    "Exam\u2066ple",
    "Exam\u200fple",
    "Exam\u200bple",
    "Exam\ud800ple",
  ])("cannot be %j", (name) => expect(takes({ name })).toBe(false));
});
