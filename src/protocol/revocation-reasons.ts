// Why a person's certificate is revoked, by the names that OCSP, CRLs and the operator's orders use.

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
