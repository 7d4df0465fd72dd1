// The demo bank and the authenticator side by side in one browser, as a person has them: log in with PIN1, pay with PIN2, see that the
// payment is signed, find it in the history, log out.
import { beforeAll, expect, it } from "vitest";
import type { Locator } from "playwright-core";
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

it("a person logs in with PIN1, after comparing the codes", async () => {
  await asksToLogIn();
  await mari.checksFor(BANK);
  expect(await mari.code()).toBe(await bank.code());
  await mari.approves("auth");
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

it("after logging out the accounts are out of reach", async () => {
  here.violations.allow(/status of 4\d\d/);
  await bank.presses("Log out");
  await bank.open("/demo/accounts");
  await shows(/^(You are not logged in any more|Log in|Money grows on trees here\.|Welcome back)$/);
  expect(await bank.page.getByText("Good to see you").count()).toBe(0);
});
