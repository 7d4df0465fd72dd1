// What Hono calls when no route answered. An unknown exception is the server's own fault: 500 and no detail, never a 4xx.
import { failureResponse } from "./failures.ts";

/** For `app.onError`. The log gets the stack; messages of errors must not carry secrets. */
export function answerError(error: unknown): Response {
  console.error("unexpected error:", error instanceof Error ? (error.stack ?? error.message) : typeof error);
  return failureResponse({ kind: "internal" });
}

/** For `app.notFound`: paths and methods that nothing is mounted on. */
export const answerNotFound = (): Response => failureResponse({ kind: "not_found" });
