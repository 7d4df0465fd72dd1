// From the bytes of an OCSP request to the bytes of its answer. Reads the certificate index for every request, and no account
// object. Never throws: what goes wrong here is answered in OCSP's own words (RFC 6960 §2.3) and told to the log.
import type { CertID } from "@peculiar/asn1-ocsp";
import { type CertificateRow, findCertificates } from "../certificate-index.ts";
import { answerKey, findAnswer, keepAnswer, type SignedAnswer } from "./answer-cache.ts";
import { isIssuedBy, serialNumberOf } from "./certificate-id.ts";
import { parseStatusRequest, type StatusRequest } from "./request.ts";
import { type Refusal, signStatusAnswer, type Status, unsignedAnswer } from "./response.ts";
import { type OcspEnvironment, type ServedAuthority, servedAuthorities } from "./served-authority.ts";

/** Milliseconds from thisUpdate to nextUpdate: no relying party builds on an older answer. */
const VALID_FOR = 5 * 60_000;

export interface OcspAnswer {
  readonly der: Uint8Array<ArrayBuffer>;
  /** Present where others than the one who asked may be given the same bytes. */
  readonly shared?: SignedAnswer;
}

/** `now`: milliseconds since the epoch. */
export async function answerStatusRequest(
  environment: OcspEnvironment,
  der: Uint8Array<ArrayBuffer>,
  now: number,
): Promise<OcspAnswer> {
  const request = parseStatusRequest(der);
  if (!request.ok) return refuse(request.failure);
  const { certificates } = request.value;
  let authority: ServedAuthority | undefined;
  let rows: ReadonlyMap<string, CertificateRow>;
  try {
    const authorities = await servedAuthorities(environment, now);
    // One answer has one signer, who speaks for one authority: certificates of another in it are refused like a stranger's.
    authority = authorities.find(({ hashes }) => certificates.every((certificate) => isIssuedBy(certificate, hashes)));
    if (authority === undefined) return refuse("unauthorized");
    rows = await findCertificates(environment.DATABASE, certificates.map(serialNumberOf));
  } catch (error) {
    return refuse("tryLater", error);
  }
  try {
    return await signedAnswer(request.value, authority, rows, now);
  } catch (error) {
    return refuse("internalError", error);
  }
}

async function signedAnswer(
  { certificates, nonce }: StatusRequest,
  authority: ServedAuthority,
  rows: ReadonlyMap<string, CertificateRow>,
  now: number,
): Promise<OcspAnswer> {
  const signer = authority.signerAt(now);
  if (signer === undefined) throw new Error(`no valid OCSP signer for the authority ${authority.name}`);
  const statuses = certificates.map((certificate) => ({ certificate, status: statusOf(certificate, authority, rows) }));
  const thisUpdate = Math.floor(now / 1000) * 1000;
  const times = { thisUpdate, nextUpdate: thisUpdate + VALID_FOR };
  const content = { signer, statuses, archiveCutoff: authority.notBefore, ...times };
  if (nonce !== undefined) return { der: await signStatusAnswer({ ...content, nonce }) };
  // Anybody can make up serial numbers: they may not push out answers that others wait for.
  if (statuses.some(({ status }) => status === "unknown")) return { der: await signStatusAnswer(content) };
  const key = answerKey(content);
  let shared = findAnswer(key, now);
  if (shared === undefined) {
    shared = { der: await signStatusAnswer(content), ...times };
    keepAnswer(key, shared);
  }
  return { der: shared.der, shared };
}

function statusOf(certificate: CertID, authority: ServedAuthority, rows: ReadonlyMap<string, CertificateRow>): Status {
  const row = rows.get(serialNumberOf(certificate));
  // A serial number of another authority is none of this one's.
  if (row === undefined || row.issuer !== authority.name) return "unknown";
  return row.revocation ?? "good";
}

function refuse(refusal: Refusal, cause?: unknown): OcspAnswer {
  if (cause !== undefined) console.error("OCSP:", refusal, cause instanceof Error ? cause.message : typeof cause);
  return { der: unsignedAnswer(refusal) };
}
