// Issuing inside the runtime that does it in production, read back by that runtime's own X.509 decoder (BoringSSL) instead of the
// library that wrote the certificate. Field by field: profile-conformance.node.test.ts.
import { verify, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type CertificateLevel, type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import type { Issuer } from "../../src/certificates/authority.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { type CertificateRequest, issueCertificate } from "../../src/certificates/issue.ts";
import { bytesOf, certificateRequest, IDENTITY, issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";

const YEAR = 365 * 24 * 3_600_000;

let hierarchy: TestHierarchy;
let qualified: Issuer;
let nonQualified: Issuer;

beforeAll(async () => {
  hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
  qualified = await issuerOf(hierarchy, "QUALIFIED");
  nonQualified = await issuerOf(hierarchy, "ADVANCED");
});

async function issue(issuer: Issuer, changes: Partial<CertificateRequest> = {}) {
  const issued = await issueCertificate(certificateRequest(issuer, changes));
  return { issued, decoded: new X509Certificate(issued.der) };
}

describe("the certificate of a person", () => {
  const cases: [CertificateLevel, Purpose][] = [
    ["QUALIFIED", "auth"],
    ["QUALIFIED", "sign"],
    ["ADVANCED", "auth"],
    ["ADVANCED", "sign"],
  ];
  it.each(cases)("of level %s for %s is signed by the authority of that level alone", async (level, purpose) => {
    const [issuer, other] = level === "QUALIFIED" ? [qualified, nonQualified] : [nonQualified, qualified];
    const { decoded } = await issue(issuer, { purpose });
    const authority = new X509Certificate(issuer.certificate);
    expect(decoded.verify(authority.publicKey)).toBe(true);
    expect(decoded.checkIssued(authority)).toBe(true);
    expect(decoded.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
    expect(decoded.ca).toBe(false);
  });

  it("is marked TEST in the name of its issuer and not in its subject", async () => {
    const { decoded } = await issue(qualified, { identity: { ...IDENTITY, surname: "MÄNNIK" } });
    expect(decoded.issuer.split("\n")).toContain("CN=TEST Tally EID-Q");
    expect(decoded.subject).not.toContain("TEST");
  });
});

describe("the certificate of an Ed25519 key", () => {
  it("has that key, which verifies what was signed with it, and no parameters, in 44 bytes (RFC 8410)", async () => {
    const keys = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array((await crypto.subtle.exportKey("spki", keys.publicKey)) as ArrayBuffer);
    for (const purpose of PURPOSES) {
      const { decoded, issued } = await issue(qualified, { purpose, publicKey });
      expect(decoded.publicKey.asymmetricKeyType).toBe("ed25519");
      const raw = new Uint8Array((await crypto.subtle.exportKey("raw", keys.publicKey)) as ArrayBuffer);
      const info = `302a300506032b6570032100${Buffer.from(raw).toString("hex")}`;
      expect(Buffer.from(issued.der).toString("hex").split(info)).toHaveLength(2);
      const message = Buffer.from("a digest");
      const signature = Buffer.from(await crypto.subtle.sign("Ed25519", keys.privateKey, message));
      expect(verify(null, message, decoded.publicKey, signature)).toBe(true);
      expect(decoded.verify(new X509Certificate(qualified.certificate).publicKey)).toBe(true);
    }
  });

  it("is not made of one that RFC 8410 does not know", async () => {
    const key = "07".repeat(32);
    for (const info of [
      `302c300706032b65700500032100${key}`,
      `302b300506032b6570032200${key}00`,
      `3029300506032b6570032000${key.slice(2)}`,
    ]) {
      const publicKey = Uint8Array.from(Buffer.from(info, "hex"));
      await expect(issue(qualified, { publicKey })).rejects.toThrow("has parameters, or not 32 bytes");
    }
  });
});

describe("serial numbers", () => {
  it("are positive, take all 16 octets and are reported as they stand in the certificate", async () => {
    for (const first of [0x00, 0x7f, 0x80, 0xff]) {
      const serialNumber = Uint8Array.from({ length: 16 }, (_, index) => (index === 0 ? first : index));
      const { issued, decoded } = await issue(qualified, { serialNumber });
      expect(issued.serialNumberHex).toMatch(/^[4-7][0-9a-f]{31}$/);
      expect(decoded.serialNumber.toLowerCase()).toBe(issued.serialNumberHex);
      expect(issued.serialNumberHex.slice(2)).toBe("0102030405060708090a0b0c0d0e0f");
    }
  });

  it("of another length are refused", async () => {
    await expect(issue(qualified, { serialNumber: new Uint8Array(15) })).rejects.toThrow("16 random bytes");
  });
});

describe("validity", () => {
  it("is three years in whole seconds", async () => {
    const { issued, decoded } = await issue(qualified);
    expect(new Date(issued.notBefore).toISOString()).toBe("2026-11-21T10:20:30.000Z");
    expect(new Date(issued.notAfter).toISOString()).toBe("2029-11-21T10:20:29.000Z");
    expect(Date.parse(decoded.validFrom)).toBe(issued.notBefore);
    expect(Date.parse(decoded.validTo)).toBe(issued.notAfter);
  });

  it("never reaches beyond the end of the account", async () => {
    const { issued, decoded } = await issue(qualified, { notAfterLimit: NOW + YEAR });
    expect(issued.notAfter).toBe(Math.floor((NOW + YEAR) / 1000) * 1000);
    expect(Date.parse(decoded.validTo)).toBe(issued.notAfter);
  });

  it("never reaches beyond the end of the issuer", async () => {
    const issuerEnd = Date.parse(new X509Certificate(qualified.certificate).validTo);
    const { issued } = await issue(qualified, { now: issuerEnd - YEAR });
    expect(issued.notAfter).toBe(issuerEnd);
  });

  it("that would be empty or begin before the issuer's is refused", async () => {
    const issuerEnd = Date.parse(new X509Certificate(qualified.certificate).validTo);
    await expect(issue(qualified, { now: issuerEnd })).rejects.toThrow("expired");
    await expect(issue(qualified, { notAfterLimit: NOW - 1 })).rejects.toThrow("expired");
    await expect(issue(qualified, { now: NOW - 24 * 3_600_000 })).rejects.toThrow("not valid yet");
  });
});

describe("issuing refuses", () => {
  it("test certificates from an authority that is not marked TEST", async () => {
    const unmarked = await unmarkedIssuer();
    await expect(issue(unmarked)).rejects.toThrow("not marked TEST");
    expect((await issue(unmarked, { test: false })).decoded.issuer).toBe("CN=CONTESTANTS EID-Q");
  });

  it("a person of one level at the authority of the other", async () => {
    await expect(issue(qualified, { identity: { ...IDENTITY, level: "ADVANCED" } })).rejects.toThrow("level ADVANCED");
  });

  it("public keys of other algorithms and keys with bytes to spare", async () => {
    const elliptic = new X509Certificate(qualified.certificate).publicKey.export({ format: "der", type: "spki" });
    await expect(issue(qualified, { publicKey: Uint8Array.from(elliptic as unknown as Uint8Array) })).rejects.toThrow(
      "neither RSA nor Ed25519",
    );
    const padded = Uint8Array.from([...certificateRequest(qualified).publicKey, 0]);
    await expect(issue(qualified, { publicKey: padded })).rejects.toThrow();
  });

  it("a date of birth that is no date", async () => {
    for (const dateOfBirth of ["1905-02-30", "05-04-1905", "", "1905-04-04T00:00"]) {
      await expect(issue(qualified, { identity: { ...IDENTITY, dateOfBirth } })).rejects.toThrow("date of birth");
    }
  });

  it("to cut an identifier or to leave a name empty", async () => {
    const long = `PNOEE-${"1".repeat(60)}`;
    await expect(issue(qualified, { identity: { ...IDENTITY, semanticsIdentifier: long } })).rejects.toThrow("serialNumber");
    await expect(issue(qualified, { documentNumber: long })).rejects.toThrow("document number");
    for (const givenName of ["", " ".repeat(65)]) {
      await expect(issue(qualified, { identity: { ...IDENTITY, givenName } })).rejects.toThrow("givenName is empty");
    }
  });

  it("identifiers of other characters and countries of other forms", async () => {
    for (const semanticsIdentifier of ["PNOFI-131052*308T", "PNOEE-４０５０", "PNOEE-1\u0000", "PNOEE-1@2", "PNOEE-1_2"]) {
      await expect(issue(qualified, { identity: { ...IDENTITY, semanticsIdentifier } })).rejects.toThrow("PrintableString");
    }
    for (const country of ["ee", "EST", "E", "É1", ""]) {
      await expect(issue(qualified, { identity: { ...IDENTITY, country } })).rejects.toThrow("countryName");
    }
  });

  it("addresses that no certificate could hold", async () => {
    for (const pkiBaseUrl of ["", "pki.example.com", "ftp://pki.example.com", "http://pki.example.com/", "http://püki.example"]) {
      await expect(issue(qualified, { pkiBaseUrl })).rejects.toThrow("PKI_BASE_URL");
    }
  });
});

/** An authority whose name merely contains the letters of TEST. */
async function unmarkedIssuer(): Promise<Issuer> {
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" };
  const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=CONTESTANTS EID-Q",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(NOW - 1000),
    notAfter: new Date(NOW + 5 * YEAR),
    extensions: [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return { name: "eid-q", level: "QUALIFIED", certificate: bytesOf(certificate.toString("base64")), privateKey: keys.privateKey };
}
