import { describe, expect, test } from "vitest";
import { areFew, isBlank, isName, isReadable, linesOf } from "../../src/protocol/shown-text.ts";

describe("a line that a person is shown", () => {
  test.each([
    ["letters of any script", "Õige ära 支付 платёж שלום דחוף"],
    ["Vietnamese, whose letters have two marks", "Đăng nhập hệ thống".normalize("NFD")],
    ["Hindi, whose letters have three", "लड़ों को"],
    ["Burmese, whose letters have four", "ကြွေး"],
    ["Hebrew with points", "שּׁ"],
    ["Persian with a joiner", "می\u200cخواهم"],
    ["emoji of several characters", "👨‍👩‍👧‍👦 ❤️‍🔥 🏴‍☠️ 1️⃣ 👍🏽"],
    ["a no-break space in a number, and two after it", "1\u00a0000\u00a0000\u00a0\u00a0EUR"],
    ["spaces that the line swallows", "Amount:        5 EUR"],
    ["a character that was not assigned yet", "\u{1fb00}\u{323b0}"],
  ])("may have %s", (_what, text) => {
    expect(isReadable(text)).toBe(true);
  });

  test.each([
    ["a control character", "\u0007"],
    ["a tab", "\t"],
    ["a carriage return", "\r"],
    ["a next line", "\u0085"],
    ["an override", "\u202e"],
    ["an isolate", "\u2066"],
    ["a right-to-left mark", "\u200f"],
    ["a left-to-right mark", "\u200e"],
    ["an Arabic letter mark", "\u061c"],
    ["a line separator", "\u2028"],
    ["a paragraph separator", "\u2029"],
    ["a zero-width space", "\u200b"],
    ["a word joiner", "\u2060"],
    ["a byte order mark", "\ufeff"],
    ["a soft hyphen", "\u00ad"],
    ["a tag", "\u{e0041}"],
    ["a selector of nothing", "\u{e0100}"],
    ["a filler", "\u3164"],
    ["a private character", "\ue000"],
    ["a non-character", "\ufffe"],
    ["half a surrogate pair", "\ud800"],
  ])("has no %s, wherever it stands", (_what, character) => {
    for (const text of [`Pay 1${character}500 EUR?`, `${character}Pay`, `Pay${character}`]) expect(isReadable(text)).toBe(false);
  });

  test("reorders no amount: what is drawn as 500.1 is not let through as 1.500", () => {
    expect(isReadable("Pay \u200f1\u200f.\u200f500 EUR?")).toBe(false);
  });

  test.each([["marks"], ["marks and joiners"]])("heaps no %s on a character: five are all", (what) => {
    const heap = (height: number) =>
      `Log in${what === "marks" ? "\u030d".repeat(height) : "\u030d\u200d".repeat(height).slice(0, height)}?`;
    expect(isReadable(heap(5))).toBe(true);
    expect(isReadable(heap(6))).toBe(false);
    expect(isReadable(heap(48))).toBe(false);
  });

  test.each(["\u00a0", "\u2003", "\u3000", "\u2800", "\u3000 "])("has no wide gap of %j", (space) => {
    expect(isReadable(`Log in?${space.repeat(2)}.`)).toBe(true);
    expect(isReadable(`Log in?${space.repeat(3)}.`)).toBe(false);
  });
});

describe("a name", () => {
  test.each(["SEB", "Põhja & Co", "ООО «Пример»", "みずほ Bank", "Bank 👍🏽"])("can be %s", (name) =>
    expect(isName(name)).toBe(true),
  );
  test.each([
    "",
    " ",
    "\u2800",
    "Tal\u2800ly",
    "SEB\ufe0f",
    "SEB\ufe0e",
    "S\u200dEB",
    " SEB",
    "SEB\u00a0",
    "S\u202eEB",
    "S\u2fe0",
  ])("that looks like another one, or like none, is none: %j", (name) => expect(isName(name)).toBe(false));
});

describe("lines", () => {
  const few = (text: string, limit = 4) => areFew(linesOf(text), limit);

  test("end in LF or CR LF, and are counted", () => {
    expect(linesOf("a\nb\r\nc")).toEqual(["a", "b", "c"]);
    expect(few("a\nb\r\nc\nd")).toBe(true);
    expect(few("a\nb\r\nc\nd\ne")).toBe(false);
  });

  test.each(["a\n\nb", "a\n \nb", "\na\n"])("may have one blank one in a row: %j", (text) => {
    expect(few(text)).toBe(true);
  });

  test.each(["a\n\n\nb", "a\n \u00a0\n\u2800\nb", "\n\na", "a\n\n"])("have no two blank ones in a row: %j", (text) => {
    expect(few(text)).toBe(false);
  });
});

test("what shows nothing is blank, whatever it is made of", () => {
  for (const text of ["", " \n\t", "\u2800", "\u3164", "\u200d\ufe0f", "\u3000"]) expect(isBlank(text)).toBe(true);
  for (const text of [".", "字", "👍"]) expect(isBlank(text)).toBe(false);
});
