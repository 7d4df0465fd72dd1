// Which language the app speaks: the one that the person has chosen on this device, else the first of the browser's that it knows, else
// English. What it speaks is kept, for the next start and for the service worker's notifications.
import { signal } from "@preact/signals";
import { isLanguage, type Language } from "../language/languages.ts";
import { language, speak } from "../language/text.ts";
import { whenBlocked } from "../storage/database.ts";
import { keepLanguage, readLanguage } from "../storage/settings.ts";

/** How long a start, or a choice, waits for words: no page stays empty for them. */
const PATIENCE_MS = 5_000;

/** The start found other words wanted than those that it speaks: said where languages are chosen, until one is. */
export const wordsAreMissing = signal(false);

/** Never rejects: whatever is out of order, the app speaks. Storage that does not open is told of by whoever reads the accounts. */
export async function startLanguage(): Promise<void> {
  let isBlocked = false;
  const blocked = whenBlocked.then(() => void (isBlocked = true));
  const kept = await Promise.race([readLanguage().catch(() => undefined), blocked]);
  const isChosen = kept?.chosen === true && isLanguage(kept.code);
  const wanted = isChosen ? kept.code : firstKnown(navigator.languages);
  await tryToSpeak(wanted);
  wordsAreMissing.value = language.value !== wanted;
  // A choice stays one, also at a start where its words do not arrive, and at one that could not read it.
  if (!isChosen && !isBlocked && kept?.code !== language.value)
    await keepLanguage({ code: language.value, chosen: false }).catch(logged);
}

let last: Promise<unknown> = Promise.resolve();

/**
 * The person's choice; of several at once the last one stays. False, and nothing changes, where its words do not arrive: they may have
 * been replaced by a newer version's. Never rejects: what cannot be kept is spoken until the page is closed.
 */
export function chooseLanguage(wanted: Language): Promise<boolean> {
  const choice = last.then(async () => {
    await tryToSpeak(wanted);
    if (language.value !== wanted) return false;
    wordsAreMissing.value = false;
    await keepLanguage({ code: wanted, chosen: true }).catch(logged);
    return true;
  });
  last = choice;
  return choice;
}

const logged = (error: unknown): void => console.error(error);

/** In time or not at all: words that come later change nothing under a person who reads. */
async function tryToSpeak(wanted: Language): Promise<void> {
  const tooLate = new AbortController();
  const timer = Promise.withResolvers<void>();
  const running = setTimeout(timer.resolve, PATIENCE_MS);
  await Promise.race([speak(wanted, tooLate.signal).catch(logged), timer.promise]);
  clearTimeout(running);
  tooLate.abort();
}

/** `et-EE` is Estonian. For a language that is not here the person's next one counts. */
export function firstKnown(languages: readonly string[]): Language {
  for (const tag of languages) {
    const [code = ""] = tag.toLowerCase().split("-");
    if (isLanguage(code)) return code;
  }
  return "en";
}
