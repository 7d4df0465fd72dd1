// Every way in which the API says no, by status: what it means and what to do. The documents themselves are made in src/http/failures.ts.
import { schemaReference } from "./components.ts";
import type { Header, Reference, Response } from "./openapi.ts";

interface ProblemKind {
  readonly status: number;
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly object[];
}

const PROBLEMS = {
  Malformed: {
    status: 400,
    description:
      "The request is malformed, or it combines what does not go together. `errors` names up to 20 faults, where the body is JSON at all. Repeating it does not help.",
    title: "Bad Request",
    detail: "The request does not have the form that this endpoint asks for.",
    errors: [
      {
        code: "required",
        detail: "rsassa-pss needs a hash algorithm",
        pointer: "#/signatureProtocolParameters/signatureAlgorithmParameters/hashAlgorithm",
      },
    ],
  },
  NotIdentified: {
    status: 401,
    description:
      "Source address, credential or name do not belong to this relying party; which of them is not told. Your configuration is wrong, not the person's.",
    headers: {
      "WWW-Authenticate": {
        description: "The scheme of the credential.",
        required: true,
        schema: { type: "string", const: "Bearer" },
      },
    },
    title: "Unauthorized",
    detail: "Source address, credential or name do not belong to this relying party.",
  },
  Forbidden: {
    status: 403,
    description:
      "Nobody is registered by this UUID, or you may not use this endpoint, flow, level or capability. Ask the operator.",
    title: "Forbidden",
    detail: "This relying party may not ask for this certificate level.",
  },
  NoSuchAccount: {
    status: 404,
    description:
      "Nobody has an account by this identifier or document number, or nobody has one of the level that you ask for; `detail` tells the two apart. Tell the person.",
    title: "Not Found",
    detail: "No such account.",
  },
  NoSuchSession: {
    status: 404,
    description:
      "You started no session by this ID, or its result was there for five minutes and is gone. Sessions of others look the same.",
    title: "Not Found",
    detail: "No such session.",
  },
  NoSuchTestPerson: {
    status: 404,
    description: "No test person has this document number, or the server has no test people: it does not run in local mode.",
    title: "Not Found",
    detail: "No such account.",
  },
  NotReady: {
    status: 409,
    description: "The test person is still being enrolled, or could not be; `detail` says which. Try again in a moment.",
    title: "Conflict",
    detail: "This test person is still being enrolled: try again in a moment.",
  },
  TooSlow: {
    status: 408,
    description: "The body had not arrived in full after 30 seconds. Nothing was done; send it again.",
    title: "Request Timeout",
    detail: "The body took too long to arrive.",
  },
  TooLarge: {
    status: 413,
    description: "The body has more than 64 kB. It was not read.",
    title: "Content Too Large",
    detail: "The body is larger than this server reads.",
  },
  NotJson: {
    status: 415,
    description:
      "The `Content-Type` is not `application/json`, nor another kind of JSON (`application/…+json`); or the body has a `Content-Encoding`, and no body is unpacked here.",
    title: "Unsupported Media Type",
    detail: "Send the body as application/json.",
  },
  Misdirected: {
    status: 421,
    description: "In local mode only: the server was asked by another name than `localhost`, `127.0.0.1` or `[::1]`.",
    title: "Misdirected Request",
    detail: "In local mode this server answers to localhost alone.",
  },
  TooMany: {
    status: 429,
    description:
      "Too many requests wait for this person already, or you have reached your own limit of requests a minute; `detail` says which. Wait as long as `Retry-After` says.",
    headers: {
      "Retry-After": { description: "Seconds to wait.", required: true, schema: { type: "string", pattern: "^[1-9][0-9]*$" } },
    },
    title: "Too Many Requests",
    detail: "Too much is waiting for this person already.",
  },
  Internal: {
    status: 500,
    description: "The server failed, through no fault of the request. Try again; if it stays so, tell the operator.",
    title: "Internal Server Error",
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof PROBLEMS;

const RESPONSES = "#/components/responses/";

/** By status. */
export const problemReferences = (names: readonly ProblemName[]): Readonly<Record<string, Reference>> =>
  Object.fromEntries(names.map((name) => [PROBLEMS[name].status, { $ref: `${RESPONSES}${name}` }]));

export function problemResponses(): Readonly<Record<string, Response>> {
  return Object.fromEntries(Object.entries<ProblemKind>(PROBLEMS).map(([name, kind]) => [name, responseOf(kind)]));
}

function responseOf({ description, headers, ...problem }: ProblemKind): Response {
  const example = { summary: problem.title, value: { type: "about:blank", ...problem } };
  return {
    description,
    ...(headers !== undefined && { headers }),
    content: { "application/problem+json": { schema: schemaReference("Problem"), examples: { problem: example } } },
  };
}
