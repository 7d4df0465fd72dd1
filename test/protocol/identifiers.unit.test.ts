import { describe, expect, test } from "vitest";
import { formatDocumentNumber, parseDocumentNumber, randomSuffix } from "../../src/protocol/document-number.ts";
import { formatSemanticsIdentifier, parseSemanticsIdentifier } from "../../src/protocol/semantics-identifier.ts";

describe("semantics identifier", () => {
  test.each([
    ["PNOEE-40504040001", { type: "PNO", country: "EE", identifier: "40504040001" }],
    ["PNOLV-050405-10009", { type: "PNO", country: "LV", identifier: "050405-10009" }],
    ["PASKZ-N1234567", { type: "PAS", country: "KZ", identifier: "N1234567" }],
    ["IDCBE-591123456789", { type: "IDC", country: "BE", identifier: "591123456789" }],
  ])("%s is read and written back", (text, parsed) => {
    const identifier = parseSemanticsIdentifier(text);
    expect(identifier).toEqual(parsed);
    expect(identifier && formatSemanticsIdentifier(identifier)).toBe(text);
  });

  test.each([
    "",
    "PNOEE",
    "PNOEE-",
    "PNOEE--1",
    "PNOEE-1-",
    "XXXEE-40504040001",
    "PNOee-40504040001",
    "pnoEE-40504040001",
    "PNOEE40504040001",
    "PNOEE-4050404000 1",
    "PNOEE-4050404000\n",
    "PNOEE-40504040001\u0000",
    "PNOEE-４０５０",
    `PNOEE-${"1".repeat(33)}`,
  ])("%j is none", (text) => {
    expect(parseSemanticsIdentifier(text)).toBeUndefined();
  });

  test("32 characters of identifier are the most", () => {
    expect(parseSemanticsIdentifier(`PNOEE-${"1".repeat(32)}`)).toBeDefined();
  });
});

describe("document number", () => {
  test.each([
    ["PNOEE-40504040001-K2GN-Q", { semanticsIdentifier: "PNOEE-40504040001", suffix: "K2GN", qualified: true }],
    ["PNOLV-050404-19993-DEMO-NQ", { semanticsIdentifier: "PNOLV-050404-19993", suffix: "DEMO", qualified: false }],
  ])("%s is read and written back", (text, parsed) => {
    const number = parseDocumentNumber(text);
    expect(number).toEqual(parsed);
    expect(number && formatDocumentNumber(number)).toBe(text);
  });

  test.each([
    "",
    "PNOEE-40504040001",
    "PNOEE-40504040001-K2GN",
    "PNOEE-40504040001-K2GN-X",
    "PNOEE-40504040001-k2gn-Q",
    "PNOEE-40504040001-K2G-Q",
    "PNOEE-40504040001-K2GNX-Q",
    "XXXEE-40504040001-K2GN-Q",
    "PNOEE-40504040001-K2GN-Q\n",
    `PNOEE-${"1".repeat(70)}-K2GN-Q`,
  ])("%j is none", (text) => {
    expect(parseDocumentNumber(text)).toBeUndefined();
  });

  test("a suffix uses no byte that would favour the front of the alphabet", () => {
    const bytes = [252, 255, 0, 35, 36, 253, 251];
    expect(randomSuffix((length) => Uint8Array.from(bytes.splice(0, length)))).toBe("0Z0Z");
  });
});
