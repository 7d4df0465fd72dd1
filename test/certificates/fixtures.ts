// What the tests of certificates share: a hierarchy, and a request for one certificate in it with sensible values.
import type { Identity } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { AUTHORITY_KEY_ALGORITHM, type Issuer } from "../../src/certificates/authority.ts";
import type { TestHierarchy } from "../../src/certificates/hierarchy.ts";
import type { CertificateRequest } from "../../src/certificates/issue.ts";
import { DEFAULT_POLICIES } from "../../src/certificates/policies.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { COMPOSITE_PUBLIC_KEYS } from "./composite-public-keys.ts";

export const PKI_BASE_URL = "http://pki.example.com/pki";
export const NOW = Date.parse("2026-11-21T10:20:30.456Z");

export const IDENTITY: Identity = {
  givenName: "OK",
  surname: "TESTNUMBER",
  country: "EE",
  semanticsIdentifier: "PNOEE-40504040001",
  dateOfBirth: "1905-04-04",
  level: "QUALIFIED",
  method: "self-asserted",
};

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(base64);
  if (bytes === undefined) throw new Error("not base64");
  return bytes;
}

/** The issuing authority of a level with its key, as `loadIssuer` would give it. */
export async function issuerOf(hierarchy: TestHierarchy, level: CertificateLevel): Promise<Issuer> {
  const record = hierarchy.authorities.find((authority) => authority.level === level);
  if (record === undefined) throw new Error(`no authority of level ${level}`);
  const pkcs8 = bytesOf(hierarchy.issuerKeys[level]);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, AUTHORITY_KEY_ALGORITHM, false, ["sign"]);
  return { name: record.name, level, certificate: bytesOf(record.certificate), privateKey };
}

export function certificateRequest(issuer: Issuer, changes: Partial<CertificateRequest> = {}): CertificateRequest {
  const identity = { ...IDENTITY, level: issuer.level };
  return {
    purpose: "sign",
    identity,
    documentNumber: `${identity.semanticsIdentifier}-K2GN-${issuer.level === "QUALIFIED" ? "Q" : "NQ"}`,
    publicKey: bytesOf(COMPOSITE_PUBLIC_KEYS[6144]),
    issuer,
    serialNumber: Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index),
    now: NOW,
    policies: DEFAULT_POLICIES,
    pkiBaseUrl: PKI_BASE_URL,
    test: true,
    ...changes,
  };
}
