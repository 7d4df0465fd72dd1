// Which language the app speaks: the one that the person has chosen on this device, else the first of the browser's that it knows, else
// English. What it speaks is kept, for the next start and for the service worker's notifications.
import { signal } from "@preact/signals";
import { FALLBACK, firstKnown, isLanguage, type Language } from "../language/languages.ts";
import { fetchMessages, type Messages } from "../language/messages.ts";
import { language, speak, spoken } from "../language/text.ts";
import { networkMayBeBack } from "../network-wait.ts";
import { whenBlocked } from "../storage/database.ts";
import { keepLanguage, readLanguage } from "../storage/settings.ts";
import { forgetTab, readTab, writeTab } from "../storage/tab-storage.ts";

/** How long a start, or a choice, waits for the words that are wanted: no page stays empty for them. */
const PATIENCE_MS = 5_000;
/** Then English is asked for, and has this long before the page says that there are no words. */
const SILENCE_MS = PATIENCE_MS + 1_500;

/** The language for whose words a page without any has waited for long. */
export const awaited = signal<Language | undefined>(undefined);

/** Wanted at the start, which had to speak another one; with the words that offer it, once they are here. Until one is chosen. */
export const wantedLanguage = signal<{ readonly code: Language; readonly offer?: string } | undefined>(undefined);

/** `late`: its words are not here in time. `gone`: nor are they where this page looks for them, before it is loaded anew. */
export type Choice = "spoken" | "late" | "gone";

/**
 * Resolves when the app speaks, and does not before some words are there. Never rejects. Storage that does not open is told of by whoever
 * reads the accounts.
 */
export async function startLanguage(): Promise<void> {
  let wanted = firstKnown(navigator.languages);
  const silence = setTimeout(() => (awaited.value = wanted), SILENCE_MS);
  let isBlocked = false;
  const blocked = whenBlocked.then(() => void (isBlocked = true));
  const kept = await Promise.race([readLanguage().catch(() => undefined), blocked]);
  const isChosen = kept?.chosen === true && isLanguage(kept.code);
  if (isChosen) wanted = kept.code;
  if ((await speakSoon(wanted, wordsAtStart(wanted))) !== "spoken") await speakAtLast(wanted);
  clearTimeout(silence);
  awaited.value = undefined;
  forgetTab("loaded-anew");
  if (language() !== wanted) offerWhenHere(wanted).catch(logged);
  // A choice stays one, also at a start where its words do not arrive, and at one that could not read it.
  if (!isChosen && !isBlocked && kept?.code !== language()) await keepLanguage({ code: language(), chosen: false }).catch(logged);
}

let last: Promise<unknown> = Promise.resolve();

/** The person's choice; of several at once the last one stays. Never rejects: what cannot be kept is spoken until the page is closed. */
export function chooseLanguage(wanted: Language): Promise<Choice> {
  const chosen = last.then(async () => {
    const choice = await speakSoon(wanted, fetchMessages(wanted));
    if (choice !== "spoken") return choice;
    wantedLanguage.value = undefined;
    await keepLanguage({ code: wanted, chosen: true }).catch(logged);
    return choice;
  });
  last = chosen;
  return chosen;
}

function logged(error: unknown): undefined {
  console.error(error);
}

/** Where they are not here in time nothing changes: words that come later change nothing under a person who reads. */
async function speakSoon(wanted: Language, words: Promise<Messages | "gone">): Promise<Choice> {
  const late = Promise.withResolvers<undefined>();
  const running = setTimeout(() => late.resolve(undefined), PATIENCE_MS);
  const messages = await Promise.race([words.catch(logged), late.promise]);
  clearTimeout(running);
  if (messages === undefined) return "late";
  if (messages === "gone") return messages;
  speak(wanted, messages);
  return "spoken";
}

/** Without any words nobody reads: those that come first are spoken, of the wanted language or of English, however long it takes. */
async function speakAtLast(wanted: Language): Promise<void> {
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
    const messages = await wordsAtStart(code).catch(logged);
    if (messages !== undefined && messages !== "gone") return messages;
    await networkMayBeBack(failures, over);
  }
  return undefined;
}

/**
 * A page that has drawn nothing loses nothing when it is loaded anew: so it is, once, where the files of another version took the place of
 * its own. A link in its address is kept in the tab.
 */
async function wordsAtStart(code: Language): Promise<Messages | "gone"> {
  const messages = await fetchMessages(code);
  if (messages !== "gone" || spoken.value !== undefined || readTab("loaded-anew") !== undefined) return messages;
  writeTab("loaded-anew", {});
  // Where the tab keeps nothing, every page would be the first.
  if (readTab("loaded-anew") === undefined) return messages;
  location.reload();
  return new Promise<never>(() => undefined);
}

/** What was late may still be on its way. */
async function offerWhenHere(code: Language): Promise<void> {
  wantedLanguage.value = { code };
  const messages = await fetchMessages(code);
  if (messages === "gone" || wantedLanguage.value?.code !== code) return;
  const { "language.here": offer } = messages;
  if (typeof offer === "string") wantedLanguage.value = { code, offer };
}
