// From a status code of the API to a failure. One table for starts and one exception for the status of a session.
import type { CallFailure, CallFailureCode } from "../failures.ts";
import type { Answered } from "./exchange.ts";

const CODES: Readonly<Record<number, CallFailureCode>> = {
  400: "request_invalid",
  401: "not_authenticated",
  403: "not_permitted",
  404: "account_unknown",
  429: "too_many_requests",
  471: "no_suitable_account",
  472: "person_must_act",
  480: "client_too_old",
  580: "maintenance",
};

/** At most so many names of fields are passed on. */
const FIELDS_LIMIT = 20;

/** Of an answer that is not 200. `about`: what a 404 says is not there. */
export function refusal({ status, body, retryAfterSeconds }: Answered, about: "account" | "session"): CallFailure {
  const fields = status === 400 ? wrongFields(body) : [];
  return {
    code: codeOf(status, body, about),
    status,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(fields.length > 0 && { fields }),
  };
}

function codeOf(status: number, body: unknown, about: "account" | "session"): CallFailureCode {
  if (status === 404 && about === "session") return "session_unknown";
  return status === 404 && isAboutLevel(body) ? "no_suitable_account" : (CODES[status] ?? "service_trouble");
}

/** Older servers say 471; here a 404 tells in its problem document that there is an account of another level. */
function isAboutLevel(body: unknown): boolean {
  const { detail } = (body ?? {}) as { readonly detail?: unknown };
  return typeof detail === "string" && detail.includes("certificate level");
}

/** Names alone (RFC 6901 pointers, names of parameters): a detail could repeat what was sent. */
function wrongFields(body: unknown): readonly string[] {
  const { errors } = (body ?? {}) as { readonly errors?: unknown };
  const names = (Array.isArray(errors) ? errors : []).slice(0, FIELDS_LIMIT).map((error: unknown) => {
    const { paramName, pointer } = (error ?? {}) as { readonly paramName?: unknown; readonly pointer?: unknown };
    return typeof pointer === "string" ? pointer : paramName;
  });
  return names.filter((name): name is string => typeof name === "string" && /^[#/A-Za-z0-9_.-]{1,100}$/.test(name));
}
