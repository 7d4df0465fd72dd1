// What the person is shown on the device, as the API takes it: base64 of a JSON array. The bank sends one kind at a time, so it
// knows which one was used.
import { toBase64, utf8 } from "../bytes.ts";

export type InteractionType = "displayTextAndPIN" | "confirmationMessage" | "confirmationMessageAndVerificationCodeChoice";

export interface Interactions {
  readonly type: InteractionType;
  /** Base64. */
  readonly encoded: string;
}

/** At most 60 characters of text for `displayTextAndPIN`, 200 for the others. */
export function interactionsOf(type: InteractionType, text: string): Interactions {
  const field = type === "displayTextAndPIN" ? "displayText60" : "displayText200";
  return { type, encoded: toBase64(utf8(JSON.stringify([{ type, [field]: text }]))) };
}
