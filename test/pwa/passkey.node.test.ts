// A passkey around the masked shares. What must never be: a share in storage without the passkey that it has, a passkey that cannot open what
// it closed, a prompt that costs an attempt, and what a passkey gave staying anywhere. The passkey of these tests is a stand-in that gives
// what a test wants; a real browser's is asked in test/browser/passkey.browser.test.ts.
import "./support/page.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeviceKey, DeviceRecord } from "../../src/authenticator/device-record.ts";
import {
  addPasskey,
  PasskeyNeeded,
  PasskeyStorage,
  PasskeyWrap,
  refuseUnwrapped,
  removePasskey,
} from "../../src/authenticator/passkey-wrap.ts";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import type { JobName, Jobs } from "../../src/pwa/key-work/jobs.ts";
import { runJob } from "../../src/pwa/key-work/run-job.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { followPasskey } from "../../src/pwa/model/passkey.ts";
import { forgetPasskey, makePasskey, mayHavePasskeys, usePasskey } from "../../src/pwa/passkey/ceremony.ts";
import type { Screen } from "../../src/pwa/model/state.ts";
import { isBusy } from "../../src/pwa/model/store.ts";
import { showClaimed } from "../../src/pwa/model/transactions.ts";
import { BrowserStorage } from "../../src/pwa/storage/browser-storage.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { atPin, deviceRecord, keyState, login, testModel, type TestModel, typeDigits } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/passkey/ceremony.ts");
const work = vi.hoisted(() => vi.fn<(job: JobName, input: Jobs[JobName]["input"]) => Promise<unknown>>());
vi.mock("../../src/pwa/key-work/key-work.ts", () => ({ runKeyWork: work, StartedKeyWork: vi.fn<() => void>() }));

const output = (value: number) => new Uint8Array(32).fill(value);
const wrapOf = (value: number) => PasskeyWrap.of(output(value));
const bytes = (length: number, value: number) => toBase64Url(new Uint8Array(length).fill(value));
const PASSKEY = { credentialId: bytes(16, 1), salt: bytes(32, 2) };

const keyOf = (purpose: "auth" | "sign", keyVersion = 1): DeviceKey => ({
  purpose,
  suite: "rsa",
  keyVersion,
  salt: bytes(32, 3),
  iterations: 1,
  stored: bytes(384, 4),
  masked: bytes(400, purpose === "auth" ? 5 : 6),
});
const BARE = deviceRecord({ keys: [keyOf("auth"), keyOf("sign")] });

/** Under the passkey that gives 7. */
async function wrapped(): Promise<MemoryStorage & { record: DeviceRecord }> {
  const storage = new MemoryStorage(BARE);
  expect(await addPasskey(storage, PASSKEY, await wrapOf(7))).toMatchObject({ ok: true });
  return storage as MemoryStorage & { record: DeviceRecord };
}

