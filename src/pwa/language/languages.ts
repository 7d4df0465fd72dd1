// The languages of the app, each by its own name, and which of them a person's browser asks for.
import type english from "./catalogs/en.json";

/** A flat table: key `area.what` → message in ICU MessageFormat. The build parses it, and checks it against English. */
export type Catalog = Readonly<Record<keyof typeof english, string>>;

/** Code of a language → its name in that language, in the order in which they are offered. */
export const LANGUAGES = {
  en: "English",
  et: "Eesti",
  lv: "Latviešu",
  lt: "Lietuvių",
  ru: "Русский",
  nl: "Nederlands",
  fr: "Français",
  de: "Deutsch",
} as const;

export type Language = keyof typeof LANGUAGES;

/** Spoken where the person's own is not here, or does not arrive. */
export const FALLBACK: Language = "en";

export const isLanguage = (code: unknown): code is Language => typeof code === "string" && Object.hasOwn(LANGUAGES, code);

/**
 * `et-EE` is Estonian, and so is `et_EE`, which some browsers inside other apps write. For a language that is not here the person's next
 * one counts. `tags`: some of those browsers name none.
 */
export function firstKnown(tags: readonly string[] = []): Language {
  for (const tag of tags) {
    const [code = ""] = tag.toLowerCase().split(/[-_]/);
    if (isLanguage(code)) return code;
  }
  return FALLBACK;
}
