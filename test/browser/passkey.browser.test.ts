// A passkey around an account's shares, with Chromium's own virtual authenticator and its PRF extension: turned on, asked for with a PIN,
// taken away from somebody who copied everything that the browser keeps, turned off, lost. And codes that are typed, which cost no account of
// their own: one account does it all.
import { beforeAll, describe, expect, it } from "vitest";
import type { DeviceKey, DeviceRecord } from "../../src/authenticator/device-record.ts";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { VirtualPasskeys } from "./support/virtual-passkeys.ts";

const PINS = { auth: "9026", sign: "70415" };
const NEW_PIN = "280417";

const here = stage();
let mari: Person;
let passkeys: VirtualPasskeys;
let documentNumber: string;
/** As they lay under their masks alone. */
let masks: readonly string[];

beforeAll(async () => {
  mari = await here.enrolled(identity(0, PINS));
  passkeys = await VirtualPasskeys.of(mari.page);
  [documentNumber = ""] = here.server.activeAccounts();
  masks = (await keysOf(mari)).map(({ masked }) => masked);
});

/** What lies in the browser's database. */
async function recordOf({ page }: Person): Promise<DeviceRecord> {
  const records = await page.evaluate(async () => {
    const opened = indexedDB.open("tally");
    await new Promise((resolve) => opened.addEventListener("success", resolve));
    const request = opened.result.transaction("records").objectStore("records").getAll();
    await new Promise((resolve) => request.addEventListener("success", resolve));
    opened.result.close();
    return request.result as unknown[];
  });
  return records[0] as DeviceRecord;
}

const wrongPins = (): number => here.server.wrongPins(documentNumber)["auth"] ?? 0;
const keysOf = async (person: Person): Promise<readonly DeviceKey[]> => (await recordOf(person)).keys;

async function looks(heading: string): Promise<void> {
  await mari.sees(heading);
  expect(await accessibilityFindings(mari.page), heading).toEqual([]);
}

async function opensPasskey(): Promise<void> {
  await mari.button(/^Settings/).click();
  await mari.button(/^Passkey/).click();
}

async function goesHome(): Promise<void> {
  await mari.sees("Settings");
  await mari.presses("Back");
  await mari.sees(mari.name);
}

async function turnsItOn(): Promise<void> {
  await mari.presses("Turn it on");
  await mari.sees("Now use it once");
  expect((await recordOf(mari)).passkey).toBeUndefined();
  await mari.presses("Use the passkey");
  await mari.sees("The passkey is on");
}

/** Up to the PIN, which is typed and confirmed. */
async function typesPin(person: Person, pin: string): Promise<string> {
  const { sessionID } = await here.relyingParty.login(person.semanticsIdentifier);
  await person.checksFor("DEMO");
  await person.presses("Continue");
  await person.sees("Enter PIN1");
  await person.entersPin(pin);
  return sessionID;
}

async function logsIn(pin: string): Promise<void> {
  await confirmed(await typesPin(mari, pin));
}

async function confirmed(sessionID: string): Promise<void> {
  await mari.sees("Confirmed");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  await mari.presses("Done");
  await mari.sees(mari.name);
}

