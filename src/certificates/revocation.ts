// That a certificate is revoked: when and why, as OCSP and CRLs say it. No I/O.

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

export interface Revocation {
  /** Milliseconds since the epoch; kept as whole seconds, which is all that OCSP and CRL can say. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}
