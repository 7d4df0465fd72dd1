// Answers of a time-stamping authority (RFC 3161 §2.4.2): a token, or why there is none. No I/O, no clock.
import "reflect-metadata";
import type { ContentInfo } from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { PKIFailureInfo, PKIFreeText, PKIStatus, PKIStatusInfo, TimeStampResp } from "@peculiar/asn1-tsp";

/** The bit of each failInfo that is used here. The library's own list has most of them at other places than the RFC. */
const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  systemFailure: 25,
} as const;

export type Rejection = keyof typeof FAILURE_BITS;

const EXPLANATIONS: Readonly<Record<Rejection, string>> = {
  badAlg: "The digest must be of SHA-256, SHA-384, SHA-512, SHA3-256, SHA3-384 or SHA3-512.",
  badRequest: "The version of the request must be 1.",
  badDataFormat:
    "The body must be one TimeStampReq in DER, sent as application/timestamp-query, with a digest of the right length.",
  unacceptedPolicy: "There is no such policy here: leave it out, or ask for the one of a token of this authority.",
  unacceptedExtension: "No extension is known here.",
  systemFailure: "The request could not be served.",
};

/** DER. */
export function rejectionReply(rejection: Rejection): Uint8Array<ArrayBuffer> {
  const status = new PKIStatusInfo({
    status: PKIStatus.rejection,
    statusString: new PKIFreeText([EXPLANATIONS[rejection]]),
    failInfo: new PKIFailureInfo(1 << FAILURE_BITS[rejection]),
  });
  return new Uint8Array(AsnConvert.serialize(new TimeStampResp({ status })));
}

/** DER. */
export function grantedReply(timeStampToken: ContentInfo): Uint8Array<ArrayBuffer> {
  const status = new PKIStatusInfo({ status: PKIStatus.granted });
  return new Uint8Array(AsnConvert.serialize(new TimeStampResp({ status, timeStampToken })));
}
