// A PIN is changed, and keys are added under the PINs that there are, with everything that may go wrong on the way: what a person is told
// which PIN works is true at every place. One account goes through it all, made when the server knew one kind of key.
import { beforeAll, expect, it } from "vitest";
import { accessibilityFindings } from "./support/accessibility.ts";
import { identity } from "./support/identity.ts";
import { narrowFindings } from "./support/narrow.ts";
import type { Passing } from "./support/network.ts";
import { Person } from "./support/person.ts";
import { stage } from "./support/stage.ts";

const here = stage();
here.server.variables = { KEY_SUITES: "rsa" };
let mari: Person;
let documentNumber: string;
/** That works. */
let pin: string;

beforeAll(async () => {
  mari = await here.enrolled(identity(0));
  pin = mari.identity.pins.auth;
  [documentNumber = ""] = here.server.activeAccounts();
});

const isMessage = ({ path }: Passing): boolean => path === "/device/messages";
const keyVersion = (): number => here.server.keyVersion(documentNumber, "auth");
const wrongPins = (): number => here.server.wrongPins(documentNumber)["auth"] ?? 0;

async function looks(heading: string): Promise<void> {
  await mari.sees(heading);
  expect(await accessibilityFindings(mari.page), heading).toEqual([]);
  expect(await narrowFindings(mari.page), heading).toEqual([]);
}

async function goesHome(): Promise<void> {
  for (;;) {
    await mari.page.locator("main").waitFor();
    if (await mari.button("Check for requests").isVisible()) return;
    await mari.presses("Back");
  }
}

/** From home, to the old PIN. */
async function startsChange(person = mari): Promise<void> {
  await person.presses("Settings");
  await person.page.getByRole("button", { name: "Change PIN1" }).click();
  await person.sees("Enter your old PIN1");
}

async function enters(person: Person, heading: string, digits: string): Promise<void> {
  await person.sees(heading);
  await person.entersPin(digits, "keyboard");
}

async function choosesNew(newPin: string, person = mari): Promise<void> {
  await enters(person, "Choose your new PIN1", newPin);
  await enters(person, "Repeat your new PIN1", newPin);
}

async function changes(newPin: string, person = mari): Promise<void> {
  await startsChange(person);
  await enters(person, "Enter your old PIN1", pin);
  await choosesNew(newPin, person);
}

/** By which PIN1 works, and that the other one does not: that costs an attempt, which the right one brings back. */
async function logsIn(wrong?: string): Promise<void> {
  const { sessionID } = await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.presses("Continue");
  if (wrong !== undefined) {
    await enters(mari, "Enter PIN1", wrong);
    await mari.page.getByText(/2 attempts are left/).waitFor();
  }
  await enters(mari, "Enter PIN1", pin);
  await mari.sees("Confirmed");
  await mari.presses("Done");
  expect(await here.relyingParty.endResult(sessionID)).toBe("OK");
}

/** Messages from the new keys' first on are lost until the interference ends. Resolves with the first of them. */
function losesNewKeys(): Promise<void> {
  here.violations.allowNetworkErrors();
  const lost = Promise.withResolvers<void>();
  here.network.interference = {
    request(passing) {
      if (!isMessage(passing) || !here.server.isReKeying(documentNumber)) return "passes";
      lost.resolve();
      return "lost";
    },
  };
  return lost.promise;
}

it("a new PIN that is weak, or the old one, is refused with its reason", async () => {
  await startsChange();
  await looks("Enter your old PIN1");
  await mari.entersPin(pin, "keyboard");
  await looks("Choose your new PIN1");
  await mari.entersPin("1111", "keyboard");
  await mari.page.getByRole("alert").filter({ hasText: "guessed first" }).waitFor();
  await mari.entersPin(pin, "keyboard");
  await mari.page.getByRole("alert").filter({ hasText: "your old PIN" }).waitFor();
  await goesHome();
});

it("a wrong old PIN costs an attempt, and lost answers none; then the new PIN logs in, and the old one is wrong", async () => {
  here.violations.allowNetworkErrors();
  const old = pin;
  await startsChange();
  await mari.entersPin("8888", "keyboard");
  await choosesNew("6283");
  await mari.sees("Enter your old PIN1");
  await mari.page.getByText(/not your old PIN1. 2 attempts are left/).waitFor();
  let messages = 0;
  // Those after the proof of the old PIN, each as often as it is sent.
  here.network.interference = {
    answer: (passing) => (isMessage(passing) && ++messages >= 4 && messages < 8 ? "lost" : "passes"),
  };
  // The new one is still there.
  await mari.entersPin(old, "keyboard");
  await mari.heading("Waiting for the network").waitFor();
  pin = "6283";
  await looks("PIN1 is changed");
  await mari.presses("Done");
  await goesHome();
  await logsIn(old);
});

it("a reload while keys are made changes nothing: which PIN works is said as soon as the server was heard, and not before", async () => {
  const lost = losesNewKeys();
  await changes("7395");
  await lost;
  await mari.page.reload({ waitUntil: "commit" });
  await looks("It is not known yet which PIN1 works");
  here.network.interference = {};
  await mari.presses("Check for requests");
  await looks("PIN1 was not changed");
  await mari.presses("Understood: PIN1 was not changed");
  await mari.heading("PIN1 was not changed").waitFor({ state: "hidden" });
  await logsIn();
});

