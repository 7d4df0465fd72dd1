// Whether an answer of OCSP proves that a certificate is good now (RFC 6960 §3.2): to this request, about this certificate, fresh,
// and signed by somebody whom the certificate's issuer named for that. Hostile until then: it comes over plain HTTP. No I/O, no clock.
import "reflect-metadata";
import { BasicOCSPResponse, type CertID, OCSPResponse, OCSPResponseStatus, type SingleResponse } from "@peculiar/asn1-ocsp";
import { AsnConvert } from "@peculiar/asn1-schema";
import type { Extension } from "@peculiar/asn1-x509";
import {
  AsnEcSignatureFormatter,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from "@peculiar/x509";
import { toBase64 } from "../encoding.ts";
import { hasUnderstoodExtensions, isIssuedBy, isValidAt } from "../verification/certificate-chain.ts";
import type { CertificateStatusFailureCode } from "../failures.ts";

export const NONCE = "1.3.6.1.5.5.7.48.1.2";
const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1";
const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const NO_CHECK = "1.3.6.1.5.5.7.48.1.5";

/** Milliseconds: what is older could have been revoked since. */
const OLDEST = 5 * 60_000;
/** Milliseconds by which clocks may differ. */
const TOLERANCE = 60_000;

/** ECDSA (RFC 5758 §3.2): what these authorities' signers use. */
const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
};
const FORMATTER = new AsnEcSignatureFormatter();
/** A global of DOM types, which workerd has no name for. */
type EcAlgorithm = Parameters<typeof FORMATTER.toWebSignature>[0];

export interface ExpectedStatus {
  readonly asked: CertID;
  /** Value of the extension in the request, DER. */
  readonly nonce: ArrayBuffer;
  readonly issuer: X509Certificate;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `der`: OCSPResponse. */
export async function statusAnswerFault(
  der: ArrayBuffer,
  expected: ExpectedStatus,
): Promise<CertificateStatusFailureCode | undefined> {
  try {
    const { responseStatus, responseBytes } = AsnConvert.parse(der, OCSPResponse);
    if (responseStatus === OCSPResponseStatus.tryLater) return "status_unreachable";
    if (responseStatus !== OCSPResponseStatus.successful || responseBytes?.responseType !== BASIC_RESPONSE)
      return "status_answer";
    const basic = AsnConvert.parse(responseBytes.response.buffer, BasicOCSPResponse);
    return (await signatureFault(basic, expected)) ?? contentFault(basic, expected);
  } catch {
    return "status_answer";
  }
}

/** By the one certificate that came along. RFC 6960 lets the issuer itself sign, too: these issuers name somebody. */
async function signatureFault(
  basic: BasicOCSPResponse,
  { issuer, now }: ExpectedStatus,
): Promise<CertificateStatusFailureCode | undefined> {
  const [embedded, ...more] = basic.certs ?? [];
  if (embedded === undefined || more.length > 0) return "status_signer";
  const signer = new X509Certificate(AsnConvert.serialize(embedded));
  if (!(await maySign(signer, issuer, now))) return "status_signer";
  const hash = HASHES[basic.signatureAlgorithm.algorithm];
  const { namedCurve } = signer.publicKey.algorithm as { readonly namedCurve?: string };
  if (hash === undefined || namedCurve === undefined || basic.tbsResponseDataRaw === undefined) return "status_signature";
  const algorithm = { name: "ECDSA", namedCurve };
  const key = await signer.publicKey.export(algorithm, ["verify"]);
  const signature = FORMATTER.toWebSignature(algorithm as EcAlgorithm, basic.signature);
  if (signature === null) return "status_signature";
  const right = await crypto.subtle.verify({ name: "ECDSA", hash }, key, signature, basic.tbsResponseDataRaw);
  return right ? undefined : "status_signature";
}

/**
 * A delegate (RFC 6960 §4.2.2.2): the certificate's very issuer made it for this and nothing else, so that a person's certificate, or
 * another authority's delegate, calls nothing good. Without `nocheck` one would have to ask for its status, too.
 */
async function maySign(signer: X509Certificate, issuer: X509Certificate, now: number): Promise<boolean> {
  const [purpose, ...otherPurposes] = signer.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  if (purpose !== OCSP_SIGNING || otherPurposes.length > 0 || signer.getExtension(NO_CHECK) === null) return false;
  const usages = signer.getExtension(KeyUsagesExtension)?.usages ?? KeyUsageFlags.digitalSignature;
  if ((usages & KeyUsageFlags.digitalSignature) === 0) return false;
  if (signer.getExtension(BasicConstraintsExtension)?.ca === true || !hasUnderstoodExtensions(signer)) return false;
  if (!isValidAt(signer, now)) return false;
  return isIssuedBy(signer, issuer);
}

function contentFault(
  { tbsResponseData }: BasicOCSPResponse,
  { asked, nonce, now }: ExpectedStatus,
): CertificateStatusFailureCode | undefined {
  const { responses, responseExtensions = [] } = tbsResponseData;
  const [single, ...more] = responses;
  if (single === undefined || more.length > 0 || nameOf(single.certID) !== nameOf(asked)) return "status_answer";
  if ([...responseExtensions, ...(single.singleExtensions ?? [])].some(({ critical }) => critical)) return "status_answer";
  return nonceFault(responseExtensions, nonce) ?? timeFault(single, now) ?? stateFault(single);
}

/** Without it, an answer of before the revocation could be played again. */
function nonceFault(extensions: readonly Extension[], nonce: ArrayBuffer): CertificateStatusFailureCode | undefined {
  const [found, ...more] = extensions.filter(({ extnID }) => extnID === NONCE);
  return found !== undefined && more.length === 0 && base64(found.extnValue.buffer) === base64(nonce)
    ? undefined
    : "status_nonce";
}

function timeFault({ thisUpdate, nextUpdate }: SingleResponse, now: number): CertificateStatusFailureCode | undefined {
  const age = now - thisUpdate.getTime();
  const current = age >= -TOLERANCE && age <= OLDEST + TOLERANCE;
  return current && nextUpdate !== undefined && nextUpdate.getTime() > now - TOLERANCE ? undefined : "status_time";
}

function stateFault({ certStatus }: SingleResponse): CertificateStatusFailureCode | undefined {
  if (certStatus.good === null) return undefined;
  return certStatus.revoked === undefined ? "certificate_unknown" : "certificate_revoked";
}

/** The parameters of the hash do not count: some leave them out, some say NULL. */
const nameOf = ({ hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }: CertID): string =>
  [hashAlgorithm.algorithm, ...[issuerNameHash.buffer, issuerKeyHash.buffer, serialNumber].map(base64)].join("|");

const base64 = (bytes: ArrayBuffer): string => toBase64(new Uint8Array(bytes));
