// The other half of the table of profile-conformance.node.test.ts: certificates of signers of status and of
// time stamps, CRLs and OCSP answers. What openssl makes of the latter two: ../pki/openssl.node.test.ts.
import { CertID } from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate } from "@peculiar/asn1-x509";
import { beforeAll, describe, expect, it } from "vitest";
import type { Issuer } from "../../src/certificates/authority.ts";
import { makeTestHierarchy } from "../../src/certificates/hierarchy.ts";
import { signStatusAnswer, type Status } from "../../src/certificates/ocsp/response.ts";
import { issueOcspSigner } from "../../src/certificates/ocsp/signer-certificate.ts";
import { SIGNER_KEY_ALGORITHM } from "../../src/certificates/signer-certificate.ts";
import { buildRevocationList } from "../../src/certificates/revocation-list/build-list.ts";
import { issueTimeStampSigner } from "../../src/certificates/time-stamp/signer-certificate.ts";
import { listExtensions, listing, partsOf, strictHex, valueOf } from "./der-listing.ts";
import { issuerOf, NOW, PKI_BASE_URL } from "./fixtures.ts";
import {
  addressRow,
  COMMON,
  ECDSA_SHA256,
  ECDSA_SHA384,
  expectTable,
  keyIdentifierOf,
  keyIdentifiers,
  listAddress,
  named,
  type Row,
} from "./profile-rows.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await issuerOf(await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW }), "QUALIFIED");
});

const signerKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(SIGNER_KEY_ALGORITHM, true, ["sign", "verify"]);

async function ocspSigner() {
  const { publicKey, privateKey } = await signerKeys();
  return { der: await issueOcspSigner({ issuer, publicKey, now: NOW }), privateKey };
}

/** Of signers of answers: P-256, for a year from the full hour before. */
const signerRows = (der: Uint8Array): readonly Row[] => [
  ...COMMON,
  named("issuer", "EID-Q"),
  [
    "validity",
    "(UTCTime:261121100000Z UTCTime:271121095959Z)",
    "Validity",
    "Not Before: Nov 21 10:00:00 2026 GMT | Not After : Nov 21 09:59:59 2027 GMT",
  ],
  [
    "publicKeyAlgorithm",
    "(1.2.840.10045.2.1 1.2.840.10045.3.1.7)",
    "Subject Public Key Info",
    "Public Key Algorithm: id-ecPublicKey | Public-Key: (256 bit) | pub: | ASN1 OID: prime256v1 | NIST CURVE: P-256",
  ],
  ["2.5.29.19", "critical ()", "X509v3 Basic Constraints", "critical | CA:FALSE"],
  ["2.5.29.15", "critical BITS:0780", "X509v3 Key Usage", "critical | Digital Signature"],
  ...keyIdentifiers(keyIdentifierOf(der), keyIdentifierOf(issuer.certificate)),
];

describe("a signer of time stamps", () => {
  it("has a certificate for that alone, critically so, with a status of its own", async () => {
    const { publicKey } = await signerKeys();
    const der = await issueTimeStampSigner({ issuer, publicKey, pkiBaseUrl: PKI_BASE_URL, now: NOW });
    expectTable(der, [
      ...signerRows(der),
      named("subject", "TSA"),
      ["2.5.29.37", "critical (1.3.6.1.5.5.7.3.8)", "X509v3 Extended Key Usage", "critical | Time Stamping"],
      addressRow("eid-q"),
      listAddress(`${PKI_BASE_URL}/crl/eid-q.crl`),
    ]);
  });
});

