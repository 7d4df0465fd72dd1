// A change of a PIN: which digits are held and for how long, what each failure means for the person, and what they are told after an
// interruption.
import { deviceRecord, keyState, testModel, type TestModel, typeDigits, usable } from "./support/model.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetPinsInAbsence } from "../../src/pwa/model/absence.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { pinChangeNews } from "../../src/pwa/model/pin-change-news.ts";
import { followPinChange } from "../../src/pwa/model/pin-change-told.ts";
import type { AccountView, KeyState } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { BrowserStorage } from "../../src/pwa/storage/browser-storage.ts";
import { isPinBeingChanged, whileChangingPin } from "../../src/pwa/storage/pin-change-lock.ts";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { browserWindow } from "./support/page.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/network-wait.ts", () => ({ networkMayBeBack: () => new Promise((resolve) => setTimeout(resolve, 1)) }));
vi.mock("../../src/pwa/key-work/key-work.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/key-work/key-work.ts")>()),
  runKeyWork: vi.fn<() => Promise<unknown>>(),
}));

const OLD = "4711";
const NEW = "6283";
const KEYS = [{ purpose: "auth", suite: "rsa", keyVersion: 3 }] as const;

let model: TestModel;
let actions: ReturnType<typeof actionsOf>;
/** What the worker was given, in digits, and what it answers. */
let given: Record<string, unknown>[];
let changed: unknown;
/** Of which the worker tells before that. */
let steps: string[];
/** What the rules say of a new PIN. */
let refusal: string | undefined;

beforeEach(() => {
  clearDatabase();
  stores.records.set("a", deviceRecord());
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState(), clockSkew: 0, understood: [] });
  model = testModel(["a"], (id) => new BrowserStorage(id));
  model.store.updateAccount("a", { state: keyState({ keys: [...KEYS] }) });
  serverSays({ keys: [...KEYS] });
  actions = actionsOf(model);
  given = [];
  changed = { ok: true, value: undefined };
  steps = [];
  refusal = undefined;
  vi.mocked(runKeyWork).mockImplementation(async (job, input, options) => {
    if (job === "check-pin")
      return (refusal === undefined ? { ok: true, value: undefined } : { ok: false, failure: refusal }) as never;
    for (const step of steps) options?.progress?.({ step, purpose: "auth", suite: "rsa" } as never);
    given.push(Object.fromEntries(Object.entries(input).map(([name, value]) => [name, digitsOf(value)])));
    return changed as never;
  });
});
afterEach(() => void vi.restoreAllMocks());

function serverSays(state: Partial<KeyState>): void {
  model.answer = (operation) => ({
    ok: true,
    value: operation === "listTransactions" ? { transactions: [] } : keyState(state),
  });
}

/** Of the change that is not told yet. */
const marker = (): unknown => (stores.accounts.get("a") as { readonly pinChange?: unknown } | undefined)?.pinChange;
const shown = (): AccountView => model.store.account("a")!;

const digitsOf = (value: unknown): unknown => (value instanceof ArrayBuffer ? Buffer.from(value).toString("latin1") : value);

/** Whatever could happen without anybody's doing has happened. */
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function types(digits: string): Promise<void> {
  typeDigits(model, digits);
  actions.confirmPin();
  await soon();
}

async function changes(): Promise<void> {
  actions.openSettings();
  actions.changePin("auth");
  for (const digits of [OLD, NEW, NEW]) await types(digits);
}

