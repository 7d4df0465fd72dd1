// The OpenAPI document of the relying-party API, made of the schemas that validate: `/openapi.json`, `/docs` and the contract test read
// this one. Pure: the same bytes on every server, whose own address it leaves to relative references.
import project from "../../package.json" with { type: "json" };
import { DOCUMENT_NUMBER_PATTERN } from "../protocol/document-number.ts";
import { SESSION_TIMEOUT } from "../protocol/relying-party-requests.ts";
import { SEMANTICS_IDENTIFIER_PATTERN } from "../protocol/semantics-identifier.ts";
import { makeSchemas, schemaReference } from "./components.ts";
import { SESSION } from "./examples.ts";
import type { OpenApi, Operation, Parameter, PathItem } from "./openapi.ts";
import { type OperationEntry, OPERATIONS } from "./operations.ts";
import { problemReferences, problemResponses } from "./problems.ts";

const DESCRIPTION = `An organisation that has people log in and sign is a relying party. It starts a session with a POST, the person answers on a device with a PIN, and the relying party fetches the result with a long poll. What it gets is an ordinary RSA or Ed25519 signature with the person's certificate, which it verifies itself.

The API is compatible with the public Smart-ID RP API v3: client libraries work when their base URL and the certificates that they trust are changed. There are no fields or endpoints besides. The statuses 480 and 580 of that API are never sent.

One value is an extension of this server: \`signatureAlgorithm\` may be \`ed25519\`. What comes is a plain Ed25519 signature (RFC 8032, not Ed25519ph) of 64 bytes. Its message is the bytes of the digest that you sent or, at a login, the hash of the ACSP_V2 text, by the \`hashAlgorithm\` that you named. It is not for CMS, CAdES, PAdES, XAdES and JWS, which sign other bytes. Every account has RSA keys. Ed25519 keys are made for new accounts unless the operator left them out, and older ones can be given them; an account keeps what it has, also when a PIN is changed or the operator leaves Ed25519 out later. An account without one ends \`DOCUMENT_UNUSABLE\`. Certificates that are given before anything is signed are for the RSA key, and the certificate for the Ed25519 key comes with the signature; so a linked signature, which follows the choice of a certificate, is by RSA alone.

Success is always 200 with \`application/json\`; everything else is a problem document (RFC 9457, \`application/problem+json\`). Unknown fields of a request are ignored, and a field that may be left out may also be \`null\`. Answers have exactly the fields that stand here. A body has at most 64 kB. Paths and methods that are not here are a 404.`;

const CREDENTIAL =
  "The credential that the operator gave you, in `Authorization: Bearer`. Besides, the operator may bind you to source networks; a party that " +
  "is bound to networks may have no credential. In local mode the party `DEMO` needs neither on the loopback interface.";

const TAGS = [
  {
    name: "Log in",
    description:
      "The person signs your challenge with PIN1. Ask for a level, verify the result, and read who it was from its certificate.",
  },
  {
    name: "Sign",
    description: "The person signs a digest with PIN2. What was signed is yours to keep: the server has only its hash.",
  },
  {
    name: "Certificates",
    description: "Many formats of signed documents need the certificate before there is anything to sign.",
  },
  { name: "Results", description: "The same for every session." },
  { name: "Local tests", description: "Help for the tests of relying parties, on a developer's machine." },
] as const;

const PARAMETERS: Readonly<Record<string, Omit<Parameter, "name" | "in" | "required">>> = {
  semanticsId: {
    description:
      "Whom: `PNO` (personal code), `PAS` (passport) or `IDC` (identity card), the country in two letters, `-`, and the identifier.",
    schema: { type: "string", pattern: SEMANTICS_IDENTIFIER_PATTERN },
    example: "PNOEE-40504040001",
  },
  documentNumber: {
    description:
      "Which account: its document number, from an earlier result. `-Q` at its end is a qualified account, `-NQ` another.",
    schema: { type: "string", pattern: DOCUMENT_NUMBER_PATTERN },
    example: "PNOEE-40504040001-DEM0-Q",
  },
  sessionID: {
    description: "From the answer that started the session.",
    schema: { type: "string", format: "uuid" },
    example: SESSION,
  },
};

const TIMEOUT_PARAMETER: Parameter = {
  name: "timeoutMs",
  in: "query",
  required: false,
  description: "How long to wait, in milliseconds.",
  schema: {
    type: "integer",
    minimum: SESSION_TIMEOUT.shortest,
    maximum: SESSION_TIMEOUT.longest,
    default: SESSION_TIMEOUT.default,
  },
  example: 30_000,
};

const MOCK_SERVERS = [{ url: "/mock", description: "In local mode only" }];

export const makeDocument = (): OpenApi => ({
  openapi: "3.1.1",
  info: {
    title: "Tally relying-party API",
    version: project.version,
    summary: "Log people in, and have them sign",
    description: DESCRIPTION,
  },
  servers: [
    { url: "/v3", description: "Of the server that this document comes from" },
    { url: "/smart-id-rp/v3", description: "The same, under the path that some clients have built in" },
  ],
  security: [{ credential: [] }, {}],
  tags: TAGS,
  paths: Object.fromEntries(OPERATIONS.map((entry) => [entry.path, pathItem(entry)])),
  components: {
    schemas: makeSchemas(),
    responses: problemResponses(),
    securitySchemes: { credential: { type: "http", scheme: "bearer", description: CREDENTIAL } },
  },
});

function pathItem(entry: OperationEntry): PathItem {
  const isMock = entry.body?.schema === "MockDeviceLinkRequest";
  return { ...(isMock && { servers: MOCK_SERVERS }), [entry.method]: operation(entry, isMock) };
}

function operation(entry: OperationEntry, isMock: boolean): Operation {
  const { operationId, tag, summary, description, body, answer, problems } = entry;
  const parameters = parametersOf(entry);
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    ...(isMock && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: schemaReference(body.schema),
            examples: { request: { summary: "In local mode", value: body.example } },
          },
        },
      },
    }),
    responses: {
      200: {
        description: "Done as asked.",
        content: { "application/json": { schema: schemaReference(answer.schema), examples: answer.examples } },
      },
      ...problemReferences(problems),
    },
  };
}

function parametersOf({ path, method, addressee }: OperationEntry): readonly Parameter[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]): Parameter => {
    const described = PARAMETERS[name];
    if (described === undefined) throw new Error(`nothing is said of the parameter ${name}`);
    return { name, in: "path", required: true, ...described, ...(addressee !== undefined && { example: addressee }) };
  });
  return method === "get" ? [...inPath, TIMEOUT_PARAMETER] : inPath;
}

let made: OpenApi | undefined;

/** Made once an isolate, when it is first asked for. */
export const openApiDocument = (): OpenApi => (made ??= makeDocument());