describe("a share that has a passkey", () => {
  it("lies nowhere under its mask alone, from the one write on in which it gets it", async () => {
    const { record, written } = await wrapped();
    expect(written).toHaveLength(1);
    for (const { masked } of BARE.keys) expect(written[0]).not.toContain(masked.slice(0, 40));
    expect(record.passkey).toEqual(PASSKEY);
    // An IV, the mask's bytes, a tag.
    for (const key of record.keys) expect([key.masked, fromBase64Url(key.wrapped ?? "")?.length]).toEqual(["", 12 + 400 + 16]);
    expect(new Set(record.keys.map(({ wrapped: text }) => text?.slice(0, 16))).size).toBe(2);
  });

  it.each<[string, (key: DeviceKey) => DeviceKey]>([
    ["under its mask alone", () => keyOf("sign")],
    ["in both forms", (key) => ({ ...key, masked: bytes(400, 5) })],
    ["in neither", () => ({ ...keyOf("sign"), masked: "" })],
  ])("is let into storage by nobody %s", async (_, change) => {
    const { record } = await wrapped();
    expect(() => refuseUnwrapped(record)).not.toThrow();
    const [auth, sign] = record.keys;
    expect(() => refuseUnwrapped({ ...record, keys: [auth!, change(sign!)] })).toThrow(PasskeyNeeded);
    expect(() => refuseUnwrapped(BARE)).not.toThrow();
  });

  it("is the same as before when the passkey is removed, and nothing of the passkey is left", async () => {
    const storage = await wrapped();
    expect(await removePasskey(storage, await wrapOf(7))).toMatchObject({ ok: true });
    expect(storage.record).toEqual(BARE);
  });

  it.each<[string, (record: DeviceRecord) => DeviceRecord, number]>([
    ["another passkey", (record) => record, 8],
    ["another account", (record) => ({ ...record, handle: "other" }), 7],
    [
      "another key",
      ({ keys: [auth, sign], ...record }) => ({ ...record, keys: [{ ...sign!, wrapped: auth!.wrapped! }, auth!] }),
      7,
    ],
    ["another public part", (record) => ({ ...record, keys: record.keys.map((key) => ({ ...key, stored: bytes(384, 9) })) }), 7],
    ["less work for the PIN", (record) => ({ ...record, keys: record.keys.map((key) => ({ ...key, iterations: 2 })) }), 7],
    ["another salt", (record) => ({ ...record, keys: record.keys.map((key) => ({ ...key, salt: bytes(32, 9) })) }), 7],
    ["another suite", (record) => ({ ...record, keys: record.keys.map((key) => ({ ...key, suite: "ed25519" })) }), 7],
    ["unsaid work", (record) => ({ ...record, keys: record.keys.map((key) => ({ ...key, iterations: undefined })) }), 7],
  ])("opens for no %s, and nothing is written", async (_, change, value) => {
    const { record } = await wrapped();
    const storage = new MemoryStorage(change(record));
    await expect(removePasskey(storage, await wrapOf(value))).rejects.toThrow(PasskeyNeeded);
    await expect(new PasskeyStorage(storage, await wrapOf(value)).read()).rejects.toThrow(PasskeyNeeded);
    expect(storage.written).toEqual([]);
  });

  it("is read by nobody without it: no request is made, and no attempt paid", async () => {
    await expect(new PasskeyStorage(await wrapped(), undefined).read()).rejects.toThrow(PasskeyNeeded);
    clearDatabase();
    stores.records.set("a", (await wrapped()).record);
    const fetched = vi.spyOn(globalThis, "fetch");
    const { claimed } = login("t1", "DEMO");
    const input = { accountId: "a", claimed, pin: new Uint8Array([49, 50, 51, 52]).buffer };
    const telling = { progress: () => undefined, settled: () => undefined };
    for (const given of [{}, { passkey: output(8).buffer }]) {
      const failure = { code: "passkey_needed" };
      expect(await runJob({ job: "approve", input: { ...input, ...given } }, telling)).toEqual({ ok: false, failure });
    }
    expect(fetched).not.toHaveBeenCalled();
  });

  it("is written as it was read, and a new key beside it is wrapped too", async () => {
    const inner = await wrapped();
    const before = inner.record.keys;
    const storage = new PasskeyStorage(inner, await wrapOf(7));
    const record = (await storage.read()) as DeviceRecord;
    expect(record.keys).toEqual(BARE.keys);
    const made = keyOf("auth", 2);
    await storage.write({ ...record, oneTimePassword: "next", keys: [...record.keys, made] });
    expect(inner.record.keys.slice(0, 2)).toEqual(before);
    expect(inner.record.keys[2]).toMatchObject({ keyVersion: 2, masked: "" });
    expect(inner.written.join("")).not.toContain(made.masked.slice(0, 40));
    expect((await storage.read())?.keys[2]).toEqual(made);
  });

  it("is not put back without it by whoever has no passkey at hand", async () => {
    clearDatabase();
    const { record } = await wrapped();
    const storage = new BrowserStorage("a");
    await storage.write({ ...record, oneTimePassword: "next" });
    await expect(storage.write({ ...record, keys: BARE.keys })).rejects.toThrow(PasskeyNeeded);
    expect(await storage.read()).toEqual({ ...record, oneTimePassword: "next" });
  });

  it("gets no second one over the first", async () => {
    const storage = await wrapped();
    const failure = { code: "passkey_changed" };
    expect(await addPasskey(storage, PASSKEY, await wrapOf(9))).toEqual({ ok: false, failure });
    expect(await removePasskey(new MemoryStorage(BARE), await wrapOf(9))).toEqual({ ok: false, failure });
    expect(storage.written).toHaveLength(1);
  });
});

