// Time stamps over HTTP (RFC 3161 §3.4). Whatever is posted is answered in the words of RFC 3161 with status 200: clients read the
// answer, not the status. Everything about HTTP here, everything about time stamps in certificates/time-stamp/.
import { MAXIMUM_REQUEST_LENGTH } from "../certificates/time-stamp/request.ts";
import { readBytes } from "../http/body.ts";

const QUERY_TYPE = "application/timestamp-query";
const REPLY_TYPE = "application/timestamp-reply";

/** DER of what a POST brought; nothing, which no parser takes for a request, where it could not be read or is of another type. */
export async function postedQuery(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const body = await readBytes(request, MAXIMUM_REQUEST_LENGTH);
  return body.ok && type === QUERY_TYPE ? body.value : new Uint8Array(0);
}

export const timeStampResponse = (der: Uint8Array<ArrayBuffer>): Response =>
  new Response(der, { headers: { "content-type": REPLY_TYPE, "cache-control": "no-store" } });
