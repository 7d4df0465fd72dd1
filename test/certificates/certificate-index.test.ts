// The certificate index: what OCSP and CRL will be answered from.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type CertificateEntry,
  findCertificates,
  recordIssued,
  recordRevoked,
} from "../../src/certificates/certificate-index.ts";

const ENTRY: CertificateEntry = {
  serialNumberHex: "4f".repeat(16),
  issuer: "eid-q",
  notBefore: 1_790_000_000_000,
  notAfter: 1_884_000_000_000,
};
const REVOKED_AT = 1_800_000_000_999;

beforeEach(async () => {
  await env.DATABASE.exec("DELETE FROM certificates");
});

const rows = async () => (await env.DATABASE.prepare("SELECT * FROM certificates").all()).results;

const GOOD = {
  serial_number: ENTRY.serialNumberHex,
  issuer: "eid-q",
  not_before: ENTRY.notBefore,
  not_after: ENTRY.notAfter,
  revoked_at: null,
  reason: null,
  revocation_order: null,
};
const REVOKED = { ...GOOD, revoked_at: 1_800_000_000_000, reason: "keyCompromise", revocation_order: 1 };

describe("the certificate index", () => {
  it("records an issued certificate once, however often it is told, without saying whose it is", async () => {
    await recordIssued(env.DATABASE, ENTRY);
    await recordIssued(env.DATABASE, ENTRY);
    expect(await rows()).toEqual([GOOD]);
  });

  it("does not take a serial number for a second authority", async () => {
    await recordIssued(env.DATABASE, ENTRY);
    await expect(recordIssued(env.DATABASE, { ...ENTRY, issuer: "eid-q-2" })).rejects.toThrow("eid-q's in the index");
    expect(await rows()).toEqual([GOOD]);
  });

  it("records a revocation with its reason and its time in whole seconds", async () => {
    await recordIssued(env.DATABASE, ENTRY);
    await recordRevoked(env.DATABASE, ENTRY, { revokedAt: REVOKED_AT, reason: "keyCompromise" });
    expect(await rows()).toEqual([REVOKED]);
  });

  it("keeps the first revocation", async () => {
    await recordIssued(env.DATABASE, ENTRY);
    await recordRevoked(env.DATABASE, ENTRY, { revokedAt: REVOKED_AT, reason: "keyCompromise" });
    await recordRevoked(env.DATABASE, ENTRY, { revokedAt: REVOKED_AT - 60_000, reason: "superseded" });
    expect(await rows()).toEqual([REVOKED]);
  });

  it("does not lose a revocation that comes before the issue was recorded", async () => {
    await recordRevoked(env.DATABASE, ENTRY, { revokedAt: REVOKED_AT, reason: "keyCompromise" });
    await recordIssued(env.DATABASE, ENTRY);
    expect(await rows()).toEqual([REVOKED]);
  });

  it("counts the revocations of each authority in the order in which they came, whoever wrote them", async () => {
    const entry = (index: number, issuer = "eid-q") => ({ ...ENTRY, issuer, serialNumberHex: `5${index}`.repeat(16) });
    const revocation = (revokedAt: number) => ({ revokedAt, reason: "superseded" }) as const;
    for (const index of [1, 2, 3]) await recordIssued(env.DATABASE, entry(index));
    await recordRevoked(env.DATABASE, entry(2), revocation(REVOKED_AT));
    await recordRevoked(env.DATABASE, entry(4, "eid-nq"), revocation(REVOKED_AT));
    await recordRevoked(env.DATABASE, entry(5), revocation(REVOKED_AT - 60_000));
    await recordRevoked(env.DATABASE, entry(2), revocation(REVOKED_AT));
    await env.DATABASE.prepare("UPDATE certificates SET revoked_at = 1000, reason = 'unspecified' WHERE serial_number = ?")
      .bind(entry(1).serialNumberHex)
      .run();
    const orders = (await rows()).map((row) => [row["serial_number"]?.toString().slice(0, 2), row["revocation_order"]]);
    expect(Object.fromEntries(orders)).toEqual({ 51: 3, 52: 1, 53: null, 54: 1, 55: 2 });
  });

  it("finds what is there of many, with the revocation where there is one", async () => {
    const neighbour = { ...ENTRY, serialNumberHex: "50".repeat(16) };
    await recordIssued(env.DATABASE, ENTRY);
    await recordRevoked(env.DATABASE, neighbour, { revokedAt: REVOKED_AT, reason: "superseded" });
    const found = await findCertificates(env.DATABASE, [ENTRY.serialNumberHex, "51".repeat(16), neighbour.serialNumberHex]);
    expect(Object.fromEntries(found)).toEqual({
      [ENTRY.serialNumberHex]: { issuer: "eid-q" },
      [neighbour.serialNumberHex]: { issuer: "eid-q", revocation: { revokedAt: 1_800_000_000_000, reason: "superseded" } },
    });
  });

  it("revokes nothing but the certificate that is named", async () => {
    const neighbour = { ...ENTRY, serialNumberHex: "50".repeat(16) };
    await recordIssued(env.DATABASE, ENTRY);
    await recordIssued(env.DATABASE, neighbour);
    await recordRevoked(env.DATABASE, neighbour, { revokedAt: REVOKED_AT, reason: "superseded" });
    expect(await rows()).toContainEqual(GOOD);
  });
});