it("what a passkey gave is overwritten where the key is made of it, and nothing shorter is taken for it", async () => {
  const given = output(7);
  await PasskeyWrap.of(given);
  expect(given).toEqual(new Uint8Array(32));
  await expect(PasskeyWrap.of(new Uint8Array(31))).rejects.toThrow(RangeError);
});

let model: TestModel;
/** Every buffer that the stand-in gave. */
let given: ArrayBuffer[];

const gives = (value: number) => async () => {
  const { buffer } = output(value);
  given.push(buffer);
  return { ok: true as const, value: buffer };
};
const cancelled = async () => ({ ok: false as const, failure: "not-used" as const });

beforeEach(() => {
  clearDatabase();
  given = [];
  vi.mocked(forgetPasskey).mockReset().mockResolvedValue();
  vi.mocked(mayHavePasskeys).mockReset().mockResolvedValue(true);
  vi.mocked(usePasskey).mockReset().mockImplementation(gives(7));
  work.mockReset().mockResolvedValue({ ok: true, value: undefined });
  model = testModel();
});
afterEach(() => {
  if (given.some((buffer) => new Uint8Array(buffer).some((byte) => byte !== 0))) throw new Error("what a passkey gave is left");
});

const screen = (): unknown => model.store.screen;
const soon = (seen: () => void): Promise<void> => vi.waitFor(seen, { interval: 1 });

/** As this browser keeps it. */
function keeps(passkey: typeof PASSKEY | undefined): void {
  stores.records.set("a", { ...BARE, ...(passkey && { passkey }) });
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState(), clockSkew: 0 });
}

