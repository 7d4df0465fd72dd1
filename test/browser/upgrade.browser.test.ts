// A basic account meets a request that needs a full one, and a full one takes its place; then, with the first request confirmed, a passkey
// is offered at home, once.
import { afterAll, beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { LinkParty } from "./support/link-party.ts";
import { narrowFindings } from "./support/narrow.ts";
import { ENROLMENT, type Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
let mari: Person;
let party: LinkParty;

beforeAll(async () => {
  party = await LinkParty.open(here.url);
  mari = await here.person(identity(0));
  await mari.open();
  await mari.enrol(async (screen) => {
    if (screen === "Who are you?") await mari.page.getByText("Basic", { exact: true }).click();
  });
});
afterAll(() => party.close());

async function looksRight(): Promise<void> {
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  expect(await narrowFindings(mari.page)).toEqual([]);
}

/** From the identity to the end of the enrolment, where home does not follow. */
async function provesMore(): Promise<void> {
  for (const screen of ENROLMENT.filter((name) => name !== "Making your keys")) {
    await mari.marking(screen).waitFor({ timeout: 150_000 });
    await mari.answers(screen);
  }
}

const offer = () => mari.heading("Want a second lock?");

it("a request that needs a full account leads to one, which answers it; the basic one is closed", async () => {
  const login = await party.login();
  await mari.page.goto(party.pageWith(login.link("Web2App")));
  await mari.page.getByRole("link", { name: "Continue with Tally" }).click();
  await mari.sees("Not for this account");
  await looksRight();
  await mari.page.getByRole("button", { name: "Make it a full account" }).click();
  await provesMore();
  await mari.sees("DEMO");
  await mari.approves("auth");
  await mari.sees("Welcome back");
  const { result } = await here.relyingParty.end(login.sessionID);
  expect(result).toMatchObject({ endResult: "OK", documentNumber: expect.stringMatching(/-Q$/) });
  await expect.poll(() => here.server.activeAccounts(), { timeout: 20_000 }).toEqual([result.documentNumber]);
});

it("somebody who comes back with another device is told how to go on, where they look for it", async () => {
  const back = await here.person(identity(1));
  await back.open();
  const words = back.page.getByText("sites know you by your personal code");
  await back.welcome().waitFor();
  expect(await words.isVisible()).toBe(false);
  await back.page.getByText("I had an account before").click();
  await words.waitFor();
  expect(await accessibilityFindings(back.page)).toEqual([]);
  expect(await narrowFindings(back.page)).toEqual([]);
});

it("a passkey is offered at home after the first request that was confirmed, and put away for good", async () => {
  await mari.open();
  await mari.sees(mari.name);
  await offer().waitFor();
  await looksRight();
  await mari.presses("See what it does");
  await mari.sees("Protect this account with a passkey");
  await mari.presses("Back");
  await mari.sees("Settings");
  await mari.presses("Back");
  await offer().waitFor();
  await mari.presses("Not now: Passkey");
  await offer().waitFor({ state: "detached" });
  expect(await mari.heading(mari.name).evaluate((heading) => heading === document.activeElement)).toBe(true);
  await mari.page.reload();
  await mari.sees(mari.name);
  await mari.button("History").waitFor();
  expect(await offer().count()).toBe(0);
  // The settings go on having it.
  await mari.presses("Settings");
  await mari.page.getByRole("button", { name: /^Passkey/ }).waitFor();
});
