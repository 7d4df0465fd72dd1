// What stands in the way on a device, each with what to do about it: storage that may go, a wrong clock, an app that is too old, no camera,
// no network. One person, one browser.
import { afterEach, describe, expect, it } from "vitest";
import { identity } from "./support/identity.ts";
import { looksRight } from "./support/looks-right.ts";
import { otherWords } from "./support/other-words.ts";
import type { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";
import { windows } from "./support/windows.ts";

const here = stage();
const mari = windows(here, identity(0));

afterEach(() => here.network.restore());

const said = ({ page }: Person): Promise<string> => page.locator("main").innerText();
const opensRow = ({ page }: Person, name: string | RegExp): Promise<void> => page.getByRole("button", { name }).click();
const isFocused = ({ page }: Person, name: string | RegExp): Promise<boolean> =>
  page
    .getByRole("button", { name })
    .or(page.getByRole("heading", { name }))
    .first()
    .evaluate((element) => element === document.activeElement);

describe("storage that the browser may throw away", () => {
  const LOOSE = "This browser may forget your accounts";
  /** What it answers when it is asked to keep it, one after the other. */
  const answering = (answers: boolean[]) =>
    mari.open((given: boolean[]) => {
      let kept = false;
      StorageManager.prototype.persisted = async () => kept;
      StorageManager.prototype.persist = async () => (kept = given.shift() ?? false);
    }, answers);

  it("is said, with the way to have it kept; refused, how to mend it; kept, no more", async () => {
    const person = await answering([false, true]);
    await person.sees(LOOSE);
    expect(await said(person)).not.toContain("did not promise");
    await looksRight(person, "storage-loose");
    await person.presses("Keep my accounts");
    await person.page.getByText(/^It did not promise to keep them\. Install Tally/).waitFor();
    await looksRight(person, "storage-refused");
    await person.presses("Ask again");
    await person.heading(LOOSE).waitFor({ state: "hidden" });
    expect(await isFocused(person, mari.name)).toBe(true);
    await person.page.reload();
    await person.sees(mari.name);
  });

  it("is kept where Tally is installed, which is offered where the browser does", async () => {
    const person = await answering([false, true]);
    const offers = (outcome: string): Promise<void> =>
      person.page.evaluate((chosen) => {
        const prompt = () => {
          document.body.dataset["prompts"] = `${document.body.dataset["prompts"] ?? ""} ${chosen}`;
          return Promise.resolve({ outcome: chosen });
        };
        dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt }));
      }, outcome);
    await offers("dismissed");
    await person.presses("Keep my accounts");
    await person.page.getByText(/^It did not promise to keep them\. When Tally is installed/).waitFor();
    await looksRight(person, "storage-install");
    await person.button("Install Tally").click();
    // An offer is good for once.
    await person.button("Ask again").waitFor();
    await person.presses("Settings");
    await person.sees("Settings");
    expect(await person.page.getByRole("button", { name: /^Install Tally/ }).count()).toBe(0);
    await offers("accepted");
    await person.page.getByRole("button", { name: /^Install Tally/ }).waitFor();
    await looksRight(person, "settings-install");
    await opensRow(person, /^Install Tally/);
    expect(await person.page.evaluate(() => document.body.dataset["prompts"])).toBe(" dismissed accepted");
    await person.page.evaluate(() => dispatchEvent(new Event("appinstalled")));
    await person.presses("Back");
    await person.sees(mari.name);
    await person.heading(LOOSE).waitFor({ state: "hidden" });
  });
});

