// A person at the app: does what its screens ask, by what stands on them (roles and names), never by their markup.
import type { Locator, Page } from "playwright-core";
import type { Purpose } from "../../../src/account/purpose.ts";
import type { Identity } from "./identity.ts";

export type By = "pad" | "keyboard";
export type Says = (english: string) => readonly string[];

/** The screens of an enrolment by their headings, in order; welcome and home have other ones. */
export const ENROLMENT = [
  "Who are you?",
  "Choose PIN1",
  "Repeat PIN1",
  "Choose PIN2",
  "Repeat PIN2",
  "Making your keys",
  "Sign your application",
  "Your account is ready",
] as const;
export type EnrolmentScreen = "welcome" | (typeof ENROLMENT)[number] | "home";

export class Person {
  readonly identity: Identity;
  readonly page: Page;
  /** Origin of the app. */
  readonly url: string;
  readonly #says: Says;
  #turn: Promise<unknown> = Promise.resolve();
  #reloaded = Promise.withResolvers<void>();

  /** `says`: what may stand where these English words would, for a person who reads another language. */
  constructor(page: Page, url: string, identity: Identity, says: Says = (english) => [english]) {
    this.page = page;
    this.url = url;
    this.identity = identity;
    this.#says = says;
  }

  get name(): string {
    return `${this.identity.givenName} ${this.identity.surname}`;
  }

  get semanticsIdentifier(): string {
    return `PNOEE-${this.identity.personalCode}`;
  }

  async open(path = "/"): Promise<void> {
    await this.page.goto(this.url + path);
  }

