// The throw-away hierarchy, made inside workerd and read by its own X.509 decoder.
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AUTHORITY_KEY_ALGORITHM, AUTHORITY_SIGNATURE_ALGORITHM } from "../../src/certificates/authority.ts";
import { makeTestHierarchy } from "../../src/certificates/hierarchy.ts";
import { bytesOf, NOW, PKI_BASE_URL } from "./fixtures.ts";

describe("the test hierarchy", () => {
  it("has a self-signed root and one issuing authority for each level below it, all of them marked TEST", async () => {
    const { authorities } = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
    expect(authorities.map(({ name, level }) => [name, level])).toEqual([
      ["root", null],
      ["eid-q", "QUALIFIED"],
      ["eid-nq", "ADVANCED"],
    ]);
    const [root, qualified, nonQualified] = authorities.map(({ certificate }) => new X509Certificate(bytesOf(certificate)));
    for (const certificate of [root, qualified, nonQualified]) {
      expect(certificate?.ca).toBe(true);
      expect(certificate?.verify(root!.publicKey)).toBe(true);
      expect(certificate?.issuer).toContain("CN=TEST Tally Root");
      expect(certificate?.subject).toMatch(/CN=TEST Tally (Root|EID-Q|EID-NQ)$/);
    }
    expect(qualified?.subject).toContain("CN=TEST Tally EID-Q");
    expect(nonQualified?.subject).toContain("CN=TEST Tally EID-NQ");
  });

  it("gives each private key apart from the certificates, and each to its certificate", async () => {
    const { authorities, issuerKeys, rootKey } = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
    const keys = [rootKey, issuerKeys.QUALIFIED, issuerKeys.ADVANCED];
    const message = new TextEncoder().encode("message");
    for (const [index, { certificate }] of authorities.entries()) {
      const pkcs8 = bytesOf(keys[index]!);
      const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, AUTHORITY_KEY_ALGORITHM, false, ["sign"]);
      const signature = await crypto.subtle.sign(AUTHORITY_SIGNATURE_ALGORITHM, privateKey, message);
      const spki = new X509Certificate(bytesOf(certificate)).publicKey.export({ format: "der", type: "spki" });
      const publicKey = await crypto.subtle.importKey(
        "spki",
        Uint8Array.from(spki as unknown as Uint8Array),
        AUTHORITY_KEY_ALGORITHM,
        false,
        ["verify"],
      );
      expect(await crypto.subtle.verify(AUTHORITY_SIGNATURE_ALGORITHM, publicKey, signature, message)).toBe(true);
    }
    expect(JSON.stringify(authorities)).not.toContain(rootKey);
  });
});
