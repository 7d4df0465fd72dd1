// OCSP over HTTP (RFC 6960 appendix A, RFC 5019 §5 and §6). Whatever is asked is answered in OCSP with status 200: clients of OCSP
// read the answer, not the status. Everything about HTTP here, everything about OCSP in certificates/ocsp/.
import type { OcspAnswer } from "../certificates/ocsp/responder.ts";
import { MAXIMUM_REQUEST_LENGTH } from "../certificates/ocsp/request.ts";
import { readBytes } from "../http/body.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { toHexadecimal } from "../certificates/hexadecimal.ts";
import { publish } from "./published.ts";

const REQUEST_TYPE = "application/ocsp-request";
const RESPONSE_TYPE = "application/ocsp-response";

/** Seconds for which an HTTP cache may give an answer again without asking: less than the five minutes that it is valid. */
const MAXIMUM_AGE = 60;

/** What no parser takes for a request, in place of one that could not be read. */
const NOTHING = new Uint8Array(0);

/** DER of what a POST brought. */
export async function postedRequest(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const body = await readBytes(request, MAXIMUM_REQUEST_LENGTH);
  return body.ok && type === REQUEST_TYPE ? body.value : NOTHING;
}

/**
 * DER of what the path of a GET says behind `/ocsp/`: base64, percent-encoded or not. Read from the address as it came: the
 * router takes two slashes for one, and base64 may have two.
 */
export function pathRequest({ url }: Request): Uint8Array<ArrayBuffer> {
  const [, text = ""] = /\/ocsp\/+(.*)$/.exec(url.split(/[?#]/, 1)[0] ?? "") ?? [];
  // Three characters of an escape for each of the four that stand for three bytes.
  if (text.length > MAXIMUM_REQUEST_LENGTH * 4) return NOTHING;
  try {
    return fromBase64(decodeURIComponent(text)) ?? NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Answers that are for everybody may be cached when they were asked for by GET (RFC 5019 §6.2), all others by nobody. */
export async function ocspResponse(request: Request, { der, shared }: OcspAnswer): Promise<Response> {
  if (shared === undefined || request.method === "POST") {
    return new Response(der, { headers: { "content-type": RESPONSE_TYPE, "cache-control": "no-store" } });
  }
  return publish(request, {
    body: der,
    contentType: RESPONSE_TYPE,
    // RFC 5019 §6.2 recommends the SHA-1 of the answer.
    etag: toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-1", der))),
    lastModified: shared.thisUpdate,
    expires: shared.nextUpdate,
    maxAge: MAXIMUM_AGE,
  });
}
