// Holds an answer of the relying-party API against the published document: route, status, content type, headers, body; and the request
// of an answer that is a success, which the document must allow as the server did. Reads the document as any outsider could.
import { dereference, type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import { openApiDocument } from "../../src/openapi/document.ts";
import type { Operation, PathItem, Reference, Response as Documented } from "../../src/openapi/openapi.ts";

/** A request with its answer, bodies as text. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Errors that a message names. */
const SAID = 6;
const WRAPPERS = new Set(["$ref", "properties", "anyOf", "items"]);

interface Route {
  readonly pattern: RegExp;
  readonly item: PathItem;
}

const document = openApiDocument();
// A copy: the validator writes into what it reads.
const lookup = dereference(structuredClone(document));
const [ROOT] = Object.keys(lookup) as [string];

const routes: readonly Route[] = Object.entries(document.paths).flatMap(([path, item]) =>
  (item.servers ?? document.servers).map(({ url }) => ({
    pattern: new RegExp(`^${url}${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
    item,
  })),
);
const bases = new Set(
  Object.values(document.paths).flatMap(({ servers }) => (servers ?? document.servers).map(({ url }) => url)),
);

/** As the server reads it: a doubled slash is one. */
const pathOf = (url: string): string => new URL(url).pathname.replaceAll(/\/{2,}/g, "/");

/** Whether the document speaks of this address. */
export const isOfContract = (url: string): boolean => [...bases].some((base) => pathOf(url).startsWith(`${base}/`));

/** In one line each; empty for an answer that is as documented. */
export function contractFaults(exchange: Exchange): readonly string[] {
  const faults = faultsOf(exchange);
  return faults.map((fault) => `${exchange.method} ${pathOf(exchange.url)} was answered ${exchange.status}: ${fault}`);
}

function faultsOf(exchange: Exchange): readonly string[] {
  const { url, method, status } = exchange;
  const path = pathOf(url);
  const route = routes.find(({ pattern }) => pattern.test(path));
  const operation = method === "GET" || method === "POST" ? route?.item[method.toLowerCase() as "get" | "post"] : undefined;
  if (route === undefined || operation === undefined) return ofNoRoute(exchange);
  const documented = operation.responses[status];
  if (documented === undefined) return [`the status is not documented for ${operation.operationId}`];
  return [
    ...answerFaults(exchange, resolve(documented)),
    ...(status === 200 ? requestFaults(exchange, operation, route.pattern.exec(path)?.groups ?? {}) : []),
  ];
}

function ofNoRoute(exchange: Exchange): readonly string[] {
  if (exchange.status !== 404 && exchange.status !== 421)
    return ["nothing is documented at this path and method, so that it is a 404"];
  return answerFaults(exchange, resolve({ $ref: "#/components/responses/NoSuchAccount" }));
}

const resolve = (documented: Documented | Reference): Documented =>
  "$ref" in documented ? (document.components.responses[documented.$ref.split("/").at(-1) ?? ""] as Documented) : documented;

function answerFaults({ headers, status, body }: Exchange, documented: Documented): readonly string[] {
  const [[type, content] = ["", undefined]] = Object.entries(documented.content);
  const given = headers.get("content-type")?.split(";")[0];
  if (given !== type || content === undefined) return [`the content type is ${given}, not ${type}`];
  const value = parsed(body);
  const wrongStatus = status >= 400 && (value as { status?: unknown } | undefined)?.status !== status;
  return [
    ...Object.entries(documented.headers ?? {}).flatMap(([name, { schema }]) =>
      schemaFaults(`header ${name}`, schema as Schema, headers.get(name) ?? undefined),
    ),
    ...schemaFaults("body", content.schema as Schema, value),
    ...(wrongStatus ? ["body: #/status is not the status"] : []),
  ];
}

function requestFaults(exchange: Exchange, operation: Operation, inPath: Readonly<Record<string, string>>): readonly string[] {
  const query = new URL(exchange.url).searchParams;
  const ofParameters = (operation.parameters ?? []).flatMap(({ name, in: place, schema }) => {
    const text = place === "path" ? decodeURIComponent(inPath[name] ?? "") : query.get(name);
    if (text === null) return [];
    return schemaFaults(`parameter ${name}`, schema as Schema, schema.type === "integer" ? Number(text) : text);
  });
  const body = operation.requestBody?.content["application/json"];
  const ofBody = body === undefined ? [] : schemaFaults("request", body.schema as Schema, parsed(exchange.requestBody));
  return [...ofParameters, ...ofBody].map((fault) => `was accepted against the document: ${fault}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where and why. */
export function schemaFaults(what: string, schema: Schema, value: unknown): readonly string[] {
  if (value === undefined) return [`${what} is not there, or not JSON`];
  const errors = errorsOf(schema, value);
  if (errors.length === 0) return [];
  const said = nearest(schema, value) ?? errors;
  return [
    `${what}: ${said
      .slice(0, SAID)
      .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
      .join(" ")}`,
  ];
}

const errorsOf = (schema: Schema, value: unknown): readonly OutputUnit[] =>
  validate(value, absolute(schema), "2020-12", lookup, false).errors;

/** Of a choice among several, what was wrong with the one that fits best; without what only repeats that something inside is wrong. */
function nearest(schema: Schema, value: unknown): readonly OutputUnit[] | undefined {
  const named = lookup[`${ROOT}${schema.$ref}`];
  const choices: readonly Schema[] = (typeof named === "object" ? named.anyOf : undefined) ?? [schema];
  const tried = choices.map((choice) => errorsOf(choice, value).filter(({ keyword }) => !WRAPPERS.has(keyword)));
  const misfit = (errors: readonly OutputUnit[]): number =>
    errors.filter(({ instanceLocation }) => instanceLocation.split("/").length <= 2).length;
  return tried.toSorted((left, right) => misfit(left) - misfit(right)).find((errors) => errors.length > 0);
}

/** References count from the document. */
function absolute(schema: Schema): Schema {
  return schema.$ref === undefined ? schema : { $ref: schema.$ref, __absolute_ref__: `${ROOT}${schema.$ref}` };
}
