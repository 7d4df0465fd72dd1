// Runs before every test file of the project `light`: the app speaks English there, as after a start.
import { messagesOf } from "../../../scripts/client-build/catalogs.ts";
import { speak } from "../../../src/pwa/language/text.ts";
import type { Messages } from "../../../src/pwa/language/messages.ts";

speak("en", messagesOf("src/pwa/language/catalogs/en.json") as Messages);
