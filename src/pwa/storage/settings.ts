// What the person has set for this device, whichever account is used on it; and what was heard of the service.
import type { Operator } from "../../protocol/registration-about.ts";
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

/**
 * Whether a passkey is offered on this device: `due` since the first request that was confirmed, `over` for good once it was put away, made,
 * or could not be made. Undefined before.
 */
export type PasskeyOffer = "due" | "over";

export const readPasskeyOffer = async (): Promise<PasskeyOffer | undefined> =>
  (await readEntry<{ readonly offer: PasskeyOffer }>("settings", "passkey-offer"))?.offer;

export const keepPasskeyOffer = (offer: PasskeyOffer): Promise<void> => writeEntry("settings", "passkey-offer", { offer });

/** Of any shape: an older or a newer version may have kept it. */
export const readOperator = (): Promise<unknown> => readEntry("settings", "operator");

export const keepOperator = (operator: Operator): Promise<void> => writeEntry("settings", "operator", operator);
