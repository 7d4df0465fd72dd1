// From a schema's verdict to the failure that a caller reads. Never repeats the input: it may be hostile or private.
import type { z } from "zod";
import { failed, type Result, success } from "../account/result.ts";
import type { Failure } from "./failures.ts";
import { jsonPointer, type ProblemError } from "./problem.ts";

const MAXIMUM_ERRORS = 20;

/** Checks a parsed body against its schema; the failure points at each field that is wrong. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): Result<z.output<Schema>, Failure> {
  const verdict = schema.safeParse(body);
  if (verdict.success) return success(verdict.data);
  const errors = verdict.error.issues.slice(0, MAXIMUM_ERRORS).map((issue) => toProblemError(issue, body));
  return failed({ kind: "malformed", detail: "The request does not have the form that this endpoint asks for.", errors });
}

function toProblemError(issue: z.core.$ZodIssue, body: unknown): ProblemError {
  return { code: errorCode(issue, body), detail: issue.message, pointer: jsonPointer(issue.path) };
}

function errorCode(issue: z.core.$ZodIssue, body: unknown): string {
  if (issue.code === "custom" && typeof issue.params?.["code"] === "string") return issue.params["code"];
  if (valueAt(body, issue.path) === undefined) return "required";
  switch (issue.code) {
    case "too_big":
      return "too_long";
    case "too_small":
      return "too_short";
    case "invalid_type":
      return "invalid_type";
    default:
      return "invalid";
  }
}

/** The path comes from the schema, never from the body. */
function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" ? (value as never)?.[key] : undefined), body);
}
