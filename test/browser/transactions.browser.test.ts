// Answering a relying party in the browser: every end that a request can have, and every way in which the app learns of one. One
// person with one account does it all, as people do.
import { beforeAll, describe, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import { Person } from "./support/person.ts";
import { deliverPush, Notifications } from "./support/push.ts";
import { isSignedBy } from "./support/relying-party.ts";
import { stage } from "./support/stage.ts";

const here = stage();
let mari: Person;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
});

/** Back home from an outcome. */
async function done(person: Person, outcome: string): Promise<void> {
  await person.sees(outcome);
  expect(await accessibilityFindings(person.page), outcome).toEqual([]);
  await person.presses("Done");
  await person.sees(person.name);
}

describe("a practice", () => {
  const code = () => mari.code();
  const request = async (): Promise<string> => {
    await mari.sees("Try out a login");
    const shown = await code();
    await mari.presses("Go on to the request");
    await mari.sees("Tally");
    return shown;
  };

  it("with another code than the pretended site's is over, and can be tried again", async () => {
    await mari.button(/^Try out a login/).click();
    await mari.sees("Try out a login");
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    const shown = await request();
    const wrong = (await offeredCodes(mari)).find((each) => each !== shown) ?? "";
    await mari.chooses(wrong);
    await mari.sees("The practice is over");
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    await mari.presses("Try again");
    await mari.sees("Try out a login");
    await mari.presses("Back");
    await mari.sees(mari.name);
  });

  it("with the right code and PIN1 is confirmed, and is offered no more", async () => {
    await mari.button(/^Try out a login/).click();
    await mari.chooses(await request());
    await mari.sees("Enter PIN1");
    await mari.entersPin(mari.identity.pins.auth);
    await done(mari, "That is how it goes");
    expect(await mari.button(/^Try out a login/).count()).toBe(0);
    await mari.page.reload();
    await mari.sees(mari.name);
    expect(await mari.button(/^Try out a login/).count()).toBe(0);
  });
});

describe("a login", () => {
  it("that is approved is signed by the person's key, over what was shown", async () => {
    const login = await here.relyingParty.login(mari.semanticsIdentifier);
    const ended = here.relyingParty.end(login.sessionID);
    await mari.checksFor("DEMO");
    expect(await mari.page.getByText("Log in to the self-service?").isVisible()).toBe(true);
    expect(await mari.code()).toBe(login.verificationCode);
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    await mari.presses("Continue");
    await mari.sees("Enter PIN1");
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    await mari.entersPin(mari.identity.pins.auth);
    await done(mari, "Confirmed");
    const status = await ended;
    expect(status.result.endResult).toBe("OK");
    expect(isSignedBy(status, login.payload(status))).toBe(true);
    expect(isSignedBy(status, Buffer.from("something else"))).toBe(false);
  });

  it("that is refused ends as refused", async () => {
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await mari.presses("Cancel");
    await done(mari, "Refused");
    expect(await here.relyingParty.endResult(sessionID)).toMatch(/^USER_REFUSED/);
  });

  it("that is refused at the PIN ends as refused", async () => {
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await mari.presses("Continue");
    await mari.sees("Enter PIN1");
    await mari.types("90");
    await mari.presses("Cancel");
    await done(mari, "Refused");
    expect(await here.relyingParty.endResult(sessionID)).toMatch(/^USER_REFUSED/);
  });

  // "Log in?" and empty lines had pushed code and origin off the screen, and Continue stayed on it.
  it("is continued only behind its origin and its code, however long its text and however large the letters", async () => {
    await here.relyingParty.login(mari.semanticsIdentifier, `Log in?\n\n${"W".repeat(49)}\n.`);
    await mari.checksFor("DEMO");
    const { page } = mari;
    await page.setViewportSize({ width: 320, height: 640 });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    const tops: number[] = [];
    for (const part of [".asked", ".origin", "[data-code]", ".button.primary"]) {
      tops.push((await page.locator(part).boundingBox())?.y ?? 0);
    }
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(tops.at(-1)).toBeGreaterThan(640);
    await page.evaluate(() => (document.documentElement.style.fontSize = ""));
    await page.setViewportSize({ width: 390, height: 844 });
    await mari.presses("Cancel");
    await done(mari, "Refused");
  });
});

