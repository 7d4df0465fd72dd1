// The system's Back: as many entries as there are steps up from the screen, none of them added while nobody touches anything, and no wait
// for a browser that does not go back.
import { login, testModel } from "./support/model.ts";
import { address, browserWindow } from "./support/page.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { leave } from "../../src/pwa/model/leaving.ts";
import type { Screen } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { depthOf, followSystemBack, leaveFor } from "../../src/pwa/model/system-back.ts";
import { NO_PROGRESS } from "../../src/pwa/model/enrolment-step.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

type Named<Name extends Screen["name"]> = Extract<Screen, { readonly name: Name }>;

const { claimed, shown, listed } = login("t1", "Bank");
const account = { accountId: "a", purpose: "auth" } as const;
const link = { deviceLinkType: "QR", sessionType: "auth", sessionToken: "", text: "" } as const;
const entry = { id: "e", partyRefused: false } as Named<"history-entry">["entry"];
const list = { entries: [entry], more: false, refused: [] };
const ofEntry = { accountId: "a", list, entry };
const purposes = ["auth", "sign"] as const;
const ends = ["changed", "added", "added-one", "changed-before", "late", "given-up"] as const;

/** Every screen, with all that its way up depends on. */
const SCREENS: { readonly [Name in Screen["name"]]: readonly Named<Name>[] } = {
  starting: [{ name: "starting" }, { name: "starting", problem: { kind: "unreachable" } }],
  welcome: [
    { name: "welcome", canGoBack: true },
    { name: "welcome", canGoBack: false },
  ],
  "identity-methods": [{ name: "identity-methods" }, { name: "identity-methods", methods: [] }],
  identity: [{ name: "identity", busy: false }],
  "choose-pin": purposes.flatMap((purpose) =>
    (["choose", "drawn", "repeat"] as const).map((stage) => ({ name: "choose-pin", purpose, stage, pin: EMPTY_PIN }) as const),
  ),
  "making-keys": [{ name: "making-keys", progress: NO_PROGRESS, waitsForNetwork: false }],
  application: [{ name: "application", application: {} as Named<"application">["application"], pin: EMPTY_PIN }],
  practice: (["settings", "elsewhere"] as const).map((from) => ({
    name: "practice",
    accountId: "a",
    rpChallenge: "",
    code: "1234",
    from,
    busy: false,
  })),
  home: [{ name: "home", check: "idle" }],
  "use-device": [{ name: "use-device", accountId: "a", request: listed, busy: false }],
  transaction: [{ name: "transaction", accountId: "a", claimed, shown, busy: false }],
  pin: [{ name: "pin", accountId: "a", claimed, shown, pin: EMPTY_PIN }],
  "certificate-choice": [
    {
      name: "certificate-choice",
      accountId: "a",
      claimed: { transactionId: "t2" } as Named<"certificate-choice">["claimed"],
      busy: false,
    },
  ],
  awaiting: [{ name: "awaiting", accountId: "a", relyingPartyName: "Bank", busy: false }],
  "link-opening": [{ name: "link-opening", accountId: "a", link, busy: false }],
  "link-accounts": [{ name: "link-accounts", link, tried: [], rescan: false }],
  "no-account": [{ name: "no-account", link, enrolling: false }],
  scan: [{ name: "scan", accountId: "a", busy: false }],
  locked: [{ name: "locked", ...account, until: 1 }],
  dead: [{ name: "dead", ...account }],
  outcome: [
    { name: "outcome", outcome: "confirmed" },
    { name: "outcome", outcome: "account-active" },
  ],
  challenge: [{ name: "challenge", accountId: "a", pin: EMPTY_PIN }],
  "delete-account": (["settings", "elsewhere"] as const).map((from) => ({
    name: "delete-account",
    accountId: "a",
    from,
    busy: false,
  })),
  passkey: (["offer", "try", "on", "turned-off", "impossible"] as const).map((step) => ({
    name: "passkey",
    accountId: "a",
    step,
    busy: false,
  })),
  "passkey-lost": [{ name: "passkey-lost", accountId: "a" }],
  settings: [{ name: "settings" }],
  "account-details": [{ name: "account-details", accountId: "a", asking: false }],
  notifications: [{ name: "notifications", accountId: "a", test: "idle" }],
  about: [{ name: "about", build: undefined }],
  "change-pin": (["old", "choose", "drawn", "repeat"] as const).map((stage) => ({
    name: "change-pin",
    ...account,
    stage,
    pin: EMPTY_PIN,
  })),
  "add-keys": [{ name: "add-keys", ...account, pin: EMPTY_PIN }],
  "changing-pin": (["replace", "add"] as const).map((change) => ({
    name: "changing-pin",
    ...account,
    change,
    stage: "waiting",
    waitsForNetwork: true,
  })),
  "pin-changed": ends.map((end) => ({ name: "pin-changed", ...account, end })),
  history: [{ name: "history", accountId: "a", list, busy: false }],
  "history-entry": [{ name: "history-entry", ...ofEntry }],
  disown: (["ask", "done"] as const).map((step) => ({ name: "disown", ...ofEntry, step, refused: false, busy: false })),
  closed: [{ name: "closed", accountId: "a", reason: "owner" }],
};

/** Of a tab. */
class Entries {
  readonly #states: unknown[] = [null];
  #at = 0;
  added = 0;
  /** It goes nowhere, and says nothing. */
  isDeaf = false;

