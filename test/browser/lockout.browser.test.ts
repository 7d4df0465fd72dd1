// Three wrong PINs: the countdown, in every tab and after every reload; and that it ends.
import { beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
let mari: Person;
let otherTab: Person;
let documentNumber: string;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
  [documentNumber = ""] = here.server.activeAccounts();
});

async function entersWrongPins(count: number): Promise<string> {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.presses("Continue");
  for (let wrong = 1; wrong <= count; wrong++) {
    await mari.sees("Enter PIN1");
    await mari.entersPin("8888", "keyboard");
    if (wrong < 3) await mari.page.getByText(wrong === 1 ? /2 attempts are left/ : /One attempt is left/).waitFor();
  }
  return sessionID;
}

it("three wrong PINs in a row lock the PIN, with a countdown", async () => {
  otherTab = await here.person(mari.identity, mari.page.context());
  await otherTab.open();
  await otherTab.sees(mari.name);
  const sessionID = await entersWrongPins(3);
  await mari.sees("PIN1 is locked");
  expect(await mari.page.getByRole("timer").textContent()).toMatch(/^(?:3:00:00|2:59:\d\d)$/);
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  expect(await here.relyingParty.endResult(sessionID)).not.toBe("OK");
});

it("a lock in one tab is seen in the other, without a reload", async () => {
  await otherTab.sees("PIN1 is locked");
  await otherTab.page.close();
});

it("a lock outlasts a reload, and a restart of the server", async () => {
  await mari.page.reload();
  await mari.sees("PIN1 is locked");
  await here.whileStopped(() => undefined);
  await mari.page.reload();
  await mari.sees("PIN1 is locked");
});

it("when the time is over the PIN works again, and its count starts anew", async () => {
  await here.whileStopped((server) => server.endLock(documentNumber, "auth"));
  await mari.open();
  const first = await entersWrongPins(1);
  await mari.page.getByText(/2 attempts/).waitFor();
  await mari.entersPin(mari.identity.pins.auth);
  await mari.sees("Confirmed");
  await mari.presses("Done");
  expect(await here.relyingParty.endResult(first)).toBe("OK");
  const second = await entersWrongPins(2);
  await mari.entersPin(mari.identity.pins.auth);
  await mari.sees("Confirmed");
  expect(await here.relyingParty.endResult(second)).toBe("OK");
  expect(here.server.wrongPins(documentNumber)).toMatchObject({ auth: 0 });
});
