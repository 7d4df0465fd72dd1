// How people get around in the app: several in one browser, by the Escape key, into the settings and back, by the system's Back.
import { describe, expect, it } from "vitest";
import { identity } from "./support/identity.ts";
import { looksRight } from "./support/looks-right.ts";
import { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { windows } from "./support/windows.ts";

const here = stage();
const mari = windows(here, identity(0));

const said = ({ page }: Person): Promise<string> => page.locator("main").innerText();
const opensRow = ({ page }: Person, name: string | RegExp): Promise<void> => page.getByRole("button", { name }).click();
const isFocused = ({ page }: Person, name: string | RegExp): Promise<boolean> =>
  page
    .getByRole("button", { name })
    .or(page.getByRole("heading", { name }))
    .first()
    .evaluate((element) => element === document.activeElement);

describe("two people in one browser", () => {
  it("are told apart on every screen, and when one is deleted in another window the other stays", async () => {
    const person = await mari.open();
    await person.presses("Add another account");
    const juri = new Person(person.page, here.url, identity(2));
    await juri.enrol();
    await juri.page.getByRole("heading", { name: "Also on this device" }).waitFor();
    await looksRight(juri, "two-people-home");
    await juri.presses("History");
    await juri.sees("History");
    expect(await said(juri)).toContain(juri.name);
    await juri.page.getByText("Nothing here yet").waitFor();
    await looksRight(juri, "two-people-history");
    await juri.presses("Back");
    await juri.presses("Settings");
    await juri.sees("Settings");
    await looksRight(juri, "two-people-settings");
    await opensRow(juri, new RegExp(`^${mari.name}`));
    await person.sees(mari.name);
    // Where the person goes on reading: the other name is read out.
    expect(await isFocused(person, mari.name)).toBe(true);
    expect(await person.page.title()).toBe("Tally");
    await person.changesTo(juri);
    const other = await here.person(mari.owner, person.page.context());
    await other.open();
    await other.changesTo(new Person(other.page, here.url, juri.identity));
    await other.asksToDelete();
    await other.page.getByText(juri.name).waitFor();
    await looksRight(other, "two-people-delete");
    await other.presses("Delete account");
    await other.sees("This account is closed");
    await juri.sees("This account is closed");
    expect(await said(juri)).toContain(juri.name);
    expect(await said(juri)).toContain("You deleted it");
    await looksRight(juri, "deleted-elsewhere");
    await other.presses("Remove from this device");
    await other.sees(mari.name);
    await other.page.close();
    await juri.presses("Remove from this device");
    await person.sees(mari.name);
    expect(await said(person)).not.toContain(juri.name);
  });
});

describe("Escape", () => {
  it("leaves what the arrow leaves, and answers no request", async () => {
    const person = await mari.open();
    const escape = () => person.page.keyboard.press("Escape");
    await person.presses("History");
    await person.sees("History");
    await escape();
    await person.sees(mari.name);
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await person.checksFor("DEMO");
    await escape();
    await person.presses("Continue");
    await person.sees("Enter PIN1");
    await person.types("90");
    await escape();
    await person.page.getByText("2 digits entered").waitFor();
    await person.types("26");
    await person.page.keyboard.press("Enter");
    await person.sees("Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
    await escape();
    await person.sees("Confirmed");
    await person.presses("Done");
  });
});

describe("Escape throws nothing away", () => {
  it("of who the person is, wherever the focus is", async () => {
    const person = await mari.open();
    await person.presses("Add another account");
    await person.answers("welcome");
    await person.sees("Who are you?");
    const name = person.page.getByLabel("Given name");
    await name.fill("MARI");
    await person.button("Continue").focus();
    await person.page.keyboard.press("Escape");
    await person.page.getByRole("radio").first().focus();
    await person.page.keyboard.press("Escape");
    await person.page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await name.inputValue()).toBe("MARI");
  });

  it("of a PIN that is changed", async () => {
    const person = await mari.open();
    await person.presses("Settings");
    await opensRow(person, /^Change PIN1/);
    await person.sees("Enter your old PIN1");
    await person.types("90");
    await person.page.keyboard.press("Escape");
    await person.types("26");
    await person.page.getByText("4 digits entered").waitFor();
    await person.page.keyboard.press("Enter");
    await person.sees("Choose your new PIN1");
    await person.page.keyboard.press("Escape");
    await person.presses("Make one for me");
    await person.sees("Remember your new PIN1");
    await person.page.keyboard.press("Escape");
    await person.page.evaluate(() => new Promise(requestAnimationFrame));
    await person.sees("Remember your new PIN1");
  });
});

describe("the settings", () => {
  it.each([
    [/^About Tally/, "About Tally"],
    [/^Change PIN2/, "Enter your old PIN2"],
    [/^Delete account/, "Delete this account?"],
    [/^Try out a login/, "Try out a login"],
    [/^MARI TAMM/, "MARI TAMM"],
  ])("are where the person left them, when they come back from %s", async (row, heading) => {
    const person = await mari.open();
    await person.page.setViewportSize({ width: 390, height: 500 });
    await person.presses("Settings");
    await person.sees("Settings");
    const button = person.page.getByRole("button", { name: row });
    await button.scrollIntoViewIfNeeded();
    const before = await person.page.evaluate(() => scrollY);
    await button.click();
    await person.sees(heading);
    await person.page.goBack();
    await person.sees("Settings");
    expect(await isFocused(person, row)).toBe(true);
    expect(await person.page.evaluate(() => scrollY)).toBe(before);
    await person.page.keyboard.press("Escape");
    await person.sees(mari.name);
    await person.presses("Settings");
    await person.sees("Settings");
    expect(await isFocused(person, "Settings")).toBe(true);
    expect(await person.page.evaluate(() => scrollY)).toBe(0);
  });

  it("are come back to from a new PIN step by step, by the system's Back, too", async () => {
    const person = await mari.open();
    await person.presses("Settings");
    await opensRow(person, /^Change PIN1/);
    await person.sees("Enter your old PIN1");
    await person.types("9026");
    await person.page.keyboard.press("Enter");
    await person.sees("Choose your new PIN1");
    await person.presses("Make one for me");
    await person.sees("Remember your new PIN1");
    for (const heading of ["Choose your new PIN1", "Enter your old PIN1", "Settings"]) {
      await person.page.goBack();
      await person.sees(heading);
    }
    await person.page.goBack();
    await person.sees(mari.name);
  });

  it("are left by the system's Back twice, without an entry that a browser passes over", async () => {
    const person = await mari.open(() => {
      const add = history.pushState.bind(history);
      history.pushState = (...given) => {
        document.body.dataset["entries"] = String(Number(document.body.dataset["entries"] ?? 0) + 1);
        add(...given);
      };
    });
    const entries = () => person.page.evaluate(() => document.body.dataset["entries"]);
    await person.presses("Settings");
    await opensRow(person, /^About Tally/);
    await person.sees("About Tally");
    const before = await entries();
    await person.page.goBack();
    await person.sees("Settings");
    await person.page.goBack();
    await person.sees(mari.name);
    await expect.poll(() => person.page.evaluate(() => history.state as unknown)).toBe(null);
    expect(await entries()).toBe(before);
  });
});
