// A client of OCSP for the tests inside workerd: makes requests, reads answers and checks their signatures, by the schemas alone.
import {
  BasicOCSPResponse,
  CertID,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  Request as SingleRequest,
  type ResponseData,
  TBSRequest,
} from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, Extension } from "@peculiar/asn1-x509";
import { X509Certificate } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { CertificateEntry } from "../../src/certificates/certificate-index.ts";
import { fromHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { toBase64 } from "../../src/protocol/encoding.ts";
import { bytesOf } from "../certificates/fixtures.ts";

export const OCSP_ADDRESS = "http://localhost:8787/pki/ocsp";
export const HASHES = { "SHA-1": "1.3.14.3.2.26", "SHA-256": "2.16.840.1.101.3.4.2.1", "SHA-512": "2.16.840.1.101.3.4.2.3" };
export const NONCE = "1.3.6.1.5.5.7.48.1.2";

/** DER of a stored authority's certificate. */
export async function authorityCertificate(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const statement = env.DATABASE.prepare("SELECT certificate FROM certificate_authorities WHERE name = ?");
  return bytesOf((await statement.bind(name).first<string>("certificate")) ?? "");
}

let made = 0;

/** Of a certificate that was never made: the status service knows no certificates, only their numbers. */
export const newEntry = (changes: Partial<CertificateEntry> = {}): CertificateEntry => ({
  serialNumberHex: `4f${(++made).toString(16).padStart(30, "0")}`,
  issuer: "eid-q",
  notBefore: Date.parse("2026-01-01T00:00:00Z"),
  notAfter: Date.parse("2029-01-01T00:00:00Z"),
  ...changes,
});

export interface Asked {
  readonly serialNumberHex: string;
  readonly issuer?: string;
  readonly hash?: keyof typeof HASHES;
}

export async function certID({ serialNumberHex, issuer = "eid-q", hash = "SHA-1" }: Asked): Promise<CertID> {
  const { subject, subjectPublicKeyInfo } = AsnConvert.parse(await authorityCertificate(issuer), Certificate).tbsCertificate;
  const digest = async (bytes: ArrayBuffer) => new OctetString(await crypto.subtle.digest(hash, bytes));
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: HASHES[hash], parameters: null }),
    issuerNameHash: await digest(AsnConvert.serialize(subject)),
    issuerKeyHash: await digest(subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: fromHexadecimal(serialNumberHex).buffer,
  });
}

export const nonceExtension = (nonce: Uint8Array<ArrayBuffer>): Extension =>
  new Extension({
    extnID: NONCE,
    critical: false,
    extnValue: new OctetString(AsnConvert.serialize(new OctetString(nonce))),
  });

export function encodeRequest(certIDs: readonly CertID[], requestExtensions: readonly Extension[] = []): Uint8Array<ArrayBuffer> {
  const tbsRequest = new TBSRequest({
    requestList: certIDs.map((reqCert) => new SingleRequest({ reqCert })),
    ...(requestExtensions.length > 0 && { requestExtensions: [...requestExtensions] }),
  });
  return new Uint8Array(AsnConvert.serialize(new OCSPRequest({ tbsRequest })));
}

export async function requestFor(asked: readonly Asked[], nonce?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return encodeRequest(await Promise.all(asked.map(certID)), nonce && [nonceExtension(nonce)]);
}

export const post = (der: Uint8Array<ArrayBuffer>, type = "application/ocsp-request"): Promise<Response> =>
  exports.default.fetch(OCSP_ADDRESS, { method: "POST", headers: { "content-type": type }, body: der });

export const get = (der: Uint8Array<ArrayBuffer>, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(`${OCSP_ADDRESS}/${encodeURIComponent(toBase64(der))}`, init);

export const bytes = async (response: Response): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await response.arrayBuffer());

/** Why there is no status. Fails the test where there is one, or where the answer is not one of OCSP. */
export async function refusalIn(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/ocsp-response");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const answer = AsnConvert.parse(await bytes(response), OCSPResponse);
  expect(answer.responseBytes).toBeUndefined();
  return OCSPResponseStatus[answer.responseStatus];
}

export interface CheckedAnswer {
  readonly data: ResponseData;
  readonly signer: X509Certificate;
}

/** The content of a successful answer. Fails the test where the signature or its signer is not right. */
export async function checkedAnswer(der: Uint8Array<ArrayBuffer>, issuer = "eid-q"): Promise<CheckedAnswer> {
  const { responseStatus, responseBytes } = AsnConvert.parse(der, OCSPResponse);
  expect(OCSPResponseStatus[responseStatus]).toBe("successful");
  expect(responseBytes?.responseType).toBe("1.3.6.1.5.5.7.48.1.1");
  const basic = AsnConvert.parse(responseBytes!.response.buffer, BasicOCSPResponse);
  expect(basic.certs).toHaveLength(1);
  const signer = new X509Certificate(AsnConvert.serialize(basic.certs![0]));
  const date = basic.tbsResponseData.producedAt;
  expect(await signer.verify({ publicKey: new X509Certificate(await authorityCertificate(issuer)), date })).toBe(true);
  const { publicKey } = signer;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await publicKey.export(algorithm, ["verify"]);
  const signature = rawSignature(new Uint8Array(basic.signature));
  const signed = AsnConvert.serialize(basic.tbsResponseData);
  expect(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed)).toBe(true);
  return { data: basic.tbsResponseData, signer };
}

/** Ecdsa-Sig-Value of P-256 as WebCrypto takes it. */
function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(64);
  const rLength = der[3]!;
  const sLength = der[5 + rLength]!;
  const put = (part: Uint8Array, end: number) => raw.set(part.slice(-32), end - Math.min(32, part.length));
  put(der.subarray(4, 4 + rLength), 32);
  put(der.subarray(6 + rLength, 6 + rLength + sLength), 64);
  return raw;
}

/** Asks by POST and gives the states in the order of the request. */
export async function statesOf(asked: readonly Asked[], nonce?: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { data } = await checkedAnswer(await bytes(await post(await requestFor(asked, nonce))), asked[0]?.issuer);
  return data.responses.map(({ certStatus }) => Object.keys(certStatus).join());
}
