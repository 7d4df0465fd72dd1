// The fields of a schema as rows of a table: objects inside of objects by their whole path, what differs between variants said beside it.
import { html } from "hono/html";
import { BASE64_PATTERN } from "../../protocol/base64-pattern.ts";
import { referredSchema, type Schemas } from "../components.ts";
import type { JsonSchema } from "../json-schema.ts";
import { breakable, type Markup, prose } from "./text.ts";

interface Field {
  readonly path: string;
  /** `required`, `optional`, or the variant that has it. */
  readonly presence: string;
  readonly schema: JsonSchema;
}

/** Explicit roles: on narrow screens rows are stacked, and browsers forget what a table is that does not look like one. */
export const tableOf = (caption: string, what: string, fields: readonly Field[]): Markup =>
  html`<table class="fields" role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        <th scope="col" role="columnheader">${what}</th>
        <th scope="col" role="columnheader">Presence</th>
        <th scope="col" role="columnheader">Type and limits</th>
        <th scope="col" role="columnheader">Meaning</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${fields.map(row)}
    </tbody>
  </table>`;

export const fieldTable = (caption: string, schema: JsonSchema, schemas: Schemas): Markup =>
  tableOf(caption, "Field", fieldsOf(schema, schemas));

const row = ({ path, presence, schema }: Field): Markup =>
  html`<tr role="row">
    <th scope="row" role="rowheader"><code>${breakable(path)}</code></th>
    <td role="cell"><span class="presence ${presence === "required" ? "needed" : ""}">${presence}</span></td>
    <td role="cell">${kindOf(schema)}</td>
    <td role="cell">${prose(schema.description ?? "")}</td>
  </tr>`;

/** In the order of the schema, each object before what is in it. */
export function fieldsOf(schema: JsonSchema, schemas: Schemas, parent = "", outer = "required"): readonly Field[] {
  const resolved = resolve(schema, schemas);
  if (resolved.anyOf !== undefined) return variants(resolved.anyOf, schemas, parent, outer);
  return Object.entries(resolved.properties ?? {}).flatMap(([name, property]) => {
    const required = resolved.required?.includes(name) === true;
    const presence = required ? outer : "optional";
    const field = { path: `${parent}${name}`, presence, schema: resolve(property, schemas) };
    const parentPath = field.schema.items === undefined ? `${field.path}.` : `${field.path}[].`;
    const inside = fieldsOf(itemOf(field.schema), schemas, parentPath, presence);
    // An object that is there in any case and has no meaning of its own is seen by what is in it.
    const isPlain = required && inside.length > 0 && field.schema.description === undefined;
    return isPlain ? inside : [field, ...inside];
  });
}

const itemOf = (schema: JsonSchema): JsonSchema => schema.items ?? schema;

/** What every variant has in common, once; what only some have, with the name of the variant. */
function variants(schemasOfVariants: readonly JsonSchema[], schemas: Schemas, parent: string, outer: string): readonly Field[] {
  const lists = schemasOfVariants.map((variant) => ({
    title: variant.title ?? "sometimes",
    fields: fieldsOf(variant, schemas, parent, outer),
  }));
  const isSame = (left: Field, right: Field) => left.path === right.path && sameKind(left.schema, right.schema);
  const merged: Field[] = [];
  for (const { title, fields } of lists) {
    for (const field of fields) {
      if (merged.some((other) => isSame(other, field))) continue;
      const inAll = lists.every((list) => list.fields.some((other) => isSame(other, field)));
      merged.push(inAll ? field : { ...field, presence: title });
    }
  }
  return merged;
}

const sameKind = (left: JsonSchema, right: JsonSchema): boolean =>
  (left.type === "object" && right.type === "object") || JSON.stringify(left) === JSON.stringify(right);

function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = referredSchema(schema);
  return name === undefined ? schema : schemas[name];
}

/** For example `string, 1 to 32 characters`. That what is optional may be null is said once, elsewhere. */
export function kindOf(schema: JsonSchema): Markup {
  if (schema.const !== undefined) return html`always <code>${String(schema.const)}</code>`;
  const values = (schema.enum ?? []).filter((value) => value !== null);
  const preset = schema.default === undefined ? "" : html`; without it <code>${String(schema.default)}</code>`;
  if (values.length > 0) return html`${list(values)}${preset}`;
  return html`${typeOf(schema)}${limitsOf(schema).map((limit) => html`, ${limit}`)}${preset}`;
}

const list = (values: NonNullable<JsonSchema["enum"]>): readonly Markup[] =>
  values.map((value, index) => {
    const before = index === 0 ? "" : index === values.length - 1 ? " or " : ", ";
    return html`${before}<code>${String(value)}</code>`;
  });

function typeOf({ type, items, format, pattern, anyOf }: JsonSchema): string {
  if (anyOf !== undefined) return "object";
  const name = (typeof type === "string" ? [type] : (type ?? [])).find((one) => one !== "null") ?? "any";
  if (name === "array") return `list of ${items?.type === "object" ? "objects" : "strings"}`;
  if (name !== "string") return name;
  if (format === "uuid") return "UUID";
  return pattern === BASE64_PATTERN ? "base64" : "string";
}

function limitsOf(schema: JsonSchema): readonly (string | Markup)[] {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems, maxProperties, pattern, format } = schema;
  const shown = pattern !== undefined && pattern !== BASE64_PATTERN && format === undefined;
  return [
    range(minLength, maxLength, "characters"),
    range(minimum, maximum, ""),
    range(minItems, maxItems, "entries"),
    range(undefined, maxProperties, "fields"),
    shown ? html`matches <code class="pattern">${pattern}</code>` : "",
  ].filter((limit) => limit !== "");
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  // That something is not empty goes without saying.
  if (most === undefined && (least === undefined || least === 1)) return "";
  if (least === undefined) return `at most ${most} ${unit}`.trim();
  return (most === undefined ? `at least ${least} ${unit}` : `${least} to ${most} ${unit}`).trim();
}
