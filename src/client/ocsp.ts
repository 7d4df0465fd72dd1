// The status of certificates by OCSP (RFC 6960), for the option `certificateStatus`: an entry of its own, so that who does not want it
// does not load it. Whatever is not a sound answer that says `good` is a failure. Authorities are not asked about: they were given.
import "reflect-metadata";
import { CertID, OCSPRequest, Request as SingleRequest, TBSRequest } from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, Extension } from "@peculiar/asn1-x509";
import { AuthorityInfoAccessExtension, type X509Certificate } from "@peculiar/x509";
import { readLimited } from "./body-limit.ts";
import { randomBytes, sha256 } from "./encoding.ts";
import { NONCE, statusAnswerFault } from "./ocsp/status-answer.ts";
import type { CertificateStatusCheck } from "./verification/options.ts";

export interface OcspOptions {
  /** In place of the global one. */
  readonly fetch?: (address: string, init: RequestInit) => Promise<Response>;
}

/** RFC 9654 §2.1. */
const NONCE_BYTES = 32;
const SHA_256 = "2.16.840.1.101.3.4.2.1";

const ANSWER_WITHIN_MILLISECONDS = 10_000;
/** Bytes; an answer about one certificate with its signer has about 1500. */
const ANSWER_LIMIT = 16_384;

/**
 * Asks the responder whose address stands in the certificate: an authority's word, since the chain was verified before. Nothing is
 * kept: each check is a request. `status_unreachable` alone decides nothing about the certificate.
 */
export function ocspStatus(options: OcspOptions = {}): CertificateStatusCheck {
  const send: NonNullable<OcspOptions["fetch"]> = options.fetch ?? ((address, init) => fetch(address, init));
  return async (certificate, issuer, now) => {
    const address = responderOf(certificate);
    if (address === undefined) return "status_address";
    const asked = await certificateId(certificate, issuer);
    const nonce = AsnConvert.serialize(new OctetString(randomBytes(NONCE_BYTES)));
    const answer = await ask(send, address, encodeRequest(asked, nonce));
    return answer === undefined ? "status_unreachable" : statusAnswerFault(answer, { asked, nonce, issuer, now });
  };
}

/** The first address for OCSP (RFC 5280 §4.2.2.1). */
function responderOf(certificate: X509Certificate): string | undefined {
  const [name] = certificate.getExtension(AuthorityInfoAccessExtension)?.ocsp ?? [];
  return name?.type === "url" && /^https?:\/\//.test(name.value) ? name.value : undefined;
}

async function certificateId(certificate: X509Certificate, issuer: X509Certificate): Promise<CertID> {
  const { subject, subjectPublicKeyInfo } = AsnConvert.parse(issuer.rawData, Certificate).tbsCertificate;
  const hash = async (bytes: ArrayBuffer) => new OctetString(await sha256(new Uint8Array(bytes)));
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: SHA_256 }),
    issuerNameHash: await hash(AsnConvert.serialize(subject)),
    issuerKeyHash: await hash(subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: AsnConvert.parse(certificate.rawData, Certificate).tbsCertificate.serialNumber,
  });
}

function encodeRequest(reqCert: CertID, nonce: ArrayBuffer): ArrayBuffer {
  const requestExtensions = [new Extension({ extnID: NONCE, critical: false, extnValue: new OctetString(nonce) })];
  const tbsRequest = new TBSRequest({ requestList: [new SingleRequest({ reqCert })], requestExtensions });
  return AsnConvert.serialize(new OCSPRequest({ tbsRequest }));
}

/** RFC 6960 appendix A. Undefined where nobody answered in time, or in OCSP. */
async function ask(
  send: NonNullable<OcspOptions["fetch"]>,
  address: string,
  body: ArrayBuffer,
): Promise<ArrayBuffer | undefined> {
  try {
    const headers = { "content-type": "application/ocsp-request" };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS);
    const response = await send(address, { method: "POST", headers, body, redirect: "manual", signal });
    if (response.status === 200) return (await readLimited(response, ANSWER_LIMIT, signal))?.slice().buffer;
    await response.body?.cancel();
  } catch {
    // A connection that broke, or the time-out.
  }
  return undefined;
}
