// A browser with one account, opened in one window after the other, each with something about it as some browsers have it.
import { afterEach, beforeAll } from "vitest";
import type { Identity } from "./identity.ts";
import { Person } from "./person.ts";
import type { Stage } from "./stage.ts";

export class Windows {
  readonly owner: Identity;
  readonly #here: Stage;
  #enrolled: Person | undefined;
  #open: Person | undefined;

  constructor(here: Stage, owner: Identity) {
    this.#here = here;
    this.owner = owner;
  }

  get name(): string {
    return `${this.owner.givenName} ${this.owner.surname}`;
  }

  get semanticsIdentifier(): string {
    return `PNOEE-${this.owner.personalCode}`;
  }

  /** At home, in a window in which the script has run before the app. It closes with the test. */
  async open<Value>(script?: (value: Value) => void, value?: Value): Promise<Person> {
    if (this.#enrolled === undefined) throw new Error("no account yet");
    const page = await this.#enrolled.page.context().newPage();
    if (script !== undefined) await page.addInitScript(script as (given: unknown) => void, value);
    this.#open = new Person(page, this.#here.url, this.owner);
    await this.#open.open();
    await this.#open.sees(this.name);
    return this.#open;
  }

  /** The account is kept, and no window of the app is left open. */
  async enrol(): Promise<void> {
    this.#enrolled = await this.#here.enrolled(this.owner);
    const { page } = this.#enrolled;
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
    await page.goto("about:blank");
  }

  async close(): Promise<void> {
    await this.#enrolled?.page.context().setOffline(false);
    await this.#open?.page.close();
    this.#open = undefined;
  }
}

/** To be called once, at the top of a test file. */
export function windows(here: Stage, owner: Identity): Windows {
  const all = new Windows(here, owner);
  beforeAll(() => all.enrol());
  afterEach(() => all.close());
  return all;
}
