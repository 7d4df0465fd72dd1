// What the table of profile-conformance.node.test.ts is made of: rows, the ones that come again, and the comparison.
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { hasOpensslFor } from "../support/openssl.ts";
import { listCertificate, partsOf, strictHex, valueOf } from "./der-listing.ts";
import { PKI_BASE_URL } from "./fixtures.ts";
import { opensslListing } from "./openssl-listing.ts";

export const hasOpenssl = hasOpensslFor("every field of a certificate");

/**
 * Name in RFC 5280 or object identifier, its DER; name in openssl's listing, what it prints. Null where that changes from version to
 * version (openssl.node.test.ts has it take the DER apart): then only that it is not critical.
 */
export type Row = readonly [field: string, der: string, openssl: string, text: string | null];

export const ECDSA_SHA256 = "(1.2.840.10045.4.3.2)";
export const ECDSA_SHA384 = "(1.2.840.10045.4.3.3)";
export const uri = (address: string): string => `[6]:${Buffer.from(address).toString("hex")}`;
const colons = (hex: string): string => hex.match(/../g)!.join(":");
/** RFC 5280 §4.2.1.2 method 1, of a SubjectPublicKeyInfo. */
export const keyIdentifier = (publicKey: string): string =>
  createHash("sha1")
    .update(Buffer.from(valueOf(partsOf(publicKey)[1]!).slice(2), "hex"))
    .digest("hex");

export const COMMON: readonly Row[] = [
  ["version", "[0](INTEGER:02)", "Version", "3 (0x2)"],
  ["signature", ECDSA_SHA384, "Signature Algorithm", "ecdsa-with-SHA384"],
  ["signatureAlgorithm", ECDSA_SHA384, "Signature Algorithm outside", "ecdsa-with-SHA384 | Signature Value:"],
];

/** Names of authorities. */
export const named = (field: "issuer" | "subject", commonName: string): Row => [
  field,
  `({(2.5.4.6 Printable:XX)} {(2.5.4.10 UTF8:TEST Tally)} {(2.5.4.3 UTF8:TEST Tally ${commonName})})`,
  field === "issuer" ? "Issuer" : "Subject",
  `C=PRINTABLESTRING:XX, O=UTF8STRING:TEST Tally, CN=UTF8STRING:TEST Tally ${commonName}`,
];

export const keyIdentifiers = (own: string, authority: string | undefined): readonly Row[] => [
  ["2.5.29.14", `OCTETS:${own}`, "X509v3 Subject Key Identifier", colons(own).toUpperCase()],
  ...(authority === undefined
    ? []
    : ([["2.5.29.35", `([0]:${authority})`, "X509v3 Authority Key Identifier", colons(authority).toUpperCase()]] as const)),
];

export const listAddress = (address: string): Row => [
  "2.5.29.31",
  `(([0]([0](${uri(address)}))))`,
  "X509v3 CRL Distribution Points",
  `Full Name: | URI:${address}`,
];

/** What an authority of that short name issued: where its status is asked for, and where the authority's certificate is. */
export function addressRow(authority: string): Row {
  const [ocsp, issuer] = [`${PKI_BASE_URL}/ocsp`, `${PKI_BASE_URL}/certificates/${authority}.cer`];
  return [
    "1.3.6.1.5.5.7.1.1",
    `((1.3.6.1.5.5.7.48.1 ${uri(ocsp)}) (1.3.6.1.5.5.7.48.2 ${uri(issuer)}))`,
    "Authority Information Access",
    `OCSP - URI:${ocsp} | CA Issuers - URI:${issuer}`,
  ];
}

/** The serial number is random, and so is the key: of these the form, and openssl's reading of the same number. */
export function expectTable(der: Uint8Array, rows: readonly Row[]): void {
  const { serialNumber, signatureValue, ...listed } = listCertificate(der);
  expect(serialNumber).toMatch(/^INTEGER:[4-7][0-9a-f]{31}$/);
  expect(signatureValue).toBe("BITS");
  expect(listed).toEqual(Object.fromEntries(rows.map(([field, value]) => [field, value])));
  if (!hasOpenssl) return;
  const expected = Object.fromEntries(rows.map(([, , field, text]) => [field, text ?? expect.not.stringMatching(/^critical/)]));
  expect(opensslListing(der)).toEqual({ ...expected, "Serial Number": colons(serialNumber!.slice("INTEGER:".length)) });
}

export const tbsParts = (der: Uint8Array): string[] => partsOf(partsOf(strictHex(der))[0]!);
export const [ISSUER, SUBJECT, PUBLIC_KEY] = [3, 5, 6];

export const keyIdentifierOf = (certificate: Uint8Array): string => keyIdentifier(tbsParts(certificate)[PUBLIC_KEY]!);
