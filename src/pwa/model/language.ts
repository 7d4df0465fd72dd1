// Which language the app speaks: the one that the person has chosen on this device, else the first of the browser's that it knows, else
// English. What it speaks is kept, for the next start and for the service worker's notifications.
import { signal } from "@preact/signals";
import { FALLBACK, firstKnown, isLanguage, type Language } from "../language/languages.ts";
import { fetchMessages, type Messages } from "../language/messages.ts";
import { language, speak } from "../language/text.ts";
import { networkMayBeBack } from "../network-wait.ts";
import { whenBlocked } from "../storage/database.ts";
import { keepLanguage, readLanguage } from "../storage/settings.ts";

/** How long a start, or a choice, waits for the words that are wanted: no page stays empty for them. */
const PATIENCE_MS = 5_000;

/** The start found other words wanted than those that it speaks: said where languages are chosen, until one is. */
export const wordsAreMissing = signal(false);

/**
 * Resolves when the app speaks, and does not before some words are there. Never rejects. Storage that does not open is told of by whoever
 * reads the accounts.
 */
export async function startLanguage(): Promise<void> {
  let isBlocked = false;
  const blocked = whenBlocked.then(() => void (isBlocked = true));
  const kept = await Promise.race([readLanguage().catch(() => undefined), blocked]);
  const isChosen = kept?.chosen === true && isLanguage(kept.code);
  const wanted = isChosen ? kept.code : firstKnown(navigator.languages);
  await speakAtLast(wanted);
  wordsAreMissing.value = language() !== wanted;
  // A choice stays one, also at a start where its words do not arrive, and at one that could not read it.
  if (!isChosen && !isBlocked && kept?.code !== language()) await keepLanguage({ code: language(), chosen: false }).catch(logged);
}

let last: Promise<unknown> = Promise.resolve();

/**
 * The person's choice; of several at once the last one stays. False, and nothing changes, where its words do not arrive: they may have
 * been replaced by a newer version's. Never rejects: what cannot be kept is spoken until the page is closed.
 */
export function chooseLanguage(wanted: Language): Promise<boolean> {
  const choice = last.then(async () => {
    if (!(await speakSoon(wanted))) return false;
    wordsAreMissing.value = false;
    await keepLanguage({ code: wanted, chosen: true }).catch(logged);
    return true;
  });
  last = choice;
  return choice;
}

function logged(error: unknown): undefined {
  console.error(error);
}

/** False, and nothing changes, where they are not here in time: words that come later change nothing under a person who reads. */
async function speakSoon(wanted: Language): Promise<boolean> {
  const late = Promise.withResolvers<undefined>();
  const running = setTimeout(() => late.resolve(undefined), PATIENCE_MS);
  const messages = await Promise.race([fetchMessages(wanted).catch(logged), late.promise]);
  clearTimeout(running);
  if (messages === undefined) return false;
  speak(wanted, messages);
  return true;
}

/** Without any words nobody reads: those that come first are spoken, of the wanted language or of English, however long it takes. */
async function speakAtLast(wanted: Language): Promise<void> {
  if (await speakSoon(wanted)) return;
  const over = new AbortController();
  await Promise.race(
    [...new Set([wanted, FALLBACK])].map(async (code) => {
      const messages = await untilHere(code, over.signal);
      if (over.signal.aborted || messages === undefined) return;
      over.abort();
      speak(code, messages);
    }),
  );
}

async function untilHere(code: Language, over: AbortSignal): Promise<Messages | undefined> {
  for (let failures = 0; !over.aborted; failures++) {
    const messages = await fetchMessages(code).catch(logged);
    if (messages !== undefined) return messages;
    await networkMayBeBack(failures, over);
  }
  return undefined;
}
