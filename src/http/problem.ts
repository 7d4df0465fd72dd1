// Answers with problem documents (RFC 9457). Only what the caller may know stands in them; which failure gets which document is
// decided in failures.ts.
import type { Problem, ProblemError } from "../protocol/problem-document.ts";

export type { Problem, ProblemError };

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
