// Reloads and a broken network, at steps all over an enrolment. Whatever is lost, the person ends with one account, says who they are
// once, and is never taken for a thief's copy. `npm test` cuts at every fourth place, `npm run test:long` at each.
import { expect, it } from "vitest";
import { Accidents, blip, outage, reload } from "./support/accident.ts";
import { identity } from "./support/identity.ts";
import { looksRight } from "./support/looks-right.ts";
import { otherWords } from "./support/other-words.ts";
import { ENROLMENT, type EnrolmentScreen, type Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
const accidents = new Accidents(here.network);

const CUT_EVERY = Number(process.env["CUT_EVERY"] ?? 4);

/** Milliseconds. One enrolment is begun again for each place: at every second one a minute and a half on a machine that does nothing else. */
const TIME_LIMIT = 400_000 * Math.max(1, 2 / CUT_EVERY);

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

it("a server that is away while certificates are awaited is said to be, and the account is ready as soon as it is back", async () => {
  here.violations.allowNetworkErrors();
  const person = await here.person(identity(people++));
  await person.open();
  const issuing = (body: object) => ("status" in body && body.status === "active" ? { ...body, status: "issuing" } : body);
  const enrolled = person.enrol(async (screen) => {
    if (screen === "Sign your application")
      here.network.interference = await otherWords(person, (body) => ({ ...issuing(body) }));
  });
  await person.page.getByText("Signing, and fetching your certificates…").waitFor();
  here.network.cut();
  await person.page.getByText(/goes on by itself as soon as the server can be reached/).waitFor();
  await looksRight(person, "application-offline");
  here.network.interference = {};
  here.network.restore();
  await enrolled;
  expectOneSoundAccount(person);
});

const laterAnswers = (person: Person) => accidents.everLater("answer", reload(person), 1, CUT_EVERY);
/** Between those. */
const laterRequests = () => accidents.everLater("request", outage(here.network), 1 + Math.floor(CUT_EVERY / 2), CUT_EVERY);

it.each<readonly [string, number, (person: Person) => void]>([
  ["a reload under one answer, then under one that comes some later, and so on to the end", 12 / CUT_EVERY, laterAnswers],
  ["a network that is gone under requests between those", 8 / CUT_EVERY, laterRequests],
  ["the loss of each sealed message and then of each answer", 6, () => accidents.everySealed(blip)],
])("an enrolment survives %s", { timeout: TIME_LIMIT }, async (_name, accidentsBeyond, interfere) => {
  here.violations.allowNetworkErrors();
  const person = await here.person(identity(people++));
  await person.open();
  interfere(person);
  const seen: EnrolmentScreen[] = [];
  await person.enrol(async (screen) => void seen.push(screen));
  await accidents.none();
  expect(accidents.log.splice(0).length).toBeGreaterThan(accidentsBeyond);
  expect(seen.lastIndexOf("Who are you?")).toBeLessThan(seen.indexOf("Choose PIN1"));
  expectOneSoundAccount(person);
});
