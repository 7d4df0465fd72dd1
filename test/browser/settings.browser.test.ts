// The settings: the account's certificates, notifications, and what this app is, as its own screens show them. A change of a PIN has a file
// of its own.
import { readFile } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
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

/** The serial number of the certificate that the relying party is given. */
async function logsIn(): Promise<string> {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.approves("auth", "keyboard");
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
  const given = await logsIn();
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