it("a reload before the answer to the last proof is heard leaves the new PIN, and says so", async () => {
  here.violations.allowNetworkErrors();
  const [old, before] = [pin, keyVersion()];
  const proven = Promise.withResolvers<void>();
  here.network.interference = {
    answer(passing) {
      if (!isMessage(passing) || keyVersion() === before) return "passes";
      proven.resolve();
      return "lost";
    },
  };
  await changes("7395");
  await proven.promise;
  await mari.page.reload({ waitUntil: "commit" });
  here.network.interference = {};
  pin = "7395";
  await looks("PIN1 is changed");
  await mari.presses("Understood: PIN1 is changed");
  await logsIn(old);
});

it("a second window begins no change beside it, and works with the new PIN after it", async () => {
  const lost = losesNewKeys();
  const other = new Person(await mari.page.context().newPage(), here.url, mari.identity);
  await changes("4917");
  await lost;
  await mari.heading("Waiting for the network").waitFor();
  await other.open();
  await changes("5820", other);
  await other.page.getByText("being changed in another window").waitFor();
  expect(await accessibilityFindings(other.page)).toEqual([]);
  here.network.interference = {};
  pin = "4917";
  await mari.sees("PIN1 is changed");
  await mari.presses("Done");
  await goesHome();
  await other.page.close();
  await logsIn("5820");
});

it("new keys that are not ready in time are given up by the server: its person hears that, and the old PIN goes on working", async () => {
  const { promise: timeIsOver, resolve } = Promise.withResolvers<void>();
  const making = Promise.withResolvers<void>();
  here.network.interference = {
    request(passing) {
      if (!isMessage(passing) || !here.server.isReKeying(documentNumber)) return "passes";
      making.resolve();
      return timeIsOver.then(() => "passes");
    },
  };
  await changes("7395");
  await making.promise;
  await here.whileStopped((server) => server.endKeyMaking(documentNumber));
  resolve();
  await looks("PIN1 was not changed");
  await mari.page.getByText("Your old PIN1 works as before.").waitFor();
  await mari.presses("Try again");
  await mari.sees("Enter your old PIN1");
  await goesHome();
  await logsIn("7395");
});

it("a change that its person leaves while the network is away changes nothing: that is said when the server was heard", async () => {
  const before = keyVersion();
  const lost = losesNewKeys();
  await changes("7395");
  await lost;
  await mari.heading("Waiting for the network").waitFor();
  await mari.presses("Back");
  await goesHome();
  await looks("It is not known yet which PIN1 works");
  here.network.interference = {};
  await mari.presses("Check for requests");
  await looks("PIN1 was not changed");
  await mari.presses("Understood: PIN1 was not changed");
  await mari.heading("PIN1 was not changed").waitFor({ state: "hidden" });
  await logsIn("7395");
  expect(keyVersion()).toBe(before);
});

it("certificates that are late are waited for where the person is, and the new PIN works when they are there", async () => {
  const old = pin;
  const { variables } = here.server;
  // Nothing can be issued: as with an authority whose key is away.
  await here.whileStopped((server) => void (server.variables = { ...variables, CERTIFICATE_POLICIES: "none" }));
  await changes("5820");
  await looks("Your new PIN1 is nearly ready");
  await here.whileStopped((server) => void (server.variables = variables));
  pin = "5820";
  await looks("PIN1 is changed");
  await mari.presses("Done");
  await goesHome();
  await logsIn(old);
});

it("keys of a kind that came to the server later are added under each PIN, which stays as it is", async () => {
  await here.whileStopped((server) => void (server.variables = { KEY_SUITES: "rsa,ed25519" }));
  await mari.presses("Check for requests");
  await looks("A new kind of key is ready for you");
  await mari.presses("Add it now");
  await looks("Enter PIN1");
  await mari.entersPin(pin, "keyboard");
  await looks("PIN1 is done");
  await mari.presses("Continue");
  await mari.sees("Enter PIN2");
  await mari.entersPin(mari.identity.pins.sign, "keyboard");
  await looks("The new keys are ready");
  await mari.presses("Done");
  await mari.heading("A new kind of key is ready for you").waitFor({ state: "hidden" });
  await logsIn();
  await mari.presses("Settings");
  await mari.page.getByRole("button", { name: new RegExp(`^${mari.name}`) }).click();
  for (const certificate of ["Log in · RSA", "Log in · Ed25519", "Sign · RSA", "Sign · Ed25519"])
    await mari.page.getByRole("heading", { name: certificate }).waitFor();
  await goesHome();
});

it("old PINs that are wrong three times lock it: no change until the lock ends, and the new PIN is forgotten", async () => {
  await startsChange();
  await mari.entersPin("8888", "keyboard");
  await choosesNew("7395");
  for (const left of ["2 attempts are left", "One attempt is left"]) {
    await mari.page.getByText(left).waitFor();
    await enters(mari, "Enter your old PIN1", "8888");
  }
  await looks("PIN1 is locked");
  expect(wrongPins()).toBe(3);
  await here.whileStopped((server) => server.endLock(documentNumber, "auth"));
  await mari.page.reload();
  await mari.sees(mari.name);
  // What was stored says so until the server was heard: no lock ends before its time.
  await mari.heading("PIN1 is locked").waitFor({ state: "hidden" });
  await startsChange();
  await mari.entersPin(pin, "keyboard");
  await mari.sees("Choose your new PIN1");
  await goesHome();
});