describe("a choice of three codes", () => {
  it("with a wrong one ends the session as WRONG_VC", async () => {
    const { sessionID, code } = await here.relyingParty.loginWithThreeCodes(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    const codes = await offeredCodes(mari);
    expect(codes).toHaveLength(3);
    expect(codes).toContain(code);
    await mari.chooses(codes.find((offered) => offered !== code)!);
    await done(mari, "Wrong code");
    expect(await here.relyingParty.endResult(sessionID)).toBe("WRONG_VC");
  });

  it("with the right one leads to the PIN", async () => {
    const { sessionID, code } = await here.relyingParty.loginWithThreeCodes(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await mari.chooses(code);
    await mari.sees("Enter PIN1");
    await mari.entersPin(mari.identity.pins.auth);
    await done(mari, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });
});

it("a signature is made with PIN2, over the file", async () => {
  const file = Buffer.from("I owe you one.");
  const { sessionID, verificationCode } = await here.relyingParty.sign(await documentNumberOf(mari), file);
  await mari.checksFor("DEMO");
  expect(await mari.page.getByText("Pay 5 euros to OTT?").isVisible()).toBe(true);
  expect(await mari.code()).toBe(verificationCode);
  await mari.approves("sign", "keyboard");
  await done(mari, "Confirmed");
  const status = await here.relyingParty.end(sessionID);
  expect(status.result.endResult).toBe("OK");
  expect(isSignedBy(status, file)).toBe(true);
});

it("a wrong PIN costs one attempt, which the right one gives back", async () => {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.approves("auth", "pad", "8888");
  await mari.page.getByText(/2 attempts/).waitFor();
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  await mari.entersPin(mari.identity.pins.auth);
  await done(mari, "Confirmed");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  const second = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.approves("auth", "keyboard", "8888");
  await mari.page.getByText(/2 attempts/).waitFor();
  await mari.entersPin(mari.identity.pins.auth);
  await done(mari, "Confirmed");
  expect(await here.relyingParty.endResult(second.sessionID)).toBe("OK");
});

describe("an open page", () => {
  it("shows a request by itself", async () => {
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.sees("DEMO");
    await mari.approves("auth");
    await done(mari, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });

  it("shows a request in the place of an earlier one's end, which could be taken for its own", async () => {
    await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.sees("DEMO");
    await mari.approves("auth");
    await mari.sees("Confirmed");
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.sees("DEMO");
    await mari.approves("auth");
    await done(mari, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });

  it("shows a request on an end that stays to be read, and opens it from there", async () => {
    await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.sees("DEMO");
    await mari.presses("Cancel");
    await mari.sees("Refused");
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.waiting("DEMO").waitFor();
    await mari.sees("Refused");
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    expect(await narrowFindings(mari.page)).toEqual([]);
    await mari.waiting("DEMO").click();
    await mari.sees("DEMO");
    await mari.approves("auth");
    await done(mari, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });

  it("loses a request that is answered in another tab", async () => {
    const otherTab = await here.person(mari.identity, mari.page.context());
    await otherTab.open();
    await otherTab.sees(mari.name);
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.checksFor("DEMO");
    await otherTab.checksFor("DEMO");
    await otherTab.approves("auth");
    await otherTab.sees("Confirmed");
    await done(mari, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
    await otherTab.page.close();
  });

  it("loses a request that the person answers on another device", async () => {
    const tablet = await here.enrolled(identity(0));
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await mari.sees("DEMO");
    await tablet.presses("Use this device");
    await tablet.approves("auth");
    await done(tablet, "Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
    await done(mari, "Answered elsewhere");
    await tablet.asksToDelete();
    await tablet.presses("Delete account");
    await tablet.sees("This account is closed");
    await tablet.page.context().close();
  });

  it("tells of another device's end until that was understood", async () => {
    const notice = mari.heading(/^Your account .* on another device was deleted$/);
    await notice.waitFor();
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    await mari.page.getByRole("button", { name: /^Understood: Your account/ }).click();
    await notice.waitFor({ state: "detached" });
    // What is asked after it is answered after it.
    await mari.presses("Check for requests");
    await mari.page.getByText("No request found").waitFor();
    await mari.page.reload();
    await mari.sees(mari.name);
    await mari.button("Settings").waitFor();
    expect(await notice.count()).toBe(0);
  });
});

it("a push while no page is open shows a notification, which opens the request", async () => {
  const context = mari.page.context();
  await mari.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const notifications = await Notifications.record(context);
  await mari.page.goto("about:blank");
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await deliverPush(context, here.url);
  await expect.poll(() => notifications.shown(), { timeout: 20_000 }).toEqual(["Something is waiting for you"]);
  const [opened] = await notifications.press();
  await mari.open(opened);
  await mari.sees("DEMO");
  await mari.approves("auth");
  await done(mari, "Confirmed");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
});

it("two people with a browser between them each approve their own, one with an RSA key and one with an Ed25519 key", async () => {
  await mari.presses("Add another account");
  const juri = new Person(mari.page, here.url, identity(1));
  await juri.enrol();
  await juri.changesTo(mari);
  const forMari = await here.relyingParty.login(mari.semanticsIdentifier, "For Mari?");
  await mari.checksFor("DEMO");
  expect(await mari.page.getByText("For Mari?").isVisible()).toBe(true);
  // Whose PIN it is, on the request and where the PIN is typed.
  const whose = mari.page.getByText(`${mari.name} · Full · ••••`);
  expect(await whose.isVisible()).toBe(true);
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  await mari.presses("Continue");
  await mari.sees("Enter PIN1");
  expect(await whose.isVisible()).toBe(true);
  await mari.entersPin(mari.identity.pins.auth);
  await done(mari, "Confirmed");
  const ofMari = await here.relyingParty.end(forMari.sessionID);
  expect(ofMari.result.documentNumber).toContain(mari.semanticsIdentifier);
  await mari.changesTo(juri);
  const forJuri = await here.relyingParty.login(juri.semanticsIdentifier, "For Jüri?", "ed25519");
  await juri.checksFor("DEMO");
  expect(await juri.page.getByText("For Jüri?").isVisible()).toBe(true);
  await juri.approves("auth");
  await done(juri, "Confirmed");
  const ofJuri = await here.relyingParty.end(forJuri.sessionID);
  expect(ofJuri.result.documentNumber).toContain(juri.semanticsIdentifier);
  expect(isSignedBy(ofJuri, forJuri.payload(ofJuri), "ed25519")).toBe(true);
});

async function offeredCodes(person: Person): Promise<readonly string[]> {
  const buttons = await person.button(/^\d \d \d \d$/).allTextContents();
  return buttons.map((text) => text.replaceAll(" ", ""));
}

/** From an approved login: nothing in the app shows it whole. */
async function documentNumberOf(person: Person): Promise<string> {
  const { sessionID } = await here.relyingParty.login(person.semanticsIdentifier);
  await person.checksFor("DEMO");
  await person.approves("auth");
  await done(person, "Confirmed");
  const { result } = await here.relyingParty.end(sessionID);
  return result.documentNumber;
}