describe("a PIN of an account with a passkey", () => {
  beforeEach(() => {
    keeps(PASSKEY);
    model.store.updateAccount("a", { passkey: PASSKEY });
    atPin(model, login("t1", "DEMO"));
    typeDigits(model, "9026");
  });

  it("goes with what the passkey gave, which is asked for in the press itself", async () => {
    work.mockImplementation(async (_, input) => {
      expect(new Uint8Array((input as Jobs["approve"]["input"]).passkey ?? new ArrayBuffer())).toEqual(output(7));
      return { ok: true, value: undefined };
    });
    actionsOf(model).confirmPin();
    expect(usePasskey).toHaveBeenCalledOnce();
    expect(model.store.pin.length).toBe(4);
    await soon(() => expect(screen()).toMatchObject({ outcome: "confirmed" }));
    expect(work).toHaveBeenCalledOnce();
  });

  it("is neither tried nor lost where the prompt is cancelled", async () => {
    vi.mocked(usePasskey).mockImplementation(cancelled);
    actionsOf(model).confirmPin();
    const problem = { kind: "passkey" };
    await soon(() => expect(screen()).toMatchObject({ name: "pin", pin: { length: 4, state: "typing" }, problem }));
    expect(model.asked).toEqual([]);
    expect(work).not.toHaveBeenCalled();
    actionsOf(model).passkeyLost();
    expect(screen()).toEqual({ name: "passkey-lost", accountId: "a" });
    expect(model.store.pin.length).toBe(0);
  });

  it.each([
    ["leaves", () => actionsOf(model).leave(), { name: "transaction" }],
    ["refuses", () => actionsOf(model).refuse(), { name: "transaction", busy: true }],
    ["hears that its time is over", () => void vi.advanceTimersByTime(200_000), { outcome: "timed-out" }],
  ])("ends its prompt where the person %s", async (_, leaves, expected) => {
    vi.useFakeTimers();
    await showClaimed(model, "a", login("t1", "DEMO").claimed, "pin");
    typeDigits(model, "9026");
    const asked = Promise.withResolvers<void>();
    vi.mocked(usePasskey).mockImplementation(async () => asked.promise.then(gives(7)));
    actionsOf(model).confirmPin();
    const signal = vi.mocked(usePasskey).mock.lastCall?.[1];
    expect(screen()).toMatchObject({ pin: { state: "passkey" } });
    leaves();
    vi.useRealTimers();
    expect([screen(), signal?.aborted]).toMatchObject([expected, true]);
    asked.resolve();
    await soon(() => expect(given.every((buffer) => new Uint8Array(buffer)[0] === 0)).toBe(true));
    expect(work).not.toHaveBeenCalled();
  });

  it("is typed again where it was overwritten while the prompt stood open", async () => {
    const asked = Promise.withResolvers<void>();
    vi.mocked(usePasskey).mockImplementation(async () => asked.promise.then(gives(7)));
    actionsOf(model).confirmPin();
    model.store.pin.clear();
    asked.resolve();
    await soon(() => expect(screen()).toMatchObject({ name: "pin", pin: { length: 0, state: "typing" } }));
    expect(work).not.toHaveBeenCalled();
  });

  it("is shown with the attempts that were heard of while the prompt stood open", async () => {
    const asked = Promise.withResolvers<void>();
    vi.mocked(usePasskey).mockImplementation(async () => asked.promise.then(cancelled));
    actionsOf(model).confirmPin();
    const { screen: at } = model.store;
    if (at.name === "pin") model.store.stayWithPin(at, { attemptsLeft: 1 });
    asked.resolve();
    await soon(() => expect(screen()).toMatchObject({ name: "pin", pin: { attemptsLeft: 1, state: "typing" } }));
  });

  it("goes without it at the next press, where another window has turned it off", async () => {
    keeps(undefined);
    vi.mocked(usePasskey).mockImplementation(cancelled);
    actionsOf(model).confirmPin();
    await soon(() => expect(screen()).toMatchObject({ name: "pin", problem: { kind: "passkey" } }));
    await soon(() => expect(model.store.account("a")?.passkey).toBeUndefined());
    actionsOf(model).confirmPin();
    await soon(() => expect(screen()).toMatchObject({ outcome: "confirmed" }));
    expect(work.mock.calls.map(([job, input]) => [job, "passkey" in input])).toEqual([["approve", false]]);
  });

  it("is asked for again where another window has changed the passkey: nothing was tried", async () => {
    work.mockResolvedValue({ ok: false, failure: { code: "passkey_needed" } });
    keeps({ ...PASSKEY, credentialId: bytes(16, 9) });
    actionsOf(model).confirmPin();
    await soon(() => expect(screen()).toMatchObject({ name: "pin", problem: { kind: "passkey" } }));
    await soon(() => expect(model.store.account("a")?.passkey?.credentialId).toBe(bytes(16, 9)));
  });
});

