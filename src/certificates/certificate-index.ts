// The certificate index in D1: the one source of what was issued and what is revoked, for OCSP and CRL. It holds no name, no
// personal code and no document number: a status needs none of them, and this table is read by whoever serves strangers.

/** CRLReason names (RFC 5280 §5.3.1) that a person's certificate can have. */
export const REVOCATION_REASONS = [
  "unspecified",
  "keyCompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export interface CertificateEntry {
  /** 32 lower-case hexadecimal digits. */
  readonly serialNumberHex: string;
  /** Short name of the issuing authority. */
  readonly issuer: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Revocation {
  /** Milliseconds since the epoch; kept as whole seconds, which is all that OCSP and CRL can say. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}

/** Call before the certificate leaves the server: OCSP calls what is not in the index `unknown`. Idempotent. */
export async function recordIssued(database: D1Database, entry: CertificateEntry): Promise<void> {
  const { serialNumberHex, issuer, notBefore, notAfter } = entry;
  await database
    .prepare(
      "INSERT INTO certificates (serial_number, issuer, not_before, not_after) VALUES (?, ?, ?, ?) ON CONFLICT (serial_number) DO NOTHING",
    )
    .bind(serialNumberHex, issuer, notBefore, notAfter)
    .run();
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
