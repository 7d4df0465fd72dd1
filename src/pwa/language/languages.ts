// The languages of the app, each by its own name, and where their messages are. English is in the page's script; each of the others is a
// file of the shell that is loaded when it is chosen.
import type en from "./catalogs/en.json";

/** A flat table: key `area.what` → message in ICU MessageFormat. The build parses it, and checks it against English. */
export type Catalog = Readonly<Record<keyof typeof en, string>>;

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

export const isLanguage = (code: unknown): code is Language => typeof code === "string" && Object.hasOwn(LANGUAGES, code);

/** All but English, each an import that the bundler can read. */
export const OTHERS: Readonly<Partial<Record<Language, () => Promise<{ readonly default: Catalog }>>>> = {
  et: () => import("./catalogs/et.json"),
  lv: () => import("./catalogs/lv.json"),
  lt: () => import("./catalogs/lt.json"),
  ru: () => import("./catalogs/ru.json"),
  nl: () => import("./catalogs/nl.json"),
  fr: () => import("./catalogs/fr.json"),
  de: () => import("./catalogs/de.json"),
};