  get state(): unknown {
    return this.#states[this.#at];
  }

  pushState(state: unknown): void {
    this.added++;
    this.#states.splice(++this.#at, Infinity, state);
  }

  go(by: number): void {
    if (this.isDeaf) return;
    setTimeout(() => {
      this.#at += by;
      browserWindow.dispatchEvent(new Event("popstate"));
    });
  }
}

let entries: Entries;
let model: ReturnType<typeof testModel>;

beforeEach(() => {
  vi.useFakeTimers();
  address.replace.mockClear();
  entries = new Entries();
  vi.stubGlobal("history", entries);
  model = testModel();
  return () => vi.useRealTimers();
});

function steps(screen: Screen): number {
  model.store.go(screen);
  for (let count = 0; ; count++) {
    const { screen: before } = model.store;
    leave(model);
    if (model.store.screen === before) return count;
  }
}

describe("each screen is as deep as there are steps up from it", () => {
  it.each(Object.entries(SCREENS))("%s", (name, screens) => {
    for (const screen of screens) {
      // Its own rule is below.
      if (screen.name !== "changing-pin") expect(depthOf(screen), JSON.stringify(screen)).toBe(steps(screen));
    }
    expect(screens.map((screen) => screen.name)).toEqual(screens.map(() => name));
  });
});

describe("the browser's entries", () => {
  const settled = () => vi.advanceTimersByTimeAsync(10);
  async function at(screen: Screen): Promise<void> {
    model.store.go(screen);
    await settled();
  }
  async function goesBack(): Promise<string> {
    entries.go(-1);
    await settled();
    return model.store.screen.name;
  }

  beforeEach(() => {
    const follower = new AbortController();
    vi.stubGlobal("addEventListener", (type: string, heard: () => void) =>
      browserWindow.addEventListener(type, heard, { signal: follower.signal }),
    );
    followSystemBack(model.store, () => leave(model));
    return () => follower.abort();
  });

  it.each(["changed", "changed-before", "late", "given-up"] as const)(
    "are added by no end of a change of a PIN (%s), whose two steps up add none either",
    async (end) => {
      await at({ name: "settings" });
      await at({ name: "change-pin", ...account, stage: "old", pin: EMPTY_PIN });
      await at({ name: "change-pin", ...account, stage: "repeat", pin: EMPTY_PIN });
      const { added } = entries;
      await at(SCREENS["changing-pin"][0]!);
      await at({ name: "pin-changed", ...account, end });
      expect(await goesBack()).toBe("settings");
      expect(await goesBack()).toBe("home");
      expect([entries.state, entries.added]).toEqual([null, added]);
    },
  );

  it("are as before where a change of a PIN is left", async () => {
    await at({ name: "settings" });
    await at({ name: "change-pin", ...account, stage: "repeat", pin: EMPTY_PIN });
    await at(SCREENS["changing-pin"][0]!);
    expect(await goesBack()).toBe("home");
    expect(entries.state).toBe(null);
  });

  it("are gone over before the page is left for another one, once", async () => {
    await at({ name: "settings" });
    leaveFor("https://bank.example/");
    expect(address.replace).not.toHaveBeenCalled();
    await settled();
    expect([entries.state, address.replace.mock.calls]).toEqual([null, [["https://bank.example/"]]]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(address.replace).toHaveBeenCalledTimes(1);
  });

  it("are not waited for longer than a second: Back works again, and the person gets to the page that they wanted", async () => {
    await at({ name: "settings" });
    entries.isDeaf = true;
    leaveFor("https://bank.example/");
    await vi.advanceTimersByTimeAsync(999);
    expect(address.replace).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(address.replace).toHaveBeenCalledWith("https://bank.example/");
    entries.isDeaf = false;
    expect(await goesBack()).toBe("home");
  });

  it("are as many as before where Back does nothing, because an answer is on its way: the next one leaves the app no more", async () => {
    await at({ name: "transaction", accountId: "a", claimed, shown, busy: true });
    expect(await goesBack()).toBe("transaction");
    expect(entries.state).toEqual({ depth: 1 });
  });

  it("that the browser goes forward to do nothing", async () => {
    await at({ name: "settings" });
    await at({ name: "about", build: undefined });
    expect(await goesBack()).toBe("settings");
    entries.go(1);
    await settled();
    expect([model.store.screen.name, entries.state]).toEqual(["settings", { depth: 1 }]);
  });

  it("are none of a start that goes on by itself, whatever was there before", async () => {
    await at({ name: "settings" });
    await at({ name: "starting" });
    expect(entries.state).toEqual({ depth: 1 });
  });

  it("that are gone over for another page take the person nowhere in the app", async () => {
    await at({ name: "settings" });
    leaveFor("https://bank.example/");
    await settled();
    expect([model.store.screen.name, entries.state]).toEqual(["settings", null]);
  });

  it("are gone over once, where the page is left while they are", async () => {
    await at({ name: "settings" });
    await at({ name: "about", build: undefined });
    model.store.go({ name: "home", check: "idle" });
    await Promise.resolve();
    leaveFor("https://bank.example/");
    await settled();
    expect([entries.state, address.replace.mock.calls]).toEqual([null, [["https://bank.example/"]]]);
  });
});