describe("a change of a PIN", () => {
  it("goes to the key worker with both PINs, and leaves none behind", async () => {
    await changes();
    expect(given).toEqual([{ accountId: "a", purpose: "auth", oldPin: OLD, newPin: NEW }]);
    expect(model.store.screen).toMatchObject({ name: "pin-changed", end: "changed" });
    expect([model.store.changing.has("old"), model.store.changing.has("new")]).toEqual([false, false]);
  });

  it("does not begin with fewer digits than any PIN has", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types("471");
    expect(model.store.screen).toMatchObject({ stage: "old", pin: { length: 3 } });
    actions.leave();
    actions.leave();
    actions.addKeys();
    await types("471");
    expect(model.store.screen).toMatchObject({ name: "add-keys", pin: { length: 3 } });
    expect(given).toEqual([]);
  });

  it("does not begin with a PIN that the rules refuse, which is overwritten", async () => {
    refusal = "weak";
    const taken = vi.spyOn(model.store.pin, "take");
    await changes();
    expect(model.store.screen).toMatchObject({ stage: "choose", refusal: "weak" });
    expect(taken.mock.results.slice(1).map(({ value }) => [...(value as Uint8Array)])).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(given).toEqual([]);
  });

  it("is a step back from the repetition to choosing anew, for which the old PIN is not asked again", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    await types("6284");
    actions.leave();
    expect(model.store.screen).toMatchObject({ name: "change-pin", stage: "choose", pin: EMPTY_PIN });
    expect(model.store.changing.has("new")).toBe(false);
    await types(NEW);
    await types(NEW);
    expect(given).toEqual([{ accountId: "a", purpose: "auth", oldPin: OLD, newPin: NEW }]);
  });

  it("is a step back from a PIN that the app made to choosing one", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    actions.drawPin();
    await soon();
    expect(model.store.screen).toMatchObject({ stage: "drawn" });
    actions.leave();
    expect(model.store.screen).toMatchObject({ stage: "choose" });
    expect([model.store.changing.has("old"), model.store.changing.has("new")]).toEqual([true, false]);
  });

  it("does not go on with an old PIN that the person went back to", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    await types(NEW);
    actions.leave();
    actions.leave();
    expect(model.store.screen).toMatchObject({ stage: "old" });
    expect([model.store.changing.has("old"), model.store.changing.has("new")]).toEqual([false, false]);
    actions.leave();
    expect(model.store.screen).toMatchObject({ name: "settings" });
    expect(given).toEqual([]);
  });

  it("takes nobody back who has gone while the new PIN was looked at", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    const looking = vi.mocked(runKeyWork).getMockImplementation()!;
    const held = Promise.withResolvers<void>();
    vi.mocked(runKeyWork).mockImplementation(async (...asked) => held.promise.then(() => looking(...asked)));
    await types(NEW);
    model.store.go({ name: "home", check: "idle" });
    held.resolve();
    await soon();
    expect(model.store.screen).toMatchObject({ name: "home" });
    expect(model.store.changing.has("new")).toBe(false);
  });

  it("does not begin where the new PIN is the old one, or is not repeated", async () => {
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    await types(OLD);
    expect(model.store.screen).toMatchObject({ stage: "choose", refusal: "same_as_before" });
    await types(NEW);
    const taken = vi.spyOn(model.store.pin, "take");
    await types("6284");
    expect(taken.mock.results[0]?.value).toEqual(new Uint8Array(4));
    expect(model.store.screen).toMatchObject({ stage: "choose", refusal: "differs" });
    expect(model.store.changing.has("new")).toBe(false);
    expect(given).toEqual([]);
  });

  it("asks for the old PIN alone where that was wrong", async () => {
    changed = { ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } };
    await changes();
    expect(model.store.screen).toMatchObject({ name: "change-pin", stage: "old", pin: { attemptsLeft: 2 } });
    changed = { ok: true, value: undefined };
    await types("4712");
    expect(given[1]).toMatchObject({ oldPin: "4712", newPin: NEW });
    expect(model.store.screen).toMatchObject({ end: "changed" });
  });

  it.each(["leaving", "going elsewhere"])("forgets what was typed with the page's %s", async (how) => {
    forgetPinsInAbsence(model);
    actions.openSettings();
    actions.changePin("auth");
    await types(OLD);
    await types(NEW);
    expect(model.store.screen).toMatchObject({ stage: "repeat" });
    if (how === "leaving") browserWindow.dispatchEvent(new Event("pagehide"));
    else model.store.go({ name: "home", check: "idle" });
    expect([model.store.changing.has("old"), model.store.changing.has("new")]).toEqual([false, false]);
    if (how === "leaving") expect(model.store.screen).toMatchObject({ name: "change-pin", stage: "old" });
  });

  it.each([
    [{ code: "exchanged_before" }, { name: "pin-changed", end: "changed-before" }],
    [{ code: "exchange_given_up" }, { name: "pin-changed", end: "given-up" }],
    [
      { code: "wrong_pin", attemptsLeft: 0, lockedUntil: 9 },
      { name: "locked", until: 9 },
    ],
    [{ code: "pin_locked", lockedUntil: 9 }, { name: "locked" }],
    [{ code: "pin_dead" }, { name: "dead" }],
    [{ code: "passkey_needed" }, { name: "change-pin", stage: "old", problem: { kind: "passkey" } }],
    [{ code: "no_key" }, { name: "outcome", outcome: "not-done" }],
    [
      { code: "account_closed", reason: "operator" },
      { name: "closed", reason: "operator" },
    ],
  ])("that fails with %o leads to where the person can go on", async (failure, screen) => {
    changed = { ok: false, failure };
    await changes();
    expect(model.store.screen).toMatchObject(screen);
  });

  it("that found no worker says so, and nothing was tried", async () => {
    changed = undefined;
    await changes();
    expect(model.store.screen).toMatchObject({ name: "change-pin", problem: { kind: "reload" } });
  });

  it("whose certificates are late is told as soon as they are there", async () => {
    const late: KeyState["reKey"] = { purpose: "auth", change: "replace", suites: ["rsa"], state: "issuing", until: 1 };
    serverSays({ keys: [...KEYS], reKey: late });
    changed = { ok: false, failure: { code: "certificates_late" } };
    await changes();
    expect(model.store.screen).toMatchObject({ name: "pin-changed", end: "late" });
    expect(marker()).toMatchObject({ purpose: "auth", keyVersion: 3 });
    serverSays({ keys: [{ ...KEYS[0], keyVersion: 4 }] });
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ end: "changed" }));
    await vi.waitFor(() => expect(marker()).toBeUndefined());
  });

  it("whose certificates never come is told as what it is, by its own account and on its own screen", async () => {
    const late: KeyState["reKey"] = { purpose: "auth", change: "replace", suites: ["rsa"], state: "issuing", until: 1 };
    serverSays({ keys: [...KEYS], reKey: late });
    changed = { ok: false, failure: { code: "certificates_late" } };
    await changes();
    const end = { name: "pin-changed", accountId: "a", purpose: "auth", end: "late" } as const;
    expect(model.store.screen).toMatchObject(end);
    const known = { ...shown(), state: keyState({ keys: [...KEYS] }), pinChangeIs: "heard" } as const;
    model.store.patch({ accounts: [known, { ...known, id: "b" }] });
    followPinChange(model, "b");
    expect(model.store.screen).toMatchObject(end);
    model.store.stay({ ...end, end: "added" });
    followPinChange(model, "a");
    expect(model.store.screen).toMatchObject({ end: "added" });
    model.store.stay(end);
    followPinChange(model, "a");
    expect(model.store.screen).toMatchObject({ end: "given-up" });
  });

  it("overwrites the PINs also where the browser has no space to write it down", async () => {
    const taken = vi.spyOn(model.store.changing, "takeOne");
    vi.spyOn(model.accounts, "setPinChange").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
    vi.spyOn(console, "error").mockReturnValue();
    await changes();
    expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "not-done" });
    expect(new Uint8Array(taken.mock.results[0]?.value as ArrayBuffer)).toEqual(new Uint8Array(4));
    expect(given).toEqual([]);
  });

  it("waits for nobody that the person could not go away from: nothing is begun then", async () => {
    const held = Promise.withResolvers<void>();
    const other = new BrowserStorage("a").exclusively(() => held.promise);
    await changes();
    expect(model.store.screen).toMatchObject({ name: "changing-pin", stage: "waiting" });
    actions.leave();
    expect(model.store.screen).toMatchObject({ name: "home" });
    held.resolve();
    await other;
    await vi.waitUntil(async () => !(await isPinBeingChanged("a")));
    await soon();
    expect([given, marker()]).toEqual([[], undefined]);
    expect(model.store.screen).toMatchObject({ name: "home" });
  });

  describe.each(["change", "adding"])("that is left while the network is away (%s)", (work) => {
    /** Of the job: its signal, what it tells, and its end. */
    async function begun() {
      const job = Promise.withResolvers<unknown>();
      vi.mocked(runKeyWork).mockImplementation((name) =>
        name === "check-pin" ? (Promise.resolve({ ok: true, value: undefined }) as never) : (job.promise as never),
      );
      if (work === "change") await changes();
      else {
        actions.addKeys();
        await types(OLD);
      }
      const [, , { signal, progress } = {}] = vi.mocked(runKeyWork).mock.lastCall ?? [];
      const tell = (step: string): void => progress?.({ step, purpose: "auth", suite: "rsa" } as never);
      return { job, signal, tell };
    }

    it("is left then, and at no other time: the work ends with its screen", async () => {
      const { job, signal, tell } = await begun();
      tell("generating");
      actions.leave();
      expect(model.store.screen).toMatchObject({ name: "changing-pin", stage: "generating", waitsForNetwork: false });
      tell("waiting-for-network");
      expect(model.store.screen).toMatchObject({ name: "changing-pin", waitsForNetwork: true });
      expect(signal?.aborted).toBe(false);
      actions.leave();
      expect([model.store.screen.name, signal?.aborted]).toEqual(["home", true]);
      job.resolve({ ok: true, value: undefined });
    });

    it.each(["ends", "fails"])("takes nobody back where it %s after all, and what came of it stays to be told", async (how) => {
      const { job, tell } = await begun();
      tell("proving");
      tell("waiting-for-network");
      actions.leave();
      if (how === "ends") job.resolve({ ok: true, value: undefined });
      else job.reject(new Error("it was ended"));
      await vi.waitUntil(async () => !(await isPinBeingChanged("a")));
      await soon();
      expect(model.store.screen).toMatchObject({ name: "home" });
      if (work === "change") expect(marker()).toMatchObject({ purpose: "auth", keyVersion: 3 });
    });

    it("has nothing else asked for its account meanwhile, which could learn its end and tell nobody", async () => {
      const { job } = await begun();
      const before = model.asked.length;
      const refreshed = model.accounts.refresh("a");
      await soon();
      expect(model.asked.length).toBe(before);
      job.resolve({ ok: true, value: undefined });
      await refreshed;
      expect(model.asked.length).toBeGreaterThan(before);
    });
  });

  it("is made by one window at a time", async () => {
    await whileChangingPin("a", changes);
    expect(model.store.screen).toMatchObject({ name: "change-pin", problem: { kind: "other-window" } });
    await whileChangingPin("a", async () => {
      model.store.go({ name: "home", check: "idle" });
      actions.addKeys();
      await types(OLD);
    });
    expect(model.store.screen).toMatchObject({ name: "add-keys", problem: { kind: "other-window" } });
    expect(given).toEqual([]);
    expect(await whileChangingPin("b", async () => "another account's")).toEqual({ value: "another account's" });
  });

  it.each([
    ["locked", { state: "locked", attemptsLeft: 0, lockedUntil: 9 }],
    ["dead", { state: "dead", attemptsLeft: 0, lockedUntil: 0 }],
  ] as const)("does not begin with a PIN that is %s", (name, auth) => {
    model.store.updateAccount("a", { state: keyState({ pins: { auth, sign: usable(3) } }) });
    actions.openSettings();
    actions.changePin("auth");
    expect(model.store.screen).toMatchObject({ name, purpose: "auth" });
    model.store.go({ name: "home", check: "idle" });
    actions.addKeys();
    expect(model.store.screen).toMatchObject({ name, purpose: "auth" });
  });
});

