// Reads request bodies: size and time first, then encoding, then JSON. What the JSON means is for the schemas of src/protocol.
// Counts the bytes that really arrive: Content-Length is the sender's claim. Unpacks nothing: a few kilobytes can be made to unpack to
// gigabytes.
import { failed, type Result, success } from "../account/result.ts";
import { concatBytes, fromUtf8 } from "../protocol/encoding.ts";
import { type Failure, malformed } from "./failures.ts";

/** Bytes. */
export const BODY_LIMIT = 64 * 1024;

/**
 * Milliseconds in which the whole body has to be there. The platform limits neither how slowly it comes nor how many come at once, and all
 * that is half read lies in the memory that an isolate's requests share.
 */
export const BODY_TIME_LIMIT = 30_000;

/** Bytes of an oversized body that are still read, to be thrown away: the edge lets no more through either. */
const DISCARD_LIMIT = 100 * 1024 * 1024;

/** The raw body; empty where there is none. */
export async function readBytes(request: Request, limit: number = BODY_LIMIT): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
  if (request.body === null) return success(new Uint8Array(0));
  if ((request.headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    return failed({ kind: "body_is_encoded" });
  }
  if (Number(request.headers.get("content-length")) > limit) return failed({ kind: "body_too_large" });
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Result<never, Failure>>((resolve) => {
    timer = setTimeout(() => {
      resolve(failed({ kind: "body_too_slow" }));
      reader.cancel().catch(() => undefined);
    }, BODY_TIME_LIMIT);
  });
  try {
    return await Promise.race([readToEnd(reader, limit), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Keeps nothing from the first byte over `limit` on, but reads it: a sender that is cut off in the middle of sending gets a broken
 * connection, or a 500 of whatever stands between, and not the refusal.
 */
async function readToEnd(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
): Promise<Result<Uint8Array<ArrayBuffer>, Failure>> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return total > limit ? failed({ kind: "body_too_large" }) : success(concatBytes(...chunks));
      total += value.length;
      if (total <= limit) chunks.push(value);
      else chunks.length = 0;
      if (total > DISCARD_LIMIT) await reader.cancel();
    }
  } catch {
    // The sender went away or broke its own framing.
    return failed(malformed("The body could not be read."));
  }
}

/** The body as text; UTF-8 only. */
export async function readText(request: Request, limit: number = BODY_LIMIT): Promise<Result<string, Failure>> {
  const bytes = await readBytes(request, limit);
  if (!bytes.ok) return bytes;
  try {
    return success(fromUtf8(bytes.value));
  } catch {
    return failed(malformed("The body is not UTF-8."));
  }
}

/**
 * The body as JSON of unknown shape. The content type must be JSON: every other type a foreign web page could send to a
 * server on the visitor's own machine without being asked (CORS "simple" requests).
 */
export async function readJson(request: Request, limit: number = BODY_LIMIT): Promise<Result<unknown, Failure>> {
  if (!isJson(request.headers.get("content-type"))) return failed({ kind: "unsupported_media_type" });
  const text = await readText(request, limit);
  if (!text.ok) return text;
  try {
    return success(JSON.parse(text.value));
  } catch {
    return failed(malformed("The body is not JSON."));
  }
}

/** `application/json` or `application/…+json`, with any parameters. */
function isJson(contentType: string | null): boolean {
  const essence = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return /^application\/([a-z0-9.-]+\+)?json$/.test(essence);
}
