// Making an account: the whole way through the screens, what they refuse, and what of it stays on the device.
import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import { ENROLMENT } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { turnTo } from "./support/visibility.ts";
import { deliverPush, Notifications } from "./support/push.ts";
import estonian from "../../src/pwa/language/catalogs/et.json" with { type: "json" };

const here = stage();

it("a person makes an account, over screens that are accessible in light and dark", async () => {
  const mari = await here.person(identity(0));
  await mari.open();
  const screens: string[] = [];
  await mari.enrol(async (screen) => {
    screens.push(screen);
    expect(await accessibilityFindings(mari.page), screen).toEqual([]);
    expect(await narrowFindings(mari.page), screen).toEqual([]);
  });
  expect(screens).toEqual(["welcome", ...ENROLMENT, "home"]);
  const [documentNumber] = here.server.activeAccounts();
  expect(documentNumber).toMatch(new RegExp(`^${mari.semanticsIdentifier}-`));
});

it("a weak PIN is refused with its reason, and a repetition that differs starts the choice anew", async () => {
  const juri = await here.person(identity(1));
  await juri.open();
  await juri.answers("welcome");
  await juri.answers("Who are you?");
  const refusal = juri.page.getByRole("alert").filter({ hasText: /./ });
  for (const [pin, reason] of [
    ["12", /at least 4/],
    ["4444", /over and over/],
    ["3456", /in a row/],
    ["2000", /date of birth/],
    ["2580", /guessed early/],
    ["5000", /personal code/],
  ] as const) {
    await juri.sees("Choose PIN1");
    await juri.types(pin);
    await juri.page.keyboard.press("Enter");
    await refusal.filter({ hasText: reason }).waitFor();
  }
  await juri.types("9027");
  await juri.presses("Delete digit");
  await juri.page.keyboard.press("Backspace");
  await juri.types("36");
  await juri.presses("Continue");
  await juri.sees("Repeat PIN1");
  await juri.types("9037");
  await juri.presses("Continue");
  await juri.sees("Choose PIN1");
  expect(await refusal.textContent()).toMatch(/do not match/);
  expect(await accessibilityFindings(juri.page)).toEqual([]);
  await juri.presses("Make one for me");
  await juri.sees("Remember this PIN1");
  const digits = juri.page.getByRole("list", { name: "PIN1" }).getByRole("listitem");
  const made = await digits.allTextContents();
  expect(made.join("")).toMatch(/^[0-9]{4}$/);
  // The system shows a picture of it among the apps that are open.
  await turnTo(juri.page, "hidden");
  await expect.poll(() => digits.allTextContents()).toEqual(["•", "•", "•", "•"]);
  await turnTo(juri.page, "visible");
  await expect.poll(() => digits.allTextContents()).toEqual(made);
  expect(await accessibilityFindings(juri.page)).toEqual([]);
  expect(await narrowFindings(juri.page)).toEqual([]);
  await juri.presses("I remember it");
  await juri.sees("Repeat PIN1");
  await juri.types(made.join(""));
  await juri.presses("Continue");
  await juri.sees("Choose PIN2");
});

it("the server's reason for refusing an identity is shown, and what was typed stays", async () => {
  const nobody = await here.person({ ...identity(2), personalCode: "50001021003" });
  here.violations.allow(/status of 4\d\d/);
  await nobody.open();
  await nobody.answers("welcome");
  await nobody.answers("Who are you?");
  await nobody.page.getByRole("alert").filter({ hasText: "check digits of the personal code are wrong. Compare it" }).waitFor();
  expect(await nobody.page.getByLabel("Personal code").inputValue()).toBe("50001021003");
  expect(await accessibilityFindings(nobody.page)).toEqual([]);
});

