// The app in other languages than English, on the narrowest phone: from the first screen to a login that is confirmed, every word is that
// language's, dates are in its form, and nothing is wider than the window.
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { englishLeft, type Spoken, spoken } from "./support/words.ts";

const here = stage();

const NARROW = { viewport: { width: 320, height: 640 } };

async function looks(person: Person, words: Spoken): Promise<void> {
  const { page } = person;
  expect(await page.locator("html").getAttribute("lang")).toBe(words.code);
  expect(englishLeft(words, await page.locator("body").innerText())).toEqual([]);
  expect(await narrowFindings(page)).toEqual([]);
  expect(await accessibilityFindings(page)).toEqual([]);
}

it.each([
  ["German", "de-AT", identity(0)],
  ["Russian", "ru-RU", identity(1)],
])("a person reads %s, and nothing else, from welcome to home and in a login that they confirm", async (_, locale, who) => {
  const words = spoken(locale);
  const page = await (await here.context({ ...NARROW, locale })).newPage();
  const person = new Person(page, here.url, who, words.says);
  await person.open();
  const seen: string[] = [];
  await person.enrol(async (screen) => {
    seen.push(screen);
    // It goes on by itself, maybe under an eye that looks for long.
    if (screen !== "Making your keys") await looks(person, words);
  });
  expect(seen).toEqual(expect.arrayContaining(["welcome", "Who are you?", "Sign your application", "home"]));
  const home = await page.locator("main").innerText();
  expect(home).toMatch(words.date);

  const { sessionID } = await here.relyingParty.login(person.semanticsIdentifier, "123");
  await person.checksFor("DEMO");
  await looks(person, words);
  await person.presses("Continue");
  await person.sees("Enter PIN1");
  await looks(person, words);
  await person.entersPin(who.pins.auth);
  await person.sees("Confirmed");
  await looks(person, words);
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  await person.presses("Done");
  await person.sees(person.name);

  // Where our own words are broken to fit, names are not: a hyphen would be read as a part of one.
  await page.setViewportSize({ width: 260, height: 640 });
  expect(await hyphenated(page, person.name)).toEqual([]);
  await person.presses("Settings");
  await person.sees("Settings");
  expect(await hyphenated(page, person.name)).toEqual([]);
});

/** Where this name stands, and may be broken by a hyphen; the page has to show it at all. */
const hyphenated = (page: Page, name: string): Promise<readonly string[]> =>
  page.evaluate((shown) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const places: Element[] = [];
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      if (textContent?.includes(shown) === true && parentElement !== null) places.push(parentElement);
    }
    if (places.length === 0) return ["nowhere"];
    return places.filter((place) => getComputedStyle(place).hyphens === "auto").map((place) => place.outerHTML);
  }, name);
