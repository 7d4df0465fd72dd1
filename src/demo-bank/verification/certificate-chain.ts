// From a person's certificate to a root that the bank was given (RFC 5280 §6.1, as far as a hierarchy of this kind needs it).
// Nothing that came with an answer, and nothing from the network, ever becomes an issuer. Whether a certificate was revoked is for
// certificate-status.ts to ask, once the chain is known.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "@peculiar/x509";
import type { Fault } from "./verdict.ts";

/** CA certificates; a chain must end in one of them that signed itself. */
export type TrustAnchors = readonly X509Certificate[];

/** keyUsage, basicConstraints, certificatePolicies, extKeyUsage: what is understood here, and may therefore be critical. */
const UNDERSTOOD = new Set(["2.5.29.15", "2.5.29.19", "2.5.29.32", "2.5.29.37"]);
const STRONG_HASHES = new Set(["SHA-256", "SHA-384", "SHA-512"]);

/** Throws for text that holds no certificate: it is the operator's. */
export function parseTrustAnchors(pem: string): TrustAnchors {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error("the demo bank was given no trust anchors");
  return blocks.map((block) => new X509Certificate(block));
}

/** Undefined where the certificate is one of an end entity and stands under the anchors at that time (milliseconds). */
export async function chainFault(leaf: X509Certificate, anchors: TrustAnchors, at: number): Promise<Fault | undefined> {
  if (leaf.getExtension(BasicConstraintsExtension)?.ca === true) return "certificate-chain";
  let certificate = leaf;
  for (let authoritiesBelow = 0; authoritiesBelow <= anchors.length; authoritiesBelow++) {
    if (!hasUnderstoodExtensions(certificate)) return "certificate-extensions";
    if (at < certificate.notBefore.getTime() || at > certificate.notAfter.getTime()) return "certificate-validity";
    const issuer = await issuerOf(certificate, anchors);
    // A root: it was found to be an authority when it was met as an issuer.
    if (issuer === certificate) return undefined;
    if (issuer === undefined || !mayIssue(issuer, authoritiesBelow)) return "certificate-chain";
    certificate = issuer;
  }
  return "certificate-chain";
}

/** The anchor whose name, key identifier and key go with what the certificate says about its issuer. */
export async function issuerOf(certificate: X509Certificate, anchors: TrustAnchors): Promise<X509Certificate | undefined> {
  const { signatureAlgorithm } = certificate;
  if (!STRONG_HASHES.has(signatureAlgorithm.hash.name)) return undefined;
  for (const anchor of anchors) {
    if (anchor.subject !== certificate.issuer || !identifiersMatch(certificate, anchor)) continue;
    if (await certificate.verify({ publicKey: anchor.publicKey, signatureOnly: true })) return anchor;
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
  const usages = issuer.getExtension(KeyUsagesExtension)?.usages ?? 0;
  if (constraints?.ca !== true || (usages & KeyUsageFlags.keyCertSign) === 0) return false;
  return authoritiesBelow <= (constraints.pathLength ?? Number.POSITIVE_INFINITY);
}

/** Nothing critical that is not looked at, and nothing twice (RFC 5280 §4.2). */
export function hasUnderstoodExtensions({ extensions }: X509Certificate): boolean {
  const types = extensions.map(({ type }) => type);
  if (new Set(types).size !== types.length) return false;
  return extensions.every(({ type, critical }) => !critical || UNDERSTOOD.has(type));
}
