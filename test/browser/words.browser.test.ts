// A page that has no words, or not those of its person: what it shows meanwhile, and how it comes to them.
import type { BrowserContextOptions, Page, Route } from "playwright-core";
import { expect, it } from "vitest";
import english from "../../src/pwa/language/catalogs/en.json" with { type: "json" };
import estonian from "../../src/pwa/language/catalogs/et.json" with { type: "json" };
import { accessibilityFindings } from "./support/accessibility.ts";
import { narrowFindings } from "./support/narrow.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const SCRIPTS = "**/assets/*.js";
const catalogOf = (code: string): string => `**/assets/${code}-*.json`;
const lost = (route: Route): Promise<void> => route.abort();

const opened = async (options: BrowserContextOptions): Promise<Page> => (await here.context(options)).newPage();
const shown = async (page: Page): Promise<string> =>
  (await page.locator("main").innerHTML()).replaceAll(/(?<=>)\s+(?=<)/g, "").trim();

/** The route answers until it is let go, and later requests pass. */
async function held(page: Page, address: string): Promise<() => void> {
  const free = Promise.withResolvers<void>();
  await page.route(address, async (route) => {
    await free.promise;
    await route.continue();
  });
  return free.resolve;
}

it("the page shows the name before its scripts are there, and the app draws the same until it has words", async () => {
  here.violations.allowNetworkErrors();
  here.violations.allow(/Failed to fetch/);
  const page = await opened({ locale: "et-EE", serviceWorkers: "block" });
  await page.route(SCRIPTS, lost);
  await page.goto(here.url);
  await page.getByRole("heading", { name: "Tally" }).waitFor();
  const place = await page.locator("h1").boundingBox();
  const before = await shown(page);
  await page.unroute(SCRIPTS);
  await page.route("**/assets/*.json", lost);
  // English is asked for by the app, when it knows that there is no Estonian.
  const running = page.waitForRequest(catalogOf("en"));
  await page.reload();
  await running;
  expect(await shown(page)).toBe(before);
  expect(await page.locator("h1").boundingBox()).toEqual(place);
});

it.each(["no-preference", "reduce"] as const)(
  "where no script of it comes the page says so after a while in every language, with motion: %s",
  async (reducedMotion) => {
    here.violations.allowNetworkErrors();
    const page = await opened({ locale: "et-EE", viewport: { width: 320, height: 640 }, reducedMotion, serviceWorkers: "block" });
    await page.route(SCRIPTS, lost);
    await page.goto(`${here.url}/device-link?sessionToken=none`);
    const words = page.locator("#late-words");
    expect(await words.evaluate(({ clientHeight }) => clientHeight)).toBe(0);
    expect(await words.isVisible()).toBe(false);
    await words.evaluate((element) => {
      for (const animation of element.getAnimations()) animation.finish();
    });
    for (const { "app.notLoaded": said } of [english, estonian]) await words.getByText(said).waitFor();
    expect(await narrowFindings(page)).toEqual([]);
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.unroute(SCRIPTS);
    await words.getByRole("link", { name: estonian["app.loadAnew"] }).click();
    await page.getByRole("heading", { name: estonian["outcome.link-broken.heading"] }).waitFor();
    expect(await words.count()).toBe(0);
  },
);

it("where no words come the page says so in the browser's language, and is loaded anew by a button", async () => {
  here.violations.allowNetworkErrors();
  here.violations.allow(/Failed to fetch/);
  const page = await opened({ locale: "et-EE", viewport: { width: 320, height: 640 }, serviceWorkers: "block" });
  await page.route("**/assets/*.json", lost);
  await page.goto(here.url);
  const line = page.getByRole("alert").filter({ hasText: estonian["app.notLoaded"] });
  await line.waitFor();
  expect(await line.getAttribute("lang")).toBe("et");
  expect(await page.locator("main").innerText()).not.toContain(english["app.notLoaded"]);
  expect(await narrowFindings(page)).toEqual([]);
  expect(await accessibilityFindings(page)).toEqual([]);
  await page.unroute("**/assets/*.json");
  await line.getByRole("button", { name: estonian["app.loadAnew"] }).click();
  await page.getByRole("heading", { name: estonian["welcome.heading"] }).waitFor();
});

it("a first visit during which the files are replaced is loaded anew once by itself, and has kept its link", async () => {
  here.violations.allow(/status of 404/);
  const page = await opened({ locale: "et-EE" });
  let documents = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) documents++;
  });
  // Once the second page is asked for, what it names is there.
  await page.route("**/assets/*.json", (route) => (documents < 2 ? route.fulfill({ status: 404, body: "" }) : route.continue()));
  await page.goto(`${here.url}/device-link?sessionToken=none`);
  await page.getByRole("heading", { name: estonian["outcome.link-broken.heading"] }).waitFor();
  expect(documents).toBe(2);
});

it("a language whose words are late is offered in its own once they are here", async () => {
  const page = await opened({ locale: "et-EE", viewport: { width: 320, height: 640 } });
  const arrive = await held(page, catalogOf("et"));
  await page.goto(here.url);
  await page.getByRole("heading", { name: english["welcome.heading"] }).waitFor();
  await page.getByRole("alert").filter({ hasText: english["language.late"] }).waitFor();
  expect(await accessibilityFindings(page)).toEqual([]);
  arrive();
  const offer = page.getByRole("status").getByRole("button", { name: estonian["language.here"] });
  await offer.waitFor();
  expect(await page.locator("main, header").allInnerTexts()).not.toContain(english["language.late"]);
  expect(await narrowFindings(page)).toEqual([]);
  expect(await accessibilityFindings(page)).toEqual([]);
  await offer.click();
  await page.getByRole("heading", { name: estonian["welcome.heading"] }).waitFor();
  await offer.waitFor({ state: "detached" });
});

it("a language that is chosen stays shown as the choice while its words are on their way", async () => {
  const page = await opened({ locale: "en-GB" });
  const arrive = await held(page, catalogOf("et"));
  await page.goto(here.url);
  const choice = page.locator("#language");
  await choice.selectOption("et");
  await page.locator('#language[aria-busy="true"]').waitFor();
  expect(await choice.inputValue()).toBe("et");
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  arrive();
  await page.getByRole("heading", { name: estonian["welcome.heading"] }).waitFor();
  expect([await choice.inputValue(), await choice.getAttribute("aria-busy")]).toEqual(["et", "false"]);
  const browser = await page.context().newCDPSession(page);
  const { data = "{}", errors } = await browser.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  expect((JSON.parse(data) as { shortcuts: readonly unknown[] }).shortcuts[0]).toMatchObject({ name: estonian["home.scan"] });
});
