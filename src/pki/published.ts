// Answers with a document that everybody may keep for a while: validators, freshness, and 304 for who has it already (RFC 9110 §13,
// RFC 9111). For what is the same for everybody, never for a refusal.

export interface PublishedDocument {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Without quotes; the same for the same bytes only. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified?: number;
  /** Milliseconds since the epoch: what is inside counts until then. */
  readonly expires?: number;
  /** Seconds for which a cache need not ask again. */
  readonly maxAge: number;
}

/** To a GET or HEAD; the router leaves out the body of the latter. */
export function publish(request: Request, document: PublishedDocument): Response {
  const headers = new Headers({
    "cache-control": `public, max-age=${document.maxAge}, no-transform, must-revalidate`,
    etag: `"${document.etag}"`,
    ...(document.lastModified !== undefined && { "last-modified": httpDate(document.lastModified) }),
    ...(document.expires !== undefined && { expires: httpDate(document.expires) }),
  });
  if (isKnown(request.headers, document)) return new Response(null, { status: 304, headers });
  headers.set("content-type", document.contentType);
  headers.set("content-length", String(document.body.length));
  return new Response(document.body, { headers });
}

/** If-None-Match alone decides where it is given (RFC 9110 §13.2.2), by weak comparison. */
function isKnown(headers: Headers, { etag, lastModified }: PublishedDocument): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags.split(",").some((tag) => ["*", `"${etag}"`, `W/"${etag}"`].includes(tag.trim()));
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return lastModified !== undefined && Math.floor(lastModified / 1000) * 1000 <= since;
}

const httpDate = (milliseconds: number): string => new Date(milliseconds).toUTCString();
