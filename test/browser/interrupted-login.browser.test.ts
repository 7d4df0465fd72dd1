// Reloads and a broken network, at every step of a login. Whatever is lost, the relying party and the person hear the same of the end,
// and nobody pays for an attempt that they did not make.
import { beforeAll, expect, it } from "vitest";
import { Accidents, outage, reload, type Side } from "./support/accident.ts";
import { identity } from "./support/identity.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const accidents = new Accidents(here.network);
const WRONG_PIN = "8888";
let mari: Person;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
});

async function atThePin(): Promise<string> {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.presses("Continue");
  await mari.sees("Enter PIN1");
  return sessionID;
}

async function confirmed(sessionID: string): Promise<void> {
  await mari.sees("Confirmed");
  await mari.presses("Done");
  await mari.sees(mari.name);
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
}

/** The page is reloaded under it. */
async function attempts(pin: string, side: Side): Promise<void> {
  const meeting = accidents.onAttempt(side, reload(mari));
  await mari.entersPin(pin, "keyboard");
  await meeting.over;
}

// What the app asks before it shows a request: the account's state, the list, the request itself.
it.each([1, 2, 3].flatMap((number) => [[number, "request"] as const, [number, "answer"] as const]))(
  "a login is shown, and ends well, when the page is reloaded under message %i, on the side of its %s",
  async (number, side) => {
    here.violations.allowNetworkErrors();
    const meeting = accidents.once(number, side, reload(mari));
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await meeting.over;
    await mari.sees("DEMO");
    await mari.approves("auth");
    await confirmed(sessionID);
  },
);

it("the right PIN is asked again when a reload kept it from the server", async () => {
  here.violations.allowNetworkErrors();
  const sessionID = await atThePin();
  await attempts(mari.identity.pins.auth, "request");
  await mari.sees("Enter PIN1");
  await mari.entersPin(mari.identity.pins.auth);
  await confirmed(sessionID);
});

it("the end is shown when a reload kept it from the person", async () => {
  here.violations.allowNetworkErrors();
  const sessionID = await atThePin();
  await attempts(mari.identity.pins.auth, "answer");
  await confirmed(sessionID);
});

it.each<Side>(["request", "answer"])(
  "the PIN is asked again, or its end shown, when the network is gone under its %s",
  async (side) => {
    here.violations.allowNetworkErrors();
    const sessionID = await atThePin();
    const meeting = accidents.onAttempt(side, outage(here.network));
    await mari.entersPin(mari.identity.pins.auth);
    await meeting.over;
    await mari.heading("Confirmed").or(mari.unreachable()).first().waitFor();
    if (side === "request" && (await mari.unreachable().isVisible())) await mari.entersPin(mari.identity.pins.auth);
    await confirmed(sessionID);
  },
);

it("a wrong PIN costs nothing when it never reached the server, and once when only its answer was lost", async () => {
  here.violations.allowNetworkErrors();
  const sessionID = await atThePin();
  await attempts(WRONG_PIN, "request");
  await mari.sees("Enter PIN1");
  await mari.entersPin(WRONG_PIN);
  await mari.page.getByText(/2 attempts/).waitFor();
  await attempts(WRONG_PIN, "answer");
  await mari.page.getByText(/One attempt/).waitFor();
  await attempts(mari.identity.pins.auth, "answer");
  await confirmed(sessionID);
});

it("a third wrong PIN locks, also where its answer was lost", async () => {
  here.violations.allowNetworkErrors();
  await atThePin();
  await mari.entersPin(WRONG_PIN);
  await mari.page.getByText(/2 attempts/).waitFor();
  await mari.entersPin(WRONG_PIN);
  await mari.page.getByText(/One attempt/).waitFor();
  await attempts(WRONG_PIN, "answer");
  await mari.sees("PIN1 is locked");
});
