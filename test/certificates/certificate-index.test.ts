// The certificate index: what OCSP and CRL will be answered from.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type CertificateEntry, recordIssued, recordRevoked } from "../../src/certificates/certificate-index.ts";

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
};
const REVOKED = { ...GOOD, revoked_at: 1_800_000_000_000, reason: "keyCompromise" };

describe("the certificate index", () => {
  it("records an issued certificate once, however often it is told, without saying whose it is", async () => {
    await recordIssued(env.DATABASE, ENTRY);
    await recordIssued(env.DATABASE, ENTRY);
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

  it("revokes nothing but the certificate that is named", async () => {
    const neighbour = { ...ENTRY, serialNumberHex: "50".repeat(16) };
    await recordIssued(env.DATABASE, ENTRY);
    await recordIssued(env.DATABASE, neighbour);
    await recordRevoked(env.DATABASE, neighbour, { revokedAt: REVOKED_AT, reason: "superseded" });
    expect(await rows()).toContainEqual(GOOD);
  });
});
