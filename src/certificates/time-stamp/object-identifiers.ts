// Object identifiers of time stamps. Apart from the schemas of @peculiar/asn1-tsp, so that whoever makes certificates does not load
// them.

/** Extended key usage of a signer of time stamps (RFC 3161 §2.3). */
export const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

/**
 * The policy that every time stamp here is given under, which promises nothing. 2.999 is the arc for examples (X.660), which nobody
 * owns: whoever meets it knows that it is none of a real authority. Its numbers are small: some parsers refuse those of 2.25, which
 * are made of UUIDs.
 */
export const TEST_POLICY = "2.999.3161.1";

/** Content type of a token (RFC 3161 §2.4.2). */
export const TST_INFO = "1.2.840.113549.1.9.16.1.4";

/** Attributes of a signature (RFC 5652 §11.1 and §11.2, RFC 5035 §3). */
export const CONTENT_TYPE = "1.2.840.113549.1.9.3";
export const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
export const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

export const SHA_256 = "2.16.840.1.101.3.4.2.1";