describe("status", () => {
  it("is signed by a certificate of the issuing authority, for that alone, that needs no status itself", async () => {
    const { der } = await ocspSigner();
    expectTable(der, [
      ...signerRows(der),
      named("subject", "EID-Q OCSP"),
      ["2.5.29.37", "(1.3.6.1.5.5.7.3.9)", "X509v3 Extended Key Usage", "OCSP Signing"],
      ["1.3.6.1.5.5.7.48.1.5", "NULL", "OCSP No Check", ""],
    ]);
  });

  it("in a CRL has number, key identifier and reasons, and no reason where it is not specified", async () => {
    const der = await buildRevocationList({
      issuer,
      number: 0x80,
      thisUpdate: Date.parse("2049-12-31T12:00:00Z"),
      nextUpdate: Date.parse("2050-01-01T12:00:00Z"),
      revocations: [
        { serialNumberHex: "4f".repeat(16), revokedAt: Date.parse("2026-11-21T10:20:30Z"), reason: "keyCompromise" },
        { serialNumberHex: "50".repeat(16), revokedAt: Date.parse("2050-01-01T00:00:00Z"), reason: "unspecified" },
      ],
    });
    const [list = "", algorithm = "", signature = "", ...more] = partsOf(strictHex(der));
    expect([listing(algorithm), listing(signature).split(":")[0], more]).toEqual([ECDSA_SHA384, "BITS", []]);
    const parts = partsOf(list);
    const extensions = parts.pop() ?? "";
    expect(parts.map((part) => listing(part))).toEqual([
      "INTEGER:01",
      ECDSA_SHA384,
      named("issuer", "EID-Q")[1],
      "UTCTime:491231120000Z",
      "GeneralizedTime:20500101120000Z",
      `((INTEGER:${"4f".repeat(16)} UTCTime:261121102030Z ((2.5.29.21 OCTETS:0a0101))) (INTEGER:${"50".repeat(16)} GeneralizedTime:20500101000000Z))`,
    ]);
    expect(extensions.slice(0, 2)).toBe("a0");
    expect(listExtensions(valueOf(extensions))).toEqual({
      "2.5.29.35": `([0]:${keyIdentifierOf(issuer.certificate)})`,
      "2.5.29.20": "INTEGER:0080",
    });
  });

  it("in an OCSP answer has times in whole seconds, the archive cutoff for each, the nonce and the signer", async () => {
    const { der: certificate, privateKey } = await ocspSigner();
    const keyHash = Uint8Array.from(Buffer.from(keyIdentifierOf(certificate), "hex")).buffer;
    const certID = new CertID({
      hashAlgorithm: new AlgorithmIdentifier({ algorithm: "1.3.14.3.2.26", parameters: null }),
      issuerNameHash: new OctetString(new Uint8Array(20).fill(1)),
      issuerKeyHash: new OctetString(new Uint8Array(20).fill(2)),
      serialNumber: new Uint8Array(16).fill(0x4f).buffer,
    });
    const revoked = { revokedAt: Date.parse("2026-11-21T01:02:03.999Z"), reason: "cessationOfOperation" } as const;
    const der = await signStatusAnswer({
      signer: { certificate: AsnConvert.parse(certificate, Certificate), keyHash, privateKey },
      statuses: (["good", "unknown", revoked] satisfies Status[]).map((status) => ({ certificate: certID, status })),
      thisUpdate: NOW,
      nextUpdate: NOW + 300_000,
      archiveCutoff: Date.parse("2026-01-01T00:00:00Z"),
      nonce: Uint8Array.of(4, 2, 7, 8).buffer,
    });
    const [status = "", bytes = ""] = partsOf(strictHex(der));
    expect(listing(status)).toBe("ENUM:00");
    const [type = "", basic = ""] = partsOf(valueOf(bytes));
    expect([bytes.slice(0, 2), listing(type), basic.slice(0, 2)]).toEqual(["a0", "1.3.6.1.5.5.7.48.1.1", "04"]);
    const [data = "", algorithm = "", signature = "", certificates = "", ...more] = partsOf(
      strictHex(Buffer.from(valueOf(basic), "hex")),
    );
    const asked = `((1.3.14.3.2.26 NULL) OCTETS:${"01".repeat(20)} OCTETS:${"02".repeat(20)} INTEGER:${"4f".repeat(16)})`;
    const times = "GeneralizedTime:20261121102030Z [0](GeneralizedTime:20261121102530Z)";
    const cutoff = `[1](((1.3.6.1.5.5.7.48.1.6 OCTETS:180f${Buffer.from("20260101000000Z").toString("hex")})))`;
    expect(partsOf(data).map((part) => listing(part))).toEqual([
      `[2](OCTETS:${keyIdentifierOf(certificate)})`,
      "GeneralizedTime:20261121102030Z",
      `((${asked} [0]: ${times} ${cutoff}) (${asked} [2]: ${times}) ` +
        `(${asked} [1](GeneralizedTime:20261121010203Z [0](ENUM:05)) ${times} ${cutoff}))`,
      "[1](((1.3.6.1.5.5.7.48.1.2 OCTETS:04020708)))",
    ]);
    expect([listing(algorithm), listing(signature).split(":")[0], more]).toEqual([ECDSA_SHA256, "BITS", []]);
    expect(partsOf(valueOf(certificates))).toEqual([Buffer.from(certificate).toString("hex")]);
  });
});
