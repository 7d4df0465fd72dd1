// A passkey's prompt that is answered when its screen is gone, or its account, or the window is too old: nothing is done with what it gave,
// and nothing of it stays.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { atPin, deviceRecord, keyState, login, testModel, type TestModel, typeDigits } from "./support/model.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import type { JobName } from "../../src/pwa/key-work/jobs.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { forgetPasskey, makePasskey, mayHavePasskeys, usePasskey } from "../../src/pwa/passkey/ceremony.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/passkey/ceremony.ts");
const work = vi.hoisted(() => vi.fn<(job: JobName) => Promise<unknown>>());
vi.mock("../../src/pwa/key-work/key-work.ts", () => ({ runKeyWork: work, StartedKeyWork: vi.fn<() => void>() }));

const PASSKEY = { credentialId: toBase64Url(new Uint8Array(16).fill(1)), salt: toBase64Url(new Uint8Array(32).fill(2)) };
const shop = login("t1", "SHADY SHOP");

let model: TestModel;
/** What the prompt gave. */
let given: Uint8Array<ArrayBuffer>;
let answer: PromiseWithResolvers<Awaited<ReturnType<typeof usePasskey>>>;

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const screenIs = (part: object) => vi.waitFor(() => expect(model.store.screen).toMatchObject(part), { interval: 1 });
async function gives(): Promise<void> {
  answer.resolve({ ok: true, value: given.buffer });
  await settled();
}

beforeEach(() => {
  clearDatabase();
  given = new Uint8Array(32).fill(7);
  answer = Promise.withResolvers();
  vi.mocked(usePasskey)
    .mockReset()
    .mockImplementation(() => answer.promise);
  vi.mocked(forgetPasskey).mockReset().mockResolvedValue();
  vi.mocked(mayHavePasskeys).mockReset().mockResolvedValue(true);
  work.mockReset().mockResolvedValue({ ok: true, value: undefined });
  model = testModel();
});

/** An account that has a passkey. */
function hasPasskey(): void {
  stores.records.set("a", { ...deviceRecord(), passkey: PASSKEY });
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState(), clockSkew: 0 });
  model.store.updateAccount("a", { passkey: PASSKEY });
}

describe("with a PIN", () => {
  beforeEach(hasPasskey);

  it("a prompt of one request confirms no other, whose PIN was typed meanwhile", async () => {
    atPin(model, shop);
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    atPin(model, login("t2", "GOOD BANK"));
    typeDigits(model, "9026");
    await gives();
    expect(work).not.toHaveBeenCalled();
    expect([model.store.pin.length, given]).toEqual([4, new Uint8Array(32)]);
  });

  it("nobody says that it is lost while the PIN is on its way", () => {
    model.store.go({ name: "pin", accountId: "a", ...shop, pin: { ...EMPTY_PIN, state: "working" } });
    actionsOf(model).passkeyLost();
    expect(model.store.screen.name).toBe("pin");
  });
});

describe("turned off", () => {
  beforeEach(() => {
    hasPasskey();
    model.store.go({ name: "passkey", accountId: "a", step: "on", busy: false });
    actionsOf(model).goOnWithPasskey();
  });

  it("by nobody who has left: what it gave is overwritten", async () => {
    model.store.go({ name: "home", check: "idle" });
    await gives();
    expect([work.mock.calls, given]).toEqual([[], new Uint8Array(32)]);
  });

  it("by nobody who has left, where the prompt was cancelled: its screen does not come back", async () => {
    model.store.go({ name: "home", check: "idle" });
    answer.resolve({ ok: false, failure: "not-used" });
    await settled();
    expect(model.store.screen.name).toBe("home");
  });

  it("is not called impossible where this time it gave nothing", async () => {
    answer.resolve({ ok: false, failure: "unsupported" });
    await screenIs({ step: "on", busy: false, problem: { kind: "passkey" } });
  });

  it("in a window of an earlier version asks to load it anew; of an account that is gone, goes home", async () => {
    work.mockResolvedValue(undefined);
    await gives();
    await screenIs({ step: "on", busy: false, problem: { kind: "reload" } });
    expect(forgetPasskey).not.toHaveBeenCalled();
    work.mockResolvedValue({ ok: false, failure: { code: "no_account" } });
    actionsOf(model).goOnWithPasskey();
    await screenIs({ name: "home" });
  });
});

describe("turned on", () => {
  beforeEach(async () => {
    stores.records.set("a", deviceRecord());
    stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState(), clockSkew: 0 });
    const made = { passkey: PASSKEY, output: new Uint8Array(32).fill(7).buffer };
    vi.mocked(makePasskey).mockReset().mockResolvedValue({ ok: true, value: made });
    model.store.go({ name: "passkey", accountId: "a", step: "offer", busy: false });
    actionsOf(model).goOnWithPasskey();
    await screenIs({ step: "try", busy: false });
    actionsOf(model).goOnWithPasskey();
  });

  it("by nobody who has left", async () => {
    model.store.go({ name: "home", check: "idle" });
    await gives();
    expect([work.mock.calls, given]).toEqual([[], new Uint8Array(32)]);
  });

  it("in a window of an earlier version asks to load it anew", async () => {
    work.mockResolvedValue(undefined);
    await gives();
    await screenIs({ step: "try", busy: false, problem: { kind: "reload" } });
  });

  it("for an account that is gone, goes home", async () => {
    work.mockResolvedValue({ ok: false, failure: { code: "no_account" } });
    await gives();
    await screenIs({ name: "home" });
  });
});
