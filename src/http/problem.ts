// Problem documents (RFC 9457): the one form in which every route says no. Only what the caller may know stands in them;
// which failure gets which document is decided in failures.ts.

/** One thing that is wrong with a request. */
export interface ProblemError {
  /** Stable, for programs: `required`, `invalid`, `too_long` … */
  readonly code: string;
  readonly detail: string;
  /** Name of a path or query parameter. */
  readonly paramName?: string;
  /** JSON Pointer (RFC 6901) into the body, as a URI fragment: `#/signatureProtocolParameters/digest`. */
  readonly pointer?: string;
}

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
}

export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", ...problem }), {
    status: problem.status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

/** RFC 6901 §3 and §6: `~` and `/` escaped, then as a URI fragment. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  const tokens = path.map((token) => String(token).replaceAll("~", "~0").replaceAll("/", "~1"));
  return `#${tokens.map((token) => `/${encodeURIComponent(token.toWellFormed())}`).join("")}`;
}