describe("a change of a PIN of an account with a passkey", () => {
  let asked: PromiseWithResolvers<void>;

  beforeEach(async () => {
    keeps(PASSKEY);
    model.store.updateAccount("a", { passkey: PASSKEY });
    asked = Promise.withResolvers<void>();
    vi.mocked(usePasskey).mockImplementation(async () => asked.promise.then(gives(7)));
    actionsOf(model).openSettings();
    actionsOf(model).changePin("auth");
    for (const [stage, digits] of [
      ["old", "4711"],
      ["choose", "6283"],
      ["repeat", "6283"],
    ] as const) {
      await vi.waitUntil(
        () => model.store.screen.name === "change-pin" && model.store.screen.stage === stage && !isBusy(model.store.screen),
        { interval: 1 },
      );
      typeDigits(model, digits);
      actionsOf(model).confirmPin();
    }
  });

  const isMade = (): boolean => work.mock.calls.some(([job]) => job === "change-pin");

  it("is not made by whoever has gone while the prompt stood open", async () => {
    expect(screen()).toMatchObject({ stage: "repeat", pin: { state: "passkey" } });
    model.store.go({ name: "home", check: "idle" });
    asked.resolve();
    await soon(() => expect(given.every((buffer) => new Uint8Array(buffer)[0] === 0)).toBe(true));
    expect([screen(), isMade()]).toMatchObject([{ name: "home" }, false]);
  });

  it("begins anew where the PINs were overwritten while the prompt stood open", async () => {
    model.store.changing.clear();
    asked.resolve();
    await soon(() => expect(screen()).toMatchObject({ name: "change-pin", stage: "old", pin: { state: "typing" } }));
    expect(isMade()).toBe(false);
  });
});

