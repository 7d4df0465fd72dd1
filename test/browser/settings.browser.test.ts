// The settings: a PIN is changed, with everything that may go wrong on the way; the account's certificates, notifications, and what this
// app is, as its own screens show them.
import { readFile } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const NEW_PIN = "6283";
let mari: Person;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
});

async function isAccessible(): Promise<void> {
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  expect(await narrowFindings(mari.page)).toEqual([]);
}

async function opens(row: string | RegExp): Promise<void> {
  if (!(await mari.heading("Settings").isVisible())) await mari.presses("Settings");
  await mari.sees("Settings");
  await mari.page.getByRole("button", { name: row }).click();
}

async function goesHome(): Promise<void> {
  for (;;) {
    await mari.page.locator("main").waitFor();
    if (await mari.button("Check for requests").isVisible()) return;
    await mari.presses("Back");
  }
}

async function typesNewPin(oldPin: string, newPin: string): Promise<void> {
  await mari.sees("Enter your old PIN1");
  await mari.types(oldPin);
  await mari.presses("Continue");
  for (const heading of ["Choose your new PIN1", "Repeat your new PIN1"]) {
    await mari.sees(heading);
    await mari.types(newPin);
    await mari.presses("Continue");
  }
}

/** The serial number of the certificate that the relying party is given. */
async function logsIn(pin: string): Promise<string> {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.approves("auth", "keyboard", pin);
  await mari.sees("Confirmed");
  await mari.presses("Done");
  await mari.sees(mari.name);
  const { result, cert } = await here.relyingParty.end(sessionID);
  expect(result.endResult).toBe("OK");
  return new X509Certificate(Buffer.from(cert.value, "base64")).serialNumber.toLowerCase();
}

it("the settings are reached from home, and lead to screens that anybody can use", async () => {
  await mari.presses("Settings");
  await mari.sees("Settings");
  await isAccessible();
  await opens(/^Notifications/);
  await mari.sees("Notifications");
  await isAccessible();
  await goesHome();
});

it("certificates are shown, and can be saved: those that relying parties are given", async () => {
  const given = await logsIn(mari.identity.pins.auth);
  await opens(new RegExp(`^${mari.name}`));
  await mari.sees("Certificates");
  await mari.page.getByRole("heading", { name: "Log in · RSA" }).waitFor();
  await isAccessible();
  const body = await mari.page.locator("main").innerText();
  expect(body.replaceAll(" ", "")).toContain(given);
  expect(body).not.toContain(mari.identity.personalCode);
  await mari.presses("Show personal code and numbers");
  expect(await mari.page.locator("main").innerText()).toContain(`PNOEE-${mari.identity.personalCode}`);
  const [download] = await Promise.all([mari.page.waitForEvent("download"), mari.presses("Save as a file: Log in · RSA")]);
  expect(download.suggestedFilename()).toBe("tally-auth-rsa.cer");
  expect(new X509Certificate(await readFile(await download.path())).serialNumber.toLowerCase()).toBe(given);
  await goesHome();
});

it("a new PIN that is weak, or the old one, is refused with its reason", async () => {
  await opens("Change PIN1");
  await mari.sees("Enter your old PIN1");
  await isAccessible();
  await mari.types(mari.identity.pins.auth);
  await mari.presses("Continue");
  await mari.sees("Choose your new PIN1");
  await isAccessible();
  await mari.types("1111");
  await mari.presses("Continue");
  await mari.page.getByRole("alert").filter({ hasText: "guessed first" }).waitFor();
  await mari.types(mari.identity.pins.auth);
  await mari.presses("Continue");
  await mari.page.getByRole("alert").filter({ hasText: "your old PIN" }).waitFor();
  await goesHome();
});

it("a wrong old PIN costs an attempt, and a lost network none; then the new PIN logs in, and the old one is wrong", async () => {
  here.violations.allowNetworkErrors();
  await opens("Change PIN1");
  await typesNewPin("8888", NEW_PIN);
  await mari.sees("Enter your old PIN1");
  await mari.page.getByText(/not your old PIN1. 2 attempts are left/).waitFor();
  let messages = 0;
  // Those after the proof of the old PIN, each as often as it is sent.
  here.network.interference = {
    answer: ({ path }) => (path === "/device/messages" && ++messages >= 4 && messages < 8 ? "lost" : "passes"),
  };
  // The new one is still there.
  await mari.types(mari.identity.pins.auth);
  await mari.presses("Continue");
  await mari.heading("Waiting for the network").waitFor();
  await mari.sees("PIN1 is changed");
  await isAccessible();
  await mari.presses("Done");
  await goesHome();
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.approves("auth", "keyboard", mari.identity.pins.auth);
  await mari.page.getByText(/2 attempts are left/).waitFor();
  await mari.entersPin(NEW_PIN, "keyboard");
  await mari.sees("Confirmed");
  await mari.presses("Done");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
});

it("a reload while the keys are made changes nothing, and the person is told which PIN works", async () => {
  here.violations.allowNetworkErrors();
  await opens("Change PIN1");
  const held = Promise.withResolvers<void>();
  let messages = 0;
  // Settling, the state, the proof request, the proof; then the first new key.
  here.network.interference = {
    request: async ({ path }) => {
      if (path !== "/device/messages" || ++messages < 4) return "passes";
      held.resolve();
      return "lost";
    },
  };
  await typesNewPin(NEW_PIN, "7395");
  await mari.sees("Making your new keys");
  await held.promise;
  await mari.page.reload({ waitUntil: "commit" });
  here.network.interference = {};
  await mari.sees("PIN1 was not changed");
  await isAccessible();
  await mari.presses("Understood: PIN1 was not changed");
  await mari.heading("PIN1 was not changed").waitFor({ state: "hidden" });
  await logsIn(NEW_PIN);
});

it("about says which build this is: the one that is published, by the files that this browser keeps", async () => {
  await expect.poll(() => mari.page.evaluate(() => caches.keys()), { timeout: 20_000 }).toHaveLength(1);
  await opens("About Tally");
  await mari.sees("About Tally");
  await mari.page.getByText("The server publishes the same.").waitFor();
  await isAccessible();
  const response = await fetch(`${here.url}/.well-known/tally-client.json`);
  const published = (await response.json()) as { app: string; version: string };
  expect(await mari.page.locator("[data-digest]").getAttribute("data-digest")).toBe(published.app);
  expect(await mari.page.locator("main").innerText()).toContain(published.version);
  await mari.presses("Show the licences");
  await mari.page.getByText(/^@noble\/curves \d/m).waitFor();
  await isAccessible();
});
