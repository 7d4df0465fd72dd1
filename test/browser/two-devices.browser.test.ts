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
const news = ({ page }: Person) => page.getByRole("heading", { name: /^Another device asked for a new account/ });
/** The last four characters of the document number, as the card shows them. */
const suffixOf = async ({ page }: Person): Promise<string> =>
  /•••• ([0-9A-Z]{4})/.exec(await page.locator("main").innerText())?.[1] ?? "";

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

    const { sessionID } = await here.relyingParty.login(first.semanticsIdentifier);
    await first.sees("DEMO");
    // Both accounts were heard of.
    await first.page.getByText("With which account?").waitFor();
    expect(await first.button("Use this device").count()).toBe(0);
    await looksRight(first);
    await first.page.getByRole("button", { name: new RegExp(second) }).click();
    await first.page.getByText("Log in to the self-service?").waitFor();
    await first.approves("auth");
    await done(first, "Confirmed");
    const { result } = await here.relyingParty.end(sessionID);
    expect(result).toMatchObject({ endResult: "OK", documentNumber: expect.stringContaining(`-${second}-`) });
  });
});
