// The calls of the relying-party API v3 that the bank makes, over HTTP like anybody's. What comes back is a claim until
// verification/ has looked at it; here only its size and shape are settled.
import type { BankFailure } from "../failure.ts";
import { readSession, readSignatureStarted, readStarted, type SessionAnswer } from "./answers.ts";

/** The party that every client library's examples use; registered for one's own machine. */
export const RELYING_PARTY_NAME = "DEMO";
const RELYING_PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: RELYING_PARTY_NAME };

/** What a bank asks for: the highest level, and RSASSA-PSS with SHA-512. */
export const CERTIFICATE_LEVEL = "QUALIFIED";
const ALGORITHM = { signatureAlgorithm: "rsassa-pss", signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };

const START_WITHIN_MILLISECONDS = 15_000;
/** On top of what a long poll waits anyway. */
const ANSWER_WITHIN_MILLISECONDS = 10_000;
/** Characters; a session with an RSA-6144 signature and a certificate has about 5000. */
const ANSWER_LIMIT = 65_536;

export interface RelyingPartyApi {
  /** Base address, up to and with `/v3`. */
  readonly url: string;
}

export type ApiResult<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: BankFailure };

/** Whom to ask: a person on all devices, or the one device of a document number. */
export type Addressee = { readonly semanticsIdentifier: string } | { readonly documentNumber: string };

/** `rpChallenge`, `interactions`: base64. The answer: the sessionID. */
export function startAuthentication(
  api: RelyingPartyApi,
  addressee: Addressee,
  { rpChallenge, interactions }: { readonly rpChallenge: string; readonly interactions: string },
): Promise<ApiResult<string>> {
  const path = `authentication/notification/${pathOf(addressee)}`;
  const signatureProtocolParameters = { rpChallenge, ...ALGORITHM };
  const body = { signatureProtocol: "ACSP_V2", signatureProtocolParameters, interactions, vcType: "numeric4" };
  return post(api, path, body, readStarted);
}

/** `digest`: base64 of SHA-512; `nonce`: up to 30 characters, so that a second try is a session of its own. */
export function startSignature(
  api: RelyingPartyApi,
  addressee: Addressee,
  { digest, interactions, nonce }: { readonly digest: string; readonly interactions: string; readonly nonce: string },
): Promise<ApiResult<{ readonly sessionID: string; readonly verificationCode: string }>> {
  const path = `signature/notification/${pathOf(addressee)}`;
  const signatureProtocolParameters = { digest, ...ALGORITHM };
  const body = { signatureProtocol: "RAW_DIGEST_SIGNATURE", signatureProtocolParameters, interactions, nonce };
  return post(api, path, body, readSignatureStarted);
}

/** Waits up to `waitMilliseconds` (at least 1000) for the end; undefined for a session that is not known any more. */
export async function sessionStatus(
  api: RelyingPartyApi,
  sessionID: string,
  waitMilliseconds: number,
): Promise<ApiResult<SessionAnswer | undefined>> {
  const address = `${api.url}/session/${encodeURIComponent(sessionID)}?timeoutMs=${waitMilliseconds}`;
  const response = await request(address, {}, waitMilliseconds + ANSWER_WITHIN_MILLISECONDS);
  if (response === undefined) return { ok: false, failure: "unreachable" };
  if (response.status === 404) return { ok: true, value: undefined };
  if (response.status !== 200) return { ok: false, failure: refusalOf(response) };
  return understood(readSession(response.body));
}

const pathOf = (addressee: Addressee): string =>
  "documentNumber" in addressee
    ? `document/${encodeURIComponent(addressee.documentNumber)}`
    : `etsi/${encodeURIComponent(addressee.semanticsIdentifier)}`;

async function post<Value>(
  api: RelyingPartyApi,
  path: string,
  body: object,
  read: (answer: unknown) => Value | undefined,
): Promise<ApiResult<Value>> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...RELYING_PARTY, certificateLevel: CERTIFICATE_LEVEL, ...body }),
  };
  const response = await request(`${api.url}/${path}`, init, START_WITHIN_MILLISECONDS);
  if (response === undefined) return { ok: false, failure: "unreachable" };
  return response.status === 200 ? understood(read(response.body)) : { ok: false, failure: refusalOf(response) };
}

function understood<Value>(value: Value | undefined): ApiResult<Value> {
  if (value !== undefined) return { ok: true, value };
  console.error("demo bank: the relying-party API answered what its documentation does not know");
  return { ok: false, failure: "service-trouble" };
}

interface Answered {
  readonly status: number;
  /** Undefined where it was not JSON. */
  readonly body: unknown;
}

/** Undefined where nobody answered in time. */
async function request(address: string, init: RequestInit, withinMilliseconds: number): Promise<Answered | undefined> {
  try {
    const response = await fetch(address, { ...init, redirect: "manual", signal: AbortSignal.timeout(withinMilliseconds) });
    const text = await response.text();
    return { status: response.status, body: text.length <= ANSWER_LIMIT ? parseJson(text) : undefined };
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** 471 and 472 are what older servers say; here a 404 tells in its problem document which of the two it is. */
function refusalOf({ status, body }: Answered): BankFailure {
  const { detail } = (body ?? {}) as { readonly detail?: unknown };
  const aboutLevel = typeof detail === "string" && detail.includes("level");
  if (status === 471 || status === 472 || (status === 404 && aboutLevel)) return "no-suitable-account";
  if (status === 404) return "unknown-person";
  if (status === 429) return "too-many-waiting";
  console.error(`demo bank: the relying-party API answered ${status}`);
  return "service-trouble";
}
