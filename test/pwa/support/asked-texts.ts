// Which messages the sources ask for, and what they put into them: every call of text() and richText(), as it is written.
import { globSync, readFileSync } from "node:fs";
import { parseAst } from "vite";

export interface AskedText {
  /** File, and where in it. */
  readonly place: string;
  readonly rich: boolean;
  /** What the key may be; undefined where it is not written at the call. */
  readonly key: RegExp | undefined;
  /** Names of the values; undefined where they are not written at the call. */
  readonly values: readonly string[] | undefined;
}

/** The little of a syntax tree that is looked at. */
interface Node {
  readonly type: string;
  readonly [part: string]: unknown;
}

export function askedTexts(): readonly AskedText[] {
  return globSync("src/pwa/**/*.{ts,tsx}").flatMap((file) => {
    const source = readFileSync(file, "utf8");
    const calls = [...nodesOf(parseAst(source, { lang: file.endsWith("x") ? "tsx" : "ts" }))].filter(
      ({ type }) => type === "CallExpression",
    );
    return calls.flatMap((call): AskedText[] => {
      const { name } = call["callee"] as Node;
      if (name !== "text" && name !== "richText") return [];
      const [key, values] = call["arguments"] as readonly (Node | undefined)[];
      return [{ place: `${file}:${String(call["start"])}`, rich: name === "richText", key: keyOf(key), values: namesOf(values) }];
    });
  });
}

/** Attributes that people read or hear. */
const READ = ["alt", "aria-label", "confirm", "eyebrow", "heading", "hint", "label", "placeholder", "title", "words"];

/** Words that stand in a view itself, with their places: in its elements, and in attributes that people read. */
export function looseWords(): readonly string[] {
  return globSync("src/pwa/**/*.tsx").flatMap((file) => {
    const nodes = [...nodesOf(parseAst(readFileSync(file, "utf8"), { lang: "tsx" }))];
    const words = nodes.flatMap((node) => {
      if (node.type === "JSXText") return [String(node["value"])];
      if (node.type !== "JSXAttribute" || !READ.includes(String((node["name"] as Node)["name"]))) return [];
      const value = node["value"] as Node | null;
      return value?.type === "Literal" ? [String(value["value"])] : [];
    });
    return words.filter((word) => /\p{L}{2}/u.test(word)).map((word) => `${file}: ${word.trim()}`);
  });
}

function* nodesOf(part: unknown): Generator<Node> {
  if (typeof part !== "object" || part === null) return;
  if ("type" in part) yield part as Node;
  for (const inner of Object.values(part)) yield* nodesOf(inner);
}

/** A part of a key that is put in holds no dot. */
function keyOf(node: Node | undefined): RegExp | undefined {
  const source = patternOf(node);
  return source === undefined ? undefined : new RegExp(`^(${source})$`);
}

function patternOf(node: Node | undefined): string | undefined {
  switch (node?.type) {
    case "Literal":
      return escaped(String(node["value"]));
    case "TemplateLiteral":
      return (node["quasis"] as readonly { readonly value: { readonly cooked: string } }[])
        .map(({ value }) => escaped(value.cooked))
        .join(String.raw`[\w-]+`);
    case "ConditionalExpression": {
      const cases = [patternOf(node["consequent"] as Node), patternOf(node["alternate"] as Node)];
      return cases.includes(undefined) ? undefined : cases.join("|");
    }
    default:
      return undefined;
  }
}

const escaped = (key: string): string => key.replaceAll(".", String.raw`\.`);

function namesOf(node: Node | undefined): readonly string[] | undefined {
  if (node === undefined) return [];
  if (node.type !== "ObjectExpression") return undefined;
  const properties = node["properties"] as readonly Node[];
  if (properties.some(({ type }) => type !== "Property")) return undefined;
  return properties.map((property) => String((property["key"] as Node)["name"]));
}
