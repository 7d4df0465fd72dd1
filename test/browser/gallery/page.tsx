// The gallery: every screen of the app in every state that has a look of its own, drawn by its own views from states that are made up,
// without a server. Drawn and looked at in one page, since there are thousands of pictures.
import { render } from "preact";
import type { Language } from "../../../src/pwa/language/languages.ts";
import { fetchMessages } from "../../../src/pwa/language/messages.ts";
import { speak, spoken } from "../../../src/pwa/language/text.ts";
import type { Actions } from "../../../src/pwa/model/person-actions.ts";
import { App } from "../../../src/pwa/views/app.tsx";
import { loadSeldom } from "../../../src/pwa/views/seldom.tsx";
import { Barriers } from "./barriers.ts";
import type { Faults, Gallery } from "./gallery.ts";
import { misfits } from "./misfits.ts";
import { AROUND } from "./people.ts";
import { PICTURES } from "./screens.ts";
import { cameraSettled, inBrowser, withCamera } from "./surroundings.ts";

const place = document.querySelector("#app")!;

const own: Partial<Actions> = { drawnDigit: (digit) => [9, 0, 2, 6, 4][digit], chooseLanguage: async () => "spoken" };
/** Whatever a person does, nothing happens. */
const actions = new Proxy(own, { get: (known, name) => (Reflect.get(known, name) as unknown) ?? (() => undefined) }) as Actions;

async function show(name: string, language: Language): Promise<void> {
  const picture = PICTURES.get(name);
  if (picture === undefined) throw new Error(`no picture ${name}`);
  const { screen, browser = "chromium", camera, ...around } = picture;
  await speakIn(language);
  render(null, place);
  inBrowser(browser);
  withCamera(camera);
  render(<App spoken={language} state={{ ...AROUND, ...around, screen }} actions={actions} />, place);
  if (screen.name === "scan" && camera !== undefined) await cameraSettled();
}

async function speakIn(language: Language): Promise<void> {
  await loadSeldom();
  if (spoken.value === language) return;
  const messages = await fetchMessages(language);
  if (messages === "gone") throw new Error(`no words in ${language}`);
  speak(language, messages);
}

/** Of every picture, one after the other. */
async function ofEvery<Found>(language: Language, look: (picture: string) => Found[] | Promise<Found[]>): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of PICTURES.keys()) {
    await show(name, language);
    found.push(...(await look(name)));
  }
  return found;
}

const named = (name: string, faults: Faults): string[] => faults.map((fault) => `${name}: ${fault}`);

const gallery: Gallery = {
  pictures: [...PICTURES.keys()],
  show,
  misfits: (language) => ofEvery(language, (name) => named(name, misfits(place))),
  barriers(depth) {
    const barriers = new Barriers(depth);
    return ofEvery("en", async (name) => named(name, await barriers.in(place)));
  },
  outlines: () =>
    ofEvery("en", (picture) => [
      {
        picture,
        headings: [...place.querySelectorAll("h1")].map(({ innerText }) => innerText.trim()),
        ways: place.querySelectorAll(":is(.bar-back, .button, .row, .link):not([aria-disabled=true])").length,
      },
    ]),
};
window.gallery = gallery;
