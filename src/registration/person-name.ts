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

/** In NFC, so that one name has one spelling. */
export const personName = z
  .string()
  .min(1)
  .max(LENGTH_LIMIT)
  .transform((name) => name.normalize("NFC"))
  .refine((name) => PATTERN.test(name), "is not written as a name");
