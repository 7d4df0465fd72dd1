// THE table: every field of people's and authorities' certificates, as jsrsasign reads the DER and as openssl prints it. Whatever is not
// in the table, a field or an extension more, a string of another type, fails here. Status: status-conformance.node.test.ts.
import { beforeAll, describe, expect, it } from "vitest";
import { CERTIFICATE_LEVELS, type CertificateLevel, type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import type { Issuer } from "../../src/certificates/authority.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { COMPOSITE_PUBLIC_KEYS } from "./composite-public-keys.ts";
import { listCertificate } from "./der-listing.ts";
import { bytesOf, certificateRequest, issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";
import { opensslListing } from "./openssl-listing.ts";
import {
  addressRow,
  COMMON,
  expectTable,
  hasOpenssl,
  ISSUER,
  keyIdentifier,
  keyIdentifierOf,
  keyIdentifiers,
  listAddress,
  named,
  PUBLIC_KEY,
  type Row,
  SUBJECT,
  tbsParts,
  uri,
} from "./profile-rows.ts";

let hierarchy: TestHierarchy;
const issuers: Partial<Record<CertificateLevel, Issuer>> = {};
beforeAll(async () => {
  hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
  for (const level of CERTIFICATE_LEVELS) issuers[level] = await issuerOf(hierarchy, level);
});

const authority = (name: string): Uint8Array<ArrayBuffer> =>
  bytesOf(hierarchy.authorities.find((record) => record.name === name)!.certificate);

const PUBLIC_KEYS = {
  RSA: {
    spki: bytesOf(COMPOSITE_PUBLIC_KEYS[6144]),
    row: [
      "publicKeyAlgorithm",
      "(1.2.840.113549.1.1.1 NULL)",
      "Subject Public Key Info",
      "Public Key Algorithm: rsaEncryption | Public-Key: (6144 bit) | Modulus: | Exponent: 65537 (0x10001)",
    ],
  },
  Ed25519: {
    spki: Uint8Array.from(Buffer.from(`302a300506032b6570032100${"07".repeat(32)}`, "hex")),
    row: [
      "publicKeyAlgorithm",
      "(1.3.101.112)",
      "Subject Public Key Info",
      "Public Key Algorithm: ED25519 | ED25519 Public-Key: | pub:",
    ],
  },
} as const satisfies Record<string, { spki: Uint8Array<ArrayBuffer>; row: Row }>;

const POLICIES = {
  "QUALIFIED auth": ["1.3.6.1.4.1.10015.17.2", "0.4.0.2042.1.2"],
  "QUALIFIED sign": ["1.3.6.1.4.1.10015.17.2", "0.4.0.194112.1.2"],
  "ADVANCED auth": ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
  "ADVANCED sign": ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
} as const;

/** QcCompliance, QcSSCD, QcType esign, QcPDS, the semantics of the serial number: and no INTEGER. */
const QC_STATEMENTS =
  `((0.4.0.1862.1.1) (0.4.0.1862.1.4) (0.4.0.1862.1.6 (0.4.0.1862.1.6.1)) ` +
  `(0.4.0.1862.1.5 ((IA5:${PKI_BASE_URL}/disclosure/en Printable:en))) (1.3.6.1.5.5.7.11.2 (0.4.0.194121.1.1)))`;

/** A person's certificate, as in the fixtures: issued at 10:20:30.456 for three years less a second. */
function personRows(level: CertificateLevel, purpose: Purpose, algorithm: keyof typeof PUBLIC_KEYS): readonly Row[] {
  const [short, name, suffix] = level === "QUALIFIED" ? ["eid-q", "EID-Q", "Q"] : ["eid-nq", "EID-NQ", "NQ"];
  const policies = POLICIES[`${level} ${purpose}`];
  const { spki, row } = PUBLIC_KEYS[algorithm];
  return [
    ...COMMON,
    named("issuer", name),
    [
      "validity",
      "(UTCTime:261121102030Z UTCTime:291121102029Z)",
      "Validity",
      "Not Before: Nov 21 10:20:30 2026 GMT | Not After : Nov 21 10:20:29 2029 GMT",
    ],
    [
      "subject",
      "({(2.5.4.6 Printable:EE)} {(2.5.4.3 UTF8:TESTNUMBER,OK)} {(2.5.4.4 UTF8:TESTNUMBER)} {(2.5.4.42 UTF8:OK)} {(2.5.4.5 Printable:PNOEE-40504040001)})",
      "Subject",
      "C=PRINTABLESTRING:EE, CN=UTF8STRING:TESTNUMBER,OK, SN=UTF8STRING:TESTNUMBER, GN=UTF8STRING:OK, serialNumber=PRINTABLESTRING:PNOEE-40504040001",
    ],
    row,
    ["2.5.29.19", "()", "X509v3 Basic Constraints", "CA:FALSE"],
    ...keyIdentifiers(keyIdentifier(Buffer.from(spki).toString("hex")), keyIdentifierOf(authority(short))),
    purpose === "auth"
      ? ["2.5.29.15", "critical BITS:0780", "X509v3 Key Usage", "critical | Digital Signature"]
      : ["2.5.29.15", "critical BITS:0640", "X509v3 Key Usage", "critical | Non Repudiation"],
    ...(purpose === "auth"
      ? ([["2.5.29.37", "(1.3.6.1.4.1.62306.5.7.0)", "X509v3 Extended Key Usage", "1.3.6.1.4.1.62306.5.7.0"]] as const)
      : []),
    [
      "2.5.29.32",
      `(${policies.map((policy) => `(${policy})`).join(" ")})`,
      "X509v3 Certificate Policies",
      policies.map((policy) => `Policy: ${policy}`).join(" | "),
    ],
    [
      "2.5.29.17",
      `([4](({(2.5.4.3 UTF8:PNOEE-40504040001-K2GN-${suffix})})))`,
      "X509v3 Subject Alternative Name",
      `DirName:/CN=PNOEE-40504040001-K2GN-${suffix}`,
    ],
    ["2.5.29.9", "((1.3.6.1.5.5.7.9.1 {GeneralizedTime:19050404120000Z}))", "X509v3 Subject Directory Attributes", null],
    addressRow(short),
    listAddress(`${PKI_BASE_URL}/crl/${short}.crl`),
    ...(level === "QUALIFIED" && purpose === "sign"
      ? ([["1.3.6.1.5.5.7.1.3", QC_STATEMENTS, "qcStatements", null]] as const)
      : []),
  ];
}

const cases = CERTIFICATE_LEVELS.flatMap((level) =>
  PURPOSES.flatMap((purpose) => (["RSA", "Ed25519"] as const).map((algorithm) => [level, purpose, algorithm] as const)),
);

describe.each(cases)("a certificate of level %s for %s, with a key of %s,", (level, purpose, algorithm) => {
  it("is what the table says and nothing else", async () => {
    const publicKey = PUBLIC_KEYS[algorithm].spki;
    const request = certificateRequest(issuers[level]!, { purpose, publicKey });
    const { der, serialNumberHex } = await issueCertificate(request);
    expectTable(der, personRows(level, purpose, algorithm));
    expect(listCertificate(der)["serialNumber"]).toBe(`INTEGER:${serialNumberHex}`);
    const parts = tbsParts(der);
    expect(parts[ISSUER]).toBe(tbsParts(issuers[level]!.certificate)[SUBJECT]);
    expect(parts[PUBLIC_KEY]).toBe(Buffer.from(publicKey).toString("hex"));
  });
});

describe("the end of a certificate", () => {
  it("is a UTCTime up to the end of 2049 and a GeneralizedTime from then on", async () => {
    const later = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: Date.parse("2048-01-01T00:00:00Z") });
    const issuer = await issuerOf(later, "QUALIFIED");
    const validity = async (end: string) => {
      const changes = { now: Date.parse("2048-06-01T00:00:00.999Z"), notAfterLimit: Date.parse(end) };
      const { der } = await issueCertificate(certificateRequest(issuer, changes));
      return [listCertificate(der)["validity"], hasOpenssl && opensslListing(der)["Validity"]];
    };
    expect(await validity("2049-12-31T23:59:59.999Z")).toEqual([
      "(UTCTime:480601000000Z UTCTime:491231235959Z)",
      hasOpenssl && "Not Before: Jun  1 00:00:00 2048 GMT | Not After : Dec 31 23:59:59 2049 GMT",
    ]);
    expect(await validity("2050-01-01T00:00:00.999Z")).toEqual([
      "(UTCTime:480601000000Z GeneralizedTime:20500101000000Z)",
      hasOpenssl && "Not Before: Jun  1 00:00:00 2048 GMT | Not After : Jan  1 00:00:00 2050 GMT",
    ]);
  });
});

