// Builds and signs OCSP answers (RFC 6960 §4.2, profile RFC 5019 §2.2). All times in whole seconds. No I/O, no clock: the only
// randomness is the nonce inside ECDSA.
import "reflect-metadata";
import {
  ArchiveCutoff,
  BasicOCSPResponse,
  type CertID,
  CertStatus,
  KeyHash,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
} from "@peculiar/asn1-ocsp";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { type Certificate, CRLReason, CRLReasons, Extension } from "@peculiar/asn1-x509";
import { signatureAlgorithm } from "../ecdsa-signature.ts";
import type { Revocation } from "../revocation.ts";
import { ARCHIVE_CUTOFF, BASIC_RESPONSE, NONCE } from "./object-identifiers.ts";

export interface OcspSigner {
  readonly certificate: Certificate;
  /** SHA-1 of the signer's public key, which is how a ResponderID names it (RFC 6960 §4.2.1), whatever certIDs are made with. */
  readonly keyHash: ArrayBuffer;
  readonly privateKey: CryptoKey;
}

/** `unknown`: this authority never issued such a certificate. */
export type Status = "good" | "unknown" | Revocation;

export interface StatusAnswer {
  readonly signer: OcspSigner;
  readonly statuses: readonly { readonly certificate: CertID; readonly status: Status }[];
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Milliseconds since the epoch: since when the status of expired certificates is kept, too. */
  readonly archiveCutoff: number;
  /** As in the request. */
  readonly nonce?: ArrayBuffer | undefined;
}

/** DER of a successful OCSPResponse. */
export async function signStatusAnswer(answer: StatusAnswer): Promise<Uint8Array<ArrayBuffer>> {
  const { signer, nonce } = answer;
  const { identifier, sign } = signatureAlgorithm(signer.privateKey);
  const tbsResponseData = new ResponseData({
    responderID: new ResponderID({ byKey: new KeyHash(signer.keyHash) }),
    producedAt: wholeSeconds(answer.thisUpdate),
    responses: answer.statuses.map(({ certificate, status }) => singleResponse(answer, certificate, status)),
    ...(nonce !== undefined && { responseExtensions: [extension(NONCE, nonce)] }),
  });
  const basic = new BasicOCSPResponse({
    tbsResponseData,
    signatureAlgorithm: identifier,
    signature: await sign(AsnConvert.serialize(tbsResponseData)),
    certs: [signer.certificate],
  });
  const responseBytes = new ResponseBytes({
    responseType: BASIC_RESPONSE,
    response: new OctetString(AsnConvert.serialize(basic)),
  });
  return encode(new OCSPResponse({ responseStatus: OCSPResponseStatus.successful, responseBytes }));
}

/** Why there is no status (RFC 6960 §2.3). */
export type Refusal = "malformedRequest" | "internalError" | "tryLater" | "unauthorized";

/** DER of an OCSPResponse without responseBytes, and so without a signature. */
export const unsignedAnswer = (refusal: Refusal): Uint8Array<ArrayBuffer> =>
  encode(new OCSPResponse({ responseStatus: OCSPResponseStatus[refusal] }));

const encode = (response: OCSPResponse): Uint8Array<ArrayBuffer> => new Uint8Array(AsnConvert.serialize(response));

function singleResponse(answer: StatusAnswer, certID: CertID, status: Status): SingleResponse {
  return new SingleResponse({
    certID,
    certStatus: certStatus(status),
    thisUpdate: wholeSeconds(answer.thisUpdate),
    nextUpdate: wholeSeconds(answer.nextUpdate),
    ...(status !== "unknown" && {
      singleExtensions: [extension(ARCHIVE_CUTOFF, AsnConvert.serialize(new ArchiveCutoff(wholeSeconds(answer.archiveCutoff))))],
    }),
  });
}

function certStatus(status: Status): CertStatus {
  if (status === "good") return new CertStatus({ good: null });
  if (status === "unknown") return new CertStatus({ unknown: null });
  const { revokedAt, reason } = status;
  const revoked = new RevokedInfo({
    revocationTime: wholeSeconds(revokedAt),
    // As in a CRL (RFC 5280 §5.3.1): no reason is said by saying none.
    ...(reason !== "unspecified" && { revocationReason: new CRLReason(CRLReasons[reason]) }),
  });
  return new CertStatus({ revoked });
}

const extension = (extnID: string, value: ArrayBuffer): Extension =>
  new Extension({ extnID, critical: false, extnValue: new OctetString(value) });

const wholeSeconds = (milliseconds: number): Date => new Date(Math.floor(milliseconds / 1000) * 1000);
