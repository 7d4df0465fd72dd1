// A person with several accounts, on two devices or in one browser: nothing is taken before they have said which one they use, and they
// hear of a new account that they did not make there.
import { beforeAll, describe, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import type { Person } from "./support/person.ts";
import { isSignedBy } from "./support/relying-party.ts";
import { stage } from "./support/stage.ts";

const here = stage();
/** The same person, each with an account in a browser of its own. */
let phone: Person;
let tablet: Person;

const looksRight = async ({ page }: Person): Promise<void> => {
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(await narrowFindings(page)).toEqual([]);
};
const isAskedWhich = async (device: Person): Promise<void> => {
  await device.sees("DEMO");
  expect(await device.page.getByText("Use this device?").isVisible()).toBe(true);
};
const done = async (device: Person, outcome: string): Promise<void> => {
  await device.sees(outcome);
  await device.presses("Done");
  await device.sees(device.name);
};
const news = ({ page }: Person) => page.getByRole("heading", { name: /^A new account was asked for in your name/ });
/** The last four characters of the document number, as the card shows them. */
const suffixOf = async ({ page }: Person): Promise<string> =>
  /•••• ([0-9A-Z]{4})/.exec(await page.locator("main").innerText())?.[1] ?? "";

/** The browser's other account hears nothing of a request before what is returned is called. */
async function hearsOneAfterTheOther({ page }: Person): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first: string | undefined;
  await page.route("**/device/messages", async (route) => {
    const [header] = (route.request().postData() ?? "").split(".");
    first ??= header;
    if (header !== first) await promise;
    await route.continue();
  });
  return resolve;
}

/** The button with that on it, in the moment when it is drawn. */
const pressesAsSoonAsThere = ({ page }: Person, label: string): Promise<void> =>
  page.evaluate((wanted) => {
    const observer = new MutationObserver(() => {
      const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent.includes(wanted));
      if (button === undefined) return;
      observer.disconnect();
      button.click();
    });
    observer.observe(document.body, { childList: true, subtree: true });
  }, label);

beforeAll(async () => {
  phone = await here.enrolled(identity(0));
  tablet = await here.enrolled(identity(0));
});

describe("a new account", () => {
  it("is told to the device that had one, with what to do if it was somebody else, until that is understood; not to its own", async () => {
    await news(phone).waitFor();
    expect(await news(phone).textContent()).toContain(await suffixOf(tablet));
    expect(await phone.page.getByText("the issuer of your identity document").isVisible()).toBe(true);
    await looksRight(phone);
    await Promise.all([phone.page.waitForResponse(() => true), phone.button(/^Understood/).click()]);
    await news(phone).waitFor({ state: "detached" });
    await phone.page.reload();
    await phone.sees(phone.name);
    expect(await news(phone).count()).toBe(0);
    expect(await news(tablet).count()).toBe(0);
  });
});

describe("a request to a person with two devices", () => {
  it("is taken by neither, until one is used; then it is answered there, and the other one says so", async () => {
    const login = await here.relyingParty.login(phone.semanticsIdentifier);
    await Promise.all([phone, tablet].map(isAskedWhich));
    await looksRight(phone);
    await tablet.page.reload();
    await isAskedWhich(tablet);
    await phone.presses("Use this device");
    await phone.page.getByText("Log in to the self-service?").waitFor();
    await done(tablet, "Answered elsewhere");
    await phone.approves("auth");
    await done(phone, "Confirmed");
    const status = await here.relyingParty.end(login.sessionID);
    expect(isSignedBy(status, login.payload(status))).toBe(true);
  });

  it("is over on both where one of them cancels", async () => {
    const { sessionID } = await here.relyingParty.login(phone.semanticsIdentifier);
    await Promise.all([phone, tablet].map(isAskedWhich));
    await tablet.presses("Cancel");
    await Promise.all([done(tablet, "Refused"), done(phone, "Answered elsewhere")]);
    expect(await here.relyingParty.endResult(sessionID)).toBe("USER_REFUSED_CERT_CHOICE");
  });

  it("that is taken in one window comes up in the other, and a press that was meant for the question is none of its answers", async () => {
    const { sessionID } = await here.relyingParty.login(phone.semanticsIdentifier);
    await isAskedWhich(phone);
    const window = await here.person(identity(0), phone.page.context());
    await window.open();
    await isAskedWhich(window);
    await pressesAsSoonAsThere(phone, "Continue");
    await window.presses("Use this device");
    await phone.page.getByText("Log in to the self-service?").waitFor();
    await phone.approves("auth");
    await Promise.all([done(phone, "Confirmed"), done(window, "Confirmed"), done(tablet, "Answered elsewhere")]);
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
    await window.page.close();
  });

  it("that one goes away from waits at its home, and asks again when it is tapped", async () => {
    const { sessionID } = await here.relyingParty.login(phone.semanticsIdentifier);
    await Promise.all([phone, tablet].map(isAskedWhich));
    await phone.page.goBack();
    await phone.sees(phone.name);
    await phone.waiting("DEMO").click();
    await isAskedWhich(phone);
    await phone.presses("Use this device");
    await phone.page.getByText("Log in to the self-service?").waitFor();
    await phone.presses("Cancel");
    await Promise.all([done(phone, "Refused"), done(tablet, "Answered elsewhere")]);
    expect(await here.relyingParty.endResult(sessionID)).toBe("USER_REFUSED");
  });
});

