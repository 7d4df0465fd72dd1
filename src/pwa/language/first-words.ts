// The first script of the page, in a small file of its own: the words that are most likely wanted are asked for while the app itself is
// still on its way. Which language is spoken is decided by model/language.ts, which finds them here or asks for others.
import { firstKnown } from "./languages.ts";
import { fetchMessages } from "./messages.ts";

/** An error of this script would be one of the app, which imports it: whatever goes wrong here, the app asks anew. */
async function askForFirstWords(): Promise<void> {
  await fetchMessages(firstKnown(navigator.languages));
}

askForFirstWords().catch(() => undefined);
