// CRLs over HTTP and over time: what they list, when they are renewed, and that no number stands on two of them.
import { AsnConvert } from "@peculiar/asn1-schema";
import { AuthorityKeyIdentifier, CertificateList, CRLNumber, CRLReason, CRLReasons } from "@peculiar/asn1-x509";
import { SubjectKeyIdentifierExtension, X509Certificate, X509Crl } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AuthorityRecord } from "../../src/certificates/authority.ts";
import { recordIssued, recordRevoked } from "../../src/certificates/certificate-index.ts";
import { toHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { findAuthority, loadAuthorities } from "../../src/certificates/issuer.ts";
import { currentRevocationList, renewRevocationLists } from "../../src/certificates/revocation-list/current-list.ts";
import { REVOCATION_REASONS } from "../../src/certificates/revocation.ts";
import { authorityCertificate, bytes, newEntry } from "./ocsp-client.ts";

const HOUR = 3_600_000;
/** In the future, so that the numbers of these lists are above whatever stands there. */
const NOW = Date.parse("2027-03-01T10:20:30.456Z");

let authority: AuthorityRecord;
beforeEach(async () => {
  await env.DATABASE.exec("DELETE FROM revocation_lists WHERE authority <> 'root'");
  await env.DATABASE.exec("DELETE FROM certificates");
  authority = (await findAuthority(env.DATABASE, "eid-q"))!;
});

type ReasonName = (typeof REVOCATION_REASONS)[number];

async function revoke(revokedAt: number, changes: Parameters<typeof newEntry>[0] = {}, reason: ReasonName = "superseded") {
  const entry = newEntry(changes);
  await recordIssued(env.DATABASE, entry);
  await recordRevoked(env.DATABASE, entry, { revokedAt, reason });
  return entry.serialNumberHex;
}

interface ReadList {
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly entries: Readonly<Record<string, { readonly at: string; readonly reason: string | undefined }>>;
}

/** Checks the signature as well. */
async function read(der: Uint8Array<ArrayBuffer>, issuer = "eid-q"): Promise<ReadList> {
  const issuerCertificate = new X509Certificate(await authorityCertificate(issuer));
  expect(await new X509Crl(der).verify({ publicKey: issuerCertificate })).toBe(true);
  const { tbsCertList } = AsnConvert.parse(der, CertificateList);
  expect(tbsCertList.version).toBe(1);
  const values = Object.fromEntries(tbsCertList.crlExtensions!.map(({ extnID, extnValue }) => [extnID, extnValue.buffer]));
  expect(Object.keys(values).toSorted()).toEqual(["2.5.29.20", "2.5.29.35"]);
  const { keyIdentifier } = AsnConvert.parse(values["2.5.29.35"]!, AuthorityKeyIdentifier);
  const keyId = issuerCertificate.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  expect(toHexadecimal(new Uint8Array(keyIdentifier!.buffer))).toBe(keyId);
  const entries = (tbsCertList.revokedCertificates ?? []).map(({ userCertificate, revocationDate, crlEntryExtensions }) => {
    const [extension, ...more] = crlEntryExtensions ?? [];
    expect(more).toEqual([]);
    const reason = extension && CRLReasons[AsnConvert.parse(extension.extnValue.buffer, CRLReason).reason];
    return [toHexadecimal(new Uint8Array(userCertificate)), { at: revocationDate.getTime().toISOString(), reason }] as const;
  });
  return {
    number: Number(String(AsnConvert.parse(values["2.5.29.20"]!, CRLNumber).value)),
    thisUpdate: tbsCertList.thisUpdate.getTime().getTime(),
    nextUpdate: tbsCertList.nextUpdate!.getTime().getTime(),
    entries: Object.fromEntries(entries),
  };
}

async function listAt(now: number): Promise<ReadList> {
  const list = await currentRevocationList(env, authority, now);
  expect(list).toBeDefined();
  const content = await read(list!.der);
  expect({ number: list!.number, thisUpdate: list!.thisUpdate, nextUpdate: list!.nextUpdate }).toEqual({
    number: content.number,
    thisUpdate: content.thisUpdate,
    nextUpdate: content.nextUpdate,
  });
  return content;
}

describe("a CRL", () => {
  it("lists nothing where nothing was revoked, without an empty list, for 24 hours", async () => {
    await recordIssued(env.DATABASE, newEntry());
    const list = await currentRevocationList(env, authority, NOW);
    const parsed = AsnConvert.parse(list!.der, CertificateList);
    expect(parsed.tbsCertList.revokedCertificates).toBeUndefined();
    // Which the parser says of an empty one too.
    expect(new Uint8Array(AsnConvert.serialize(parsed))).toEqual(list!.der);
    const thisUpdate = Date.parse("2027-03-01T10:20:30Z");
    expect(await read(list!.der)).toMatchObject({ thisUpdate, nextUpdate: thisUpdate + 24 * HOUR, entries: {} });
  });

  it("lists what the authority revoked, with second and reason, and nothing of another", async () => {
    const expected: Record<string, unknown> = {};
    for (const reason of REVOCATION_REASONS) {
      const serial = await revoke(Date.parse("2027-02-01T01:02:03.999Z"), {}, reason);
      // RFC 5280 §5.3.1: absent rather than unspecified.
      expected[serial] = { at: "2027-02-01T01:02:03.000Z", reason: reason === "unspecified" ? undefined : reason };
    }
    await revoke(NOW, { issuer: "eid-nq" });
    await recordIssued(env.DATABASE, newEntry());
    expect((await listAt(NOW)).entries).toEqual(expected);
  });

  it("has times of the other form after 2049, and numbers of more than 32 bits", async () => {
    const later = Date.parse("2106-05-01T00:00:00Z");
    const serial = await revoke(later - HOUR, { notAfter: later + HOUR });
    const list = await listAt(later);
    expect(list).toMatchObject({ number: later / 1000, thisUpdate: later });
    expect(list.entries[serial]?.at).toBe("2106-04-30T23:00:00.000Z");
  });
});

describe("the next CRL", () => {
  it("comes with the first request after a revocation, and has a higher number", async () => {
    const first = await listAt(NOW);
    expect(await listAt(NOW + HOUR)).toEqual(first);
    const serial = await revoke(NOW - HOUR);
    const second = await listAt(NOW + HOUR);
    expect(Object.keys(second.entries)).toEqual([serial]);
    expect(second.number).toBeGreaterThan(first.number);
    expect(await listAt(NOW + 2 * HOUR)).toEqual(second);
  });

  it("waits until the one before is five seconds old, and then has everything", async () => {
    await listAt(NOW);
    const one = await revoke(NOW);
    expect((await listAt(NOW + 4_000)).entries).toEqual({});
    const two = await revoke(NOW);
    expect(Object.keys((await listAt(NOW + 5_000)).entries)).toEqual([one, two]);
  });

  it("comes half a day before the end of the one before, though nothing happened", async () => {
    const first = await listAt(NOW);
    expect(await listAt(first.nextUpdate - 12 * HOUR - 1)).toEqual(first);
    const second = await listAt(first.nextUpdate - 12 * HOUR);
    expect(second.number).toBeGreaterThan(first.number);
    expect(second.thisUpdate).toBe(first.nextUpdate - 12 * HOUR);
  });

  it("drops an expired certificate once it stood on a list that was made after its end, and not before", async () => {
    const serial = await revoke(NOW, { notAfter: NOW + HOUR });
    const listed = async (now: number) => Object.keys((await listAt(now)).entries);
    expect(await listed(NOW)).toEqual([serial]);
    // The first beyond its end still has it; the second does not.
    expect(await listed(NOW + 13 * HOUR)).toEqual([serial]);
    expect(await listed(NOW + 26 * HOUR)).toEqual([]);
    // A revocation that arrives after the end has to stand on one list too.
    const late = await revoke(NOW + HOUR, { notAfter: NOW + 2 * HOUR });
    expect(await listed(NOW + 27 * HOUR)).toEqual([late]);
    expect(await listed(NOW + 40 * HOUR)).toEqual([]);
  });

  it("is one for all who ask at once", async () => {
    await listAt(NOW);
    await revoke(NOW);
    const lists = await Promise.all(Array.from({ length: 8 }, () => currentRevocationList(env, authority, NOW + HOUR)));
    expect(new Set(lists.map((list) => list?.digest)).size).toBe(1);
    expect(new Set(lists.map((list) => toHexadecimal(list!.der))).size).toBe(1);
  });

  it("has a number above the one before even where the clock went back", async () => {
    const first = await listAt(NOW);
    await env.DATABASE.exec("UPDATE revocation_lists SET next_update = 0 WHERE authority = 'eid-q'");
    expect((await listAt(NOW - HOUR)).number).toBe(first.number + 1);
  });

  it("has what was revoked since the clock went back, at once", async () => {
    await listAt(NOW);
    const serial = await revoke(NOW - HOUR);
    expect(Object.keys((await listAt(NOW - HOUR)).entries)).toEqual([serial]);
  });

  it("has a number that a database restored from a backup does not use again", async () => {
    const first = await listAt(NOW);
    await env.DATABASE.exec("UPDATE revocation_lists SET number = 7, next_update = 0 WHERE authority = 'eid-q'");
    expect((await listAt(NOW + 60_000)).number).toBeGreaterThan(first.number);
  });

  it("is the one before where the key is not there any more, and none where there was none", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const gone = { get: () => Promise.reject(new Error("Secret not found")) };
    const without = { ...env, ISSUER_KEY_QUALIFIED: gone, ISSUER_KEY_NON_QUALIFIED: env.ISSUER_KEY_NON_QUALIFIED };
    const first = await currentRevocationList(env, authority, NOW);
    await revoke(NOW);
    expect((await currentRevocationList(without, authority, NOW + HOUR))?.digest).toBe(first?.digest);
    expect(log).toHaveBeenCalledOnce();
    const other = { ...env, ISSUER_KEY_QUALIFIED: env.ISSUER_KEY_NON_QUALIFIED };
    expect((await currentRevocationList(other, authority, NOW + HOUR))?.digest).toBe(first?.digest);
    await env.DATABASE.exec("DELETE FROM revocation_lists");
    expect(await currentRevocationList(other, authority, NOW)).toBeUndefined();
    await expect(currentRevocationList(without, authority, NOW)).rejects.toThrow("ISSUER_KEY_QUALIFIED is missing");
    log.mockRestore();
  });
});

