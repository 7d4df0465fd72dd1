// How accounts come to their end, each told with what to do next: their time runs out, another one takes their place, their PINs are
// locked for ever, an operator closes them. One person, one browser, three accounts one after the other.
import { beforeAll, expect, it } from "vitest";
import type { Purpose } from "../../src/account/purpose.ts";
import { identity } from "./support/identity.ts";
import { looksRight } from "./support/looks-right.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { otherWords } from "./support/other-words.ts";

const here = stage();
const DAY = 24 * 3_600_000;
const CLOSED = "This account is closed";
let mari: Person;
/** Document number of the account that she uses. */
let account: string;
/** Before it. */
let former: string;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
  [account = ""] = here.server.activeAccounts();
});

const said = (): Promise<string> => mari.page.locator("main").innerText();

/** The account that has come meanwhile. */
function becomesCurrent(): void {
  former = account;
  account = here.server.activeAccounts().find((number) => number !== former) ?? "";
  expect(account).not.toBe("");
}

async function atHome(): Promise<void> {
  await mari.open();
  await mari.sees(mari.name);
}

/** The ninth time in all. */
async function typesWrongPin(purpose: Purpose): Promise<string> {
  await here.whileStopped((server) => server.leaveOneAttempt(account, purpose));
  await atHome();
  const { sessionID } =
    purpose === "auth"
      ? await here.relyingParty.login(mari.semanticsIdentifier)
      : await here.relyingParty.sign(account, Buffer.from("another contract"));
  await mari.checksFor("DEMO");
  await mari.approves(purpose, "keyboard", "88888");
  return sessionID;
}

it("an account that ends within 60 days says so, and is renewed from there", async () => {
  await here.whileStopped((server) => server.endsAt(account, Date.now() + 30 * DAY));
  await atHome();
  await mari.heading(/^This account ends on /).waitFor();
  await looksRight(mari, "ends-soon");
  const other = await here.person(mari.identity, mari.page.context());
  await other.open();
  await other.presses("Renew it");
  await other.enrol();
  becomesCurrent();
  // The window that showed the one before it: told of its end, or taken on to the new one, whichever it heard first.
  const number = mari.page.getByText(`•••• ${account.split("-")[2] ?? ""}`).last();
  await mari.heading(CLOSED).or(number).first().waitFor();
  // The other window ends the one before as soon as it can, and a start before that is one of two accounts.
  const atAStart = async (): Promise<string> => {
    await mari.open();
    await mari.heading(CLOSED).or(number).first().waitFor();
    return said();
  };
  await expect.poll(atAStart, { timeout: 20_000 }).not.toMatch(/Also on this device|This account ends|This account is closed/);
  await other.page.close();
});

it("the last wrong PIN1 locks it for ever, and PIN2 goes on signing", async () => {
  const sessionID = await typesWrongPin("auth");
  await mari.sees("PIN1 is locked for ever");
  expect(await said()).toContain("PIN2 can still sign");
  await looksRight(mari, "dead-auth");
  expect(await here.relyingParty.endResult(sessionID)).not.toBe("OK");
  await mari.presses("Not now");
  await mari.sees(mari.name);
  await mari.sees("PIN1 is locked for ever");
  expect(await said()).not.toContain("A new kind of key");
  await looksRight(mari, "dead-auth-home");
  // Nothing is asked of her that she cannot do: the site is told.
  const login = await here.relyingParty.login(mari.semanticsIdentifier);
  expect(await here.relyingParty.endResult(login.sessionID)).toBe("DOCUMENT_UNUSABLE");
  const { sessionID: contract } = await here.relyingParty.sign(account, Buffer.from("a contract"));
  await mari.checksFor("DEMO");
  await mari.approves("sign");
  await mari.sees("Confirmed");
  expect(await here.relyingParty.endResult(contract)).toBe("OK");
});

it("beside it, while PIN2 is locked for some hours, nothing is said to work meanwhile", async () => {
  const pins = {
    auth: { state: "dead", attemptsLeft: 0, lockedUntil: 0 },
    sign: { state: "locked", attemptsLeft: 0, lockedUntil: Date.now() + DAY },
  };
  here.network.interference = await otherWords(mari, (body) => ("status" in body ? { ...body, pins } : body));
  await atHome();
  await mari.sees("PIN2 is locked");
  expect(await said()).not.toContain("PIN1 still logs you in");
  await looksRight(mari, "locked-beside-dead");
});

it("where both are, a new account is made from there, and whose is whose is told", async () => {
  await typesWrongPin("sign");
  await mari.sees("PIN2 is locked for ever");
  expect(await said()).not.toContain("PIN1 can still");
  await looksRight(mari, "dead-sign");
  await mari.presses("Make a new account");
  await mari.welcome().waitFor();
  await mari.presses("Back");
  await mari.sees("PIN2 is locked for ever");
  await looksRight(mari, "dead-both-home");
  await mari.presses("Make a new account: PIN1 is locked for ever");
  await mari.enrol();
  becomesCurrent();
  await looksRight(mari, "two-accounts");
});

it("an account whose time is over is closed, and told of on the other one", async () => {
  await here.whileStopped((server) => server.endsAt(former, Date.now() - DAY));
  await mari.open();
  await mari.sees(CLOSED);
  expect(await said()).toContain("Its time is over");
  await looksRight(mari, "closed-expired");
  await mari.presses("Back");
  await mari.heading(/^Your account .* on this device has ended$/).waitFor();
  await looksRight(mari, "expired-told");
  await mari.page.getByRole("button", { name: /Closed$/ }).click();
  await mari.sees(CLOSED);
  await mari.presses("Remove from this device");
  await mari.sees(mari.name);
  expect(await said()).not.toContain("Also on this device");
});

it("an account that the operator closes is gone from the open window, and after a reload", async () => {
  await here.server.closeAsOperator(account);
  await mari.sees(CLOSED);
  expect(await said()).toContain("Whoever runs this service closed it");
  await looksRight(mari, "closed-operator");
  await mari.page.reload();
  await mari.sees(CLOSED);
});

it.each([
  ["renewed", /another account of yours took its place.*Use the new account/s],
  ["cloned", /Two devices used it.*Make a new account/s],
  ["rolled_back", /went back to an earlier state.*Make a new account/s],
])("an account that the server closed as %s says why, and what to do", async (closedReason, words) => {
  here.network.interference = await otherWords(mari, (body) => ("status" in body ? { ...body, closedReason } : body));
  const told = async (): Promise<string> => {
    await mari.open();
    await mari.sees(CLOSED);
    return said();
  };
  await expect.poll(told, { timeout: 20_000 }).toMatch(words);
  await looksRight(mari, `closed-${closedReason}`);
});

it("a closed account is removed from the device, and another one can be made", async () => {
  await mari.presses("Remove from this device");
  await mari.welcome().waitFor();
});
