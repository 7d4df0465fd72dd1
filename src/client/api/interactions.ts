// What the person is shown on the device, in the order of preference: the first kind that the app knows is used. As the API takes
// it: base64 of a JSON array, whose exact text is part of what a login signs.
import { fromBase64, toBase64, utf8 } from "../encoding.ts";
import { INTERACTION_TYPES, type InteractionType } from "../session/answer.ts";

/** A text above the PIN pad: at most 60 characters. Or a screen of its own before it: at most 200. */
export type Interaction =
  | { readonly type: "displayTextAndPIN"; readonly displayText60: string }
  | { readonly type: "confirmationMessage"; readonly displayText200: string }
  /** The person also chooses the right verification code of three; notifications only, and not of a linked signature. */
  | { readonly type: "confirmationMessageAndVerificationCodeChoice"; readonly displayText200: string };

/** What can be asked by a device link, or of a linked signature. */
export type InteractionWithoutChoice = Exclude<Interaction, { readonly type: "confirmationMessageAndVerificationCodeChoice" }>;

/**
 * Base64; undefined for what the API refuses: none, a kind twice, a text that is blank, too long or not Unicode. What would not be read as
 * it is written (invisible characters, many lines) the API refuses by itself, as `request_invalid`.
 */
export function encodeInteractions(interactions: readonly Interaction[]): string | undefined {
  const kinds = new Set(interactions.map(({ type }) => type));
  if (kinds.size === 0 || kinds.size !== interactions.length) return undefined;
  const entries = interactions.map((interaction) =>
    interaction.type === "displayTextAndPIN"
      ? { type: interaction.type, displayText60: interaction.displayText60 }
      : { type: interaction.type, displayText200: interaction.displayText200 },
  );
  const texts = interactions.map((interaction) =>
    interaction.type === "displayTextAndPIN"
      ? { text: interaction.displayText60, limit: 60 }
      : { text: interaction.displayText200, limit: 200 },
  );
  const sound = texts.every(({ text, limit }) => text.trim() !== "" && text.isWellFormed() && [...text].length <= limit);
  return sound ? toBase64(utf8(JSON.stringify(entries))) : undefined;
}

/** Of interactions as sent; none where it is no such text. */
export function interactionTypesOf(encoded: string): readonly InteractionType[] {
  const bytes = fromBase64(encoded);
  if (bytes === undefined) return [];
  try {
    const list: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const types = (Array.isArray(list) ? list : []).map((entry: { readonly type?: unknown } | null) => entry?.type);
    return INTERACTION_TYPES.filter((type) => types.includes(type));
  } catch {
    return [];
  }
}
