// The messages of each language: a file of the shell, parsed by the build, and fetched when it is to be spoken. Not by import(): a browser
// remembers that a module did not arrive, and does not ask for it again before the page is loaded anew.
import type { formatToParts } from "intl-messageformat";
import de from "./catalogs/de.json?url";
import en from "./catalogs/en.json?url";
import et from "./catalogs/et.json?url";
import fr from "./catalogs/fr.json?url";
import lt from "./catalogs/lt.json?url";
import lv from "./catalogs/lv.json?url";
import nl from "./catalogs/nl.json?url";
import ru from "./catalogs/ru.json?url";
import type { Catalog, Language } from "./languages.ts";

export type TextKey = keyof Catalog;

/** What the build makes of a message: its elements, or the text itself where nothing is put into it. */
type Message = string | Parameters<typeof formatToParts>[0];
export type Messages = Readonly<Record<TextKey, Message>>;

/** Their addresses. */
export const FILES: Readonly<Record<Language, string>> = { en, et, lv, lt, ru, nl, fr, de };

/** Of a connection that hangs: then it is given up, and can be asked anew. */
const PATIENCE_MS = 30_000;

const asked = new Map<Language, Promise<Messages | "gone">>();

/**
 * Asks once for what arrives, however many want it; whoever wants it after it did not, asks anew. `gone`: the server has files of another
 * version, whose addresses this page does not know. Rejects where there is no such answer.
 */
export function fetchMessages(language: Language): Promise<Messages | "gone"> {
  const known = asked.get(language);
  if (known !== undefined) return known;
  const answer = fetched(FILES[language]);
  asked.set(language, answer);
  const forget = (): unknown => asked.delete(language);
  answer.then((messages) => messages === "gone" && forget(), forget);
  return answer;
}

async function fetched(address: string): Promise<Messages | "gone"> {
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.status === 404) return "gone";
  if (!response.ok) throw new Error(`the words at ${address} are answered with status ${response.status}`);
  return (await response.json()) as Messages;
}
