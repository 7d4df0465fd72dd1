// What the openssl command line makes of the certificates: an independent decoder and path validator, run on the same code in
// Node that runs in workerd. Field by field: profile-conformance.node.test.ts.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "../../src/account/objects.ts";
import { CERTIFICATE_LEVELS, type CertificateLevel, type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { type CertificateRequest, issueCertificate } from "../../src/certificates/issue.ts";
import { parsePolicies } from "../../src/certificates/policies.ts";
import { hasOpensslFor } from "../support/openssl.ts";
import { COMPOSITE_PUBLIC_KEYS } from "./composite-public-keys.ts";
import { bytesOf, certificateRequest, IDENTITY, issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";

const hasOpenssl = hasOpensslFor("certificates and their chain");

let folder: string;
let hierarchy: TestHierarchy;

/** Paths of the certificates that most tests look at. */
const people: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-certificates-"));
  hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
  for (const { name, certificate } of hierarchy.authorities) writePem(name, certificate);
  for (const level of CERTIFICATE_LEVELS) {
    for (const purpose of PURPOSES) people[`${level} ${purpose}`] = await issue(`${level}-${purpose}`, level, { purpose });
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

function writePem(name: string, base64: string): string {
  const path = join(folder, `${name}.pem`);
  const lines = base64.match(/.{1,64}/g)!.join("\n");
  writeFileSync(path, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  return path;
}

async function issue(name: string, level: CertificateLevel, changes: Partial<CertificateRequest> = {}): Promise<string> {
  const { der } = await issueCertificate(certificateRequest(await issuerOf(hierarchy, level), changes));
  return writePem(name, Buffer.from(der).toString("base64"));
}

const issueTo = (name: string, identity: Partial<Identity>) =>
  issue(name, "QUALIFIED", { identity: { ...IDENTITY, ...identity } });

const openssl = (...parameters: string[]): string => execFileSync("openssl", parameters, { encoding: "utf8", stdio: "pipe" });

/** Whether the path from this certificate to the root is valid in every strictness that openssl knows. */
function verify(path: string, issuer: string, ...parameters: string[]): boolean {
  const chain = ["-CAfile", join(folder, "root.pem"), "-untrusted", join(folder, `${issuer}.pem`)];
  const time = ["-attime", String(Math.floor(NOW / 1000) + 60)];
  return spawnSync("openssl", ["verify", "-x509_strict", ...time, ...chain, ...parameters, path]).status === 0;
}

/** One extension as openssl prints it, without its name; undefined where the certificate has none. */
function extension(path: string, name: string): string | undefined {
  const lines = openssl("x509", "-in", path, "-noout", "-ext", name).trim().split("\n");
  return lines.length < 2
    ? undefined
    : lines
        .slice(1)
        .map((line) => line.trim())
        .join("\n");
}

const cases = CERTIFICATE_LEVELS.flatMap((level) => PURPOSES.map((purpose): [CertificateLevel, Purpose] => [level, purpose]));

describe.skipIf(!hasOpenssl).each(cases)("openssl, on a certificate of level %s for %s,", (level, purpose) => {
  const issuer = level === "QUALIFIED" ? "eid-q" : "eid-nq";
  const path = () => people[`${level} ${purpose}`]!;

  it("verifies the chain strictly, and not by the authority of the other level", () => {
    expect(verify(path(), issuer)).toBe(true);
    expect(verify(path(), level === "QUALIFIED" ? "eid-nq" : "eid-q")).toBe(false);
  });

  it("finds the policies of the profile valid along the path, and no others", () => {
    const expected = {
      "QUALIFIED auth": ["1.3.6.1.4.1.10015.17.2", "0.4.0.2042.1.2"],
      "QUALIFIED sign": ["1.3.6.1.4.1.10015.17.2", "0.4.0.194112.1.2"],
      "ADVANCED auth": ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
      "ADVANCED sign": ["1.3.6.1.4.1.10015.17.1", "0.4.0.2042.1.1"],
    }[`${level} ${purpose}` as const];
    expect(extension(path(), "certificatePolicies")).toBe(expected.map((policy) => `Policy: ${policy}`).join("\n"));
    for (const policy of expected) expect(verify(path(), issuer, "-explicit_policy", "-policy", policy)).toBe(true);
    expect(verify(path(), issuer, "-explicit_policy", "-policy", "1.2.3.4")).toBe(false);
  });

  it("finds the statements of qualified certificates where they belong, and no integer among them", () => {
    const statements = qcStatements(path());
    if (level === "QUALIFIED" && purpose === "sign") {
      expect(statements.filter(([tag]) => tag === "OBJECT").map(([, value]) => value)).toEqual([
        "0.4.0.1862.1.1",
        "0.4.0.1862.1.4",
        "0.4.0.1862.1.6",
        "0.4.0.1862.1.6.1",
        "0.4.0.1862.1.5",
        "1.3.6.1.5.5.7.11.2",
        "0.4.0.194121.1.1",
      ]);
      expect(statements).toContainEqual(["IA5STRING", `${PKI_BASE_URL}/disclosure/en`]);
      expect(statements).toContainEqual(["PRINTABLESTRING", "en"]);
      expect(statements.map(([tag]) => tag)).not.toContain("INTEGER");
    } else {
      expect(statements).toEqual([]);
    }
  });
});

/** Tag and value of every primitive inside the QCStatements, in their order; empty where the extension is absent. */
const qcStatements = (path: string) => primitivesIn(path, ":qcStatements");

/**
 * The primitives inside one extension, found by its name in openssl's listing. Object identifiers are decoded here: which of
 * them openssl shows by name changes from version to version.
 */
function primitivesIn(path: string, name: string): [tag: string, value: string][] {
  const lines = openssl("asn1parse", "-in", path).split("\n");
  const start = lines.findIndex((line) => line.endsWith(name));
  if (start < 0) return [];
  const offset = /^\s*(\d+):/.exec(lines[start + 1]!)![1]!;
  const content = join(folder, "extension.der");
  const listing = openssl("asn1parse", "-in", path, "-strparse", offset, "-out", content);
  const der = readFileSync(content);
  return listing.split("\n").flatMap((line): [string, string][] => {
    const [, at, header, length, tag, value] = /^\s*(\d+):d=\d+\s+hl=(\d+)\s+l=\s*(\d+) prim:\s*(.+?)\s*:(.*)$/.exec(line) ?? [];
    if (tag === undefined || value === undefined) return [];
    const begin = Number(at) + Number(header);
    return [[tag, tag === "OBJECT" ? dotted(der.subarray(begin, begin + Number(length))) : value]];
  });
}

/** The dotted form of an encoded object identifier below arc 0 or 1 (X.690 §8.19). */
function dotted(encoded: Uint8Array): string {
  const arcs = [Math.floor(encoded[0]! / 40), encoded[0]! % 40];
  let arc = 0;
  for (const byte of encoded.subarray(1)) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) arcs.push(arc);
    if (byte < 0x80) arc = 0;
  }
  return arcs.join(".");
}

describe.skipIf(!hasOpenssl)("openssl reads", () => {
  it("the whole key, whether its modulus has 6143 or 6144 bits", async () => {
    for (const bits of [6143, 6144] as const) {
      const path = await issue(`bits-${bits}`, "QUALIFIED", { publicKey: bytesOf(COMPOSITE_PUBLIC_KEYS[bits]) });
      expect(openssl("x509", "-in", path, "-noout", "-text")).toContain(`Public-Key: (${bits} bit)`);
      expect(verify(path, "eid-q")).toBe(true);
    }
  });

  it("a key of Ed25519, in a chain that is valid", async () => {
    const { publicKey: key } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", key));
    for (const purpose of PURPOSES) {
      const path = await issue(`ed25519-${purpose}`, "QUALIFIED", { purpose, publicKey });
      expect(verify(path, "eid-q")).toBe(true);
      const [pem = ""] = openssl("x509", "-in", path, "-noout", "-pubkey").match(/[A-Za-z0-9+/=]{44,}/) ?? [];
      expect(pem).toBe(Buffer.from(publicKey).toString("base64"));
    }
  });

  it("dates of birth as GeneralizedTime at noon UTC, long before 1950 as well as today's", async () => {
    for (const dateOfBirth of ["1889-12-31", "1949-12-31", "1950-01-01", "2000-02-29"]) {
      const path = await issueTo(`born-${dateOfBirth}`, { dateOfBirth });
      expect(primitivesIn(path, ":X509v3 Subject Directory Attributes")).toEqual([
        ["OBJECT", "1.3.6.1.5.5.7.9.1"],
        ["GENERALIZEDTIME", `${dateOfBirth.replaceAll("-", "")}120000Z`],
      ]);
    }
  });

  it("no subject directory attributes where the date of birth is not known", async () => {
    const { dateOfBirth: _, ...unknown } = IDENTITY;
    const path = await issue("born-unknown", "QUALIFIED", { identity: unknown });
    expect(openssl("x509", "-in", path, "-noout", "-text")).not.toContain("Subject Directory Attributes");
    expect(verify(path, "eid-q")).toBe(true);
  });

  it.each([
    ["long", "Ñ".repeat(200), "𠮷".repeat(200), "Ñ".repeat(64), "𠮷".repeat(64)],
    ["hostile", 'A,CN=B+SN="C"\\/#;<>=', "\u0000\u202e", 'A,CN=B+SN="C"\\/#;<>=', "\u0000\u202e"],
  ])("%s names as they are, cut at 64 characters", async (kind, surname, givenName, expectedSurname, expectedGivenName) => {
    const path = await issueTo(kind, { surname, givenName });
    expect(verify(path, "eid-q")).toBe(true);
    expect(subjectStrings(path)).toEqual([
      [...`${surname},${givenName}`].slice(0, 64).join(""),
      expectedSurname,
      expectedGivenName,
    ]);
  });

  it("policies and disclosure statements of an operator's own", async () => {
    const policies = parsePolicies(
      '{"sign":{"QUALIFIED":["1.2.3.4.5"]},"disclosure":[{"url":"https://a.example/en.pdf","language":"en"},{"url":"https://a.example/et.pdf","language":"et"}]}',
    );
    const path = await issue("operator", "QUALIFIED", { policies });
    expect(extension(path, "certificatePolicies")).toBe("Policy: 1.2.3.4.5");
    expect(qcStatements(path)).toEqual(
      expect.arrayContaining([
        ["IA5STRING", "https://a.example/et.pdf"],
        ["PRINTABLESTRING", "et"],
      ]),
    );
  });
});

/** The UTF8Strings of the subject: common name, surname, given name. */
function subjectStrings(path: string): string[] {
  const der = execFileSync("openssl", ["x509", "-in", path, "-outform", "DER"]);
  const lines = openssl("asn1parse", "-in", path).split("\n");
  // The first two UTF8Strings are organisation and common name of the issuer; the alternative name is inside an OCTET STRING.
  return lines
    .filter((line) => line.includes("UTF8STRING"))
    .slice(2)
    .map((line) => {
      const [, offset, header, length] = /^\s*(\d+):d=\d+\s+hl=(\d+)\s+l=\s*(\d+)/.exec(line)!.map(Number);
      return der.subarray(offset! + header!, offset! + header! + length!).toString("utf8");
    });
}
