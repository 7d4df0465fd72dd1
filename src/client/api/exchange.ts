// One request and its answer over HTTP, with limits: on time, on size, on where it leads. Knows no path and no field.
import { readLimited } from "../body-limit.ts";
import type { Clock } from "../clock.ts";

/** Bytes; a session with an RSA-6144 signature and a certificate has about 5000. */
const ANSWER_LIMIT = 65_536;

export interface Transport {
  readonly fetch: (address: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
}

export interface Answered {
  readonly status: number;
  /** Undefined where it was not JSON, or longer than the limit. */
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;
}

/** `unreachable`: nobody answered within the time, or the connection broke. Redirects are answers and not followed. */
export async function exchange(
  { fetch, clock }: Transport,
  address: string,
  init: RequestInit,
  { withinMilliseconds, signal }: { readonly withinMilliseconds: number; readonly signal: AbortSignal | undefined },
): Promise<Answered | "unreachable" | "aborted"> {
  if (isAborted(signal)) return "aborted";
  const tooLate = new AbortController();
  const answered = new AbortController();
  void clock.sleep(withinMilliseconds, answered.signal).then(() => tooLate.abort());
  const ended = signal === undefined ? tooLate.signal : AbortSignal.any([tooLate.signal, signal]);
  try {
    const response = await fetch(address, { ...init, redirect: "manual", signal: ended });
    const bytes = await readLimited(response, ANSWER_LIMIT, ended);
    return { status: response.status, body: parseJson(response, bytes), retryAfterSeconds: retryAfter(response) };
  } catch {
    return isAborted(signal) ? "aborted" : "unreachable";
  } finally {
    answered.abort();
  }
}

/** A function, since what it says changes while one waits. */
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

function parseJson({ headers }: Response, bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || !/^application\/([a-z.-]+\+)?json\b/i.test(headers.get("content-type") ?? "")) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Seconds alone: the API sends no dates (RFC 9110 §10.2.3). */
function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
