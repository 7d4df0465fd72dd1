// Names of people as they are: long, of any script, sometimes hostile.
import { X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Issuer } from "../../src/certificates/authority.ts";
import { cutToBound } from "../../src/certificates/distinguished-name.ts";
import { makeTestHierarchy } from "../../src/certificates/hierarchy.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { certificateRequest, IDENTITY, issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";

let issuer: Issuer;

beforeAll(async () => {
  issuer = await issuerOf(await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW }), "QUALIFIED");
});

/** The values of the subject as an independent decoder reads them. */
async function namesIn(surname: string, givenName: string): Promise<{ CN: unknown; SN: unknown; GN: unknown }> {
  const { der } = await issueCertificate(certificateRequest(issuer, { identity: { ...IDENTITY, surname, givenName } }));
  const { CN, SN, GN } = new X509Certificate(der).toLegacyObject().subject as Record<string, unknown>;
  return { CN, SN, GN };
}

describe("names in a subject", () => {
  it.each([
    ["ŽIVANOVIĆ-ÕUNAPUU", "Jürgen Öö"],
    ["Достоевский", "Фёдор Михайлович"],
    ["毛", "泽东"],
    ["𠮷野", "家𝒜"],
    ["عبد الله", "محمد"],
    ["O'Brien", "Seán"],
  ])("keep every letter: %s, %s", async (surname, givenName) => {
    expect(await namesIn(surname, givenName)).toEqual({ CN: `${surname},${givenName}`, SN: surname, GN: givenName });
  });

  it.each(["A,CN=Somebody Else", "A+SN=B", "#0c0141", 'A"B\\', "A/CN=B", "<b>", " A;B "])(
    "stay one value each: %s",
    async (surname) => {
      expect(await namesIn(surname, "X")).toEqual({ CN: `${surname},X`, SN: surname, GN: "X" });
    },
  );

  it("longer than 64 characters are cut there, each on its own", async () => {
    const surname = "S".repeat(70);
    const givenName = "G".repeat(64);
    expect(await namesIn(surname, givenName)).toEqual({ CN: "S".repeat(64), SN: "S".repeat(64), GN: givenName });
  });
});

describe("the cut of a long name", () => {
  it("counts code points, so that a character outside of the basic plane counts once and is never halved", () => {
    expect(cutToBound("𠮷".repeat(70), 64)).toBe("𠮷".repeat(64));
    expect(cutToBound(`${"a".repeat(63)}𠮷b`, 64)).toBe(`${"a".repeat(63)}𠮷`);
  });

  it("never parts a letter from its combining marks or from what is joined to it", () => {
    expect(cutToBound(`${"a".repeat(63)}e\u0301`, 64)).toBe("a".repeat(63));
    expect(cutToBound(`${"a".repeat(62)}e\u0301\u0323x`, 64)).toBe("a".repeat(62));
    expect(cutToBound(`${"a".repeat(63)}\u0915\u200d\u0937`, 64)).toBe("a".repeat(63));
  });

  it("leaves no white space and no joiner at the end", () => {
    expect(cutToBound(`${"a".repeat(63)} b`, 64)).toBe("a".repeat(63));
    expect(cutToBound(`${"ه".repeat(63)}\u200cز`, 64)).toBe("ه".repeat(63));
  });

  it("of anything gives a well-formed prefix of at most 64 code points that is not empty", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 150 }), (name) => {
        const cut = cutToBound(name, 64);
        expect([...cut].length).toBeLessThanOrEqual(64);
        expect(cut.isWellFormed()).toBe(true);
        expect(name.toWellFormed().startsWith(cut)).toBe(true);
        if (name.trim() === name) expect(cut).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });

  it("replaces lone surrogates, which UTF-8 cannot hold", () => {
    expect(cutToBound("A\ud800B", 64)).toBe("A\ufffdB");
  });
});
