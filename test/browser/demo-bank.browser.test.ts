// The demo bank and the authenticator side by side in one browser, as a person has them: log in with PIN1, pay with PIN2, see that the
// payment is signed, find it in the history, log out. And a login with another device, which has no screen.
import { beforeAll, expect, it } from "vitest";
import type { Locator } from "playwright-core";
import { enrolAccount } from "../../scripts/authenticator/enrolment.ts";
import { withPin } from "../../scripts/authenticator/pin-bytes.ts";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { approveTransaction, openDeviceLink } from "../../src/authenticator/transactions.ts";
import { type Drawing, scanned } from "../support/drawn-code.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const BANK = "DEMO";

const here = stage();
let mari: Person;
let bank: Person;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
  bank = await here.person(mari.identity, mari.page.context());
});

/** The bank's page is accessible, too. */
async function shows(heading: string | RegExp): Promise<void> {
  await bank.heading(heading).first().waitFor();
  expect(await accessibilityFindings(bank.page), String(heading)).toEqual([]);
}

const link = (name: string | RegExp): Locator => bank.page.getByRole("link", { name }).first();

async function asksToLogIn(): Promise<void> {
  await bank.open("/demo");
  await bank.page.getByText("Log in with a personal code").click();
  await bank.page.getByLabel("Country").selectOption("EE");
  await bank.page.getByLabel("Personal code").fill(mari.identity.personalCode);
  await bank.presses("Log in");
  await shows("Confirm with PIN1");
}

it("a person who refuses to log in is told so, and may try again", async () => {
  here.violations.allow(/status of 4\d\d/);
  await asksToLogIn();
  await mari.checksFor(BANK);
  await mari.presses("Cancel");
  await mari.sees("Refused");
  await mari.presses("Done");
  await shows("You refused");
});

it("a person logs in with PIN1, after choosing the code that stands on the page", async () => {
  await asksToLogIn();
  await mari.checksFor(BANK);
  await mari.chooses(await bank.code());
  await mari.sees("Enter PIN1");
  await mari.entersPin(mari.identity.pins.auth);
  await mari.sees("Confirmed");
  await mari.presses("Done");
  await shows(/^Good to see you, /);
});

it("a person signs a payment with PIN2, and sees that the signature verifies", async () => {
  await link("Make a payment").click();
  await shows("New payment");
  await link("Fill in an example").click();
  await bank.presses("Continue");
  await shows("Check the payment");
  await bank.presses("Confirm with PIN2");
  await mari.checksFor(BANK);
  await bank.page.locator("[data-code]").waitFor();
  expect(await mari.code()).toBe(await bank.code());
  expect(await accessibilityFindings(bank.page)).toEqual([]);
  await mari.approves("sign");
  await mari.sees("Confirmed");
  await mari.presses("Done");
  await shows("Payment confirmed");
  await bank.sees("Signature verified");
});

it("the payment stands in the history, and its receipt still verifies", async () => {
  await bank.open("/demo/history");
  await shows("History");
  await bank.page.locator('a.who[href^="/demo/payments/"]').first().click();
  await bank.sees("Signature verified");
});

async function asksForCode(): Promise<void> {
  await bank.presses("Log out");
  await bank.open("/demo");
  await bank.presses("Log in with the authenticator");
  await code().waitFor();
}

const code = (): Locator => bank.page.getByRole("img", { name: /^QR code/ });

/** As it stands on the page in this moment, seen or not. */
const drawing = (): Promise<Drawing> =>
  bank.page.locator("[data-frame] svg").evaluate((svg) => ({
    size: (svg as unknown as { readonly viewBox: { readonly baseVal: { readonly width: number } } }).viewBox.baseVal.width,
    path: svg.querySelector("path")?.getAttribute("d") ?? "",
  }));

it("the code on the bank's page moves, is covered when it stands still, and leads another device in without a click", async () => {
  const { identity: kadri } = await here.person(identity(2));
  const device = new ChannelClient({ url: here.server.url, fetch }, new MemoryStorage());
  const { personalCode, givenName, surname, pins } = kadri;
  await enrolAccount(device, { country: "EE", personalCode, givenName, surname, level: "QUALIFIED" }, pins, () => undefined, 1);
  await asksForCode();
  await shows("Log in with your authenticator");
  const first = await drawing();
  await expect.poll(drawing).not.toEqual(first);

  here.violations.allowNetworkErrors();
  here.network.interference = { request: ({ path }) => (path.endsWith("/frame") ? "lost" : "passes") };
  await bank.page.getByText("Code paused – reconnecting").waitFor();
  expect(await code().isVisible()).toBe(false);
  expect((await drawing()).path).toBe("");
  expect(await accessibilityFindings(bank.page)).toEqual([]);
  here.network.interference = {};
  await code().waitFor();

  const opened = await openDeviceLink(device, scanned(await drawing()));
  if (!opened.ok || opened.value.kind !== "authentication") throw new Error(JSON.stringify(opened));
  const login = opened.value;
  expect((await withPin(pins.auth, (pin) => approveTransaction(device, login, pin))).ok).toBe(true);
  await shows(`Good to see you, ${givenName}.`);
});

it("a person confirms on the device of the bank's page, and comes straight back", async () => {
  await asksForCode();
  await link("Use the authenticator on this device").click();
  await bank.sees(BANK);
  await bank.approves("auth");
  await shows(`Good to see you, ${mari.identity.givenName}.`);
});

it("after logging out the accounts are out of reach", async () => {
  here.violations.allow(/status of 4\d\d/);
  await bank.presses("Log out");
  await bank.open("/demo/accounts");
  await shows(/^(You are not logged in any more|Log in|Money grows on trees here\.|Welcome back)$/);
  expect(await bank.page.getByText("Good to see you").count()).toBe(0);
});

it("who comes back from somebody else's link is told so, by a page that goes on by itself", async () => {
  here.violations.allow(/status of 403/);
  await bank.open("/demo/login/6f1f0b8e-0000-4000-8000-000000000000/return?value=x&sessionSecretDigest=y");
  await shows("This browser did not begin this login");
  expect(new URL(bank.page.url()).search).toBe("");
});
