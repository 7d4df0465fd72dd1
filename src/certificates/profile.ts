// The profile of a person's certificate: every extension, for authentication and signature, qualified and not.
// ETSI EN 319 412-2 with the values that existing client libraries of the relying-party API insist on. No I/O, no clock.
import "reflect-metadata";
import { AsnConvert, AsnGeneralizedTimeConverter } from "@peculiar/asn1-schema";
import { Attribute, GeneralName, GeneralNames, SubjectDirectoryAttributes } from "@peculiar/asn1-x509";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
} from "@peculiar/x509";
import type { Identity } from "../account/objects.ts";
import type { Purpose } from "../account/purpose.ts";
import { authorityAddresses, defaultDisclosureStatement } from "./addresses.ts";
import { distinguishedName, encodeName, NAME_BOUND } from "./distinguished-name.ts";
import type { CertificatePolicies } from "./policies.ts";
import { encodeQcStatements, QC_STATEMENTS } from "./qualified-statements.ts";

/** Extended key usage of authentication certificates: without it client libraries refuse an authentication. */
export const AUTHENTICATION_KEY_PURPOSE = "1.3.6.1.4.1.62306.5.7.0";

const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9";
const DATE_OF_BIRTH = "1.3.6.1.5.5.7.9.1";

const KEY_USAGE: Readonly<Record<Purpose, KeyUsageFlags>> = {
  auth: KeyUsageFlags.digitalSignature,
  // Named contentCommitment since X.509 (2005).
  sign: KeyUsageFlags.nonRepudiation,
};

/**
 * DER of `C, CN = SURNAME,GIVEN, SN, GN, serialNumber`, each in an RDN of its own; names longer than 64 characters are cut.
 * Throws for an empty name and for an identifier that a PrintableString of 64 characters does not hold.
 */
export function encodeSubject(identity: Identity): ArrayBuffer {
  const { country, surname, givenName, semanticsIdentifier } = identity;
  const name = distinguishedName([
    ["countryName", country],
    ["commonName", `${surname},${givenName}`],
    ["surname", surname],
    ["givenName", givenName],
    ["serialNumber", semanticsIdentifier],
  ]);
  return encodeName(name);
}

export interface PersonExtensions {
  readonly purpose: Purpose;
  readonly identity: Identity;
  readonly documentNumber: string;
  /** Hexadecimal. */
  readonly subjectKeyIdentifier: string;
  readonly authorityKeyIdentifier: string;
  /** Short name of the issuing authority. */
  readonly authority: string;
  readonly pkiBaseUrl: string;
  readonly policies: CertificatePolicies;
}

export function personExtensions(input: PersonExtensions): Extension[] {
  const { purpose, identity, policies } = input;
  const addresses = authorityAddresses(input.pkiBaseUrl, input.authority);
  const qualifiedSignature = purpose === "sign" && identity.level === "QUALIFIED";
  const disclosure = policies.disclosure ?? [{ url: defaultDisclosureStatement(input.pkiBaseUrl), language: "en" }];
  return [
    new BasicConstraintsExtension(false),
    new AuthorityKeyIdentifierExtension(input.authorityKeyIdentifier),
    new SubjectKeyIdentifierExtension(input.subjectKeyIdentifier),
    new KeyUsagesExtension(KEY_USAGE[purpose], true),
    ...(purpose === "auth" ? [new ExtendedKeyUsageExtension([AUTHENTICATION_KEY_PURPOSE])] : []),
    new CertificatePolicyExtension([...policies[purpose][identity.level]]),
    new Extension(SUBJECT_ALTERNATIVE_NAME, false, documentName(input.documentNumber)),
    ...(identity.dateOfBirth === undefined
      ? []
      : [new Extension(SUBJECT_DIRECTORY_ATTRIBUTES, false, birthAttribute(identity.dateOfBirth))]),
    new AuthorityInfoAccessExtension({ ocsp: [addresses.ocsp], caIssuers: [addresses.certificate] }),
    new CRLDistributionPointsExtension([addresses.revocationList]),
    ...(qualifiedSignature ? [new Extension(QC_STATEMENTS, false, encodeQcStatements(disclosure))] : []),
  ];
}

/** Relying parties read the document number from a directoryName in the subjectAltName. Never cut: it would name another account. */
function documentName(documentNumber: string): ArrayBuffer {
  if (documentNumber.length > NAME_BOUND) throw new Error("the document number is longer than a common name can be");
  const directoryName = distinguishedName([["commonName", documentNumber]]);
  return AsnConvert.serialize(new GeneralNames([new GeneralName({ directoryName })]));
}

/** RFC 3739 §3.2.2: GeneralizedTime at noon UTC, so that no time zone turns it into another day. */
function birthAttribute(dateOfBirth: string): ArrayBuffer {
  const noon = new Date(`${dateOfBirth}T12:00:00Z`);
  if (Number.isNaN(noon.getTime()) || noon.toISOString().slice(0, 10) !== dateOfBirth) {
    throw new Error("the date of birth is not a date of the form YYYY-MM-DD");
  }
  const value = AsnGeneralizedTimeConverter.toASN(noon).toBER();
  return AsnConvert.serialize(new SubjectDirectoryAttributes([new Attribute({ type: DATE_OF_BIRTH, values: [value] })]));
}