  /**
   * Reloads the page under whatever it waits for, but under no hand: an answer that is begun on a screen and ended on the page after it
   * would wait for a button that never comes back there, or be half an answer to another screen.
   */
  reloads(): Promise<void> {
    return this.#inTurn(async () => {
      await this.page.reload({ waitUntil: "commit" });
      this.#reloaded.resolve();
      this.#reloaded = Promise.withResolvers<void>();
    });
  }

  /** `work` must not wait for the server: what it waits for may be held until a reload has had its turn. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole("heading", { name: this.#reads(name), exact: true });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name: this.#reads(name), exact: true });
  }

  field(name: string): Locator {
    return this.page.getByLabel(this.#reads(name));
  }

  #reads(name: string | RegExp): string | RegExp {
    if (typeof name !== "string") return name;
    const [only = name, ...others] = this.#says(name);
    return others.length === 0 ? only : anyOf([only, ...others]);
  }

  /** Resolves when the screen with this heading is there. Throws with what is there instead. */
  async sees(heading: string): Promise<void> {
    try {
      await this.heading(heading).waitFor();
    } catch (cause) {
      const shown = await this.page.locator("body").innerText();
      throw new Error(`there is no heading "${heading}" on the screen, but:\n${shown}`, { cause });
    }
  }

  async presses(name: string): Promise<void> {
    await this.button(name).click();
  }

  /** Of the codes that are offered. They are named digit by digit, as they are to be read out. */
  chooses(code: string): Promise<void> {
    return this.presses([...code].join(" "));
  }

  /** From home. */
  async asksToDelete(): Promise<void> {
    await this.presses("Settings");
    await this.presses("Delete account");
    await this.sees("Delete this account?");
  }

  /** Types a PIN without confirming it. */
  async types(digits: string, by: By = "keyboard"): Promise<void> {
    for (const digit of digits) {
      await (by === "pad" ? this.presses(digit) : this.page.keyboard.press(digit));
    }
  }

  /** From wherever the enrolment stands to the home screen; `visit` looks at each screen before it is answered. */
  async enrol(visit: (screen: EnrolmentScreen) => Promise<void> = async () => {}): Promise<void> {
    for (;;) {
      const screen = await this.enrolmentScreen();
      await visit(screen);
      if (screen === "home") return;
      const answered = await this.#inTurn(async () => {
        // What was visited may have gone on by itself, or been reloaded.
        if (!(await this.marking(screen).isVisible())) return false;
        await this.answers(screen);
        return true;
      });
      if (answered) await this.leaves(screen);
    }
  }

  /** Waits until one of them is there. */
  async enrolmentScreen(): Promise<EnrolmentScreen> {
    const headings = this.heading(anyOf([...ENROLMENT.flatMap((name) => this.#says(name)), this.name]));
    const found = headings.or(this.welcome()).first();
    await found.waitFor();
    const text = ((await found.textContent()) ?? "").trim();
    if (text === this.name) return "home";
    return ENROLMENT.find((name) => this.#says(name).includes(text)) ?? "welcome";
  }

  async answers(screen: EnrolmentScreen): Promise<void> {
    const { pins } = this.identity;
    switch (screen) {
      case "welcome":
        return this.welcome().click();
      case "Who are you?":
        return this.saysWhoTheyAre();
      case "Choose PIN1":
      case "Repeat PIN1":
        await this.types(pins.auth, "pad");
        return this.presses("Continue");
      case "Choose PIN2":
      case "Repeat PIN2":
        await this.types(pins.sign);
        return this.page.keyboard.press("Enter");
      case "Sign your application":
        await this.types(pins.sign, "pad");
        return this.presses("Sign");
      case "Your account is ready":
        return this.presses("Done");
      case "Making your keys":
      case "home":
    }
  }

  /**
   * Resolves when the screen has gone; when it says that the server could not be reached, and when the page was reloaded, which may show
   * the same screen so soon that nobody saw it gone: then it is to be answered again.
   */
  async leaves(screen: Exclude<EnrolmentScreen, "home">): Promise<void> {
    const still = this.marking(screen);
    // After a few outages the app waits longer each time before it tries again.
    if (screen === "Making your keys") return still.waitFor({ state: "hidden", timeout: 150_000 });
    const gone = still.waitFor({ state: "hidden" });
    await Promise.race([gone, this.unreachable().waitFor(), this.#reloaded.promise]);
  }

  /** What that screen has and no other one of an enrolment. */
  marking(screen: Exclude<EnrolmentScreen, "home">): Locator {
    return screen === "welcome" ? this.welcome() : this.heading(screen);
  }

  unreachable(): Locator {
    return this.page.getByRole("alert").filter({ hasText: "cannot be reached" });
  }

  async saysWhoTheyAre(): Promise<void> {
    const { givenName, surname, personalCode: code } = this.identity;
    await this.field("Country").selectOption("EE");
    await this.field("Given name").fill(givenName);
    await this.field("Surname").fill(surname);
    await this.field("Personal code").fill(code);
    await this.presses("Continue");
  }

  welcome(): Locator {
    return this.button("Make an account");
  }

  /** From home, where it may stand already, or be shown by itself, to the request of that party. */
  async checksFor(relyingPartyName: string): Promise<void> {
    const request = this.heading(relyingPartyName);
    const waiting = this.waiting(relyingPartyName);
    const check = this.button("Check for requests");
    await request.or(check).first().waitFor();
    await this.pressesUnless(check, request);
    await request.or(waiting).first().waitFor();
    await this.pressesUnless(waiting, request);
    await this.sees(relyingPartyName);
  }

  /**
   * Presses what may go in the moment that it is pressed, because the screen changes by itself to another one. The hand is then taken
   * back: a press that goes on waiting would fall on the same button when it is there again.
   */
  async pressesUnless(button: Locator, other: Locator): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    const both = [button.click({ signal }), other.waitFor({ signal })];
    await Promise.race(both).finally(() => over.abort());
    await Promise.allSettled(both);
  }

  /** A request that stands on the home screen. */
  waiting(relyingPartyName: string): Locator {
    return this.page.getByRole("button", { name: new RegExp(`^${relyingPartyName}\\b`) });
  }

  /** To another account of this browser. */
  async changesTo(other: Person): Promise<void> {
    await this.page.getByRole("button", { name: other.name }).click();
    await other.sees(other.name);
  }

  /** From a transaction's request to its PIN, and on. */
  async approves(purpose: Purpose, by: By = "pad", pin = this.identity.pins[purpose]): Promise<void> {
    await this.presses("Continue");
    await this.sees(purpose === "auth" ? "Enter PIN1" : "Enter PIN2");
    await this.entersPin(pin, by);
  }

  async entersPin(pin: string, by: By = "pad"): Promise<void> {
    await this.types(pin, by);
    await (by === "pad" ? this.presses("Confirm") : this.page.keyboard.press("Enter"));
  }

  /** The verification code on the screen. */
  async code(): Promise<string> {
    return ((await this.page.locator("[data-code]").first().textContent()) ?? "").replaceAll(/\D/g, "");
  }
}

export const anyOf = (names: readonly string[]): RegExp =>
  new RegExp(`^(?:${names.map((name) => name.replaceAll(/[.?]/g, "\\$&")).join("|")})$`);
