// Where issuing authorities come from: D1 and the secrets store.
import { env } from "cloudflare:workers";
import { X509Certificate } from "@peculiar/x509";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AUTHORITY_KEY_ALGORITHM } from "../../src/certificates/authority.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { issueCertificate } from "../../src/certificates/issue.ts";
import { findIssuer, type IssuerEnvironment, loadIssuer, saveAuthority } from "../../src/certificates/issuer.ts";
import { makeBroughtList } from "../../src/certificates/revocation-list/brought-list.ts";
import { BRING_REVOCATION_LIST, broughtListParameters } from "../../src/certificates/revocation-list/stored-list.ts";
import { bytesOf, certificateRequest, NOW, PKI_BASE_URL } from "./fixtures.ts";

let hierarchy: TestHierarchy;
let other: TestHierarchy;

const secret = (value: string | undefined): SecretsStoreSecret => ({
  get: () => (value === undefined ? Promise.reject(new Error("Secret not found")) : Promise.resolve(value)),
});

const environment = (qualified: string | undefined, nonQualified?: string): IssuerEnvironment => ({
  DATABASE: env.DATABASE,
  ISSUER_KEY_QUALIFIED: secret(qualified),
  ISSUER_KEY_NON_QUALIFIED: secret(nonQualified),
});

beforeAll(async () => {
  hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
  other = await makeTestHierarchy({ pkiBaseUrl: PKI_BASE_URL, now: NOW });
});

beforeEach(async () => {
  await env.DATABASE.exec("DELETE FROM certificate_authorities; DELETE FROM revocation_lists");
});

async function saveAll(): Promise<void> {
  for (const authority of hierarchy.authorities) await saveAuthority(env.DATABASE, authority);
}

/** Brings a list of the root that names its qualified authority. */
async function revokeQualified(): Promise<void> {
  const [root, { certificate }] = hierarchy.authorities;
  const privateKey = await crypto.subtle.importKey("pkcs8", bytesOf(hierarchy.rootKey), AUTHORITY_KEY_ALGORITHM, false, ["sign"]);
  const { serialNumber: serialNumberHex } = new X509Certificate(certificate);
  const list = await makeBroughtList(
    { name: root.name, certificate: bytesOf(root.certificate), privateKey },
    { number: 2, thisUpdate: NOW, nextUpdate: NOW, revocations: [{ serialNumberHex, revokedAt: NOW, reason: "cACompromise" }] },
  );
  const parameters = broughtListParameters(list).slice(0, -1);
  await env.DATABASE.prepare(BRING_REVOCATION_LIST)
    .bind(...parameters)
    .run();
}

