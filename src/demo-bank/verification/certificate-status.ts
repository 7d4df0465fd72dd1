// Whether a certificate is revoked: asked of the OCSP responder (RFC 6960) at the address that stands in it. Only for certificates
// whose chain has been verified: the address is then an authority's word, and the bank connects nowhere on a stranger's.
// Whatever is not a sound answer that says `good` is a fault. Authorities are not asked about: the bank was given them.
import "reflect-metadata";
import { CertID, OCSPRequest, Request as SingleRequest, TBSRequest } from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, Extension } from "@peculiar/asn1-x509";
import { AuthorityInfoAccessExtension, type X509Certificate } from "@peculiar/x509";
import { randomBytes, sha256 } from "../bytes.ts";
import { issuerOf, type TrustAnchors } from "./certificate-chain.ts";
import { NONCE, statusAnswerFault } from "./status-answer.ts";
import type { Fault } from "./verdict.ts";

/** RFC 9654 §2.1. */
const NONCE_BYTES = 32;
const SHA_256 = "2.16.840.1.101.3.4.2.1";

const ANSWER_WITHIN_MILLISECONDS = 10_000;
/** Bytes; an answer about one certificate with its signer has about 1500. */
const ANSWER_LIMIT = 16_384;

/**
 * Undefined for a certificate that its authority calls good at this time (milliseconds since the epoch). `status-unreachable`
 * alone decides nothing about the certificate: asking again may give an answer.
 */
export async function statusFault(certificate: X509Certificate, anchors: TrustAnchors, at: number): Promise<Fault | undefined> {
  const issuer = await issuerOf(certificate, anchors);
  if (issuer === undefined) return "certificate-chain";
  const address = responderOf(certificate);
  if (address === undefined) return "status-address";
  const asked = await certificateId(certificate, issuer);
  const nonce = AsnConvert.serialize(new OctetString(randomBytes(NONCE_BYTES)));
  const answer = await ask(address, encodeRequest(asked, nonce));
  return answer === undefined ? "status-unreachable" : statusAnswerFault(answer, { asked, nonce, issuer, at });
}

/** The one address for OCSP (RFC 5280 §4.2.2.1). */
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
async function ask(address: string, body: ArrayBuffer): Promise<ArrayBuffer | undefined> {
  try {
    const headers = { "content-type": "application/ocsp-request" };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS);
    const response = await fetch(address, { method: "POST", headers, body, redirect: "manual", signal });
    const answer = response.status === 200 ? await readAnswer(response) : await response.body?.cancel();
    if (answer !== undefined) return answer;
    console.error(`demo bank: ${address} answered ${response.status}, or more than ${ANSWER_LIMIT} bytes`);
  } catch (error) {
    console.error(`demo bank: no answer from ${address}: ${error instanceof Error ? error.name : typeof error}`);
  }
  return undefined;
}

/** Undefined for what is longer than the limit: the rest of it, which may have no end, is not fetched. */
async function readAnswer({ body }: Response): Promise<ArrayBuffer | undefined> {
  const answer = new Uint8Array(ANSWER_LIMIT);
  let length = 0;
  // Whatever leaves this loop cancels the stream.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > ANSWER_LIMIT) return undefined;
    answer.set(chunk, length);
    length += chunk.length;
  }
  return answer.buffer.slice(0, length);
}