describe("after an interruption", () => {
  const begun = { purpose: "auth", keyVersion: 3, begunAt: 7 } as const;
  const reKey = (state: "allowed" | "issuing") =>
    ({ purpose: "auth", change: "replace", suites: ["rsa"], state, until: 1 }) as const;
  const newer = { keys: [{ ...KEYS[0], keyVersion: 5 }] };

  it.each([
    ["nothing was begun", {}, undefined, undefined],
    ["the keys are those of before", { keys: [...KEYS] }, begun, "unchanged"],
    ["they were allowed, and nobody is at it", { keys: [...KEYS], reKey: reKey("allowed") }, begun, "unchanged"],
    ["their certificates are being made", { keys: [...KEYS], reKey: reKey("issuing") }, begun, "late"],
    ["there are newer ones", newer, begun, "changed"],
    ["the PIN has no keys any more", { keys: [] }, begun, undefined],
  ] as const)("the person is told what is true where %s", (_, state, pinChange, news) => {
    const account = { ...shown(), state: keyState(state as Partial<KeyState>), pinChange };
    expect(pinChangeNews({ ...account, pinChangeIs: "heard" })).toBe(news);
    expect(pinChangeNews({ ...account, pinChangeIs: "going-on" })).toBeUndefined();
  });

  /** As a start finds it. */
  const found = async (pinChange: object = begun): Promise<void> => {
    stores.accounts.set("a", { ...(stores.accounts.get("a") as object), state: keyState({ keys: [...KEYS] }), pinChange });
    await model.accounts.load();
  };

  it("nothing is said of either PIN before the server was heard, and it cannot be dismissed", async () => {
    await found();
    expect(pinChangeNews(shown())).toBe("unknown");
    model.answer = () => "unreachable";
    await model.accounts.refresh("a");
    actions.dismissPinChange("a");
    await model.accounts.load();
    expect([pinChangeNews(shown()), marker()]).toEqual(["unknown", begun]);
    serverSays(newer);
    await model.accounts.refresh("a");
    expect(pinChangeNews(shown())).toBe("changed");
    actions.dismissPinChange("a");
    await vi.waitFor(() => expect(marker()).toBeUndefined());
    expect(pinChangeNews(shown())).toBeUndefined();
  });

  it("an answer to a question of before the change tells nothing of it", async () => {
    let asked = false;
    model.answer = async (operation) => {
      if (!asked) await found({ ...begun, begunAt: 8 });
      asked = true;
      return { ok: true, value: operation === "listTransactions" ? { transactions: [] } : keyState({ keys: [...KEYS] }) };
    };
    await found();
    await model.accounts.refresh("a");
    expect(pinChangeNews(shown())).toBe("unknown");
  });

  it("another window says nothing while one is at it, and takes nothing away", async () => {
    await found();
    await model.accounts.refresh("a");
    expect(pinChangeNews(shown())).toBe("unchanged");
    await whileChangingPin("a", async () => {
      await model.accounts.forgetPinChange("a", begun);
      expect([pinChangeNews(shown()), marker()]).toEqual([undefined, begun]);
      await model.accounts.refresh("a");
      await model.accounts.load();
      expect(pinChangeNews(shown())).toBeUndefined();
    });
    await model.accounts.refresh("a");
    expect(pinChangeNews(shown())).toBe("unchanged");
    await found({ ...begun, begunAt: 8 });
    await model.accounts.forgetPinChange("a", begun);
    expect(marker()).toMatchObject({ begunAt: 8 });
  });

  it.each([
    ["stays until its end is known", ["proving"], "not-done", { keyVersion: 3 }],
    ["is forgotten where no key was made", [], "not-done", undefined],
    ["is forgotten where the network alone was waited for", ["waiting-for-network"], "not-done", undefined],
  ] as const)("a change that broke off %s", async (_, made, outcome, left) => {
    steps = [...made];
    changed = { ok: false, failure: { code: "server_error" } };
    await changes();
    expect(model.store.screen).toMatchObject({ name: "outcome", outcome });
    if (left === undefined) expect(marker()).toBeUndefined();
    else expect(marker()).toMatchObject(left);
  });

  it("a change whose end the person hears is not told again", async () => {
    steps = ["proving"];
    await changes();
    expect(model.store.screen).toMatchObject({ end: "changed" });
    expect(marker()).toBeUndefined();
  });

  it("a try that begins nothing does not hide what came of the one before", async () => {
    await found();
    changed = { ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } };
    await changes();
    expect(marker()).toEqual(begun);
  });
});

