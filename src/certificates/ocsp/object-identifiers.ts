// Object identifiers of OCSP (RFC 6960 appendix B). Apart from the schemas of @peculiar/asn1-ocsp, so that whoever makes
// certificates does not load them.

/** Extended key usage of a delegated signer. */
export const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

export const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1";
export const NONCE = "1.3.6.1.5.5.7.48.1.2";
/** The status of the signer itself need not be asked for: it is valid for a year at most. */
export const NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
export const ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";
