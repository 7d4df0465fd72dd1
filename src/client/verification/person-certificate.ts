// What a person's certificate must say before a login or a signature by it counts: the checks that the public documentation of the
// API asks of a relying party (page "response verification"), apart from its status.
import "reflect-metadata";
import {
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "@peculiar/x509";
import { fromBase64 } from "../encoding.ts";
import type { CertificateFailureCode } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { Asked } from "../session/started.ts";
import { type CertificateUse, verifyChain } from "./certificate-chain.ts";
import type { VerifiedPerson } from "./options.ts";
import type { CertificateProfile } from "./profile.ts";
import { QC_STATEMENTS, statesQualified } from "./qualified-statements.ts";
import type { TrustAnchors } from "./trust-anchors.ts";

export type Purpose = "authentication" | "signature";

export interface ExpectedCertificate {
  readonly purpose: Purpose;
  /** What the API says it is; what stands in it must be that. */
  readonly level: "ADVANCED" | "QUALIFIED";
  /** What the API says it belongs to. */
  readonly documentNumber: string;
  /** All of them must fit. */
  readonly identities: readonly Asked[];
  readonly anchors: TrustAnchors;
  readonly profile: CertificateProfile;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface CertificateOfPerson {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
  readonly person: VerifiedPerson;
}

const SERIAL_NUMBER = "2.5.4.5";
const GIVEN_NAME = "2.5.4.42";
const SURNAME = "2.5.4.4";

/** `base64`: of DER. */
export async function verifyPersonCertificate(
  base64: string,
  expected: ExpectedCertificate,
): Promise<Result<CertificateOfPerson, CertificateFailureCode>> {
  const certificate = parse(base64);
  if (certificate === undefined) return failed("certificate_encoding");
  const { anchors, now } = expected;
  const chain = await verifyChain(certificate, { anchors, use: useOf(certificate, expected), now });
  if (!chain.ok) return chain;
  const fault = profileFault(certificate, expected);
  if (fault !== undefined) return failed(fault);
  const subject = subjectOf(certificate);
  if (subject === undefined) return failed("certificate_subject");
  const { documentNumber, identities, level } = expected;
  if (documentNumberOf(certificate) !== documentNumber) return failed("certificate_document_number");
  const person = { ...subject, documentNumber, certificateLevel: level, certificate: base64 };
  const fits = identities.every(({ semanticsIdentifier: wanted }) => [undefined, person.semanticsIdentifier].includes(wanted));
  return fits ? success({ certificate, issuer: chain.value, person }) : failed("certificate_person");
}

function parse(base64: string): X509Certificate | undefined {
  const der = fromBase64(base64);
  // The library ignores what stands after the end: two encodings would be one certificate.
  if (der === undefined || sequenceLength(der) !== der.length) return undefined;
  try {
    const certificate = new X509Certificate(der);
    // Reads every extension, so that a broken one is found here and not in the middle of a check.
    return certificate.extensions.length > 0 ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes of the SEQUENCE with its header (X.690 §8.1.3), of the lengths that a certificate has: two bytes tell it. */
function sequenceLength([tag, form, high = 0, low = 0]: Uint8Array): number | undefined {
  return tag === 0x30 && form === 0x82 ? 4 + high * 256 + low : undefined;
}

/** What all authorities above it must have been made for. */
function useOf(certificate: X509Certificate, { purpose, level, profile }: ExpectedCertificate): CertificateUse {
  const named = keyPurposesOf(certificate);
  const counts = (keyPurpose: string) => purpose === "signature" || profile.authenticationKeyPurposes.includes(keyPurpose);
  return { policies: profile[purpose][level], keyPurposes: named.filter(counts) };
}

const keyPurposesOf = (certificate: X509Certificate): readonly string[] =>
  (certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? []).map(String);

function profileFault(
  certificate: X509Certificate,
  { purpose, level, profile }: ExpectedCertificate,
): CertificateFailureCode | undefined {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  const wanted = purpose === "authentication" ? KeyUsageFlags.digitalSignature : KeyUsageFlags.nonRepudiation;
  if ((usages & wanted) === 0) return "certificate_key_usage";
  const keyPurposes = keyPurposesOf(certificate);
  const isForLogins = profile.authenticationKeyPurposes.some((keyPurpose) => keyPurposes.includes(keyPurpose));
  if (purpose === "authentication" && !isForLogins) return "certificate_key_usage";
  const policies = certificate.getExtension(CertificatePolicyExtension)?.policies ?? [];
  if (!profile[purpose][level].every((policy) => policies.includes(policy))) return "certificate_policies";
  const mustBeQualified = purpose === "signature" && level === "QUALIFIED";
  return mustBeQualified && !isQualified(certificate) ? "certificate_qualification" : undefined;
}

function isQualified(certificate: X509Certificate): boolean {
  const statements = certificate.getExtension(QC_STATEMENTS);
  return statements !== null && statesQualified(statements.value);
}

type Subject = Pick<VerifiedPerson, "semanticsIdentifier" | "givenName" | "surname">;

/** Each attribute exactly once: of two serial numbers nobody knows which is meant. */
function subjectOf({ subjectName }: X509Certificate): Subject | undefined {
  const [semanticsIdentifier, givenName, surname] = [SERIAL_NUMBER, GIVEN_NAME, SURNAME].map((attribute) => {
    const [value, ...more] = subjectName.getField(attribute);
    return more.length === 0 ? value : undefined;
  });
  if (semanticsIdentifier === undefined || givenName === undefined || surname === undefined) return undefined;
  return { semanticsIdentifier, givenName, surname };
}

/** The common name of the one directoryName among the alternative names. */
function documentNumberOf(certificate: X509Certificate): string | undefined {
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
  const [directoryName, ...more] = names.filter(({ type }) => type === "dn");
  const [, documentNumber] = /^CN=([A-Z0-9-]+)$/.exec(directoryName?.value ?? "") ?? [];
  return more.length === 0 ? documentNumber : undefined;
}
