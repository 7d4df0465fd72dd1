// The first script of the page, in a small file of its own: the words that are most likely wanted are asked for while the app itself is
// still on its way. Which language is spoken is decided by model/language.ts, which finds them here or asks for others.
import { firstKnown } from "./languages.ts";
import { fetchMessages } from "./messages.ts";

fetchMessages(firstKnown(navigator.languages)).catch(() => undefined);
