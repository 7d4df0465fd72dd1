// The documentation as one page without a script, for whoever is about to write a relying party.
import { html } from "hono/html";
import type { SchemaName } from "../components.ts";
import type { OpenApi, Response, Tag } from "../openapi.ts";
import { EXACT_BYTES, exactBytes } from "./exact-bytes.ts";
import { operationSection, type PlacedOperation, problemAnchor, schemaTables } from "./operation.ts";
import { breakable, jsonListing, listing, type Markup, paragraphs, prose } from "./text.ts";

export const documentationPage = (document: OpenApi): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="${document.info.summary}" />
        <title>${document.info.title}</title>
        <link rel="icon" href="/icons/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/docs">Tally <span>relying-party API</span></a>
          <a class="file" href="/openapi.json">openapi.json</a>
        </header>
        <div class="frame">
          <nav class="contents wide" aria-label="Contents">${contents(document)}</nav>
          <main id="content">
            <details class="contents narrow">
              <summary>Contents</summary>
              <nav aria-label="Contents">${contents(document)}</nav>
            </details>
            ${introduction(document)} ${operations(document)} ${exactBytes()} ${errors(document)}
          </main>
        </div>
      </body>
    </html>`;

/** The operations of a group, in the order of the document. */
function operationsOf({ paths, servers }: OpenApi, tag: Tag): readonly PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    (["get", "post"] as const).flatMap((method) => {
      const operation = item[method];
      if (operation?.tags[0] !== tag.name) return [];
      return [{ method, base: (item.servers ?? servers)[0]?.url ?? "", path, operation }];
    }),
  );
}

const tagAnchor = ({ name }: Tag): string => name.toLowerCase().replaceAll(" ", "-");

const contents = (document: OpenApi): Markup =>
  html`<ul>
    <li><a href="#begin">Before you begin</a></li>
    ${document.tags.map(
      (tag) =>
        html`<li>
          <a href="#${tagAnchor(tag)}">${tag.name}</a>
          <ul>
            ${operationsOf(document, tag).map(
              ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
            )}
          </ul>
        </li>`,
    )}
    <li><a href="#${EXACT_BYTES}">Exact bytes</a></li>
    <li><a href="#errors">Errors</a></li>
  </ul>`;

const introduction = ({ info, servers, components }: OpenApi): Markup =>
  html`<section class="begin" aria-labelledby="begin">
    <h1>${info.title}</h1>
    <p class="lead">
      ${info.summary}. Version ${info.version}; for programs the same is in <a href="/openapi.json">openapi.json</a>.
    </p>
    <h2 id="begin">Before you begin</h2>
    ${paragraphs(info.description)}
    <h3>Addresses</h3>
    <ul class="addresses">
      ${servers.map(({ url, description }) => html`<li><code>${url}</code> ${description}</li>`)}
    </ul>
    <p>The examples use the server of a developer's machine, with its relying party and its test people:</p>
    ${listing("Once in a terminal", "SERVER=http://localhost:8787")}
    <h3>Who asks</h3>
    ${Object.values(components.securitySchemes).map(({ description }) => html`<p>${prose(description)}</p>`)}
  </section>`;

function operations(document: OpenApi): readonly Markup[] {
  const described = new Set<SchemaName>();
  return document.tags.map(
    (tag) =>
      html`<section aria-labelledby="${tagAnchor(tag)}">
        <h2 id="${tagAnchor(tag)}">${tag.name}</h2>
        <p class="lead">${tag.description}</p>
        ${operationsOf(document, tag).map((placed) => operationSection(placed, document, described))}
      </section>`,
  );
}

function errors({ components }: OpenApi): Markup {
  const problems = Object.entries(components.responses);
  return html`<section aria-labelledby="errors">
    <h2 id="errors">Errors</h2>
    <p class="lead">Decide by the status. What else stands in a problem document is for people and logs.</p>
    <table class="fields problems" role="table">
      <caption>
        Statuses
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">Status</th>
          <th scope="col" role="columnheader">What it means</th>
          <th scope="col" role="columnheader">Header</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${problems.map(([name, response]) => problemRow(name, response))}
      </tbody>
    </table>
    ${schemaTables("Problem", components.schemas)}
    ${jsonListing("400: Bad Request", examplesOf(components.responses["Malformed"])[0])}
  </section>`;
}

const examplesOf = (response: Response | undefined): readonly unknown[] =>
  Object.values(response?.content ?? {}).flatMap(({ examples }) => Object.values(examples).map(({ value }) => value));

function problemRow(name: string, response: Response): Markup {
  const { status, title } = examplesOf(response)[0] as { status: number; title: string };
  const headers = Object.entries(response.headers ?? {});
  return html`<tr role="row" id="${problemAnchor(name)}">
    <th scope="row" role="rowheader">${status} <span class="title">${breakable(title)}</span></th>
    <td role="cell">${prose(response.description)}</td>
    <td role="cell">${headers.map(([header, { description }]) => html`<code>${header}</code>: ${description}`)}</td>
  </tr>`;
}
