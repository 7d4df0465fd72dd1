// Whether a catalog of messages can take the place of the English one: the same keys, the same placeholders, and the plural forms that
// its language has. The build and the tests ask here.
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";

/** Key → message in ICU MessageFormat. */
export type Catalog = Readonly<Record<string, string>>;

/**
 * The forms of counted numbers (CLDR 48, cardinals), written out: another Node has other tables of languages in it, and must build the
 * same. A browser whose tables are older or newer finds `other` where it looks for a form that is not there.
 */
const PLURAL_FORMS: Readonly<Record<string, readonly string[]>> = {
  en: ["one", "other"],
  et: ["one", "other"],
  lv: ["one", "other", "zero"],
  lt: ["few", "many", "one", "other"],
  ru: ["few", "many", "one", "other"],
  nl: ["one", "other"],
  fr: ["many", "one", "other"],
  de: ["one", "other"],
};

/** What a page is given: the elements of a message, or its text where nothing is put into it. */
export type ParsedMessage = string | readonly MessageFormatElement[];

/** Throws the parser's error, a word about what is wrong, where the message is malformed. */
export function parsedMessage(message: string): ParsedMessage {
  const elements = parse(message, { captureLocation: false, shouldParseSkeletons: false });
  const [first] = elements;
  return elements.length === 1 && first?.type === TYPE.literal ? first.value : elements;
}

/** Names of what is put into a message, and whether a part of it is bold. */
export function wishesOf(message: string): { readonly values: readonly string[]; readonly bold: boolean } {
  const elements = [...allElements(parse(message))];
  const values = elements.flatMap((element) =>
    element.type === TYPE.tag || !("value" in element) || element.type === TYPE.literal ? [] : [element.value],
  );
  return { values: [...new Set(values)], bold: elements.some(({ type }) => type === TYPE.tag) };
}

/** One line for each fault, with its key; none where the catalog is whole. `language`: of `catalog`, as BCP 47 has it. */
export function catalogFaults(language: string, catalog: Catalog, english: Catalog): readonly string[] {
  const missing = Object.keys(english).filter((key) => !Object.hasOwn(catalog, key));
  const foreign = Object.keys(catalog).filter((key) => !Object.hasOwn(english, key));
  const messages = Object.entries(catalog).filter(([key]) => Object.hasOwn(english, key));
  return [
    ...missing.map((key) => `${key} is missing`),
    ...foreign.map((key) => `${key} is not in English`),
    ...messages.flatMap(([key, message]) =>
      messageFaults(language, message, english[key] ?? "").map((fault) => `${key} ${fault}`),
    ),
  ];
}

function messageFaults(language: string, message: string, english: string): readonly string[] {
  if (typeof message !== "string" || message.trim() !== message || message === "")
    return ["is not text, or has spaces around it"];
  // It would begin a quotation, in which placeholders are text.
  if (message.includes("'")) return ["has a straight apostrophe: write ’"];
  try {
    const elements = [...allElements(parse(message))];
    const [mine, theirs] = [placeholders(elements), placeholders([...allElements(parse(english))])];
    const faults = elements.flatMap((element) => elementFaults(language, element));
    return mine === theirs ? faults : [...faults, `has the placeholders ${mine}, and in English ${theirs}`];
  } catch (error) {
    return [`cannot be read: ${(error as Error).message}`];
  }
}

function* allElements(elements: readonly MessageFormatElement[]): Generator<MessageFormatElement> {
  for (const element of elements) {
    yield element;
    if (element.type === TYPE.tag) yield* allElements(element.children);
    if (element.type !== TYPE.plural && element.type !== TYPE.select) continue;
    for (const option of Object.values(element.options)) yield* allElements(option.value);
  }
}

/** Names with their kinds, and with the cases that a person does not see: what is chosen from must be the same in every language. */
function placeholders(elements: readonly MessageFormatElement[]): string {
  const named = elements.flatMap((element) => {
    if (element.type === TYPE.literal || element.type === TYPE.pound) return [];
    const cases = element.type === TYPE.select ? `: ${Object.keys(element.options).toSorted().join("|")}` : "";
    return [`{${element.value}, ${TYPE[element.type]}${cases}}`];
  });
  return [...new Set(named)].toSorted().join(" ") || "none";
}

/** Numbers that have words of their own (`=0`) may be added to a language's forms, and take the place of none. */
function elementFaults(language: string, element: MessageFormatElement): readonly string[] {
  if (element.type === TYPE.date || element.type === TYPE.time || element.type === TYPE.number) {
    return [`formats {${element.value}}: whoever puts it in does that`];
  }
  if (element.type !== TYPE.plural) return [];
  if (element.pluralType === "ordinal") return [`counts {${element.value}} by ordinals, whose forms are not written out`];
  const wanted = PLURAL_FORMS[language]?.join(", ") ?? "none that are written out";
  const found = Object.keys(element.options)
    .filter((form) => !form.startsWith("="))
    .toSorted()
    .join(", ");
  return found === wanted ? [] : [`has the plural forms ${found}, and the language has ${wanted}`];
}