describe("a clock that is wrong", () => {
  const HOUR = 3_600_000;
  it.each([
    ["ahead", 3 * HOUR, "ahead (3 hours)"],
    ["behind", -72 * HOUR, "behind (3 days)"],
  ])("%s is told, and changes nothing of a request", async (name, shift, words) => {
    const person = await mari.open((milliseconds: number) => {
      const Real = Date;
      globalThis.Date = class extends Real {
        constructor(...given: readonly unknown[]) {
          super(...((given.length === 0 ? [Real.now() + milliseconds] : given) as [number]));
        }
        static override now() {
          return Real.now() + milliseconds;
        }
      } as DateConstructor;
    }, shift);
    await person.sees("The clock of this device is wrong");
    await person.page.getByText(words).waitFor();
    await looksRight(person, `clock-${name}`);
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await person.checksFor("DEMO");
    await person.page.getByText(/^(?:2:[3-5]\d|3:00)\b/).waitFor();
    await looksRight(person, `clock-${name}-request`);
    await person.approves("auth");
    await person.sees("Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });
});

describe("an app that the server does not understand any more", () => {
  const TOO_OLD = "This version of Tally is too old";
  it("is told at home, until they understand each other again", async () => {
    const person = await mari.open();
    here.network.interference = await otherWords(person, (body) => ("status" in body ? { ...body, colour: "green" } : body));
    await person.presses("Check for requests");
    await person.sees(TOO_OLD);
    await looksRight(person, "too-old");
    here.network.interference = {};
    await person.presses("Update now");
    await person.heading(TOO_OLD).waitFor({ state: "hidden" });
    await person.sees(mari.name);
  });

  it("is told on a request, which is not answered", async () => {
    const person = await mari.open();
    here.network.interference = await otherWords(person, (body) => ("flowType" in body ? { ...body, colour: "green" } : body));
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await person.sees(TOO_OLD);
    await looksRight(person, "too-old-request");
    expect((await here.relyingParty.poll(sessionID, 1000)).state).toBe("RUNNING");
    here.network.interference = {};
    await person.presses("Not now");
    await person.checksFor("DEMO");
    await person.presses("Cancel");
    expect(await here.relyingParty.endResult(sessionID)).toMatch(/^USER_REFUSED/);
  });
});

describe("a camera", () => {
  it("that is not there, and one that is refused, are told, with what to do", async () => {
    const person = await mari.open();
    await person.presses("Scan a QR code");
    await person.sees("No camera was found");
    await looksRight(person, "camera-none");
    await person.page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await person.presses("Try again");
    await person.sees("Tally may not use the camera");
    await looksRight(person, "camera-refused");
    await person.page.keyboard.press("Escape");
    await person.sees(mari.name);
  });
});

describe("without a network", () => {
  it("an account that is not finished says so at a start, lets its person go back, and goes on when there is one", async () => {
    here.violations.allowNetworkErrors();
    const juri = await here.person(identity(1));
    await juri.open();
    await juri.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
    await juri.answers("welcome");
    await juri.answers("Who are you?");
    await juri.sees("Choose PIN1");
    here.network.cut();
    await juri.page.reload();
    await juri.sees("The server cannot be reached");
    await juri.page.getByText(/^Your account is not finished yet\. Check your connection/).waitFor();
    await looksRight(juri, "unfinished-offline");
    await juri.page.goBack();
    await juri.answers("welcome");
    await juri.sees("The server cannot be reached");
    expect(await isFocused(juri, "The server cannot be reached")).toBe(true);
    here.network.restore();
    await juri.sees("Choose PIN1");
  });

  it("home says so, also after a reload; and is as before when it is back", async () => {
    here.violations.allowNetworkErrors();
    const person = await mari.open();
    await person.page.context().setOffline(true);
    await person.sees("You are offline");
    await person.presses("Check for requests");
    await person.page.getByText("The server cannot be reached").first().waitFor();
    await looksRight(person, "offline-home");
    await person.page.context().setOffline(false);
    await person.heading("You are offline").waitFor({ state: "hidden" });
    await person.page.getByText("The server cannot be reached").first().waitFor({ state: "hidden" });
    // As in a lift: the browser says that there is a network, and no server is reached.
    here.network.cut();
    await person.page.reload();
    await person.sees(mari.name);
    await person.page.getByText("The server cannot be reached").first().waitFor();
    here.network.restore();
    await person.presses("Check for requests");
    await person.page.getByText("No request found").waitFor();
  });

  it("a request waits with the PIN until it is back, and costs no attempt", async () => {
    here.violations.allowNetworkErrors();
    const person = await mari.open();
    const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
    await person.checksFor("DEMO");
    await person.page.context().setOffline(true);
    await looksRight(person, "offline-request");
    await person.approves("auth", "keyboard");
    await person.unreachable().waitFor();
    await looksRight(person, "offline-pin");
    await person.page.context().setOffline(false);
    await person.entersPin(mari.owner.pins.auth, "keyboard");
    await person.sees("Confirmed");
    expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
  });
});