it("a browser whose push service never answers starts, and enrols", async () => {
  const context = await here.context();
  await context.addInitScript(() => {
    // This Chromium permits no notifications of its own accord, and would never be asked to subscribe.
    Object.defineProperty(Notification, "permission", { get: () => "granted" });
    Permissions.prototype.query = () => Promise.resolve({ state: "granted" } as PermissionStatus);
    PushManager.prototype.permissionState = () => Promise.resolve("granted");
    PushManager.prototype.getSubscription = () => Promise.resolve(null);
    PushManager.prototype.subscribe = () => {
      sessionStorage.setItem("asked", "yes");
      return new Promise(() => {});
    };
  });
  const toomas = await here.enrolled(identity(3), context);
  await toomas.page.reload();
  await toomas.sees(toomas.name);
  await expect.poll(() => toomas.page.evaluate(() => sessionStorage.getItem("asked")), { timeout: 20_000 }).toBe("yes");
  await toomas.presses("Check for requests");
  await toomas.page.getByText("No request found").waitFor();
});

it("the app starts without a network, with its accounts and a notice that it is offline", async () => {
  here.violations.allowNetworkErrors();
  const liis = await here.enrolled(identity(4));
  const context = liis.page.context();
  await isKeptForOffline(liis.page);
  here.network.cut();
  await context.setOffline(true);
  await liis.page.reload();
  await liis.sees(liis.name);
  await liis.page
    .getByText(/offline|no network|no connection/i)
    .first()
    .waitFor();
  expect(await accessibilityFindings(liis.page)).toEqual([]);
  here.network.restore();
  await context.setOffline(false);
  await liis.presses("Check for requests");
  await liis.page.getByText("No request found").waitFor();
});

it("an account that its owner deletes is closed, and leaves nothing on the device", async () => {
  const andres = await here.enrolled(identity(5));
  await andres.asksToDelete();
  expect(await accessibilityFindings(andres.page)).toEqual([]);
  await andres.presses("Keep it");
  await andres.sees("Settings");
  await andres.presses("Delete account");
  await andres.sees("Delete this account?");
  await andres.presses("Delete account");
  await andres.sees("This account is closed");
  expect(await accessibilityFindings(andres.page)).toEqual([]);
  await andres.presses("Remove from this device");
  await andres.welcome().waitFor();
  await andres.page.reload();
  await andres.welcome().waitFor();
  const { origins } = await andres.page.context().storageState({ indexedDB: true });
  expect(JSON.stringify(origins)).not.toContain(andres.identity.personalCode);
  const active = here.server.activeAccounts();
  expect(active.filter((number) => number.startsWith(andres.semanticsIdentifier))).toEqual([]);
});

/** The service worker controls the page. */
async function isKeptForOffline(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 20_000 }).toBe(true);
}

it("the app speaks the language of the browser, or the one that the person chooses on the first screen, and still after a reload without a network", async () => {
  here.violations.allowNetworkErrors();
  const context = await here.context({ locale: "et-EE" });
  const kadri = await here.person(identity(6), context);
  await kadri.open();
  await kadri.heading(estonian["welcome.heading"]).waitFor();
  const { page } = kadri;
  expect(await page.evaluate(() => [document.documentElement.lang, document.title])).toEqual([
    "et",
    `${estonian["welcome.heading"]} · Tally`,
  ]);
  const choice = page.getByLabel(estonian["language.label"], { exact: true });
  await choice.selectOption({ label: "English" });
  await kadri.welcome().waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
  await page.getByLabel("Language", { exact: true }).selectOption({ label: "Eesti" });
  await kadri.heading(estonian["welcome.heading"]).waitFor();
  expect(await accessibilityFindings(page)).toEqual([]);
  await isKeptForOffline(page);
  const notifications = await Notifications.record(context);
  await deliverPush(context, new URL(here.url).origin);
  await expect.poll(() => notifications.shown()).toEqual([estonian["notice.title"]]);
  here.network.cut();
  await context.setOffline(true);
  await page.reload();
  await kadri.heading(estonian["welcome.heading"]).waitFor();
  here.network.restore();
});
