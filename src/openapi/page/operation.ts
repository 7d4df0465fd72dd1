// One operation on the page: what it is for, what it takes and gives, and an example of both that can be pasted into a terminal.
import { html } from "hono/html";
import { referredSchema, type SchemaName, type Schemas } from "../components.ts";
import type { JsonSchema } from "../json-schema.ts";
import type { Content, OpenApi, Operation, Parameter, Reference, Response } from "../openapi.ts";
import { fieldTable, tableOf } from "./fields.ts";
import { breakable, jsonListing, listing, type Markup, paragraphs, prose } from "./text.ts";

export interface PlacedOperation {
  readonly method: "get" | "post";
  /** In front of the path: the first of its servers. */
  readonly base: string;
  readonly path: string;
  readonly operation: Operation;
}

export const problemAnchor = (name: string): string => `problem-${name}`;
export const schemaAnchor = (name: SchemaName): string => `schema-${name}`;

/** `described`: the schemas that stand further up already; those of this operation are added. */
export function operationSection(placed: PlacedOperation, document: OpenApi, described: Set<SchemaName>): Markup {
  const { method, base, path, operation } = placed;
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const schemas = document.components.schemas as Schemas;
  const success = responses["200"] as Response;
  const [answer] = Object.values(success.content);
  const body = requestBody?.content["application/json"];
  return html`<article id="${operationId}" class="operation" aria-labelledby="${operationId}-name">
    <h3 id="${operationId}-name"><a class="anchor" href="#${operationId}">${summary}</a></h3>
    <p class="route"><span class="method ${method}">${method.toUpperCase()}</span> <code>${breakable(`${base}${path}`)}</code></p>
    ${paragraphs(description)} ${parameters.length === 0 ? "" : parameterTable(parameters)}
    ${body === undefined ? "" : schemaSection("Body", body.schema, schemas, described)}
    ${listing("Request", command(placed, body))}
    ${answer === undefined ? "" : schemaSection("Answer", answer.schema, schemas, described)}
    ${Object.values(answer?.examples ?? {}).map((example) => jsonListing(`200: ${example.summary}`, example.value))}
    ${refusals(responses)}
  </article>`;
}

const parameterTable = (parameters: readonly Parameter[]): Markup =>
  tableOf(
    "In the address",
    "Name",
    parameters.map(({ name, required, schema, description }) => ({
      path: name,
      presence: required ? "required" : "optional",
      schema: { ...schema, description },
    })),
  );

/** The table where it is needed first, after that a link to it. */
function schemaSection(kind: "Body" | "Answer", schema: JsonSchema, schemas: Schemas, described: Set<SchemaName>): Markup {
  const name = referredSchema(schema);
  if (name === undefined) throw new Error("a body of the document has no name");
  if (described.has(name)) {
    return html`<h4>${kind}</h4>
      <p>As above: <a href="#${schemaAnchor(name)}">${name}</a>.</p>`;
  }
  described.add(name);
  return html`<h4 id="${schemaAnchor(name)}">${kind}: ${name}</h4>
    ${schemaTables(name, schemas)}`;
}

/** Of a choice among several, each by itself. */
export function schemaTables(name: SchemaName, schemas: Schemas): Markup {
  const { anyOf, description } = schemas[name];
  const intro = description === undefined ? "" : html`<p>${prose(description)}</p>`;
  if (anyOf === undefined) return html`${intro}${fieldTable(name, schemas[name], schemas)}`;
  const choices = anyOf.map(referredSchema).filter((choice) => choice !== undefined);
  return html`${intro}
    <p>One of ${choices.length}:</p>
    ${choices.map(
      (choice) =>
        html`<h5 id="${schemaAnchor(choice)}">${choice}</h5>
          ${schemas[choice].description === undefined ? "" : html`<p>${prose(schemas[choice].description)}</p>`}
          ${fieldTable(choice, schemas[choice], schemas)}`,
    )}`;
}

function command({ base, path, operation }: PlacedOperation, body: Content | undefined): string {
  const { parameters = [] } = operation;
  const inPath = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, { name, example }) => text.replace(`{${name}}`, String(example)), path);
  const query = parameters.filter((parameter) => parameter.in === "query").map(({ name, example }) => `${name}=${example}`);
  const address = `"$SERVER${base}${inPath}${query.length > 0 ? `?${query.join("&")}` : ""}"`;
  if (body === undefined) return `curl -s ${address}`;
  const json = JSON.stringify(Object.values(body.examples)[0]?.value, undefined, 2);
  return `curl -s ${address} -H 'content-type: application/json' -d '${json}'`;
}

const refusals = (responses: Readonly<Record<string, Response | Reference>>): Markup =>
  html`<p class="refusals">
    Errors:
    ${Object.entries(responses)
      .filter(([, response]) => "$ref" in response)
      .map(([status, response]) => {
        const name = (response as Reference).$ref.split("/").at(-1) ?? "";
        return html`<a href="#${problemAnchor(name)}">${status}</a> `;
      })}
  </p>`;