describe("a passkey is turned on", () => {
  const made = (value: number | undefined) => async () => {
    const printed = value === undefined ? undefined : (await gives(value)()).value;
    return { ok: true as const, value: { passkey: PASSKEY, output: printed } };
  };
  const press = async (expected: object): Promise<void> => {
    actionsOf(model).goOnWithPasskey();
    await soon(() => expect(screen()).toMatchObject(expected));
  };

  beforeEach(async () => {
    vi.mocked(makePasskey).mockReset().mockImplementation(made(7));
    keeps(undefined);
    actionsOf(model).askPasskey("a");
    await vi.waitUntil(() => model.store.screen.name === "passkey", { interval: 1 });
  });

  it("nowhere that the browser says it cannot be, and of no account that is not active", async () => {
    vi.mocked(mayHavePasskeys).mockResolvedValue(false);
    model.store.go({ name: "home", check: "idle" });
    actionsOf(model).askPasskey("a");
    await soon(() => expect(screen()).toMatchObject({ name: "passkey", step: "impossible" }));
    model.store.updateAccount("a", { state: keyState({ status: "closed" }) });
    model.store.go({ name: "home", check: "idle" });
    actionsOf(model).askPasskey("a");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(screen()).toMatchObject({ name: "home" });
  });

  it("when it gave the same twice", async () => {
    expect(screen()).toMatchObject({ step: "offer" });
    model.store.updateAccount("a", { state: keyState({ documentNumber: "PNOEE-50001029996-K2GN-Q" }) });
    await press({ step: "try", busy: false });
    // Which account it is, and not whose: whoever keeps the passkey reads that.
    expect(vi.mocked(makePasskey).mock.calls.map(([name]) => name)).toEqual(["Tally K2GN"]);
    expect(work).not.toHaveBeenCalled();
    work.mockImplementation(async () => {
      keeps(PASSKEY);
      return { ok: true, value: undefined };
    });
    await press({ step: "on" });
    // And asked for with the next PIN.
    expect(model.store.account("a")?.passkey).toEqual(PASSKEY);
    expect(work).toHaveBeenCalledExactlyOnceWith("add-passkey", expect.objectContaining({ accountId: "a", named: PASSKEY }));
  });

  it("after two uses, where it gives nothing when it is made", async () => {
    vi.mocked(makePasskey).mockImplementation(made(undefined));
    await press({ step: "try", busy: false });
    await press({ step: "try", busy: false, made: { print: expect.any(String) as string } });
    expect(work).not.toHaveBeenCalled();
    await press({ step: "on" });
  });

  it("never, where it gives something else each time: it is forgotten", async () => {
    await press({ step: "try", busy: false });
    vi.mocked(usePasskey).mockImplementation(gives(8));
    await press({ step: "impossible" });
    expect(work).not.toHaveBeenCalled();
    expect(forgetPasskey).toHaveBeenCalledExactlyOnceWith(PASSKEY);
  });

  it("by nobody who has left: each prompt ends with its screen, and what is being wrapped is waited for", async () => {
    const prompt = Promise.withResolvers<{ ok: false; failure: "not-used" }>();
    vi.mocked(makePasskey).mockImplementation(() => prompt.promise);
    actionsOf(model).goOnWithPasskey();
    expect(screen()).toMatchObject({ step: "offer", prompting: true });
    actionsOf(model).goOnWithPasskey();
    actionsOf(model).leave();
    expect(vi.mocked(makePasskey).mock.lastCall?.[1]?.aborted).toBe(true);
    expect(makePasskey).toHaveBeenCalledOnce();
    expect(screen()).toMatchObject({ name: "settings" });
    prompt.resolve({ ok: false, failure: "not-used" });

    // One that was made after all opens nothing, and need not stay.
    const late = Promise.withResolvers<void>();
    vi.mocked(makePasskey).mockImplementation(async () => late.promise.then(made(7)));
    actionsOf(model).askPasskey("a");
    await soon(() => expect(screen()).toMatchObject({ step: "offer" }));
    actionsOf(model).goOnWithPasskey();
    actionsOf(model).leave();
    late.resolve();
    await soon(() => expect(forgetPasskey).toHaveBeenCalledExactlyOnceWith(PASSKEY));
    expect(screen()).toMatchObject({ name: "settings" });
    vi.mocked(forgetPasskey).mockClear();

    vi.mocked(makePasskey).mockImplementation(made(7));
    actionsOf(model).askPasskey("a");
    await soon(() => expect(screen()).toMatchObject({ step: "offer" }));
    await press({ step: "try", busy: false });
    const wrapping = Promise.withResolvers<unknown>();
    work.mockReturnValue(wrapping.promise);
    await press({ step: "try", busy: true });
    expect(vi.mocked(usePasskey).mock.lastCall?.[1]?.aborted).toBe(false);
    actionsOf(model).leave();
    expect(screen()).toMatchObject({ name: "passkey" });
    wrapping.resolve({ ok: true, value: undefined });
    await soon(() => expect(screen()).toMatchObject({ step: "on" }));
    expect(forgetPasskey).not.toHaveBeenCalled();
  });

  it("later, where the prompt is cancelled; and one that was never turned on is forgotten", async () => {
    await press({ step: "try", busy: false });
    vi.mocked(usePasskey).mockImplementation(cancelled);
    await press({ step: "try", busy: false, problem: { kind: "passkey" } });
    actionsOf(model).leave();
    expect(forgetPasskey).toHaveBeenCalledExactlyOnceWith(PASSKEY);
    expect(work).not.toHaveBeenCalled();
  });
});