describe("the issuer of a level", () => {
  it("is the stored authority of that level, with the key from the secrets store", async () => {
    await saveAll();
    const keys = environment(hierarchy.issuerKeys.QUALIFIED, hierarchy.issuerKeys.ADVANCED);
    for (const [level, name] of [
      ["QUALIFIED", "eid-q"],
      ["ADVANCED", "eid-nq"],
    ] as const) {
      const issuer = await loadIssuer(keys, level);
      expect(issuer).toMatchObject({ name, level });
      expect(issuer.privateKey.extractable).toBe(false);
      await expect(issueCertificate(certificateRequest(issuer))).resolves.toBeDefined();
    }
  });

  it("is, of several after a rollover, the one that the key belongs to", async () => {
    await saveAll();
    const successor = other.authorities[1];
    await saveAuthority(env.DATABASE, { ...successor, name: "eid-q-2" });
    expect((await loadIssuer(environment(other.issuerKeys.QUALIFIED), "QUALIFIED")).name).toBe("eid-q-2");
    expect((await loadIssuer(environment(hierarchy.issuerKeys.QUALIFIED), "QUALIFIED")).name).toBe("eid-q");
  });

  it("is the one of the first key where the secret has several, and the others still sign status", async () => {
    await saveAll();
    const [before, successor] = [hierarchy.authorities[1], { ...other.authorities[1], name: "eid-q-2" }];
    await saveAuthority(env.DATABASE, successor);
    const both = environment(`${other.issuerKeys.QUALIFIED}\n${hierarchy.issuerKeys.QUALIFIED}\n`, hierarchy.issuerKeys.ADVANCED);
    expect((await loadIssuer(both, "QUALIFIED")).name).toBe("eid-q-2");
    for (const authority of [before, successor]) expect((await findIssuer(both, authority))?.name).toBe(authority.name);
    expect(await findIssuer(environment(hierarchy.issuerKeys.QUALIFIED), successor)).toBeUndefined();
    expect(await findIssuer(both, hierarchy.authorities[0])).toBeUndefined();
  });

  it("is an error where the root revoked it, until the secret begins with another one's key; it still signs status", async () => {
    await saveAll();
    await saveAuthority(env.DATABASE, { ...other.authorities[1], name: "eid-q-2" });
    const qualified = `${hierarchy.issuerKeys.QUALIFIED}\n${other.issuerKeys.QUALIFIED}`;
    const keys = environment(qualified, hierarchy.issuerKeys.ADVANCED);
    expect((await loadIssuer(keys, "QUALIFIED")).name).toBe("eid-q");
    await revokeQualified();
    await expect(loadIssuer(keys, "QUALIFIED")).rejects.toThrow("the root revoked the authority eid-q:");
    expect((await loadIssuer(keys, "ADVANCED")).name).toBe("eid-nq");
    expect((await findIssuer(keys, hierarchy.authorities[1]))?.name).toBe("eid-q");
    const successor = environment(`${other.issuerKeys.QUALIFIED}\n${hierarchy.issuerKeys.QUALIFIED}`);
    expect((await loadIssuer(successor, "QUALIFIED")).name).toBe("eid-q-2");
    // A newer list counts at once, and one that cannot be read revokes nobody knows whom.
    await env.DATABASE.prepare("UPDATE revocation_lists SET digest = 'ff', list = x'00' WHERE authority = 'root'").run();
    await expect(loadIssuer(successor, "QUALIFIED")).rejects.toThrow("the CRL of root in the database cannot be read");
  });

  it("is an error that says so where the database has no authority", async () => {
    await expect(loadIssuer(environment(hierarchy.issuerKeys.QUALIFIED), "QUALIFIED")).rejects.toThrow(
      "no certificate authority of level QUALIFIED",
    );
  });

  it("is an error that names the secret where it is missing, malformed or of another certificate", async () => {
    await saveAll();
    const load = (key: string | undefined) => loadIssuer(environment(key), "QUALIFIED");
    await expect(load(undefined)).rejects.toThrow("the secret ISSUER_KEY_QUALIFIED is missing");
    await expect(load("%%%")).rejects.toThrow("ISSUER_KEY_QUALIFIED is not base64");
    await expect(load("AAAA")).rejects.toThrow("ISSUER_KEY_QUALIFIED is not an ECDSA P-384 key");
    await expect(load(hierarchy.issuerKeys.ADVANCED)).rejects.toThrow("ISSUER_KEY_QUALIFIED is not the key of any");
    await expect(load(other.issuerKeys.QUALIFIED)).rejects.toThrow("ISSUER_KEY_QUALIFIED is not the key of any");
  });

  it("is never a root", async () => {
    await saveAuthority(env.DATABASE, hierarchy.authorities[0]);
    await expect(loadIssuer(environment(hierarchy.rootKey), "QUALIFIED")).rejects.toThrow("no certificate authority");
  });
});

describe("saving an authority", () => {
  it("twice changes nothing", async () => {
    await saveAll();
    await saveAll();
    const count = await env.DATABASE.prepare("SELECT count(*) AS count FROM certificate_authorities").first("count");
    expect(count).toBe(3);
  });

  it("under a name that belongs to another certificate or level is refused and changes nothing", async () => {
    await saveAll();
    await expect(saveAuthority(env.DATABASE, other.authorities[1])).rejects.toThrow("eid-q exists with another certificate");
    await expect(saveAuthority(env.DATABASE, { ...hierarchy.authorities[1], level: "ADVANCED" })).rejects.toThrow("eid-q exists");
    expect((await loadIssuer(environment(hierarchy.issuerKeys.QUALIFIED), "QUALIFIED")).name).toBe("eid-q");
  });
});
