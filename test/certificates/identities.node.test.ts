// Whoever registration lets through: names of every script, identifiers of every country, births of every age. The certificate names
// the same person to jsrsasign, to the library of this project's clients, and to openssl.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "../../src/account/objects.ts";
import type { Issuer } from "../../src/certificates/authority.ts";
import { makeTestHierarchy } from "../../src/certificates/hierarchy.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { encodeSubject } from "../../src/certificates/profile.ts";
import { formatDocumentNumber } from "../../src/protocol/document-number.ts";
import { formatSemanticsIdentifier, IDENTITY_TYPES, type IdentityType } from "../../src/protocol/semantics-identifier.ts";
import { personName } from "../../src/registration/person-name.ts";
import { COUNTRIES } from "../support/countries.ts";
import { listCertificate, listing, strictHex } from "./der-listing.ts";
import { certificateRequest, IDENTITY, issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";
import { opensslListing } from "./openssl-listing.ts";
import { hasOpenssl } from "./profile-rows.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await issuerOf(await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW }), "QUALIFIED");
});

const issueTo = async (identity: Identity) => (await issueCertificate(certificateRequest(issuer, { identity }))).der;

const subjectOf = (C: string, CN: string, SN: string, GN: string, serialNumber: string): string =>
  `({(2.5.4.6 Printable:${C})} {(2.5.4.3 UTF8:${CN})} {(2.5.4.4 UTF8:${SN})} {(2.5.4.42 UTF8:${GN})} {(2.5.4.5 Printable:${serialNumber})})`;

describe("an identifier", () => {
  it("of every country and kind stands in the subject as it is", () => {
    expect(new Set(COUNTRIES).size).toBe(249);
    const subject = (type: IdentityType, country: string) => {
      const semanticsIdentifier = formatSemanticsIdentifier({ type, country, identifier: "AZ-09" });
      return Buffer.from(encodeSubject({ ...IDENTITY, country, semanticsIdentifier }));
    };
    for (const country of COUNTRIES) {
      const personal = subject("PNO", country);
      expect(listing(strictHex(personal))).toBe(subjectOf(country, "TESTNUMBER,OK", "TESTNUMBER", "OK", `PNO${country}-AZ-09`));
      for (const type of IDENTITY_TYPES) {
        expect(subject(type, country).toString("latin1")).toBe(personal.toString("latin1").replace("PNO", type));
      }
    }
  });

  it("of the longest kind is cut nowhere, and neither is the document number", async () => {
    const identity = { ...IDENTITY, semanticsIdentifier: `PNOFI-${"A".repeat(32)}` };
    const documentNumber = formatDocumentNumber({ ...identity, suffix: "K2GN", qualified: false });
    const { der } = await issueCertificate(certificateRequest(issuer, { identity, documentNumber }));
    const listed = listCertificate(der);
    expect(listed["subject"]).toContain(`Printable:PNOFI-${"A".repeat(32)})`);
    expect(listed["2.5.29.17"]).toContain(`UTF8:PNOFI-${"A".repeat(32)}-K2GN-NQ)`);
  });
});

describe("a date of birth", () => {
  it.each(["1800-01-01", "1899-12-31", "1904-02-29", "1949-12-31", "1950-01-01", "2000-02-29", "2026-11-21", undefined])(
    "of %s is a GeneralizedTime at noon, or not there",
    async (dateOfBirth) => {
      const { dateOfBirth: _, ...unknown } = IDENTITY;
      const listed = listCertificate(await issueTo(dateOfBirth === undefined ? unknown : { ...IDENTITY, dateOfBirth }));
      const time = dateOfBirth && `((1.3.6.1.5.5.7.9.1 {GeneralizedTime:${dateOfBirth.replaceAll("-", "")}120000Z}))`;
      expect(listed["2.5.29.9"]).toBe(time);
    },
  );
});