describe("after a renewal, that a passkey is missing", () => {
  const screenIs = (part: object) => soon(() => expect(screen()).toMatchObject(part));
  const stored = (): unknown => (stores.accounts.get("a") as { missesPasskey?: boolean }).missesPasskey;
  const isSaid = async (said: true | undefined): Promise<void> => {
    await soon(() => expect(stored()).toBe(said));
    expect(model.store.account("a")?.missesPasskey).toBe(said);
  };

  beforeEach(async () => {
    keeps(undefined);
    stores.accounts.set("a", { ...(stores.accounts.get("a") as object), missesPasskey: true });
    vi.mocked(makePasskey)
      .mockReset()
      .mockImplementation(async () => ({ ok: true, value: { passkey: PASSKEY, output: undefined } }));
    await model.accounts.load();
    actionsOf(model).askPasskey("a");
    await screenIs({ step: "offer" });
  });

  it("is said as long as its prompt is only looked at, or cancelled", async () => {
    vi.mocked(makePasskey).mockImplementation(cancelled);
    actionsOf(model).goOnWithPasskey();
    expect(screen()).toMatchObject({ prompting: true });
    actionsOf(model).declinePasskey();
    await screenIs({ name: "passkey", problem: { kind: "passkey" } });
    actionsOf(model).leave();
    await isSaid(true);
  });

  it("is said no more where it was turned on", async () => {
    actionsOf(model).goOnWithPasskey();
    await screenIs({ step: "try" });
    actionsOf(model).goOnWithPasskey();
    await screenIs({ made: { print: expect.any(String) as string } });
    work.mockImplementation(async () => {
      stores.records.set("a", { ...BARE, passkey: PASSKEY });
      return { ok: true, value: undefined };
    });
    actionsOf(model).goOnWithPasskey();
    await screenIs({ step: "on" });
    await isSaid(undefined);
  });

  it("is said no more where its person wants none: one that was made is forgotten", async () => {
    actionsOf(model).goOnWithPasskey();
    await screenIs({ step: "try", busy: false });
    actionsOf(model).declinePasskey();
    expect(screen()).toMatchObject({ name: "home" });
    expect(forgetPasskey).toHaveBeenCalledExactlyOnceWith(PASSKEY);
    await isSaid(undefined);
  });

  it.each(["before it was tried", "as it turned out"])("is said no more where there can be none (%s)", async (when) => {
    if (when === "as it turned out") {
      vi.mocked(makePasskey).mockImplementation(async () => ({ ok: false, failure: "unsupported" }));
      actionsOf(model).goOnWithPasskey();
    } else {
      vi.mocked(mayHavePasskeys).mockResolvedValue(false);
      model.store.go({ name: "home", check: "idle" });
      actionsOf(model).askPasskey("a");
    }
    await screenIs({ step: "impossible" });
    await isSaid(undefined);
  });
});

describe("another window that changes the passkey meanwhile", () => {
  const other = { ...PASSKEY, credentialId: bytes(16, 9) };
  const at = (step: "offer" | "try" | "on", part: object = {}): void =>
    model.store.go({ name: "passkey", accountId: "a", step, busy: false, ...part });

  beforeEach(() => {
    keeps(undefined);
    followPasskey(model);
  });

  it("is heard on the screen that shows it: turned off, or turned on", async () => {
    keeps(PASSKEY);
    await model.accounts.load();
    at("on");
    keeps(undefined);
    await model.accounts.load();
    await soon(() => expect(screen()).toMatchObject({ step: "turned-off" }));
    at("offer");
    keeps(other);
    await model.accounts.load();
    await soon(() => expect(screen()).toMatchObject({ step: "on" }));
    expect(screen()).not.toHaveProperty("problem");
  });

  it("was first: the one that was made here is forgotten, and its person told which is on", async () => {
    const problem = { kind: "passkey-elsewhere" };
    at("try", { made: { passkey: PASSKEY, print: undefined } });
    keeps(other);
    await model.accounts.load();
    await soon(() => expect(screen()).toMatchObject({ step: "on", problem }));
    expect(forgetPasskey).toHaveBeenCalledExactlyOnceWith(PASSKEY);
    // Also where it was first while this one was being wrapped.
    keeps(undefined);
    await model.accounts.load();
    at("offer");
    vi.mocked(makePasskey).mockImplementation(async () => {
      const { value } = await gives(7)();
      return { ok: true, value: { passkey: PASSKEY, output: value } };
    });
    actionsOf(model).goOnWithPasskey();
    await soon(() => expect(screen()).toMatchObject({ step: "try" }));
    work.mockImplementation(async () => {
      keeps(other);
      return { ok: false, failure: { code: "passkey_changed" } };
    });
    actionsOf(model).goOnWithPasskey();
    await soon(() => expect(screen()).toMatchObject({ step: "on", problem }));
    expect(forgetPasskey).toHaveBeenCalledTimes(2);
    expect(model.store.account("a")?.passkey).toEqual(other);
  });

  it("does not take a prompt away, and is heard when that is over", async () => {
    keeps(PASSKEY);
    await model.accounts.load();
    at("on");
    const asked = Promise.withResolvers<void>();
    vi.mocked(usePasskey).mockImplementation(async () => asked.promise.then(cancelled));
    actionsOf(model).goOnWithPasskey();
    keeps(undefined);
    await model.accounts.load();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(screen()).toMatchObject({ step: "on", prompting: true });
    asked.resolve();
    await soon(() => expect(screen()).toMatchObject({ step: "turned-off" }));
  });

  it("is not what turned it on here: the passkey that was just made stays, and is the one that is on", async () => {
    at("try", { made: { passkey: PASSKEY, print: undefined } });
    actionsOf(model).goOnWithPasskey();
    await soon(() => expect(screen()).toMatchObject({ made: { print: expect.any(String) as string }, busy: false }));
    work.mockImplementation(async () => {
      keeps(PASSKEY);
      return { ok: true, value: undefined };
    });
    actionsOf(model).goOnWithPasskey();
    await soon(() => expect(screen()).toMatchObject({ step: "on" }));
    expect(screen()).not.toHaveProperty("problem");
    expect(forgetPasskey).not.toHaveBeenCalled();
  });

  it("takes nobody back to a screen that they have just left", async () => {
    at("on");
    model.store.go({ name: "home", check: "idle" });
    await model.accounts.load();
    expect(screen()).toMatchObject({ name: "home" });
  });

  it("has turned nothing off where it removed the account", async () => {
    keeps(PASSKEY);
    await model.accounts.load();
    at("on");
    clearDatabase();
    await model.accounts.load();
    expect(screen()).toMatchObject({ step: "on" });
  });
});

