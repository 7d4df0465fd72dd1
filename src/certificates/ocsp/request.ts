// Reads OCSP requests (RFC 6960 §4.1). They come from strangers: size first, then the shape within bounds on depth and count, then
// the meaning of each part. A signature on a request is not looked at: everybody may ask. No I/O, no clock.
import "reflect-metadata";
import { type CertID, OCSPRequest, Version } from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import type { Extension } from "@peculiar/asn1-x509";
import { failed, type Result, success } from "../../account/result.ts";
import { equalBytes } from "../../protocol/encoding.ts";
import { NONCE } from "./object-identifiers.ts";

/** Bytes; room for a signed request of `MAXIMUM_CERTIFICATES`. */
export const MAXIMUM_REQUEST_LENGTH = 8 * 1024;

/** Certificates in one request. */
export const MAXIMUM_CERTIFICATES = 16;

/** Bytes of a nonce (RFC 9654 §2.1); every other length is malformed. */
const NONCE_LENGTH = { least: 1, most: 128 };

const PARSER_BOUNDS = { berOptions: { maxDepth: 20, maxNodes: 1_000, maxContentLength: MAXIMUM_REQUEST_LENGTH } };

export interface StatusRequest {
  /** At least one, at most `MAXIMUM_CERTIFICATES`. */
  readonly certificates: readonly CertID[];
  /** The value of the nonce extension, to be sent back as it is. */
  readonly nonce?: ArrayBuffer;
}

/** The one failure is the `malformedRequest` of RFC 6960 §2.3. */
export function parseStatusRequest(der: Uint8Array<ArrayBuffer>): Result<StatusRequest, "malformedRequest"> {
  if (der.length > MAXIMUM_REQUEST_LENGTH || !isOneSequence(der)) return failed("malformedRequest");
  let request: OCSPRequest;
  try {
    request = AsnConvert.parse(der, OCSPRequest, PARSER_BOUNDS);
  } catch {
    return failed("malformedRequest");
  }
  const { version, requestList, requestExtensions = [] } = request.tbsRequest;
  if (version !== Version.v1) return failed("malformedRequest");
  if (requestList.length === 0 || requestList.length > MAXIMUM_CERTIFICATES) return failed("malformedRequest");
  if (requestList.some(({ singleRequestExtensions = [] }) => singleRequestExtensions.some(({ critical }) => critical))) {
    return failed("malformedRequest");
  }
  const nonce = readNonce(requestExtensions);
  if (!nonce.ok) return nonce;
  return success({
    certificates: requestList.map(({ reqCert }) => reqCert),
    ...(nonce.value !== undefined && { nonce: nonce.value }),
  });
}

/** Other extensions are ignored unless they are critical (RFC 6960 §4.4). */
function readNonce(extensions: readonly Extension[]): Result<ArrayBuffer | undefined, "malformedRequest"> {
  const [nonce, ...more] = extensions.filter(({ extnID }) => extnID === NONCE);
  if (more.length > 0 || extensions.some(({ extnID, critical }) => critical && extnID !== NONCE)) {
    return failed("malformedRequest");
  }
  if (nonce === undefined) return success(undefined);
  const value = nonce.extnValue.buffer;
  try {
    const octets = AsnConvert.parse(value, OctetString, PARSER_BOUNDS);
    // What is sent back is signed: nothing but the nonce, in DER, may hide in it.
    const isBare = equalBytes(new Uint8Array(AsnConvert.serialize(octets)), new Uint8Array(value));
    const allowed = octets.byteLength >= NONCE_LENGTH.least && octets.byteLength <= NONCE_LENGTH.most;
    return isBare && allowed ? success(value) : failed("malformedRequest");
  } catch {
    return failed("malformedRequest");
  }
}

/** One SEQUENCE of definite length that ends where the bytes end: the parser does not look at what follows. */
function isOneSequence(der: Uint8Array): boolean {
  const [tag, first = 0, second = 0, third = 0] = der;
  if (tag !== 0x30) return false;
  if (first < 0x80) return der.length === 2 + first;
  if (first === 0x81) return der.length === 3 + second;
  return first === 0x82 && der.length === 4 + second * 256 + third;
}
