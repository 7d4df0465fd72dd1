// What the browser does around the app: a new version of it arrives, and finds a window of an older one open, its shortcuts and the system's
// Back are used, its notifications are blocked, and what it consists of is not what the server publishes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import { buildNextVersion, type NextVersion } from "./support/next-version.ts";
import { becomesOlderWindow } from "./support/older-window.ts";
import { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import english from "../../src/pwa/language/catalogs/en.json" with { type: "json" };

const here = stage();
const PUBLISHED = ".well-known/tally-client.json";
const OTHER_BUILD = "0123456789abcdef".repeat(4);
const lying = mkdtempSync(join(tmpdir(), "tally-lying-server-"));
let mari: Person;
let next: NextVersion;

beforeAll(async () => {
  [mari, next] = await Promise.all([here.enrolled(identity(0)), buildNextVersion()]);
  await mari.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
});
afterAll(() => {
  next.dispose();
  rmSync(lying, { recursive: true, force: true });
});

async function isAccessible(): Promise<void> {
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  expect(await narrowFindings(mari.page)).toEqual([]);
}

async function opensAbout(): Promise<void> {
  await mari.presses(english["settings.heading"]);
  await mari.presses(english["about.heading"]);
  await mari.sees(english["about.heading"]);
}

const isAtHome = (): Promise<void> => mari.sees(mari.name);
const address = (): string => mari.page.url();
/** Of the system: whether the app has an entry of its own in the tab's history. */
const hasEntry = (): Promise<boolean> => mari.page.evaluate(() => history.state !== null);

it("about says that the server publishes another build than the one that this browser keeps", async () => {
  mkdirSync(join(lying, ".well-known"));
  writeFileSync(join(lying, PUBLISHED), JSON.stringify({ app: OTHER_BUILD, commit: "a".repeat(40) }));
  here.network.deployed = lying;
  await opensAbout();
  await mari.heading(english["about.differs"]).waitFor();
  const shown = (await mari.page.locator("main").innerText()).replaceAll(/\s/g, "");
  expect(shown).toContain(OTHER_BUILD);
  expect(shown).toContain("a".repeat(40));
  expect(await mari.page.locator("[data-digest]").getAttribute("data-digest")).not.toBe(OTHER_BUILD);
  await isAccessible();
});

it("a new version waits until the person wants it, and then runs, with the account", async () => {
  here.network.deployed = next.folder;
  await mari.page.reload();
  await isAtHome();
  await mari.heading(english["home.newVersion"]).waitFor();
  await isAccessible();
  await mari.presses(english["home.updateNow"]);
  await mari.heading(english["home.newVersion"]).waitFor({ state: "hidden" });
  await isAtHome();
  await opensAbout();
  const { app } = JSON.parse(readFileSync(join(next.folder, PUBLISHED), "utf8")) as { app: string };
  await mari.page.getByText(english["about.same"]).waitFor();
  expect(await mari.page.locator("[data-digest]").getAttribute("data-digest")).toBe(app);
  await mari.page.getByText(next.version, { exact: true }).waitFor();
});

it("the system's Back goes one step up, from home out of the app, and leaves nothing behind after a reload", async () => {
  await mari.page.goto("about:blank");
  await mari.open();
  await isAtHome();
  await opensAbout();
  await mari.page.goBack();
  await mari.sees(english["settings.heading"]);
  expect(address()).toBe(`${here.url}/`);
  await mari.page.goBack();
  await isAtHome();
  expect(address()).toBe(`${here.url}/`);
  await opensAbout();
  await mari.page.reload();
  await isAtHome();
  await expect.poll(hasEntry).toBe(false);
  // The arrow on the screen, in the place of the system's.
  await mari.presses(english["settings.heading"]);
  await expect.poll(hasEntry).toBe(true);
  await mari.presses(english["app.back"]);
  await isAtHome();
  await expect.poll(hasEntry).toBe(false);
  await mari.page.goForward();
  await expect.poll(hasEntry).toBe(false);
  await isAtHome();
  await mari.page.goBack();
  expect(address()).toBe("about:blank");
  await mari.open();
  await isAtHome();
});

it("the system's Back answers no request, and forgets the digits that were typed", async () => {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.presses(english["app.continue"]);
  await mari.sees("Enter PIN1");
  await mari.types("12");
  await mari.page.goBack();
  await mari.sees("DEMO");
  await expect.poll(hasEntry).toBe(true);
  await mari.page.goBack();
  await isAtHome();
  await mari.checksFor("DEMO");
  await mari.approves("auth");
  await mari.sees("Confirmed");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  await mari.page.goBack();
  await isAtHome();
});

it("the shortcuts of the installed app look for requests, and scan", async () => {
  await mari.open("/?check");
  await mari.page.getByText(english["home.nothing"]).waitFor();
  expect(address()).toBe(`${here.url}/`);
  await mari.open("/?scan");
  await mari.sees(english["home.scan"]);
  expect(address()).toBe(`${here.url}/`);
  await mari.page.goBack();
  await isAtHome();
});

it("notifications that the browser was told to block are said to be blocked, with the way to allow them", async () => {
  await mari.page.addInitScript(() => {
    Object.defineProperty(Notification, "permission", { get: () => "denied" });
    Permissions.prototype.query = () => Promise.resolve({ state: "denied" } as PermissionStatus);
  });
  await mari.page.reload();
  await mari.heading(english["home.notificationsBlocked"]).waitFor();
  await isAccessible();
  await mari.presses(english["settings.heading"]);
  await mari.page.getByRole("button", { name: english["notifications.heading"] }).click();
  await mari.page.getByText(english["notifications.words.denied"]).waitFor();
  await isAccessible();
});

it("a window of an older version is asked to be closed; then the app goes on by itself, with the account that was being made", async () => {
  const older = await here.person(identity(1));
  await older.open();
  await older.answers("welcome");
  await older.sees("Who are you?");
  await older.answers("Who are you?");
  await older.sees("Choose PIN1");
  await becomesOlderWindow(older);
  const newer = new Person(await older.page.context().newPage(), here.url, older.identity);
  await newer.open();
  const asked = newer.page.getByRole("alert").filter({ hasText: english["problem.closeOthers"] });
  await asked.waitFor();
  expect(await accessibilityFindings(newer.page)).toEqual([]);
  expect(await narrowFindings(newer.page)).toEqual([]);
  // Nothing is asked any more of somebody who has done it, however long the server takes.
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  here.network.interference = { answer: async () => answered.then(() => "passes") };
  await older.page.close();
  await asked.waitFor({ state: "hidden" });
  resolve();
  await newer.sees("Choose PIN1");
});