const P384: Row = [
  "publicKeyAlgorithm",
  "(1.2.840.10045.2.1 1.3.132.0.34)",
  "Subject Public Key Info",
  "Public Key Algorithm: id-ecPublicKey | Public-Key: (384 bit) | pub: | ASN1 OID: secp384r1 | NIST CURVE: P-384",
];
const CA_KEY_USAGE: Row = ["2.5.29.15", "critical BITS:0106", "X509v3 Key Usage", "critical | Certificate Sign, CRL Sign"];

describe("an authority's certificate", () => {
  it("is, for the root, self-issued for twenty years, with one authority below it", () => {
    const der = authority("root");
    expectTable(der, [
      ...COMMON,
      named("issuer", "Root"),
      [
        "validity",
        "(UTCTime:261121100000Z UTCTime:461121100000Z)",
        "Validity",
        "Not Before: Nov 21 10:00:00 2026 GMT | Not After : Nov 21 10:00:00 2046 GMT",
      ],
      named("subject", "Root"),
      P384,
      ["2.5.29.19", "critical (TRUE INTEGER:01)", "X509v3 Basic Constraints", "critical | CA:TRUE, pathlen:1"],
      CA_KEY_USAGE,
      ...keyIdentifiers(keyIdentifierOf(der), undefined),
    ]);
  });

  it.each(["EID-Q", "EID-NQ"])("is, for %s, the root's for fifteen years, with people alone below it", (name) => {
    const der = authority(name.toLowerCase());
    const rootAddress = `${PKI_BASE_URL}/certificates/root.cer`;
    expectTable(der, [
      ...COMMON,
      named("issuer", "Root"),
      [
        "validity",
        "(UTCTime:261121100000Z UTCTime:411121100000Z)",
        "Validity",
        "Not Before: Nov 21 10:00:00 2026 GMT | Not After : Nov 21 10:00:00 2041 GMT",
      ],
      named("subject", name),
      P384,
      ["2.5.29.19", "critical (TRUE INTEGER:00)", "X509v3 Basic Constraints", "critical | CA:TRUE, pathlen:0"],
      CA_KEY_USAGE,
      ...keyIdentifiers(keyIdentifierOf(der), keyIdentifierOf(authority("root"))),
      ["2.5.29.32", "((2.5.29.32.0))", "X509v3 Certificate Policies", "Policy: X509v3 Any Policy"],
      [
        "1.3.6.1.5.5.7.1.1",
        `((1.3.6.1.5.5.7.48.2 ${uri(rootAddress)}))`,
        "Authority Information Access",
        `CA Issuers - URI:${rootAddress}`,
      ],
      listAddress(`${PKI_BASE_URL}/crl/root.crl`),
    ]);
    expect(tbsParts(der)[ISSUER]).toBe(tbsParts(authority("root"))[SUBJECT]);
  });
});