it("a passkey is lost only by whoever has one", () => {
  atPin(model, login("t1", "DEMO"));
  actionsOf(model).passkeyLost();
  expect(screen()).toMatchObject({ name: "pin" });
});

it.each<[Screen, boolean]>([
  [{ name: "history", accountId: "a" } as Screen, true],
  [{ name: "history-entry", accountId: "a" } as Screen, true],
  [{ name: "pin-changed", accountId: "a", purpose: "auth", end: "changed" }, true],
  [{ name: "passkey", accountId: "a", step: "offer", busy: false }, true],
  [{ name: "passkey", accountId: "a", step: "offer", busy: false, prompting: true }, false],
  [{ name: "passkey", accountId: "a", step: "try", busy: false, made: { passkey: PASSKEY, print: undefined } }, false],
])("%o makes room for a new request: %s", async (at, makesRoom) => {
  const { claimed, listed } = login("t9", "DEMO");
  model.answer = (operation) => {
    if (operation === "claimTransaction") return { ok: true, value: claimed };
    return { ok: true, value: operation === "listTransactions" ? { transactions: [listed] } : keyState() };
  };
  model.store.go(at);
  await model.accounts.refresh("a");
  expect(model.store.screen.name === at.name).toBe(!makesRoom);
});

it("a passkey is turned off with the passkey alone, and forgotten only then", async () => {
  keeps(PASSKEY);
  model.store.updateAccount("a", { passkey: PASSKEY });
  actionsOf(model).askPasskey("a");
  expect(screen()).toMatchObject({ step: "on" });
  work.mockResolvedValue({ ok: false, failure: { code: "passkey_needed" } });
  actionsOf(model).goOnWithPasskey();
  await soon(() => expect(screen()).toMatchObject({ step: "on", busy: false, problem: { kind: "passkey" } }));
  expect(forgetPasskey).not.toHaveBeenCalled();
  work.mockResolvedValue({ ok: true, value: undefined });
  actionsOf(model).goOnWithPasskey();
  await soon(() => expect(screen()).toMatchObject({ step: "turned-off" }));
  expect(forgetPasskey).toHaveBeenCalledOnce();
});
