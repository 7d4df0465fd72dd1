// That a certificate is revoked: when and why, as OCSP and CRLs say it. No I/O.
import type { RevocationReason } from "../protocol/revocation-reasons.ts";

export { REVOCATION_REASONS, type RevocationReason } from "../protocol/revocation-reasons.ts";

export interface Revocation {
  /** Milliseconds since the epoch; kept as whole seconds, which is all that OCSP and CRL can say. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}
