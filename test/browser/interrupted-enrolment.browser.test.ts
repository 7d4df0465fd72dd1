// Reloads and a broken network, at every step of an enrolment. Whatever is lost, the person ends with one account, says who they are
// once, and is never taken for a thief's copy.
import { expect, it } from "vitest";
import { Accidents, blip, outage, reload } from "./support/accident.ts";
import { identity } from "./support/identity.ts";
import { ENROLMENT, type EnrolmentScreen, type Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const accidents = new Accidents(here.network);

/** Milliseconds. One enrolment is begun a dozen times, which takes a minute and a half on a machine that does nothing else. */
const TIME_LIMIT = 400_000;

/** The one account of that person, in step with its device. */
function expectOneSoundAccount(person: Person): void {
  const numbers = here.server.activeAccounts().filter((number) => number.startsWith(person.semanticsIdentifier));
  expect(numbers.map((number) => ({ outOfStep: here.server.outOfStep(number) }))).toEqual([{ outOfStep: 0 }]);
}

it("an enrolment goes on after a reload on each of its screens, and asks no more who the person is once that was proven", async () => {
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
  expectOneSoundAccount(person);
});

let people = 1;

it.each<readonly [string, (person: Person) => void]>([
  ["a reload under the first, third, fifth … answer", (person) => accidents.everLater("answer", reload(person), 1)],
  ["a network that is gone under the requests between those", () => accidents.everLater("request", outage(here.network), 2)],
  ["the loss of each sealed message and then of each answer", () => accidents.everySealed(blip)],
])("an enrolment survives %s", { timeout: TIME_LIMIT }, async (_name, interfere) => {
  here.violations.allowNetworkErrors();
  const person = await here.person(identity(people++));
  await person.open();
  interfere(person);
  const seen: EnrolmentScreen[] = [];
  await person.enrol(async (screen) => void seen.push(screen));
  await accidents.none();
  expect(accidents.log.splice(0).length).toBeGreaterThan(6);
  expect(seen.lastIndexOf("Who are you?")).toBeLessThan(seen.indexOf("Choose PIN1"));
  expectOneSoundAccount(person);
});