describe("a passkey", () => {
  it("that is turned on replaces every share in storage by one under both", async () => {
    expect(masks.length).toBeGreaterThanOrEqual(2);
    await opensPasskey();
    await looks("Protect this account with a passkey");
    await mari.presses("Turn it on");
    await looks("Now use it once");
    await mari.presses("Back");
    await goesHome();
    // One that was not proven is of no use, and is not kept: the browser is told.
    expect((await recordOf(mari)).passkey).toBeUndefined();
    await opensPasskey();
    await turnsItOn();
    await looks("The passkey is on");
    await mari.presses("Done");
    await goesHome();
    const record = await recordOf(mari);
    expect(record.passkey).toEqual({
      credentialId: expect.any(String) as string,
      salt: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(record.keys.map(({ masked }) => masked)).toEqual(masks.map(() => ""));
    const stored = JSON.stringify(await mari.page.context().storageState({ indexedDB: true }));
    for (const mask of masks) expect(stored).not.toContain(mask.slice(0, 40));
  });

  it("is asked for with the PIN; a prompt that is cancelled costs no attempt, and the PIN need not be typed again", async () => {
    await passkeys.cancelNext();
    const sessionID = await typesPin(mari, PINS.auth);
    await mari.page.getByText("The passkey was not used").waitFor();
    expect(await accessibilityFindings(mari.page)).toEqual([]);
    expect(wrongPins()).toBe(0);
    await mari.presses("Confirm");
    await confirmed(sessionID);
  });

  it("wraps the keys of a new PIN, too", async () => {
    const before = await keysOf(mari);
    await mari.button(/^Settings/).click();
    await mari.button(/^Change PIN1/).click();
    for (const [heading, pin] of [
      ["Enter your old PIN1", PINS.auth],
      ["Choose your new PIN1", NEW_PIN],
      ["Repeat your new PIN1", NEW_PIN],
    ] as const) {
      await mari.sees(heading);
      await mari.entersPin(pin, "keyboard");
    }
    await mari.sees("PIN1 is changed");
    await mari.presses("Done");
    await goesHome();
    const now = await keysOf(mari);
    expect(now).toHaveLength(before.length);
    for (const { purpose, keyVersion, masked, wrapped = "" } of now) {
      expect([masked, wrapped !== ""]).toEqual(["", true]);
      const known = before.find((key) => key.wrapped === wrapped);
      // What did not change is written as it was.
      expect(known?.keyVersion, purpose).toBe(purpose === "auth" ? undefined : keyVersion);
    }
    await logsIn(NEW_PIN);
  });

  it("that is turned off leaves the mask alone, as it was", async () => {
    await opensPasskey();
    await mari.presses("Turn it off");
    await looks("The passkey is off");
    await mari.presses("Done");
    await goesHome();
    const record = await recordOf(mari);
    expect(record).not.toHaveProperty("passkey");
    expect(record.keys.map(({ masked }) => masked)).toEqual(expect.arrayContaining(masks.slice(-1)));
    expect(JSON.stringify(record)).not.toContain("wrapped");
    expect(await passkeys.count()).toBe(0);
    await logsIn(NEW_PIN);
    await opensPasskey();
    await turnsItOn();
    await mari.presses("Done");
    await goesHome();
  });
});

it("a code that is typed stands on no screen of the app, and a wrong one leads nowhere", async () => {
  const choice = mari.page.getByRole("switch", { name: "Always type the code" });
  await mari.button(/^Settings/).click();
  await choice.click();
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  await mari.presses("Back");
  const { sessionID, verificationCode } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  const shown = () => mari.page.locator("body").innerText();
  expect(await shown()).not.toContain(verificationCode);
  await mari.types(verificationCode === "0000" ? "0001" : "0000", "pad");
  await mari.presses("Continue");
  await mari.page.getByText("That is not the code").waitFor();
  expect(await accessibilityFindings(mari.page)).toEqual([]);
  await mari.types(verificationCode);
  await mari.page.keyboard.press("Enter");
  await mari.sees("Enter PIN1");
  expect(await shown()).not.toContain(verificationCode);
  expect(await mari.page.locator("[data-code]").count()).toBe(0);
  await mari.entersPin(NEW_PIN);
  await confirmed(sessionID);
  await mari.button(/^Settings/).click();
  await choice.click();
  await goesHome();
});

describe("without the passkey", () => {
  it("the right PIN opens nothing and costs nothing, and what is left is a new account", async () => {
    await passkeys.lose();
    await typesPin(mari, NEW_PIN);
    await mari.presses("I no longer have the passkey");
    await looks("Is the passkey gone?");
    expect(wrongPins()).toBe(0);
    await mari.presses("Make an account");
    await mari.sees("Who are you?");
  });

  it("whoever copied all that the browser keeps has no more, with the right PIN", async () => {
    const storageState = await mari.page.context().storageState({ indexedDB: true });
    await mari.page.goto("about:blank");
    const thief = new Person(await (await here.context({ storageState })).newPage(), here.url, mari.identity);
    await VirtualPasskeys.of(thief.page);
    await thief.open();
    await thief.sees(thief.name);
    await typesPin(thief, NEW_PIN);
    await thief.page.getByText("The passkey was not used").waitFor();
    expect(wrongPins()).toBe(0);
  });
});
