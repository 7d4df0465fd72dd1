// A CRL (RFC 5280 §5, version 2): everything that one authority revoked. No I/O, no clock; the only randomness is the nonce
// inside ECDSA.
import "reflect-metadata";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  Certificate,
  CertificateList,
  CRLNumber,
  CRLReason,
  CRLReasons,
  Extension,
  KeyIdentifier,
  RevokedCertificate,
  SubjectKeyIdentifier,
  TBSCertList,
  Time,
} from "@peculiar/asn1-x509";
import { signatureAlgorithm } from "../ecdsa-signature.ts";
import { fromHexadecimal, toHexadecimal } from "../hexadecimal.ts";
import type { Revocation } from "../revocation.ts";

const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const CRL_NUMBER = "2.5.29.20";
const REASON_CODE = "2.5.29.21";
const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

export interface ListedRevocation extends Omit<Revocation, "reason"> {
  /** `cACompromise` is for issuing authorities on a root's list. */
  readonly reason: Revocation["reason"] | "cACompromise";
  /** 32 hexadecimal digits. */
  readonly serialNumberHex: string;
}

export interface ListContent {
  /** The authority's certificate, DER, and its key. */
  readonly issuer: { readonly certificate: Uint8Array<ArrayBuffer>; readonly privateKey: CryptoKey };
  /** Positive; never used before by this authority (RFC 5280 §5.2.3). */
  readonly number: number;
  /** Milliseconds since the epoch, whole seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revocations: readonly ListedRevocation[];
}

/** DER. Written by the schemas and not by the library's generator, whose time grows with the square of the entries. */
export async function buildRevocationList(content: ListContent): Promise<Uint8Array<ArrayBuffer>> {
  const { subject, extensions = [] } = AsnConvert.parse(content.issuer.certificate, Certificate).tbsCertificate;
  const { identifier, sign } = signatureAlgorithm(content.issuer.privateKey);
  const revokedCertificates = content.revocations.map(entry);
  const tbsCertList = new TBSCertList({
    version: 1,
    signature: identifier,
    issuer: subject,
    thisUpdate: new Time(new Date(content.thisUpdate)),
    nextUpdate: new Time(new Date(content.nextUpdate)),
    // Absent rather than empty (RFC 5280 §5.1.2.6).
    ...(revokedCertificates.length > 0 && { revokedCertificates }),
    crlExtensions: [
      extension(AUTHORITY_KEY_IDENTIFIER, new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(extensions) })),
      extension(CRL_NUMBER, new CRLNumber(content.number)),
    ],
  });
  const signature = await sign(AsnConvert.serialize(tbsCertList));
  return new Uint8Array(AsnConvert.serialize(new CertificateList({ tbsCertList, signatureAlgorithm: identifier, signature })));
}

/** Hexadecimal SHA-256 of a list: its ETag. */
export const listDigest = async (der: Uint8Array<ArrayBuffer>): Promise<string> =>
  toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));

function entry({ serialNumberHex, revokedAt, reason }: ListedRevocation): RevokedCertificate {
  return new RevokedCertificate({
    userCertificate: fromHexadecimal(serialNumberHex).buffer,
    revocationDate: new Time(new Date(revokedAt)),
    // RFC 5280 §5.3.1: absent rather than `unspecified`.
    ...(reason !== "unspecified" && { crlEntryExtensions: [extension(REASON_CODE, new CRLReason(CRLReasons[reason]))] }),
  });
}

function keyIdentifier(extensions: readonly Extension[]): KeyIdentifier {
  const own = extensions.find(({ extnID }) => extnID === SUBJECT_KEY_IDENTIFIER);
  if (own === undefined) throw new Error("the issuer's certificate has no subject key identifier");
  return new KeyIdentifier(AsnConvert.parse(own.extnValue.buffer, SubjectKeyIdentifier).buffer);
}

const extension = (extnID: string, value: object): Extension =>
  new Extension({ extnID, critical: false, extnValue: new OctetString(AsnConvert.serialize(value)) });