it("keys that the account lacks are made for one PIN after the other", async () => {
  const keys: KeyState["keys"] = [
    { purpose: "auth", suite: "rsa", keyVersion: 1 },
    { purpose: "sign", suite: "rsa", keyVersion: 1 },
  ];
  model.answer = (operation) => ({
    ok: true,
    value: operation === "listTransactions" ? { transactions: [] } : keyState({ keys: [...keys] }),
  });
  model.store.updateAccount("a", { state: keyState({ keys: [...keys] }) });
  actions.addKeys();
  expect(model.store.screen).toMatchObject({ name: "add-keys", purpose: "auth" });
  keys.push({ purpose: "auth", suite: "ed25519", keyVersion: 2 });
  const taken = vi.spyOn(model.store.pin, "take");
  await types(OLD);
  expect(taken.mock.results[0]?.value).toEqual(new Uint8Array(4));
  // Whoever goes on typing PIN1 types it nowhere.
  expect(model.store.screen).toMatchObject({ name: "pin-changed", end: "added-one" });
  await types(OLD);
  actions.addKeys();
  expect(model.store.screen).toMatchObject({ name: "add-keys", purpose: "sign", pin: { length: 0 } });
  keys.push({ purpose: "sign", suite: "ed25519", keyVersion: 2 });
  await types("80235");
  expect(model.store.screen).toMatchObject({ name: "pin-changed", end: "added" });
  expect(given).toEqual([
    { accountId: "a", purpose: "auth", pin: OLD },
    { accountId: "a", purpose: "sign", pin: "80235" },
  ]);
});
