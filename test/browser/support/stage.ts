// What every test file of a browser needs, set up and taken down around its tests: one server, the wire to it, one browser. After
// each test nothing may have gone wrong in any page, unless the test said that it would.
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launchChromium } from "./chromium.ts";
import type { Identity } from "./identity.ts";
import { Network } from "./network.ts";
import { Person } from "./person.ts";
import { RelyingParty } from "./relying-party.ts";
import { TestServer } from "./server.ts";
import { Violations } from "./violations.ts";

/** A phone, held upright; the app must work without hovering and without a wide window. */
export const CONTEXT: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  locale: "en-GB",
  reducedMotion: "reduce",
  serviceWorkers: "allow",
};
const PATIENCE_MILLISECONDS = 40_000;

export class Stage {
  readonly network = new Network();
  readonly server = new TestServer(() => this.network.url);
  readonly violations = new Violations();
  readonly #chromium: readonly string[];
  #browser: Browser | undefined;
  #ofTest: BrowserContext[] | undefined;

  /** `chromium`: arguments of the browser besides the usual ones. */
  constructor(chromium: readonly string[]) {
    this.#chromium = chromium;
  }

  /** Origin of the app, as browsers see it. */
  get url(): string {
    return this.network.url;
  }

  get relyingParty(): RelyingParty {
    return new RelyingParty(this.server.url);
  }

  /** A browser profile of its own, empty. One that is made in a test goes with it. */
  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (this.#browser === undefined) throw new Error("no browser yet");
    const context = await this.#browser.newContext({ ...CONTEXT, ...options });
    this.#ofTest?.push(context);
    return this.prepare(context);
  }

  beginTest(): void {
    this.#ofTest = [];
  }

  /** What the pages did wrong meanwhile. */
  async endTest(): Promise<readonly string[]> {
    await Promise.all((this.#ofTest ?? []).map((context) => context.close()));
    this.#ofTest = undefined;
    this.network.interference = {};
    this.network.deployed = undefined;
    return this.violations.take();
  }

  prepare(context: BrowserContext): BrowserContext {
    context.setDefaultTimeout(PATIENCE_MILLISECONDS);
    this.violations.watch(context);
    return context;
  }

  /** Somebody at a new tab of the context, or of a new one; the app is not opened yet. */
  async person(identity: Identity, context?: BrowserContext): Promise<Person> {
    return new Person(await (context ?? (await this.context())).newPage(), this.url, identity);
  }

  /** Somebody with an account, at home. */
  async enrolled(identity: Identity, context?: BrowserContext): Promise<Person> {
    const person = await this.person(identity, context);
    await person.open();
    await person.enrol();
    return person;
  }

  async open(): Promise<void> {
    await this.network.start(() => this.server.url);
    const [browser] = await Promise.all([launchChromium(this.#chromium), this.server.start()]);
    this.#browser = browser;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.network.stop();
    await this.server.dispose();
  }

  /** Time passes for the server: it is stopped, its storage is changed, it is started again. Open pages lose it meanwhile. */
  async whileStopped<Value>(change: (server: TestServer) => Value): Promise<Value> {
    this.violations.allowNetworkErrors();
    await this.server.stop();
    try {
      return change(this.server);
    } finally {
      await this.server.start();
    }
  }
}

/** To be called once, at the top of a test file. `chromium`: arguments of the browser besides the usual ones. */
export function stage(chromium: readonly string[] = []): Stage {
  const here = new Stage(chromium);
  beforeAll(() => here.open());
  beforeEach(() => here.beginTest());
  afterEach(async () => expect(await here.endTest(), "what the pages did wrong").toEqual([]));
  afterAll(() => here.close());
  return here;
}
