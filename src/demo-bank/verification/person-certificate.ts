// What a person's certificate must say before a login or a signature by it counts: the checks that the public documentation of
// the API asks of a relying party (page "response verification"), apart from chain and status.
import "reflect-metadata";
import {
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "@peculiar/x509";
import { fromBase64 } from "../bytes.ts";
import { chainFault, type TrustAnchors } from "./certificate-chain.ts";
import { QC_STATEMENTS, statesQualified } from "./qualified-statements.ts";
import { type Fault, refused, type Verdict } from "./verdict.ts";

export type Purpose = "authentication" | "signature";

/** Whom a certificate is about, in its own words. */
export interface Person {
  /** ETSI EN 319 412-1, for example `PNOEE-40504040001`. */
  readonly semanticsIdentifier: string;
  readonly givenName: string;
  readonly surname: string;
}

export interface VerifiedCertificate {
  readonly certificate: X509Certificate;
  readonly person: Person;
}

const AUTHENTICATION_KEY_PURPOSE = "1.3.6.1.4.1.62306.5.7.0";
/** Qualified: of the scheme's kind, and NCP+ (EN 319 411-1) for logins, QCP-n-qscd (EN 319 411-2) for signatures. */
const POLICIES: Readonly<Record<Purpose, readonly string[]>> = {
  authentication: ["1.3.6.1.4.1.10015.17.2", "0.4.0.2042.1.2"],
  signature: ["1.3.6.1.4.1.10015.17.2", "0.4.0.194112.1.2"],
};

const SERIAL_NUMBER = "2.5.4.5";
const GIVEN_NAME = "2.5.4.42";
const SURNAME = "2.5.4.4";

/** `base64`: of DER. `documentNumber`: what the answer says the certificate belongs to. `at`: milliseconds since the epoch. */
export async function verifyCertificate(input: {
  readonly base64: string | undefined;
  readonly purpose: Purpose;
  readonly documentNumber: string;
  readonly anchors: TrustAnchors;
  readonly at: number;
}): Promise<Verdict<VerifiedCertificate>> {
  const { purpose, documentNumber, anchors, at } = input;
  const certificate = parse(input.base64);
  if (certificate === undefined) return refused("certificate-encoding");
  const fault = (await chainFault(certificate, anchors, at)) ?? profileFault(certificate, purpose);
  if (fault !== undefined) return refused(fault);
  const person = personOf(certificate);
  if (person === undefined) return refused("certificate-subject");
  if (documentNumberOf(certificate) !== documentNumber) return refused("certificate-document-number");
  return { ok: true, value: { certificate, person } };
}

function parse(base64: string | undefined): X509Certificate | undefined {
  const der = fromBase64(base64 ?? "");
  if (der === undefined || der.length === 0) return undefined;
  try {
    const certificate = new X509Certificate(der);
    // Reads every extension, so that a broken one is found here and not in the middle of a check.
    return certificate.extensions.length > 0 ? certificate : undefined;
  } catch {
    return undefined;
  }
}

function profileFault(certificate: X509Certificate, purpose: Purpose): Fault | undefined {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  const wanted = purpose === "authentication" ? KeyUsageFlags.digitalSignature : KeyUsageFlags.nonRepudiation;
  if ((usages & wanted) === 0) return "certificate-key-usage";
  const keyPurposes = (certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? []).map(String);
  if (purpose === "authentication" && !keyPurposes.includes(AUTHENTICATION_KEY_PURPOSE)) return "certificate-key-usage";
  const policies = certificate.getExtension(CertificatePolicyExtension)?.policies ?? [];
  if (!POLICIES[purpose].every((policy) => policies.includes(policy))) return "certificate-policies";
  return purpose === "signature" && !isQualified(certificate) ? "certificate-qualification" : undefined;
}

function isQualified(certificate: X509Certificate): boolean {
  const statements = certificate.getExtension(QC_STATEMENTS);
  return statements !== null && statesQualified(statements.value);
}

/** Each attribute exactly once: of two serial numbers nobody knows which is meant. */
function personOf({ subjectName }: X509Certificate): Person | undefined {
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
