// What may be written as a person's name: any script of today, one at a time; nothing that hides, reorders or separates.
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

/**
 * Scripts in which people write their names today: the recommended ones and those of limited use of UAX #31 (tables 5 and 7), with
 * Mongolian. Dead scripts have letters that nothing shows (U+13441) and joiners of their own (U+1107F). Those that are written
 * together stand together (UTS #39 §5.1). Latin first: the first that fits ends the search.
 */
const SCRIPTS: readonly RegExp[] = [
  "Latn Cyrl Grek Arab Hebr Armn Geor Hani+Hira+Kana Hani+Hang Hani+Bopo Beng Deva Ethi Gujr Guru Khmr Knda Laoo Mlym Mymr Orya",
  "Sinh Taml Telu Thaa Thai Tibt Adlm Bali Bamu Batk Cakm Cans Cham Cher Hmnp Java Kali Lana Lepc Limb Lisu Mand Mong Mtei Newa",
  "Nkoo Olck Osge Plrd Rohg Saur Sund Sylo Syrc Tale Talu Tavt Tfng Vaii Wcho Yiii",
]
  .flatMap((line) => line.split(" "))
  .map((scripts) => new RegExp(`^[${extensionsOf(scripts.split("+"))}]*$`, "u"));

/** What belongs to every script; and the middle dot, which is listed under a few and stands in Japanese names, too. */
const OF_EVERY_SCRIPT = /[\p{scx=Zyyy}\p{scx=Zinh}·]/gu;

/** Scripts that are spelt with joiners. */
const JOINING = extensionsOf("Arab Beng Deva Gujr Guru Khmr Knda Mlym Mong Mymr Orya Sinh Syrc Taml Telu".split(" "));

/** What would make two names look the same, or draw a name over what stands around it. */
const DISGUISES: readonly RegExp[] = [
  // Letters and marks that nothing shows: Hangul fillers, variation selectors, the grapheme joiner.
  /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u,
  // Joiners where they join nothing: between letters of other scripts they are not seen.
  new RegExp(String.raw`(?<![${JOINING}])[\u200c\u200d]|[\u200c\u200d](?![${JOINING}])`, "u"),
  // Stackers where no letter follows that they could put below the last one, for the same reason: Indic_Syllabic_Category
  // Invisible_Stacker, which regular expressions do not know, of the scripts above, and the Tifinagh joiner.
  /[\u1039\u17d2\u1a60\u1bab\u2d7f\uaaf6\u{11133}](?!\p{L})/u,
  // Letters of no script: those of mathematics, which are Latin and Greek ones in another dress. Modifier letters are none of them.
  /[[\p{L}--\p{Lm}]&&\p{scx=Zyyy}]/v,
  // Circles around a letter and strokes through it: normalization leaves O with a stroke apart from Ø. Marks of symbols and of music.
  /[\p{Enclosing_Mark}\u0334-\u0338\u20d0-\u20ff\u{1cf00}-\u{1cf4f}\u{1d100}-\u{1d1ff}]/u,
  // The same mark twice on one letter: many fonts print them on the same place.
  /(\p{M})\1/u,
  // More marks on one letter than are written there. Accents of no script of their own, once they are composed: two (Lithuanian į̇́,
  // Arabic shadda with a vowel). All together: six (Burmese ကျွှုံ့; Hebrew with points and accents has five).
  /[\p{M}&&\p{Script=Inherited}]{3}|\p{M}{7}/v,
];

/**
 * In NFC, so that one name has one spelling; NFC makes some names longer. In one script from end to end, so that no letter of another
 * stands in for one that looks the same: whoever writes names in two scripts registers one of them. What looks the same within one
 * script (I and l), or as a whole (Latin MAPA, Cyrillic МАРА), passes: people are told apart by their identifiers, never by names.
 */
export const personName = z
  .string()
  .min(1)
  .max(LENGTH_LIMIT)
  .transform((name) => name.normalize("NFC"))
  .refine(
    (name) => name.length <= LENGTH_LIMIT && PATTERN.test(name) && isOfOneScript(name) && !isDisguised(name),
    "is not written as a name",
  );

function isOfOneScript(name: string): boolean {
  const rest = name.replaceAll(OF_EVERY_SCRIPT, "");
  return SCRIPTS.some((script) => script.test(rest));
}

const isDisguised = (name: string): boolean => DISGUISES.some((disguise) => disguise.test(name));

function extensionsOf(scripts: readonly string[]): string {
  return scripts.map((script) => String.raw`\p{scx=${script}}`).join("");
}
