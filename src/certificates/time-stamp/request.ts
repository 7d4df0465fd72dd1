// Reads requests for time stamps (RFC 3161 §2.4.1). They come from strangers, and part of them is signed: size first, then the shape
// in strict DER within bounds on depth and count, then the meaning of each part. No I/O, no clock.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { type MessageImprint, TimeStampReq, TimeStampReqVersion } from "@peculiar/asn1-tsp";
import { failed, type Result, success } from "../../account/result.ts";
import { equalBytes } from "../../protocol/encoding.ts";
import { SHA_256, TEST_POLICY } from "./object-identifiers.ts";
import type { Rejection } from "./response.ts";

/** Bytes; a request with everything in it that is allowed has some 150. */
export const MAXIMUM_REQUEST_LENGTH = 4 * 1024;

/** Bytes of a nonce. RFC 3161 gives 64 bits as an example; what is longer would only be a message of its own, signed. */
const MAXIMUM_NONCE_LENGTH = 32;

const PARSER_BOUNDS = { berOptions: { maxDepth: 10, maxNodes: 100, maxContentLength: MAXIMUM_REQUEST_LENGTH } };

/** Bytes of a digest of SHA-256, SHA-384, SHA-512 and SHA3 of the same lengths. Not SHA-1: others could have made the same one. */
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  [SHA_256, 32],
  ["2.16.840.1.101.3.4.2.2", 48],
  ["2.16.840.1.101.3.4.2.3", 64],
  ["2.16.840.1.101.3.4.2.8", 32],
  ["2.16.840.1.101.3.4.2.9", 48],
  ["2.16.840.1.101.3.4.2.10", 64],
]);

export interface TimeStampRequest {
  /** To be sent back as it is. */
  readonly messageImprint: MessageImprint;
  /** Content of an INTEGER, to be sent back as it is. */
  readonly nonce?: ArrayBuffer;
  /** Whether the signer's certificate goes into the answer. */
  readonly wantsCertificate: boolean;
}

/** What is wrong is said by the failInfo of RFC 3161 §2.4.2. */
export function parseTimeStampRequest(der: Uint8Array<ArrayBuffer>): Result<TimeStampRequest, Rejection> {
  const request = parse(der);
  if (request === undefined) return failed("badDataFormat");
  const { version, messageImprint, reqPolicy, nonce, certReq, extensions } = request;
  if (version !== TimeStampReqVersion.v1) return failed("badRequest");
  const { algorithm, parameters } = messageImprint.hashAlgorithm;
  const length = DIGEST_LENGTHS.get(algorithm);
  // Absent or NULL (RFC 5754 §2): other parameters would be signed without having been looked at.
  if (length === undefined || (parameters !== undefined && parameters !== null)) return failed("badAlg");
  if (messageImprint.hashedMessage.byteLength !== length) return failed("badDataFormat");
  if (reqPolicy !== undefined && reqPolicy !== TEST_POLICY) return failed("unacceptedPolicy");
  // None is known here, and one that is not critical may not be ignored either.
  if (extensions !== undefined) return failed("unacceptedExtension");
  if (nonce !== undefined && !isNonce(new Uint8Array(nonce))) return failed("badDataFormat");
  return success({ messageImprint, wantsCertificate: certReq, ...(nonce !== undefined && { nonce }) });
}

function parse(der: Uint8Array<ArrayBuffer>): TimeStampReq | undefined {
  if (der.length > MAXIMUM_REQUEST_LENGTH) return undefined;
  try {
    const request = AsnConvert.parse(der, TimeStampReq, PARSER_BOUNDS);
    // DER (RFC 3161 §3.4) has one spelling. The parser reads others too, and does not look at what follows.
    return equalBytes(new Uint8Array(AsnConvert.serialize(request)), der) ? request : undefined;
  } catch {
    return undefined;
  }
}

/**
 * In the fewest bytes (X.690 §8.3.2): the library copies them without a look. Zero and negative ones too: RFC 3161 §2.4.2 has INTEGER,
 * without a range.
 */
function isNonce(content: Uint8Array): boolean {
  const [first, second] = content;
  if (first === undefined || content.length > MAXIMUM_NONCE_LENGTH) return false;
  if (second === undefined) return true;
  return second < 0x80 ? first !== 0 : first !== 0xff;
}
