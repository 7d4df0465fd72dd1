// What the person has set for this device, whichever account is used on it.
import type { Language } from "../language/languages.ts";
import { readEntry, writeEntry } from "./database.ts";

/** What is kept of the language. service-worker/spoken-language.ts reads it by the same names. */
interface LanguageSetting {
  readonly code: Language;
  /** The person chose it. Else it is what the browser's languages came to at the last start. */
  readonly chosen: boolean;
}

/** Undefined before the first start. A code of which this version knows nothing may be in it. */
export const readLanguage = (): Promise<LanguageSetting | undefined> => readEntry("settings", "language");

export const keepLanguage = (setting: LanguageSetting): Promise<void> => writeEntry("settings", "language", setting);

/** Whether anything was ever confirmed on this device, a practice included. */
export const readPractised = async (): Promise<boolean> => (await readEntry<object>("settings", "practised")) !== undefined;

export const keepPractised = (): Promise<void> => writeEntry("settings", "practised", {});
