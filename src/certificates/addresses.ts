// Where the status and the issuer of a certificate are published: the addresses that stand inside certificates.
// A certificate keeps them for years, so an address never changes its meaning once one was issued.

/** `authority` is the short name of a certification authority, as in the table `certificate_authorities`. */
export interface AuthorityAddresses {
  /** DER certificate of the authority (RFC 5280 §4.2.2.1, caIssuers). */
  readonly certificate: string;
  /** DER CRL of the authority (RFC 5280 §4.2.1.13). */
  readonly revocationList: string;
  /** OCSP responder for what the authority issued (RFC 6960 appendix A). */
  readonly ocsp: string;
}

/** Throws for a base that is no http(s) address, is not ASCII (the fields are IA5String) or ends with a slash. */
export function authorityAddresses(pkiBaseUrl: string, authority: string): AuthorityAddresses {
  checkBase(pkiBaseUrl);
  return {
    certificate: `${pkiBaseUrl}/certificates/${authority}.cer`,
    revocationList: `${pkiBaseUrl}/crl/${authority}.crl`,
    ocsp: `${pkiBaseUrl}/ocsp`,
  };
}

/** The English PKI disclosure statement (ETSI EN 319 412-5 §4.3.4) where the operator names none. */
export function defaultDisclosureStatement(pkiBaseUrl: string): string {
  checkBase(pkiBaseUrl);
  return `${pkiBaseUrl}/disclosure/en`;
}

function checkBase(pkiBaseUrl: string): void {
  if (!/^https?:\/\/[\x21-\x7e]*[^/]$/.test(pkiBaseUrl)) {
    throw new Error("PKI_BASE_URL must be an http or https address in ASCII, without a trailing slash");
  }
}
