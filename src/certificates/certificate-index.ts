// The certificate index in D1: the one source of what was issued and what is revoked, for OCSP and CRL. It holds no name, no
// personal code and no document number: a status needs none of them, and this table is read by whoever serves strangers.
import { type CertificateEntry, INSERT_ISSUED, issuedParameters } from "./certificate-entry.ts";
import type { Revocation, RevocationReason } from "./revocation.ts";

export type { CertificateEntry } from "./certificate-entry.ts";
export type { Revocation, RevocationReason } from "./revocation.ts";

/**
 * Call before the certificate leaves the server: OCSP calls what is not in the index `unknown`. Idempotent. Throws where the serial
 * number is another authority's: its OCSP and CRL would speak for this certificate, and those of the issuer never.
 */
export async function recordIssued(database: D1Database, entry: CertificateEntry): Promise<void> {
  const { meta } = await database
    .prepare(INSERT_ISSUED)
    .bind(...issuedParameters(entry))
    .run();
  if (meta.changes > 0) return;
  const stored = (await findCertificates(database, [entry.serialNumberHex])).get(entry.serialNumberHex);
  if (stored?.issuer !== entry.issuer) throw new Error(`a serial number of ${entry.issuer} is ${stored?.issuer}'s in the index`);
}

/**
 * Idempotent; the first revocation stands with its time and reason. Takes the whole entry, so that a revocation that arrives
 * before its `recordIssued` is not lost and `recordIssued` does not undo it.
 */
export async function recordRevoked(database: D1Database, entry: CertificateEntry, revocation: Revocation): Promise<void> {
  const { serialNumberHex, issuer, notBefore, notAfter } = entry;
  const revokedAt = Math.floor(revocation.revokedAt / 1000) * 1000;
  await database
    .prepare(
      `INSERT INTO certificates (serial_number, issuer, not_before, not_after, revoked_at, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (serial_number) DO UPDATE SET revoked_at = ?5, reason = ?6 WHERE revoked_at IS NULL`,
    )
    .bind(serialNumberHex, issuer, notBefore, notAfter, revokedAt, revocation.reason)
    .run();
}

/**
 * Revokes what is in the index, for who knows the serial number alone; what is not in it stays out. Idempotent as above. Whether
 * this was the revocation: false where the certificate was revoked before, and where it is not in the index.
 */
export async function revokeBySerialNumber(
  database: D1Database,
  serialNumberHex: string,
  revocation: Revocation,
): Promise<boolean> {
  const { meta } = await database
    .prepare("UPDATE certificates SET revoked_at = ?2, reason = ?3 WHERE serial_number = ?1 AND revoked_at IS NULL")
    .bind(serialNumberHex, Math.floor(revocation.revokedAt / 1000) * 1000, revocation.reason)
    .run();
  return meta.changes > 0;
}

/** What the index says of one certificate. */
export interface CertificateRow {
  /** Short name of the issuing authority. */
  readonly issuer: string;
  /** Undefined while it is not revoked. */
  readonly revocation?: Revocation;
}

/** At most `MAXIMUM_LOOKUP` serial numbers at once; those that are in the index, by serial number. */
export async function findCertificates(
  database: D1Database,
  serialNumbers: readonly string[],
): Promise<ReadonlyMap<string, CertificateRow>> {
  if (serialNumbers.length > MAXIMUM_LOOKUP) throw new Error(`more than ${MAXIMUM_LOOKUP} certificates looked up at once`);
  const places = serialNumbers.map(() => "?").join(", ");
  // Not through a D1 session: what is asked for here may not come from a replica that is behind.
  const { results } = await database
    .prepare(`SELECT serial_number, issuer, revoked_at, reason FROM certificates WHERE serial_number IN (${places})`)
    .bind(...serialNumbers)
    .all<{ serial_number: string; issuer: string; revoked_at: number | null; reason: RevocationReason | null }>();
  return new Map(
    results.map(({ serial_number, issuer, revoked_at, reason }) => [
      serial_number,
      { issuer, ...(revoked_at !== null && reason !== null && { revocation: { revokedAt: revoked_at, reason } }) },
    ]),
  );
}

/** Parameters that D1 takes in one statement. */
export const MAXIMUM_LOOKUP = 100;
