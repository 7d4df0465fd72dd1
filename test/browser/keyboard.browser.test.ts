// The keyboard alone, from the first visit on: whoever uses no mouse comes to everything in the order in which it is read, and always sees
// where they are.
import { expect, it } from "vitest";
import { identity } from "./support/identity.ts";
import { KeyboardPerson } from "./support/keyboard.ts";
import { stage } from "./support/stage.ts";

const here = stage();

it("an account is made, logins are confirmed and settings are seen by Tab, Enter, Space and digits", async () => {
  const page = await (await here.context()).newPage();
  const mari = new KeyboardPerson(page, here.url, identity(0));
  const isUsable = async (name: string): Promise<void> => {
    await mari.sees(name);
    await mari.startsAt(name);
    expect(await mari.findingsOfTab(), name).toEqual([]);
  };
  const confirmed = async (sessionID: string): Promise<void> => {
    await isUsable("Confirmed");
    await mari.presses("Done", "Space");
    await mari.sees(mari.name);
    await mari.startsAt(mari.name);
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  };

  await mari.open();
  await mari.enrol(async (screen) => {
    // It goes on by itself.
    if (screen === "Making your keys") return;
    await isUsable(screen === "welcome" ? "Two PINs instead of passwords" : screen === "home" ? mari.name : screen);
  });
  await mari.presses("Check for requests", "Space");
  await page.getByText("No request found").waitFor();

  const login = await here.relyingParty.login(mari.semanticsIdentifier);
  await isUsable("DEMO");
  await mari.presses("Continue");
  await isUsable("Enter PIN1");
  await mari.types(mari.identity.pins.auth);
  await mari.presses("Confirm");
  await confirmed(login.sessionID);

  const { sessionID, code } = await here.relyingParty.loginWithThreeCodes(mari.semanticsIdentifier);
  await isUsable("DEMO");
  await mari.chooses(code);
  await mari.sees("Enter PIN1");
  // From where a screen begins: digits, and Enter.
  await mari.entersPin(mari.identity.pins.auth, "keyboard");
  await confirmed(sessionID);

  await mari.presses("Settings");
  await isUsable("Settings");
  await mari.presses("About Tally");
  await isUsable("About Tally");
  await mari.presses("Back", "Enter", "Shift+Tab");
  await mari.sees("Settings");
  await mari.startsAt("About Tally");
  expect(await mari.findingsOfTab()).toEqual([]);
  await mari.presses("Back", "Space", "Shift+Tab");
  await mari.sees(mari.name);
  await mari.startsAt(mari.name);
});