describe("one browser with two accounts", () => {
  it("of one person is told nothing of what it made itself, and asks with which account", async () => {
    const first = await here.enrolled(identity(1));
    const own = await suffixOf(first);
    await first.presses("Add another account");
    await first.enrol();
    const second = await suffixOf(first);
    expect(second).not.toBe(own);
    await first.page.getByRole("button", { name: new RegExp(own) }).click();
    await first.page.getByRole("button", { name: new RegExp(second) }).waitFor();
    await first.page.reload();
    await first.sees(first.name);
    expect(await news(first).count()).toBe(0);

    const secondHears = await hearsOneAfterTheOther(first);
    const { sessionID } = await here.relyingParty.login(first.semanticsIdentifier);
    await isAskedWhich(first);
    await looksRight(first);
    await pressesAsSoonAsThere(first, own);
    secondHears();
    // Both accounts were heard of; what was pressed in that moment was meant for the button that stood there.
    await first.page.getByText("With which account?").waitFor();
    expect(await first.button("Use this device").count()).toBe(0);
    await looksRight(first);
    await first.page.getByRole("button", { name: new RegExp(second) }).click();
    await first.page.getByText("Log in to the self-service?").waitFor();
    await first.approves("auth");
    await done(first, "Confirmed");
    const { result } = await here.relyingParty.end(sessionID);
    expect(result).toMatchObject({ endResult: "OK", documentNumber: expect.stringContaining(`-${second}-`) });

    // Looked at with the one, it was the other's, and the PIN that somebody else may know is that one's.
    await first.page.getByRole("button", { name: new RegExp(own) }).click();
    await first.page.getByRole("button", { name: new RegExp(second) }).waitFor();
    await first.presses("History");
    await first.page.getByRole("button", { name: /^DEMO Log in/ }).click();
    await first.page.getByText(`On this device, your other account •••• ${second}`).waitFor();
    await looksRight(first);
    await first.presses("I did not start this");
    await first.presses("Report it");
    await first.presses(`Change PIN1 of •••• ${second}`);
    await first.sees("Enter your old PIN1");
    expect(await first.page.locator("main").innerText()).toContain(second);
  });

  it("that is making another one is told of a stranger's a minute later, by itself", async () => {
    const mari = await here.enrolled(identity(2));
    await mari.page.clock.install();
    await mari.presses("Add another account");
    await mari.welcome().click();
    await mari.saysWhoTheyAre();
    await mari.sees("Choose PIN1");
    await mari.presses("Back");
    await mari.sees(mari.name);
    const heard = mari.page.waitForResponse("**/device/messages");
    await here.enrolled(identity(2));
    await heard;
    await mari.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    expect(await news(mari).count()).toBe(0);
    here.violations.allowNetworkErrors();
    here.network.cut();
    await mari.page.clock.fastForward(61_000);
    await news(mari).waitFor();
    here.network.restore();
  });
});
