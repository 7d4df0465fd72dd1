// From a person's certificate to a root that the relying party was given (RFC 5280 §6.1, as far as a hierarchy of this kind needs
// it). Whether a certificate was revoked is another question, for who knows the chain.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
} from "@peculiar/x509";
import type { CertificateFailureCode } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { TrustAnchors } from "./trust-anchors.ts";

/** keyUsage, basicConstraints, certificatePolicies, extKeyUsage: what is understood here, and may therefore be critical. */
const UNDERSTOOD = new Set(["2.5.29.15", "2.5.29.19", "2.5.29.32", "2.5.29.37"]);
const STRONG_HASHES = new Set(["SHA-256", "SHA-384", "SHA-512"]);

/** The issuer of an end entity's certificate that stands under the anchors at that time (milliseconds since the epoch). */
export async function verifyChain(
  leaf: X509Certificate,
  { roots, intermediates }: TrustAnchors,
  now: number,
): Promise<Result<X509Certificate, CertificateFailureCode>> {
  if (leaf.getExtension(BasicConstraintsExtension)?.ca === true) return failed("certificate_chain");
  const fault = ownFault(leaf, now);
  if (fault !== undefined) return failed(fault);
  const authorities = [...intermediates, ...roots];
  const direct = await issuerOf(leaf, authorities);
  if (direct === undefined) return failed("certificate_chain");
  let issuer: X509Certificate | undefined = direct;
  for (let authoritiesBelow = 0; authoritiesBelow < authorities.length; authoritiesBelow++) {
    if (issuer === undefined || !mayIssue(issuer, authoritiesBelow)) break;
    const issuerFault = ownFault(issuer, now);
    if (issuerFault !== undefined) return failed(issuerFault);
    if (roots.includes(issuer)) return success(direct);
    issuer = await issuerOf(issuer, authorities);
  }
  return failed("certificate_chain");
}

function ownFault(certificate: X509Certificate, now: number): CertificateFailureCode | undefined {
  if (!hasUnderstoodExtensions(certificate)) return "certificate_extensions";
  return isValidAt(certificate, now) ? undefined : "certificate_validity";
}

export const isValidAt = ({ notBefore, notAfter }: X509Certificate, now: number): boolean =>
  now >= notBefore.getTime() && now <= notAfter.getTime();

/** The authority whose name, key identifier and key go with what the certificate says about its issuer. */
export async function issuerOf(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): Promise<X509Certificate | undefined> {
  if (!STRONG_HASHES.has(certificate.signatureAlgorithm.hash.name)) return undefined;
  for (const authority of authorities) {
    if (authority.subject !== certificate.issuer || !identifiersMatch(certificate, authority)) continue;
    if (await certificate.verify({ publicKey: authority.publicKey, signatureOnly: true })) return authority;
  }
  return undefined;
}

/** A root may leave out whose key signed it: its own. */
function identifiersMatch(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const named = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (named === undefined) return certificate === issuer;
  return named === issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId;
}

/** `authoritiesBelow`: how many CA certificates are between the issuer and the end entity. */
function mayIssue(issuer: X509Certificate, authoritiesBelow: number): boolean {
  const constraints = issuer.getExtension(BasicConstraintsExtension);
  return isAuthority(issuer) && authoritiesBelow <= (constraints?.pathLength ?? Number.POSITIVE_INFINITY);
}

/** Whether it may sign certificates. */
export function isAuthority(certificate: X509Certificate): boolean {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  return certificate.getExtension(BasicConstraintsExtension)?.ca === true && (usages & KeyUsageFlags.keyCertSign) !== 0;
}

/** Nothing critical that is not looked at, and nothing twice (RFC 5280 §4.2). */
export function hasUnderstoodExtensions({ extensions }: X509Certificate): boolean {
  const types = extensions.map(({ type }) => type);
  if (new Set(types).size !== types.length) return false;
  return extensions.every(({ type, critical }) => !critical || UNDERSTOOD.has(type));
}
