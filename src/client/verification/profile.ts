// Which policies and purposes people's certificates name. The defaults are those of the public scheme.

export interface PoliciesByLevel {
  /** All of them must stand in the certificate. */
  readonly QUALIFIED: readonly string[];
  readonly ADVANCED: readonly string[];
}

export interface CertificateProfile {
  readonly authentication: PoliciesByLevel;
  readonly signature: PoliciesByLevel;
  /** Extended key usage, one of which a certificate for logins has. */
  readonly authenticationKeyPurposes: readonly string[];
}

const QUALIFIED_DOCUMENT = "1.3.6.1.4.1.10015.17.2";
const NON_QUALIFIED_DOCUMENT = "1.3.6.1.4.1.10015.17.1";
/** ETSI EN 319 411-1 §5.3. */
const NCP = "0.4.0.2042.1.1";
const NCP_PLUS = "0.4.0.2042.1.2";
/** ETSI EN 319 411-2 §5.3. */
const QCP_NATURAL_QSCD = "0.4.0.194112.1.2";

export const PUBLIC_PROFILE: CertificateProfile = {
  authentication: { QUALIFIED: [QUALIFIED_DOCUMENT, NCP_PLUS], ADVANCED: [NON_QUALIFIED_DOCUMENT, NCP] },
  signature: { QUALIFIED: [QUALIFIED_DOCUMENT, QCP_NATURAL_QSCD], ADVANCED: [NON_QUALIFIED_DOCUMENT, NCP] },
  authenticationKeyPurposes: ["1.3.6.1.4.1.62306.5.7.0"],
};
