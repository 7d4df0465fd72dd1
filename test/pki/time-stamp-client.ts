// A client of time stamps for the tests inside workerd: makes requests by hand, reads answers and checks their signatures, by the
// schemas alone.
import { id_signedData, SignedData } from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { PKIStatus, TimeStampResp, TSTInfo } from "@peculiar/asn1-tsp";
import { Certificate } from "@peculiar/asn1-x509";
import { AsnEcSignatureFormatter, X509Certificate } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { fromHexadecimal, toHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { concatBytes } from "../../src/protocol/encoding.ts";
import { bytesOf } from "../certificates/fixtures.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const TSA_ADDRESS = "http://localhost:8787/pki/tsa";
export const QUERY_TYPE = "application/timestamp-query";

/** The DER of each hash's object identifier, and the bytes of its digest. */
export const HASHES = {
  "SHA-1": ["06052b0e03021a", 20],
  MD5: ["06082a864886f70d0205", 16],
  "SHA-224": ["0609608648016503040204", 28],
  "SHA-256": ["0609608648016503040201", 32],
  "SHA-384": ["0609608648016503040202", 48],
  "SHA-512": ["0609608648016503040203", 64],
  "SHA3-256": ["0609608648016503040208", 32],
  "SHA3-384": ["0609608648016503040209", 48],
  "SHA3-512": ["060960864801650304020a", 64],
} as const;

/** One DER value. */
export function value(tag: number, ...parts: readonly (Uint8Array | string)[]): Bytes {
  const content = concatBytes(...parts.map((part) => (typeof part === "string" ? fromHexadecimal(part) : part)));
  const { length } = content;
  const header = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return concatBytes(Uint8Array.of(tag, ...header), content);
}

/** Parts in hexadecimal, whole DER values; what is left out gets a sensible value, and an empty text stands for nothing. */
export interface Query {
  readonly hash?: keyof typeof HASHES;
  readonly version?: string;
  readonly parameters?: string;
  readonly digest?: Uint8Array | string;
  readonly policy?: string;
  readonly nonce?: string;
  readonly certReq?: string;
  readonly rest?: string;
}

export function query(parts: Query = {}): Bytes {
  const { hash = "SHA-256", version = "020101", parameters = "0500", policy = "", nonce = "", certReq = "", rest = "" } = parts;
  const [identifier, length] = HASHES[hash];
  const digest = parts.digest ?? new Uint8Array(length).fill(7);
  const imprint = value(0x30, value(0x30, identifier, parameters), value(4, digest));
  return value(0x30, version, imprint, policy, nonce, certReq, rest);
}

export const post = (body: Uint8Array<ArrayBuffer>, type = QUERY_TYPE): Promise<Response> =>
  exports.default.fetch(TSA_ADDRESS, { method: "POST", headers: { "content-type": type }, body });

/** RFC 3161 §2.4.2. */
const FAILURES = new Map([
  [0, "badAlg"],
  [2, "badRequest"],
  [5, "badDataFormat"],
  [14, "timeNotAvailable"],
  [15, "unacceptedPolicy"],
  [16, "unacceptedExtension"],
  [17, "addInfoNotAvailable"],
  [25, "systemFailure"],
]);

/** `granted`, or the one reason why not. Fails the test for what is no answer of RFC 3161. */
export function outcomeOf(der: ArrayBuffer): string {
  const { status, timeStampToken } = AsnConvert.parse(der, TimeStampResp);
  const { status: code, failInfo, statusString } = status;
  if (code === PKIStatus.granted) {
    expect(failInfo).toBeUndefined();
    expect(timeStampToken).toBeDefined();
    return "granted";
  }
  expect(code).toBe(PKIStatus.rejection);
  expect(timeStampToken).toBeUndefined();
  expect(statusString).toHaveLength(1);
  const bits = [...new Uint8Array(failInfo!.value)].flatMap((byte) => [...byte.toString(2).padStart(8, "0")]);
  const named = [...bits.keys()].filter((bit) => bits[bit] === "1").map((bit) => FAILURES.get(bit));
  expect(named).toHaveLength(1);
  // DER: bits at the end that are not set are left out.
  expect(bits.length - failInfo!.unusedBits).toBe(bits.lastIndexOf("1") + 1);
  return named[0] ?? "no failure of RFC 3161";
}

export async function replyOf(response: Response): Promise<ArrayBuffer> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/timestamp-reply");
  expect(response.headers.get("cache-control")).toBe("no-store");
  return response.arrayBuffer();
}

