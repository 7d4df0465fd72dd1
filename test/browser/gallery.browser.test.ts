// Every screen of the app in every state that has a look of its own, without a server: see gallery/. With `GALLERY=folder` pictures of
// them all are put there, in the language of `GALLERY_LANGUAGE` (`en`).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { type Language, LANGUAGES } from "../../src/pwa/language/languages.ts";
import type { Depth } from "./gallery/gallery.ts";
import { galleries } from "./support/gallery.ts";

const { GALLERY: FOLDER = "", GALLERY_LANGUAGE: LANGUAGE = "en" } = process.env;

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

const pages = galleries({
  narrow: { viewport: { width: 320, height: 640 } },
  /** Of somebody who has set their letters twice as large. */
  enlarged: { viewport: PHONE, chromium: ["--blink-settings=defaultFontSize=32"] },
  usual: { viewport: PHONE },
});

/** Without a way on: they go on by themselves, or when the server has answered. */
const GOES_ON = [
  "starting at once",
  "starting other windows",
  "link-opening busy",
  "challenge working",
  "delete-account busy",
  ...["generating", "joining", "proving", "adding", "done", "adding to what is there"].map((stage) => `changing-pin ${stage}`),
];

it.each(Object.keys(LANGUAGES) as Language[])(
  "in %s every screen fits at 320 px and with letters of 200 %: nothing is too wide, leaves its box or is covered, no word is broken",
  async (language) => {
    const misfits = (page: Page) => page.evaluate((spoken) => window.gallery!.misfits(spoken), language);
    const [at320, at200] = await Promise.all([misfits(pages.narrow), misfits(pages.enlarged)]);
    expect({ at320, at200 }).toEqual({ at320: [], at200: [] });
  },
);

it("axe finds nothing on any screen, light and dark, on a phone and on a desktop", async () => {
  const page = pages.usual;
  const found: string[] = [];
  for (const viewport of [PHONE, DESKTOP]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const depth: Depth = viewport === PHONE && colorScheme === "light" ? "whole" : "colours";
      const barriers = await page.evaluate((looked) => window.gallery!.barriers(looked), depth);
      found.push(...barriers.map((barrier) => `${colorScheme}, ${viewport.width} px: ${barrier}`));
    }
  }
  expect(found).toEqual([]);
});

it("every screen has one heading of the first level, and a way back, on or elsewhere unless it goes on by itself", async () => {
  const outlines = await pages.usual.evaluate(() => window.gallery!.outlines());
  expect(outlines.filter(({ headings: [first = "", ...others] }) => first === "" || others.length > 0)).toEqual([]);
  expect(outlines.filter(({ ways }) => ways === 0).map(({ picture }) => picture)).toEqual(GOES_ON);
});

it("nothing moves on any screen for whoever wants no motion, and marks join for everybody else", async () => {
  const page = pages.usual;
  await page.emulateMedia({ reducedMotion: "no-preference" });
  const moving = await page.evaluate(movingPictures);
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await page.evaluate(movingPictures)).toEqual([]);
  expect(moving).toEqual(expect.arrayContaining(["outcome confirmed"]));
});

it.runIf(FOLDER !== "")("pictures of every screen", { timeout: 3_600_000 }, async () => {
  const page = pages.usual;
  const pictures = await page.evaluate(() => window.gallery!.pictures);
  for (const [device, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    for (const colorScheme of ["light", "dark"] as const) {
      const to = join(FOLDER, `${LANGUAGE}-${device}-${colorScheme}`);
      mkdirSync(to, { recursive: true });
      await page.emulateMedia({ colorScheme });
      for (const picture of pictures) {
        await page.setViewportSize(viewport);
        const height = await page.evaluate(draw, [picture, LANGUAGE as Language] as const);
        // Else what sticks to the bottom of the window would stick to the middle of the picture.
        await page.setViewportSize({ ...viewport, height });
        await page.screenshot({ path: join(to, `${picture.replaceAll(/\W+/g, "-")}.png`) });
      }
    }
  }
});

/** How high it is. */
const draw = async ([picture, language]: readonly [string, Language]): Promise<number> => {
  await window.gallery!.show(picture, language);
  return document.documentElement.scrollHeight;
};

/** With an animation or a transition that runs. */
async function movingPictures(): Promise<readonly string[]> {
  const { pictures, show } = window.gallery!;
  const moving: string[] = [];
  for (const picture of pictures) {
    await show(picture, "en");
    if (document.getAnimations().length > 0) moving.push(picture);
  }
  return moving;
}
