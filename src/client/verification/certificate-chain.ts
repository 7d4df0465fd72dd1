// From a person's certificate to a root that the relying party was given (RFC 5280 §6.1, as far as a hierarchy of this kind needs
// it). Whether a certificate was revoked is another question, for who knows the chain.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
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
const ANY_POLICY = "2.5.29.32.0";
const ANY_KEY_PURPOSE = "2.5.29.37.0";

/** What the end entity's certificate is to be good for: no authority above it may have been made for less. */
export interface CertificateUse {
  /** Each of which every intermediate must name, or any policy. */
  readonly policies: readonly string[];
  /** Extended key usage, as far as it counts. */
  readonly keyPurposes: readonly string[];
}

interface Search {
  readonly anchors: TrustAnchors;
  readonly use: CertificateUse;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The issuer of an end entity's certificate that stands under the anchors at that time. */
export async function verifyChain(
  leaf: X509Certificate,
  search: Search,
): Promise<Result<X509Certificate, CertificateFailureCode>> {
  if (leaf.getExtension(BasicConstraintsExtension)?.ca === true) return failed("certificate_chain");
  const fault = ownFault(leaf, search.now);
  return fault === undefined ? issuerUnderRoot(leaf, [], search) : failed(fault);
}

/**
 * Tries every authority whose key signed it: one that was renewed has two certificates for one name and key. Where none leads to a
 * root, the fault of the first. `below`: the authorities between it and the end entity, none of which comes twice.
 */
async function issuerUnderRoot(
  certificate: X509Certificate,
  below: readonly X509Certificate[],
  search: Search,
): Promise<Result<X509Certificate, CertificateFailureCode>> {
  const { roots, intermediates } = search.anchors;
  let fault: CertificateFailureCode | undefined;
  for (const issuer of [...intermediates, ...roots]) {
    if (below.includes(issuer) || !(await isIssuedBy(certificate, issuer))) continue;
    const wrong = issuerFault(issuer, below, search);
    if (wrong === undefined && roots.includes(issuer)) return success(issuer);
    const above = wrong === undefined ? await issuerUnderRoot(issuer, [...below, issuer], search) : failed(wrong);
    if (above.ok) return success(issuer);
    fault ??= above.failure;
  }
  return failed(fault ?? "certificate_chain");
}

function issuerFault(
  issuer: X509Certificate,
  below: readonly X509Certificate[],
  { anchors, use, now }: Search,
): CertificateFailureCode | undefined {
  if (!mayIssue(issuer, below.length)) return "certificate_chain";
  const fault = ownFault(issuer, now);
  if (fault !== undefined) return fault;
  if (!permitsPurposes(issuer, use)) return "certificate_key_usage";
  // A root is trusted by itself: nobody above it says under which policies (RFC 5280 §6.1).
  const isWhole = anchors.roots.includes(issuer);
  return isWhole && !below.every((authority) => permitsPolicies(authority, use)) ? "certificate_policies" : undefined;
}

/** One that names purposes was made for them alone, critical or not: say, for time stamps (RFC 5280 §4.2.1.12). */
function permitsPurposes(issuer: X509Certificate, { keyPurposes }: CertificateUse): boolean {
  const permitted = issuer.getExtension(ExtendedKeyUsageExtension)?.usages.map(String);
  if (permitted === undefined || permitted.includes(ANY_KEY_PURPOSE)) return true;
  return keyPurposes.length > 0 && keyPurposes.every((purpose) => permitted.includes(purpose));
}

/** What it issues under another policy than its own is worth nothing under that one: an issuer of basic certificates makes no others. */
function permitsPolicies(issuer: X509Certificate, { policies }: CertificateUse): boolean {
  const permitted = issuer.getExtension(CertificatePolicyExtension)?.policies ?? [];
  return permitted.includes(ANY_POLICY) || policies.every((policy) => permitted.includes(policy));
}

function ownFault(certificate: X509Certificate, now: number): CertificateFailureCode | undefined {
  if (!hasUnderstoodExtensions(certificate)) return "certificate_extensions";
  return isValidAt(certificate, now) ? undefined : "certificate_validity";
}

export const isValidAt = ({ notBefore, notAfter }: X509Certificate, now: number): boolean =>
  now >= notBefore.getTime() && now <= notAfter.getTime();

/** Whether the authority's name, key identifier and key go with what the certificate says about its issuer. */
export async function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): Promise<boolean> {
  if (!STRONG_HASHES.has(certificate.signatureAlgorithm.hash.name)) return false;
  if (authority.subject !== certificate.issuer || !identifiersMatch(certificate, authority)) return false;
  return certificate.verify({ publicKey: authority.publicKey, signatureOnly: true });
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
