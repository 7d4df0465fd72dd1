import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { INTERACTIONS_LIMIT, parseInteractions } from "../../src/protocol/interactions.ts";

const encode = (value: unknown): string => toBase64(utf8(JSON.stringify(value)));
const encodeText = (json: string): string => toBase64(utf8(json));
const short = { type: "displayTextAndPIN", displayText60: "Log in" };
const long = { type: "confirmationMessage", displayText200: "Transfer 5 €" };
const choice = { type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Choose" };

describe("interactions", () => {
  test("are kept in the relying party's order", () => {
    expect(parseInteractions(encode([choice, long, short]))).toEqual([
      { type: "confirmationMessageAndVerificationCodeChoice", displayText: "Choose" },
      { type: "confirmationMessage", displayText: "Transfer 5 €" },
      { type: "displayTextAndPIN", displayText: "Log in" },
    ]);
  });

  test.each([
    ["text that is not base64", "not_base64", "%%%"],
    ["base64 without its padding", "not_base64", encode([short]).replace(/=+$/, "") + "A"],
    ["base64url", "not_base64", "--__"],
    ["base64 with a line break", "not_base64", `${encode([short])}\n`],
    ["more than the limit", "not_base64", "A".repeat(INTERACTIONS_LIMIT + 4)],
    ["what is not JSON", "not_json", toBase64(utf8("[{"))],
    ["what is not UTF-8", "not_json", toBase64(Uint8Array.of(0x22, 0xff, 0x22))],
    ["nothing", "not_json", ""],
    [
      "a display text twice",
      "repeated_member",
      encodeText('[{"type":"displayTextAndPIN","displayText60":"1","displayText60":"2"}]'),
    ],
    [
      "it, spelled otherwise",
      "repeated_member",
      encodeText('[{"type":"displayTextAndPIN","displayText60":"1","\\u0064isplayText60":"2"}]'),
    ],
    [
      "a type twice in one",
      "repeated_member",
      encodeText('[{"type":"confirmationMessage","type":"displayTextAndPIN","displayText60":"1"}]'),
    ],
    [
      "an unknown member twice",
      "repeated_member",
      encodeText('[{"type":"displayTextAndPIN","displayText60":":\\":","x":{"y":1,"y":1}}]'),
    ],
    ["a single object", "not_a_list", encode(short)],
    ["null", "not_a_list", encode(null)],
    ["an empty list", "empty", encode([])],
    ["a list of words", "unknown_type", encode(["displayTextAndPIN"])],
    ["a list with null", "unknown_type", encode([null])],
    ["an unknown type", "unknown_type", encode([{ type: "verificationCodeChoice", displayText60: "x" }])],
    ["a type that every object inherits", "unknown_type", encode([{ type: "constructor", displayText60: "x" }])],
    ["one unknown type behind a known one", "unknown_type", encode([short, { type: "other" }])],
    ["a type twice", "repeated_type", encode([short, long, short])],
    ["no display text", "display_text_missing", encode([{ type: "displayTextAndPIN" }])],
    ["an empty display text", "display_text_missing", encode([{ ...short, displayText60: "" }])],
    ["a blank display text", "display_text_missing", encode([{ ...short, displayText60: " \t " }])],
    ["a display text that is no text", "display_text_missing", encode([{ ...short, displayText60: 5 }])],
    ["the other display text", "display_text_of_other_type", encode([{ type: "displayTextAndPIN", displayText200: "x" }])],
    ["both display texts", "display_text_of_other_type", encode([{ ...long, displayText60: "x" }])],
    ["a text of nothing that is seen", "display_text_missing", encode([{ ...short, displayText60: "\u3164\u2800" }])],
    ["five lines in displayText60", "display_text_lines", encode([{ ...short, displayText60: "1\n2\n3\n4\n5" }])],
    ["nine lines in displayText200", "display_text_lines", encode([{ ...long, displayText200: "1\n2\n3\n4\n5\n6\n7\n8\n9" }])],
    ["two blank lines in a row", "display_text_lines", encode([{ ...long, displayText200: "Log in?\n\n\n." }])],
    [
      "blank lines that push the code off the screen",
      "display_text_lines",
      encode([{ ...short, displayText60: `Log in?${"\n".repeat(52)}.` }]),
    ],
    ["61 characters in displayText60", "display_text_length", encode([{ ...short, displayText60: "x".repeat(61) }])],
    ["201 characters in displayText200", "display_text_length", encode([{ ...long, displayText200: "x".repeat(201) }])],
    [
      "half a surrogate pair",
      "display_text_characters",
      toBase64(utf8('[{"type":"displayTextAndPIN","displayText60":"\\ud800"}]')),
    ],
  ])("%s: refused as %s", (_name, fault, base64) => {
    expect(parseInteractions(base64)).toBe(fault);
  });

  test("a display text may fill its length, counted in characters and not in bytes", () => {
    expect(parseInteractions(encode([{ ...short, displayText60: "😀".repeat(60) }]))).toHaveLength(1);
    expect(parseInteractions(encode([{ ...long, displayText200: "õ".repeat(200) }]))).toHaveLength(1);
  });

  test("three full texts with every character escaped fit", () => {
    const escaped = (length: number): string => "\\u00f5".repeat(length);
    const json = `[{"type":"displayTextAndPIN","displayText60":"${escaped(60)}"},{"type":"confirmationMessage","displayText200":"${escaped(200)}"},{"type":"confirmationMessageAndVerificationCodeChoice","displayText200":"${escaped(200)}"}]`;
    expect(parseInteractions(toBase64(utf8(json)))).toHaveLength(3);
  });

  test("members of the same name in different objects, and what looks like a member inside of a text, are no repetition", () => {
    const displayText60 = '{"type":"x","type":"x"}: \\":" \\\\';
    expect(parseInteractions(encode([{ ...short, displayText60, __proto__x: [{ a: 1 }, { a: 1 }] }, long]))).toHaveLength(2);
    expect(parseInteractions(encodeText(JSON.stringify([short, long], undefined, 2)))).toHaveLength(2);
  });

  test("unknown fields and an unused display text of null are ignored", () => {
    expect(parseInteractions(encode([{ ...short, displayText200: null, more: [1] }]))).toHaveLength(1);
  });

  test("a text may break its lines, and may not hide or reorder what is read", () => {
    const text = (displayText200: string) => parseInteractions(encode([{ type: "confirmationMessage", displayText200 }]));
    expect(text("first line\nsecond line\r\nthird")).toHaveLength(1);
    expect(text("1\n2\n3\n4\n5\n6\n\n8")).toHaveLength(1);
    for (const character of [
      "\u001b",
      "\u0000",
      "\r",
      "\u0085",
      "\u202e",
      "\u200f",
      "\u200b",
      "\u2028",
      "\u0301".repeat(6),
      "\u3000".repeat(3),
    ]) {
      expect(text(`pay${character}1 €`)).toBe("display_text_characters");
      expect(text(`first line\npay${character}1 €\nthird`)).toBe("display_text_characters");
    }
  });

  test("no input makes the parser throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => toBase64(utf8(json.toWellFormed()))),
        ),
        (text) => {
          parseInteractions(text);
        },
      ),
    );
  });
});
