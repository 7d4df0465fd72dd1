// The OCSP responder of a hierarchy that a test made: says of any certificate what the test wants, and spoils one thing in it where
// that is wanted.
import "reflect-metadata";
import { BasicOCSPResponse, type CertID, OCSPRequest, OCSPResponse, type ResponseData } from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import { type Extension, X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import { signatureAlgorithm } from "../../src/certificates/ecdsa-signature.ts";
import { type OcspSigner, signStatusAnswer, type Status, type StatusAnswer } from "../../src/certificates/ocsp/response.ts";
import { issueOcspSigner } from "../../src/certificates/ocsp/signer-certificate.ts";
import { SIGNER_KEY_ALGORITHM } from "../../src/certificates/signer-certificate.ts";

export interface SpoiltAnswer extends Partial<Omit<StatusAnswer, "signer" | "statuses">> {
  readonly status?: Status;
  /** Makes the certificate anew, with this in place of what it would be. */
  readonly signer?: SignerChanges;
  /** Of the certificate that the answer is about. */
  readonly about?: (asked: CertID) => CertID;
  /** Before it is signed. */
  readonly content?: (data: ResponseData) => void;
  /** Afterwards. */
  readonly signed?: (basic: BasicOCSPResponse) => void;
  /** What it comes in. */
  readonly envelope?: (response: OCSPResponse) => void;
}

export interface SignerChanges {
  readonly issuer?: Authority;
  readonly extensions?: (extensions: Extension[]) => Extension[];
  readonly notAfter?: Date;
}

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: CryptoKey;
}

export type Responder = (request: ArrayBuffer, spoilt?: SpoiltAnswer) => Promise<Uint8Array<ArrayBuffer>>;

/** Answers `good`, as the real service does, unless told otherwise. */
export async function makeResponder(authority: Authority): Promise<Responder> {
  const keys = (await crypto.subtle.generateKey(SIGNER_KEY_ALGORITHM, true, ["sign", "verify"])) as CryptoKeyPair;
  const right = await signerOf(authority, keys);
  return async (request, answer = {}) => {
    const { signer, status = "good", about = (asked: CertID) => asked, content, signed, envelope, ...spoilt } = answer;
    const { requestList, requestExtensions = [] } = AsnConvert.parse(request, OCSPRequest).tbsRequest;
    const thisUpdate = Math.floor(Date.now() / 1000) * 1000;
    const der = await signStatusAnswer({
      signer: signer === undefined ? right : await signerOf(authority, keys, signer),
      statuses: requestList.map(({ reqCert }) => ({ certificate: about(reqCert), status })),
      thisUpdate,
      nextUpdate: thisUpdate + 300_000,
      archiveCutoff: 0,
      nonce: requestExtensions[0]?.extnValue.buffer,
      ...spoilt,
    });
    return content || signed || envelope ? changed(der, keys.privateKey, answer) : der;
  };
}

async function signerOf(authority: Authority, keys: CryptoKeyPair, changes?: SignerChanges): Promise<OcspSigner> {
  const { certificate, key } = authority;
  const issuer = {
    name: "eid-q",
    level: "QUALIFIED",
    certificate: new Uint8Array(certificate.rawData),
    privateKey: key,
  } as const;
  const der = await issueOcspSigner({ issuer, publicKey: keys.publicKey, now: Date.now() });
  const parsed = AsnConvert.parse(changes === undefined ? der : await spoil(der, authority, keys, changes), Certificate);
  const keyHash = await crypto.subtle.digest("SHA-1", parsed.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey);
  return { certificate: parsed, keyHash, privateKey: keys.privateKey };
}

async function spoil(
  der: Uint8Array<ArrayBuffer>,
  authority: Authority,
  { publicKey }: CryptoKeyPair,
  { issuer = authority, extensions = (all) => all, notAfter }: SignerChanges,
): Promise<ArrayBuffer> {
  const right = new X509Certificate(der);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: right.serialNumber,
    subject: right.subjectName,
    issuer: issuer.certificate.subjectName,
    notBefore: right.notBefore,
    notAfter: notAfter ?? right.notAfter,
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
    extensions: extensions([...right.extensions]),
  });
  return certificate.rawData;
}

async function changed(
  der: Uint8Array<ArrayBuffer>,
  key: CryptoKey,
  { content, signed, envelope }: Pick<SpoiltAnswer, "content" | "signed" | "envelope">,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = AsnConvert.parse(der, OCSPResponse);
  const { tbsResponseDataRaw: _, ...basic } = AsnConvert.parse(response.responseBytes!.response.buffer, BasicOCSPResponse);
  content?.(basic.tbsResponseData);
  if (content) basic.signature = await signatureAlgorithm(key).sign(AsnConvert.serialize(basic.tbsResponseData));
  signed?.(basic);
  response.responseBytes!.response = new OctetString(AsnConvert.serialize(new BasicOCSPResponse(basic)));
  envelope?.(response);
  return new Uint8Array(AsnConvert.serialize(response));
}
