// What the person is shown before the PIN, in the order of the relying party's preference. Server and device parse the same
// base64 with this one parser, so that what the server let through is what the device shows.
import { fromBase64, fromUtf8 } from "./encoding.ts";
import { areFew, isBlank, isReadable, linesOf } from "./shown-text.ts";

export const INTERACTION_TYPES = [
  "displayTextAndPIN",
  "confirmationMessage",
  "confirmationMessageAndVerificationCodeChoice",
] as const;
export type InteractionType = (typeof INTERACTION_TYPES)[number];

export interface Interaction {
  readonly type: InteractionType;
  readonly displayText: string;
}

/** Stable codes; `interactionsDetail` says them in words. */
export type InteractionsFault =
  | "not_base64"
  | "not_json"
  | "repeated_member"
  | "not_a_list"
  | "empty"
  | "unknown_type"
  | "repeated_type"
  | "display_text_missing"
  | "display_text_of_other_type"
  | "display_text_length"
  | "display_text_characters"
  | "display_text_lines";

/** Characters of base64: three full texts, each character escaped, fit. */
export const INTERACTIONS_LIMIT = 8192;

/** Characters, and lines: a payment with its payee, account, amount and reference fits, each on its own. */
export const DISPLAY_TEXTS = {
  displayText60: { limit: 60, lines: 4 },
  displayText200: { limit: 200, lines: 8 },
} as const;

const FIELDS: Readonly<Record<InteractionType, keyof typeof DISPLAY_TEXTS>> = {
  displayTextAndPIN: "displayText60",
  confirmationMessage: "displayText200",
  confirmationMessageAndVerificationCodeChoice: "displayText200",
};

/**
 * Base64 of a JSON array. Each type at most once; exactly the display text that belongs to the type, not blank, readable, and within its
 * length (counted in code points) and its lines. Fields nobody shows are ignored.
 */
export function parseInteractions(base64: string): readonly Interaction[] | InteractionsFault {
  const bytes = base64.length <= INTERACTIONS_LIMIT ? fromBase64(base64) : undefined;
  if (bytes === undefined) return "not_base64";
  const list = parseJson(bytes);
  if (list === undefined) return "not_json";
  if (membersOf(fromUtf8(bytes)) !== membersOf(JSON.stringify(list))) return "repeated_member";
  if (!Array.isArray(list)) return "not_a_list";
  if (list.length === 0) return "empty";
  const interactions: Interaction[] = [];
  for (const entry of list as readonly unknown[]) {
    const interaction = parseInteraction(entry);
    if (typeof interaction === "string") return interaction;
    if (interactions.some(({ type }) => type === interaction.type)) return "repeated_type";
    interactions.push(interaction);
  }
  return interactions;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}

/**
 * How many members the objects of a JSON text have: its colons outside of strings. Of a member that is named twice one is shown and both
 * are signed, and whoever reads the signed bytes later may find the other one in them.
 */
const membersOf = (json: string): number => json.replaceAll(/"(?:[^"\\]|\\.)*"/gs, "").split(":").length - 1;

function parseInteraction(entry: unknown): Interaction | InteractionsFault {
  if (typeof entry !== "object" || entry === null) return "unknown_type";
  const fields = new Map<string, unknown>(Object.entries(entry));
  const type = INTERACTION_TYPES.find((known) => known === fields.get("type"));
  if (type === undefined) return "unknown_type";
  const field = FIELDS[type];
  const other = field === "displayText60" ? "displayText200" : "displayText60";
  // Some clients write the field that they do not use as null.
  if ((fields.get(other) ?? null) !== null) return "display_text_of_other_type";
  const displayText = fields.get(field);
  if (typeof displayText !== "string" || isBlank(displayText)) return "display_text_missing";
  const { limit, lines } = DISPLAY_TEXTS[field];
  if ([...displayText].length > limit) return "display_text_length";
  if (!linesOf(displayText).every(isReadable)) return "display_text_characters";
  return areFew(linesOf(displayText), lines) ? { type, displayText } : "display_text_lines";
}

export function interactionsDetail(fault: InteractionsFault): string {
  switch (fault) {
    case "not_base64":
      return `must be base64 with padding, at most ${INTERACTIONS_LIMIT} characters`;
    case "not_json":
      return "must be the base64 of JSON in UTF-8";
    case "repeated_member":
      return "must not name a member of an object twice";
    case "not_a_list":
      return "must be the base64 of a JSON array";
    case "empty":
      return "must name at least one interaction";
    case "unknown_type":
      return `type must be one of ${INTERACTION_TYPES.join(", ")}`;
    case "repeated_type":
      return "must name each type at most once";
    case "display_text_missing":
      return "must have the display text of its type: displayText60 with displayTextAndPIN, else displayText200";
    case "display_text_of_other_type":
      return "must not have the display text of another type";
    case "display_text_length":
      return "display text is longer than its name says";
    case "display_text_characters":
      return (
        "display text must be well-formed Unicode without control, direction, invisible and private characters, without heaps of more " +
        "than five combining marks, and without more than two wide or no-break spaces in a row"
      );
    case "display_text_lines":
      return (
        `display text must have at most ${DISPLAY_TEXTS.displayText60.lines} lines in displayText60 and ` +
        `${DISPLAY_TEXTS.displayText200.lines} in displayText200, and no two blank lines in a row`
      );
  }
}
