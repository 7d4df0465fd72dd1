// The only place where a failure becomes a status code. Exhaustive: a new kind without a case does not compile.
// Vague towards the outside where a precise answer would help an attacker; the precise cause belongs into the log.
import { type Problem, problemResponse, type ProblemError } from "./problem.ts";

export type Failure =
  /** The request is not well-formed or combines what must not be combined. */
  | { readonly kind: "malformed"; readonly detail?: string; readonly errors?: readonly ProblemError[] }
  | { readonly kind: "body_too_large" }
  | { readonly kind: "body_too_slow" }
  /** The body says that it is compressed. */
  | { readonly kind: "body_is_encoded" }
  | { readonly kind: "unsupported_media_type" }
  /** Address, credential or name do not go with the relying party's UUID. Which of them is not told. */
  | { readonly kind: "relying_party_not_identified" }
  | { readonly kind: "unknown_relying_party" }
  /** An order that the operator did not sign, not for this server, or not just now. Which of them is not told. */
  | { readonly kind: "not_the_operator" }
  /** A message of the device channel that did not open: always the same answer. */
  | { readonly kind: "unauthorized" }
  /** This caller or this deployment may not do that. */
  | { readonly kind: "forbidden"; readonly detail: string }
  /** The path names nothing. */
  | { readonly kind: "not_found" }
  | { readonly kind: "no_such_account" }
  /** The person exists, but no account of the level asked for (older clients know it as 471). */
  | { readonly kind: "no_suitable_account" }
  | { readonly kind: "no_such_session" }
  | { readonly kind: "no_such_certificate" }
  /** What is asked for does not go with the state that things are in. */
  | { readonly kind: "conflict"; readonly detail: string }
  /** In local mode: asked for by another name than this machine's. */
  | { readonly kind: "misdirected" }
  /** By plain HTTP, what must not be asked for that way. */
  | { readonly kind: "not_encrypted" }
  /** The path is that of a WebSocket only. */
  | { readonly kind: "upgrade_required" }
  | { readonly kind: "too_many_requests"; readonly retryAfterSeconds: number }
  /** The relying party itself asks too often, whoever it asks about. */
  | { readonly kind: "rate_limit_reached"; readonly retryAfterSeconds: number }
  /** Something that this needs does not answer just now. Nothing was done, and nobody is charged. */
  | { readonly kind: "temporarily_unavailable"; readonly retryAfterSeconds: number }
  /** An unexpected error. Nothing of it leaves the server. */
  | { readonly kind: "internal" };

export const malformed = (detail: string, ...errors: readonly ProblemError[]): Failure => ({
  kind: "malformed",
  detail,
  ...(errors.length > 0 && { errors }),
});

interface Answer {
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

const plain = (status: number, title: string, detail?: string): Answer => ({
  problem: { status, title, ...(detail !== undefined && { detail }) },
});

interface Later {
  readonly retryAfterSeconds: number;
}

/** RFC 9110 §10.2.3, whole seconds. */
const retryAfter = ({ retryAfterSeconds }: Later): Readonly<Record<string, string>> => ({
  "retry-after": String(Math.max(1, Math.ceil(retryAfterSeconds))),
});

const later = (failure: Later, detail: string): Answer => ({
  ...plain(429, "Too Many Requests", detail),
  headers: retryAfter(failure),
});

function answerTo(failure: Failure): Answer {
  switch (failure.kind) {
    case "malformed": {
      const { detail, errors } = failure;
      return {
        problem: {
          status: 400,
          title: "Bad Request",
          ...(detail !== undefined && { detail }),
          ...(errors !== undefined && { errors }),
        },
      };
    }
    case "body_too_large":
      return plain(413, "Content Too Large", "The body is larger than this server reads.");
    case "body_too_slow":
      return plain(408, "Request Timeout", "The body took too long to arrive.");
    case "body_is_encoded":
      // RFC 9110 §12.5.3: what would be taken instead.
      return {
        ...plain(415, "Unsupported Media Type", "Send the body without a content encoding."),
        headers: { "accept-encoding": "identity" },
      };
    case "unsupported_media_type":
      return plain(415, "Unsupported Media Type", "Send the body as application/json.");
    case "relying_party_not_identified":
      return {
        ...plain(401, "Unauthorized", "Source address, credential or name do not belong to this relying party."),
        headers: { "www-authenticate": "Bearer" },
      };
    case "unauthorized":
      return { ...plain(401, "Unauthorized"), headers: { "www-authenticate": "Channel" } };
    case "not_the_operator":
      return { ...plain(401, "Unauthorized"), headers: { "www-authenticate": "Order" } };
    case "unknown_relying_party":
      return plain(403, "Forbidden", "This relying party is not registered.");
    case "forbidden":
      return plain(403, "Forbidden", failure.detail);
    case "not_found":
      return plain(404, "Not Found");
    case "no_such_account":
      return plain(404, "Not Found", "No such account.");
    case "no_suitable_account":
      return plain(404, "Not Found", "The person has no account of the requested certificate level.");
    case "no_such_session":
      return plain(404, "Not Found", "No such session.");
    case "no_such_certificate":
      return plain(404, "Not Found", "No certificate with this serial number was issued here.");
    case "conflict":
      return plain(409, "Conflict", failure.detail);
    case "misdirected":
      return plain(421, "Misdirected Request", "In local mode this server answers to localhost alone.");
    case "not_encrypted":
      return plain(403, "Forbidden", "Use https.");
    case "upgrade_required":
      return { ...plain(426, "Upgrade Required", "Open a WebSocket here."), headers: { upgrade: "websocket" } };
    case "too_many_requests":
      return later(failure, "Too much is waiting for this person already.");
    case "rate_limit_reached":
      return later(failure, "This relying party has reached its own limit of requests a minute.");
    case "temporarily_unavailable":
      return {
        ...plain(503, "Service Unavailable", "Nothing was done: try again in a moment."),
        headers: retryAfter(failure),
      };
    case "internal":
      return plain(500, "Internal Server Error");
  }
}

/** The whole answer to a request that failed: a problem document, and the headers that its status asks for. */
export function failureResponse(failure: Failure): Response {
  const { problem, headers } = answerTo(failure);
  return problemResponse(problem, headers);
}
