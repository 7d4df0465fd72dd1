// Reloads and a broken network, at every step of an enrolment and of a login. Whatever is lost, the person ends where they wanted to
// be, says who they are once, pays for no attempt that they did not make, and is never taken for a thief's copy.
import { beforeAll, describe, expect, it } from "vitest";
import { type Accident, Accidents, blip, outage, reload, type Side } from "./support/accident.ts";
import { identity } from "./support/identity.ts";
import { anyOf, ENROLMENT, type EnrolmentScreen, type Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const accidents = new Accidents(here.network);
const WRONG_PIN = "8888";

/** The one account of that person, in step with its device. */
async function expectOneSoundAccount(person: Person): Promise<void> {
  const stored = await here.whileStopped((server) =>
    server
      .activeAccounts()
      .filter((number) => number.startsWith(person.semanticsIdentifier))
      .map((number) => ({ outOfStep: server.outOfStep(number) })),
  );
  expect(stored).toEqual([{ outOfStep: 0 }]);
}

const OUTCOMES = ["Confirmed", "Interrupted", "Time ran out", "That did not work", "Refused", "Answered on another device"];

/** From wherever the app stands to what it says of the end, which is acknowledged. */
async function answersWhateverItTakes(person: Person): Promise<string> {
  const outcome = person.heading(anyOf(OUTCOMES));
  const [request, pin, check] = [person.heading("DEMO"), person.heading("Enter PIN1"), person.button("Check for transactions")];
  for (;;) {
    await outcome.or(request).or(pin).or(check).first().waitFor();
    if (await outcome.isVisible()) {
      const said = (await outcome.textContent()) ?? "";
      await person.presses("Done");
      await person.sees(person.name);
      return said;
    }
    if (await check.isVisible()) {
      await person.looks(check);
    } else if (await request.isVisible()) {
      await person.presses("Continue");
    } else if (await pin.isVisible()) {
      await person.entersPin(person.identity.pins.auth, "keyboard");
      await outcome.or(person.unreachable()).or(check).first().waitFor();
    }
  }
}

describe("an enrolment", () => {
  it("goes on after a reload on each of its screens, and asks no more who the person is once that was proven", async () => {
    const person = await here.person(identity(0));
    await person.open();
    const seen: EnrolmentScreen[] = [];
    await person.enrol(async (screen) => {
      const isFirst = !seen.includes(screen);
      seen.push(screen);
      if (!isFirst || screen === "home") return;
      if (screen.includes("PIN")) await person.types("123");
      await person.page.reload();
    });
    for (const screen of ENROLMENT) expect(seen).toContain(screen);
    expect(seen.lastIndexOf("Who are you?")).toBeLessThan(seen.indexOf("Choose PIN1"));
    await expectOneSoundAccount(person);
  });

  it.each<readonly [string, readonly Side[], (person: Person) => Accident]>([
    ["a reload while each of its requests", ["request"], (person) => reload(person.page)],
    ["a reload while each answer", ["answer"], (person) => reload(person.page)],
    ["a broken connection under each of its requests and then each answer", ["request", "answer"], () => blip],
    ["a network that is gone when each request", ["request"], () => outage(here.network)],
    ["a network that is gone when each answer", ["answer"], () => outage(here.network)],
  ])("survives %s is on its way", async (_name, sides, accident) => {
    here.violations.allowNetworkErrors();
    const person = await here.person(identity(people++));
    await person.open();
    accidents.everywhere(sides, accident(person));
    const seen: EnrolmentScreen[] = [];
    await person.enrol(async (screen) => void seen.push(screen));
    accidents.none();
    expect(accidents.log.splice(0).length).toBeGreaterThan(10);
    expect(seen.lastIndexOf("Who are you?")).toBeLessThan(seen.indexOf("Choose PIN1"));
    await expectOneSoundAccount(person);
  });
});

let people = 1;

describe("a login", () => {
  let mari: Person;
  beforeAll(async () => {
    mari = await here.enrolled(identity(11));
  });

  describe.each<readonly [string, () => Accident]>([
    ["a reload", () => reload(mari.page)],
    ["a broken connection", () => blip],
    ["a network that is gone", () => outage(here.network)],
  ])("with %s", (_name, accident) => {
    it.each<Side>(["request", "answer"])("ends well whichever %s was on its way", async (side) => {
      here.violations.allowNetworkErrors();
      for (let number = 1; ; number++) {
        const meeting = accidents.once(number, side, accident());
        const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
        expect(await answersWhateverItTakes(mari), `${number}, ${accidents.log.at(-1)}`).toBe("Confirmed");
        expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
        accidents.none();
        if (!meeting.happened) break;
        expect(number).toBeLessThan(20);
      }
    });
  });
});

describe("an attempt with a wrong PIN", () => {
  let mari: Person;
  beforeAll(async () => {
    mari = await here.enrolled(identity(10));
  });

  /** The next request is the attempt: nothing else is under way on this screen. */
  async function attempts(pin: string, side: Side): Promise<void> {
    const meeting = accidents.once(1, side, reload(mari.page));
    await mari.entersPin(pin, "keyboard");
    await meeting.over;
  }

  it("costs nothing when it never reached the server, and once when only its answer was lost", async () => {
    here.violations.allowNetworkErrors();
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await mari.presses("Continue");
    await mari.sees("Enter PIN1");
    await attempts(WRONG_PIN, "request");
    await mari.sees("Enter PIN1");
    await mari.entersPin(WRONG_PIN);
    await mari.page.getByText(/2 attempts/).waitFor();
    await attempts(WRONG_PIN, "answer");
    await mari.page.getByText(/One attempt/).waitFor();
    await attempts(mari.identity.pins.auth, "answer");
    await mari.sees("Confirmed");
    await mari.presses("Done");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });

  it("locks when it was the third, also where its answer was lost", async () => {
    here.violations.allowNetworkErrors();
    await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await mari.presses("Continue");
    await mari.sees("Enter PIN1");
    await mari.entersPin(WRONG_PIN);
    await mari.page.getByText(/2 attempts/).waitFor();
    await mari.entersPin(WRONG_PIN);
    await mari.page.getByText(/One attempt/).waitFor();
    await attempts(WRONG_PIN, "answer");
    await mari.sees("PIN1 is locked");
  });
});
