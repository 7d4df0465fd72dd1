// What may be written as a person's name: any script, nothing that hides, reorders or separates.
import { z } from "zod";

/** UTF-16 code units; certificates cut at 64 characters, the account keeps the whole name. */
const LENGTH_LIMIT = 200;

/**
 * Letters, marks and digits of any script; between them single spaces, apostrophes, hyphens, full stops and middle dots; an
 * apostrophe may come first ('t Hooft) and a full stop last. A zero-width joiner or non-joiner stands only inside a word, where
 * Persian and Indic names have it. Refused with everything else: commas (the common name of a certificate is `SURNAME,GIVEN`),
 * control characters, and the direction marks by which a name could be displayed as another one.
 * No character begins two alternatives, so that the pattern takes linear time.
 */
const PATTERN =
  /^['’]?[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:(?:[\u200c\u200d]|\. ?| ['’]?|['’·-] ?)[\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*\.?$/u;

/** Scripts that are spelt with joiners. */
const JOINING = "Arab Beng Deva Gujr Guru Khmr Knda Mlym Mong Mymr Orya Sinh Syrc Taml Telu"
  .split(" ")
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join("");

/** What would make two names look the same, or draw a name over what stands around it. */
const DISGUISES: readonly RegExp[] = [
  // Letters and marks that nothing shows: Hangul fillers, variation selectors, the grapheme joiner.
  /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u,
  // Joiners where they join nothing: between letters of other scripts they are not seen.
  new RegExp(String.raw`(?<![${JOINING}])[\u200c\u200d]|[\u200c\u200d](?![${JOINING}])`, "u"),
  // A circle or a prohibition sign around a letter.
  /\p{Enclosing_Mark}/u,
  // More marks on one letter than any script puts there.
  /\p{M}{9}/u,
];

/** In NFC, so that one name has one spelling; NFC makes some names longer. */
export const personName = z
  .string()
  .min(1)
  .max(LENGTH_LIMIT)
  .transform((name) => name.normalize("NFC"))
  .refine((name) => name.length <= LENGTH_LIMIT && PATTERN.test(name) && !isDisguised(name), "is not written as a name");

const isDisguised = (name: string): boolean => DISGUISES.some((disguise) => disguise.test(name));
