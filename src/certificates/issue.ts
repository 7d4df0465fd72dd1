// Issues a person's certificate. Decides nothing about the person: identity, proof of possession and the signed application
// come before. No I/O, no clock; the only randomness not given is the nonce inside ECDSA.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { Name, SubjectKeyIdentifierExtension, X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import type { Identity } from "../account/objects.ts";
import type { Purpose } from "../account/purpose.ts";
import { equalBytes } from "../protocol/encoding.ts";
import { AUTHORITY_SIGNATURE_ALGORITHM, isMarkedTest, type Issuer, TEST_MARK } from "./authority.ts";
import { toHexadecimal } from "./hexadecimal.ts";
import type { CertificatePolicies } from "./policies.ts";
import { encodeSubject, personExtensions } from "./profile.ts";
import { serialNumberHex } from "./serial-number.ts";

const VALIDITY_YEARS = 3;

const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const ED25519 = "1.3.101.112";
/** Bytes (RFC 8032 §5.1.5). */
const ED25519_KEY_LENGTH = 32;

export interface CertificateRequest {
  readonly purpose: Purpose;
  readonly identity: Identity;
  readonly documentNumber: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly issuer: Issuer;
  /** 16 random bytes, made into a serial number by `serialNumberHex`. */
  readonly serialNumber: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds since the epoch: the last second that it may be valid in, since no certificate outlives its account. */
  readonly notAfterLimit?: number;
  readonly policies: CertificatePolicies;
  readonly pkiBaseUrl: string;
  /** True where identities prove nothing (local mode): only an issuer with TEST in its name may then sign. */
  readonly test: boolean;
}

export interface IssuedCertificate {
  readonly der: Uint8Array<ArrayBuffer>;
  /** 32 lower-case hexadecimal digits. */
  readonly serialNumberHex: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Every failure is a programmer's or operator's error and throws: nothing here depends on what a stranger sent. */
export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const { identity, issuer } = request;
  const issuerCertificate = new X509Certificate(issuer.certificate);
  checkIssuer(request, issuerCertificate);
  const { notBefore, notAfter } = validity(request, issuerCertificate);
  const serialNumber = serialNumberHex(request.serialNumber);
  const certificate = await X509CertificateGenerator.create({
    serialNumber,
    subject: new Name(encodeSubject(identity)),
    issuer: issuerCertificate.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: request.publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    extensions: personExtensions({
      purpose: request.purpose,
      identity,
      documentNumber: request.documentNumber,
      subjectKeyIdentifier: await keyIdentifier(request.publicKey),
      authorityKeyIdentifier: keyIdentifierOf(issuerCertificate),
      authority: issuer.name,
      pkiBaseUrl: request.pkiBaseUrl,
      policies: request.policies,
    }),
  });
  return { der: new Uint8Array(certificate.rawData), serialNumberHex: serialNumber, notBefore, notAfter };
}

function checkIssuer({ issuer, identity, test }: CertificateRequest, certificate: X509Certificate): void {
  if (issuer.level !== identity.level) throw new Error(`issuer ${issuer.name} does not issue at level ${identity.level}`);
  if (test && !marksTest(certificate))
    throw new Error(`issuer ${issuer.name} is not marked ${TEST_MARK}: refusing to issue test certificates`);
  if (!test && marksTest(certificate))
    throw new Error(`issuer ${issuer.name} is marked ${TEST_MARK}: it issues in local mode only`);
}

/** TEST as a word of the common name. */
function marksTest(certificate: X509Certificate): boolean {
  return certificate.subjectName.getField("CN").some(isMarkedTest);
}

/** Both ends inclusive (RFC 5280 §4.1.2.5), hence the second less at the end. */
function validity({ now, notAfterLimit, issuer }: CertificateRequest, issuerCertificate: X509Certificate) {
  const notBefore = wholeSeconds(now);
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + VALIDITY_YEARS);
  const notAfter = wholeSeconds(Math.min(end.getTime() - 1000, issuerCertificate.notAfter.getTime(), notAfterLimit ?? Infinity));
  if (notBefore < issuerCertificate.notBefore.getTime()) throw new Error(`issuer ${issuer.name} is not valid yet`);
  if (notAfter <= notBefore) throw new Error(`issuer ${issuer.name} or the account has expired`);
  return { notBefore, notAfter };
}

const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000;

/** RFC 5280 §4.2.1.2 method 1, in hexadecimal. Throws for a key of another algorithm or one that is not DER. */
async function keyIdentifier(publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = AsnConvert.parse(publicKey, SubjectPublicKeyInfo);
  const { algorithm, parameters } = key.algorithm;
  if (algorithm !== RSA_ENCRYPTION && algorithm !== ED25519) throw new Error("the public key is neither RSA nor Ed25519");
  // RFC 8410 §3, §4: verifiers insist on both.
  const isOddEd25519 = parameters !== undefined || key.subjectPublicKey.byteLength !== ED25519_KEY_LENGTH;
  if (algorithm === ED25519 && isOddEd25519) throw new Error("the Ed25519 key has parameters, or not 32 bytes");
  if (!equalBytes(new Uint8Array(AsnConvert.serialize(key)), publicKey)) throw new Error("the public key is not in DER");
  const digest = await crypto.subtle.digest("SHA-1", key.subjectPublicKey);
  return toHexadecimal(new Uint8Array(digest));
}

function keyIdentifierOf(authority: X509Certificate): string {
  const extension = authority.getExtension(SubjectKeyIdentifierExtension);
  if (extension === null) throw new Error("the issuer's certificate has no subject key identifier");
  return extension.keyId;
}
