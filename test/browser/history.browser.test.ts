// The history in the browser: what became of requests, one that the person did not start, and its party refused from then on and allowed
// again. One person does it all.
import type { Locator } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
let mari: Person;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
});

const looksRight = async (): Promise<void> => expect(await accessibilityFindings(mari.page)).toEqual([]);

const isFocused = (locator: Locator): Promise<boolean> => locator.evaluate((element) => element === document.activeElement);

async function done(outcome: string): Promise<void> {
  await mari.sees(outcome);
  await mari.presses("Done");
  await mari.sees(mari.name);
}

/** The entries of that result. */
const entries = (result: string) => mari.page.getByRole("button", { name: new RegExp(`^DEMO Log in · ${result} · `) });

/** From home. What became of a request travels to the history behind the answer to the device. */
async function opensHistory(newest: string): Promise<void> {
  for (;;) {
    await mari.presses("History");
    await mari.page.getByText("Entries are kept for 13 months").or(mari.page.getByText("Nothing here yet")).waitFor();
    if (await entries(newest).first().isVisible()) return;
    await mari.presses("Back");
    await mari.sees(mari.name);
  }
}

it("shows what became of each request; one that was not theirs is told of, and its party refused and allowed again", async () => {
  const login = () => here.relyingParty.login(mari.semanticsIdentifier);
  await mari.presses("History");
  await mari.page.getByText("Nothing here yet").waitFor();
  await looksRight();
  await mari.presses("Back");

  await login();
  await mari.checksFor("DEMO");
  await mari.approves("auth");
  await done("Confirmed");
  await login();
  await mari.checksFor("DEMO");
  await mari.presses("Cancel");
  await mari.sees("Refused");
  await mari.presses("I did not start this");
  await mari.sees("You did not start this?");
  await mari.presses("Back");
  await mari.sees("DEMO");
  await mari.presses("Back");
  await mari.sees("History");
  await mari.presses("Back");
  await mari.sees(mari.name);

  await opensHistory("Refused");
  await mari.sees("Today");
  await entries("Confirmed").waitFor();
  await looksRight();
  await entries("Confirmed").click();
  await mari.sees("DEMO");
  await mari.page.getByText("Sent to your devices").waitFor();
  await looksRight();
  await mari.presses("Back");
  await mari.sees("History");
  expect(await isFocused(entries("Confirmed"))).toBe(true);
  await mari.page.keyboard.press("Enter");
  await mari.presses("I did not start this");
  await mari.sees("You did not start this?");
  await mari.page.getByRole("checkbox", { name: "Refuse requests from DEMO from now on" }).check();
  await looksRight();
  await mari.presses("Report it");
  await mari.sees("It is reported");
  await looksRight();
  await mari.presses("Done");
  await mari.sees("Refused by you");
  await looksRight();
  expect(await mari.page.getByText("You did not start this").count()).toBe(1);
  expect(await here.relyingParty.endResult((await login()).sessionID)).toBe("USER_REFUSED");

  await mari.presses("Allow again: DEMO");
  await mari.heading("Refused by you").waitFor({ state: "detached" });
  await entries("Refused").waitFor();
  expect(await isFocused(mari.heading("History"))).toBe(true);
  await mari.presses("Back");
  const { sessionID } = await login();
  await mari.checksFor("DEMO");
  await mari.presses("Cancel");
  await done("Refused");
  expect(await here.relyingParty.endResult(sessionID)).toBe("USER_REFUSED");
});

it("says without a network that it needs one, and is there when the network is back", async () => {
  here.violations.allowNetworkErrors();
  await mari.page.context().setOffline(true);
  await mari.presses("History");
  await mari.sees("You are offline");
  await looksRight();
  await mari.page.context().setOffline(false);
  await mari.presses("Try again");
  await entries("Confirmed").waitFor();
});