/** Letters and marks of one script, with what belongs to every script. */
const SCRIPTS: readonly (readonly [letters: string, marks: readonly string[]])[] = [
  ["ABCXYZabcxyzÄÕŽßÑŐŁĐþ0129", ["\u0301", "\u0323", "\u0328"]],
  ["АБВЁЖЩЫЯЇґ", ["\u0301", "\u0308"]],
  ["ΑΒΓάΐϊΰς", []],
  ["عبدةىفيپگ٣", ["\u064e", "\u0651"]],
  ["אבגשםךץ", ["\u05b8", "\u05c1", "\u0596"]],
  ["अकषजञ", ["\u093f", "\u094d", "\u0902"]],
  ["กขสทธ", ["\u0e34", "\u0e48"]],
  ["毛泽东葛城𠮷𡈽かカ", []],
  ["김이박ㄱ한金", []],
  ["Աբգև", []],
  ["აბგ", []],
  ["ⴰⵣ", []],
  ["𞤀𞤣", []],
];
const BETWEEN = [" ", "-", "'", "’", "·", ". ", " '", "\u200c", "\u200d"];
const wordOf = ([bases, marks]: (typeof SCRIPTS)[number]) => {
  const letter = fc
    .tuple(fc.constantFrom(...bases), fc.uniqueArray(fc.constantFrom(...marks, ""), { maxLength: 2 }))
    .map(([base, above]) => base + above.join(""));
  const lettersOf = (minLength: number, maxLength: number) => fc.array(letter, { minLength, maxLength });
  const letters = fc.oneof({ weight: 4, arbitrary: lettersOf(1, 40) }, { weight: 1, arbitrary: lettersOf(65, 90) });
  return letters.map((all) => all.join(""));
};
/** Mostly what passes for a name, up to far more than a certificate holds; sometimes anything at all. */
const NAME = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .constantFrom(...SCRIPTS.map(wordOf))
      .chain((word) =>
        fc
          .tuple(word, fc.array(fc.tuple(fc.constantFrom(...BETWEEN), word), { maxLength: 3 }))
          .map((parts) => parts.flat(2).join("")),
      ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);

/** Whether this is what a certificate may hold of that name: all of it, or a beginning that parts no letter from its marks. */
function isBeginning(part: string, name: string): boolean {
  if ([...name].length <= 64) return part === name;
  const rest = name.slice(part.length);
  return (
    part !== "" && [...part].length <= 64 && name.startsWith(part) && !/[\s\u200c\u200d]$/.test(part) && !/^\p{M}/u.test(rest)
  );
}

describe("a name that registration accepts", () => {
  it("is read by every decoder as the same, whole or cut at a letter's end", async () => {
    const accepted = NAME.filter((name) => personName.safeParse(name).success).map((name) => personName.parse(name));
    let cuts = 0;
    let toOpenssl = hasOpenssl ? 8 : 0;
    await fc.assert(
      fc.asyncProperty(accepted, accepted, fc.constantFrom(...COUNTRIES), async (surname, givenName, country) => {
        const identity = { ...IDENTITY, surname, givenName, country, semanticsIdentifier: `PNO${country}-1` };
        const der = await issueTo(identity);
        const [C, CN, SN, GN, serial] = new X509Certificate(der).subjectName
          .toJSON()
          .map((part) => Object.values(part)[0]?.[0] ?? "");
        expect([C, serial]).toEqual([country, identity.semanticsIdentifier]);
        expect(isBeginning(SN!, identity.surname)).toBe(true);
        expect(isBeginning(GN!, identity.givenName)).toBe(true);
        expect(isBeginning(CN!, `${identity.surname},${identity.givenName}`)).toBe(true);
        // One comma, or none where the surname alone fills the bound: nobody else's common name.
        expect(CN!.split(",").length).toBeLessThanOrEqual(2);
        expect(listCertificate(der)["subject"]).toBe(subjectOf(C!, CN!, SN!, GN!, serial!));
        if (CN !== `${identity.surname},${identity.givenName}`) cuts++;
        if (toOpenssl-- > 0) {
          expect(opensslListing(der)["Subject"]).toBe(
            `C=PRINTABLESTRING:${C}, CN=UTF8STRING:${CN}, SN=UTF8STRING:${SN}, GN=UTF8STRING:${GN}, serialNumber=PRINTABLESTRING:${serial}`,
          );
        }
      }),
      { numRuns: 50 },
    );
    expect(cuts).toBeGreaterThan(5);
  });
});