interface Token {
  readonly info: TSTInfo;
  /** DER of `info`. */
  readonly content: ArrayBuffer;
  readonly signed: SignedData;
}

/** Looks at no signature. */
export function tokenIn(der: ArrayBuffer): Token {
  expect(outcomeOf(der)).toBe("granted");
  const { timeStampToken } = AsnConvert.parse(der, TimeStampResp);
  expect(timeStampToken!.contentType).toBe(id_signedData);
  const signed = AsnConvert.parse(timeStampToken!.content, SignedData);
  expect(signed).toMatchObject({ version: 3, encapContentInfo: { eContentType: "1.2.840.113549.1.9.16.1.4" } });
  const content = signed.encapContentInfo.eContent!.single!.buffer;
  return { info: AsnConvert.parse(content, TSTInfo), content, signed };
}

export interface CheckedToken {
  readonly info: TSTInfo;
  /** DER of TSTInfo, in hexadecimal. */
  readonly content: string;
  /** The certificates inside, DER in base64. */
  readonly certificates: readonly string[];
}

/** The content of a token. Fails the test where any part of the signature is not as RFC 3161 and RFC 5652 want it. */
export async function checkedToken(der: ArrayBuffer): Promise<CheckedToken> {
  const { info, content, signed } = tokenIn(der);
  expect(signed.signerInfos).toHaveLength(1);
  const [signer] = signed.signerInfos;
  const expected = bytesOf((JSON.parse(env.TIME_STAMP_SIGNER ?? "") as { certificate: string }).certificate);
  const { issuer, serialNumber } = AsnConvert.parse(expected, Certificate).tbsCertificate;
  const { issuerAndSerialNumber } = signer!.sid;
  expect(toHexadecimal(new Uint8Array(issuerAndSerialNumber!.serialNumber))).toBe(toHexadecimal(new Uint8Array(serialNumber)));
  expect(AsnConvert.serialize(issuerAndSerialNumber!.issuer)).toEqual(AsnConvert.serialize(issuer));

  const attributes = signer!.signedAttrs!.map((attribute) => toHexadecimal(new Uint8Array(AsnConvert.serialize(attribute))));
  expect(attributes).toEqual(attributes.toSorted());
  const digest = toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", content)));
  const values = new Map(signer!.signedAttrs!.map(({ attrType, attrValues: [only] }) => [attrType, only!]));
  const hexadecimal = (type: string) => toHexadecimal(new Uint8Array(values.get(type) ?? new ArrayBuffer(0)));
  expect([...values.keys()].toSorted()).toEqual(["1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"]);
  expect(hexadecimal("1.2.840.113549.1.9.3")).toBe("060b2a864886f70d0109100104");
  expect(hexadecimal("1.2.840.113549.1.9.4")).toBe(`0420${digest}`);
  // SigningCertificateV2, certs, ESSCertIDv2: the first value in it is the certificate's digest.
  const certificateDigest = toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", expected)));
  expect(hexadecimal("1.2.840.113549.1.9.16.2.47")).toContain(`0420${certificateDigest}`);

  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await new X509Certificate(expected).publicKey.export(algorithm, ["verify"]);
  const signature = new AsnEcSignatureFormatter().toWebSignature(algorithm, signer!.signature.buffer)!;
  const toBeSigned = value(0x31, ...attributes);
  expect(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, toBeSigned)).toBe(true);
  const certificates = (signed.certificates ?? []).map(({ certificate }) =>
    btoa(String.fromCharCode(...new Uint8Array(AsnConvert.serialize(certificate)))),
  );
  return { info, content: toHexadecimal(new Uint8Array(content)), certificates };
}