describe("the cron handler", () => {
  it("renews what is due of every issuing authority, and leaves the root's alone", async () => {
    const numbers = async () => {
      const { results } = await env.DATABASE.prepare("SELECT authority, number FROM revocation_lists").all();
      return Object.fromEntries(results.map((row) => [row["authority"], Number(row["number"])]));
    };
    await renewRevocationLists(env, NOW);
    const first = await numbers();
    expect(Object.keys(first).toSorted()).toEqual((await loadAuthorities(env.DATABASE)).map(({ name }) => name).toSorted());
    await renewRevocationLists(env, NOW + HOUR);
    expect(await numbers()).toEqual(first);
    await revoke(NOW, { issuer: "eid-nq" });
    await renewRevocationLists(env, NOW + 2 * HOUR);
    const second = await numbers();
    expect(second["eid-nq"]).toBeGreaterThan(first["eid-nq"]);
    expect(second).toMatchObject({ "eid-q": first["eid-q"], root: 1 });
  });

  it("renews the others where the key of one is gone", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const gone = { get: () => Promise.reject(new Error("Secret not found")) };
    await renewRevocationLists({ ...env, ISSUER_KEY_QUALIFIED: gone }, NOW);
    const { results } = await env.DATABASE.prepare("SELECT authority FROM revocation_lists ORDER BY authority").all();
    expect(results.map((row) => row["authority"])).toEqual(["eid-nq", "root"]);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});

describe("what certificates point to, over HTTP:", () => {
  const fetched = (path: string, init?: RequestInit) => exports.default.fetch(`http://localhost:8787/pki/${path}`, init);

  it.each(["eid-q", "eid-nq", "root"])("the certificate of %s in DER", async (name) => {
    const response = await fetched(`certificates/${name}.cer`);
    expect(response.headers.get("content-type")).toBe("application/pkix-cert");
    const etag = response.headers.get("etag")!;
    expect(await bytes(response)).toEqual(await authorityCertificate(name));
    const again = await fetched(`certificates/${name}.cer`, { headers: { "if-none-match": `"other", W/${etag}` } });
    expect(again.status).toBe(304);
  });

  it.each(["eid-q", "eid-nq", "root"])("the CRL of %s, with validators and freshness", async (name) => {
    const response = await fetched(`crl/${name}.crl`);
    const der = await bytes(response);
    const { thisUpdate, nextUpdate, entries } = await read(der, name);
    expect(entries).toEqual({});
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "content-type": "application/pkix-crl",
      "content-length": String(der.length),
      "cache-control": "public, max-age=60, no-transform, must-revalidate",
      "last-modified": new Date(thisUpdate).toUTCString(),
      expires: new Date(nextUpdate).toUTCString(),
    });
    const head = await fetched(`crl/${name}.crl`, { method: "HEAD" });
    expect([head.status, (await bytes(head)).length, head.headers.get("etag")]).toEqual([200, 0, headers["etag"]]);
    const status = async (condition: Record<string, string>) => (await fetched(`crl/${name}.crl`, { headers: condition })).status;
    expect(await status({ "if-none-match": headers["etag"]! })).toBe(304);
    expect(await status({ "if-modified-since": headers["last-modified"]! })).toBe(304);
    expect(await status({ "if-modified-since": new Date(thisUpdate - 1000).toUTCString() })).toBe(200);
    expect(await status({ "if-modified-since": "nonsense" })).toBe(200);
    // The tag alone decides where there is one.
    expect(await status({ "if-none-match": '"other"', "if-modified-since": headers["last-modified"]! })).toBe(200);
  });

  it("the root's CRL is valid as long as the root, since nobody can make another", async () => {
    const { nextUpdate } = await read(await bytes(await fetched("crl/root.crl")), "root");
    expect(nextUpdate).toBe(new X509Certificate(await authorityCertificate("root")).notAfter.getTime());
    await env.DATABASE.exec("DELETE FROM revocation_lists");
    expect((await fetched("crl/root.crl")).status).toBe(404);
  });

  it("a disclosure statement, which says TEST on a developer's machine", async () => {
    const response = await fetched("disclosure/en");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; ?charset=utf-8$/i);
    expect(await response.text()).toContain("TEST certificates");
  });

  it.each([
    "crl/eid-x.crl",
    "crl/eid-q.cer",
    "crl/eid-q",
    "certificates/eid-q.crl",
    "certificates/EID-Q.cer",
    "certificates/..%2Feid-q.cer",
    "crl/%27%20OR%201=1.crl",
    "disclosure/et",
    "",
  ])("nothing at %s", async (path) => {
    expect((await fetched(path)).status).toBe(404);
  });
});
