// The PKI disclosure statement (ETSI EN 319 411-1 annex A) of an operator that published none of its own: says what is known here
// and promises nothing. Its address stands in qualified certificates unless CERTIFICATE_POLICIES names another.

export function disclosureStatement({ test }: { readonly test: boolean }): string {
  return [
    "PKI disclosure statement",
    "",
    test
      ? "These are TEST certificates, made on a developer's machine. Nobody's identity was checked. They prove nothing about anybody, and nobody is liable for anything."
      : "The operator of this service has not published a disclosure statement here. Ask the operator for its certificate policy, its practice statement and the limits of its liability before you rely on a certificate.",
    "",
    "Keys: a person's private key is split between the person's device and this service; each use of it takes a PIN of the person.",
    "Uses: a certificate for authentication is for authentication only, a certificate for signatures for electronic signatures only.",
    "Status: before you rely on a certificate, ask for its status at the OCSP address or in the CRL that are named in it. Both are free of charge and open to everybody. OCSP tells of a revocation at once, or within a minute where an HTTP cache answers in its place; a CRL is valid for 24 hours. The status of expired certificates stays available by OCSP.",
    "Revocation: the person deletes the account in the authenticator, or asks the operator.",
    "",
  ].join("\n");
}
