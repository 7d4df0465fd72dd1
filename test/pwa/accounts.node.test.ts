// The accounts of one browser in two windows: what one window finishes or forgets, the other neither overwrites nor brings back.
import "./support/page.ts";
import { AsyncLocalStorage } from "node:async_hooks";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as engine from "../../src/authenticator/enrolment.ts";
import type { DeviceKey } from "../../src/authenticator/device-record.ts";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { removeFromDevice } from "../../src/pwa/model/account-actions.ts";
import { submitIdentity } from "../../src/pwa/model/enrolment.ts";
import type { IdentityForm } from "../../src/pwa/model/person-actions.ts";
import { isKeptForGood, keepForGood, loadAccounts } from "../../src/pwa/storage/accounts.ts";
import { BrowserStorage } from "../../src/pwa/storage/browser-storage.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { deviceRecord, keyState, testModel } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/authenticator/enrolment.ts", () => ({
  openAccount: vi.fn<typeof engine.openAccount>(),
  assertIdentity: vi.fn<typeof engine.assertIdentity>(),
}));

const queues = new Map<string, Promise<unknown>>();
/** The locks of whoever asks. */
const held = new AsyncLocalStorage<readonly string[]>();
vi.stubGlobal("navigator", {
  locks: {
    async request(name: string, work: () => Promise<unknown>) {
      const holds = held.getStore() ?? [];
      if (holds.includes(name)) throw new Error("the lock is asked for by the work that holds it");
      const done = (queues.get(name) ?? Promise.resolve()).then(() => held.run([...holds, name], work));
      queues.set(
        name,
        done.catch(() => undefined),
      );
      return done;
    },
  },
});

beforeEach(() => {
  clearDatabase();
  vi.restoreAllMocks();
  vi.mocked(engine.openAccount).mockImplementation(async (_server, storage) => {
    await storage.write(deviceRecord({ handle: "new", owner: undefined }));
    return { ok: true, value: undefined };
  });
});

const FORM: IdentityForm = {
  givenName: "Mari",
  surname: "Tamm",
  country: "EE",
  personalCode: "50001029996",
  dateOfBirth: "",
  level: "QUALIFIED",
};

/** This window is at the identity of an account whose channel was opened. */
async function atIdentity(record: Parameters<typeof deviceRecord>[0]) {
  const model = testModel(["a"], (id) => new BrowserStorage(id));
  stores.records.set("a", deviceRecord(record));
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState({ status: "opened" }), clockSkew: 0 });
  await model.accounts.load();
  model.store.updateAccount("a", { state: keyState({ status: "opened" }) });
  model.store.go({ name: "identity", busy: false });
  return model;
}

const KEYS = [{ purpose: "auth" } as DeviceKey, { purpose: "sign" } as DeviceKey];
const refuse = (status: number) =>
  vi
    .mocked(engine.assertIdentity)
    .mockImplementation(async (_server, storage) =>
      (await storage.read())?.handle === "new" ? undefined : { status, title: "no", detail: "" },
    );

describe("an identity for an account that went on without this window", () => {
  it.each([404, 409])("makes a new account after %i, and leaves the keys of the other alone", async (status) => {
    const model = await atIdentity({ keys: KEYS });
    refuse(status);
    await submitIdentity(model, FORM);
    expect(stores.records.get("a")).toMatchObject({ handle: "h", keys: KEYS });
    expect(stores.records.size).toBe(2);
    expect(model.store.state.selected).not.toBe("a");
    expect(model.store.screen.name).toBe("choose-pin");
    expect(model.store.account("a")?.state?.status).toBe("active");
  });

  it("forgets a channel that nobody can go on with", async () => {
    const model = await atIdentity({ owner: undefined });
    refuse(404);
    await submitIdentity(model, FORM);
    expect([...stores.records.keys()]).toEqual([model.store.state.selected]);
    expect(stores.records.has("a")).toBe(false);
  });
});

it("a refresh that is under way while another tab forgets the account leaves nothing of it", async () => {
  const model = await atIdentity({});
  const refreshed = model.accounts.refresh("a");
  await new BrowserStorage("a").exclusively(async () => clearDatabase());
  await refreshed;
  expect(stores.accounts.size).toBe(0);
});

describe("an account of an earlier version of the app", () => {
  const key = { suite: "rsa", keyVersion: 1, salt: "A".repeat(43), stored: "s", masked: "m" } as const;

  it("has the keys that it had, and its way back from a login is the same", async () => {
    const { returnSecret: _, ...record } = deviceRecord();
    stores.records.set("a", { ...record, keys: { auth: key, sign: { ...key, keyVersion: 3, masked: "n" } } });
    expect(await new BrowserStorage("a").read()).toEqual({
      ...record,
      keys: [
        { ...key, purpose: "auth" },
        { ...key, purpose: "sign", keyVersion: 3, masked: "n" },
      ],
      returnSecret: key.salt,
    });
    stores.records.set("a", { ...record, keys: {} });
    const half = await new BrowserStorage("a").read();
    expect(half).toMatchObject({ keys: [], returnSecret: expect.stringMatching(/^[\w-]{43}$/) as string });
  });

  it("is shown without a network by what was kept of it", async () => {
    const { suites, keys, reKey, notices, awaited, ...state } = keyState({ documentNumber: "PNOEE-50001029996-K2GN-Q" });
    stores.records.set("a", deviceRecord());
    stores.accounts.set("a", { id: "a", createdAt: 1, state, clockSkew: 0 });
    const model = testModel();
    model.store.patch({ accounts: [] });
    await model.accounts.load();
    expect(model.store.account("a")?.state).toEqual({ ...state, suites: [], keys, reKey, notices, awaited });
    expect(suites).not.toEqual([]);
  });
});

describe("starting over", () => {
  const application = { name: "application", application: {} as never, pin: { length: 0, state: "typing" } } as const;

  it("tells the server, which may be further along", async () => {
    const call = vi.spyOn(ChannelClient.prototype, "call").mockResolvedValue({ ok: true, value: { closed: true } } as never);
    const model = await atIdentity({ keys: KEYS });
    model.store.go(application);
    await removeFromDevice(model);
    expect(stores.records.size).toBe(0);
    expect(call.mock.calls.map(([operation]) => operation)).toEqual(["revokeKey"]);
    expect(model.store.screen.name).toBe("welcome");
  });

  it("waits while the application is being signed", async () => {
    const model = await atIdentity({ keys: KEYS });
    model.store.go({ ...application, pin: { length: 5, state: "working" } });
    await removeFromDevice(model);
    expect(stores.records.size).toBe(1);
    expect(model.store.screen.name).toBe("application");
  });
});

it("that another window took off this device are left from their last screen, too", async () => {
  const model = testModel();
  model.store.patch({ accounts: [] });
  model.store.go({ name: "closed", accountId: "gone", reason: "renewed" });
  await removeFromDevice(model);
  expect(model.store.screen.name).toBe("welcome");
});

it("are loaded in the order in which they were made, as earlier versions wrote them too, and not where their record is gone", async () => {
  const { documentNumber, pins, status, now, expiresAt, level, closedReason, outOfStep, pushEndpointHash } = keyState();
  const earlier = { documentNumber, pins, status, now, expiresAt, level, closedReason, outOfStep, pushEndpointHash };
  for (const [id, createdAt] of [
    ["a", 3],
    ["b", 1],
    ["c", 2],
  ] as const) {
    stores.accounts.set(id, { id, createdAt, state: earlier, clockSkew: 0 });
    if (id !== "c") stores.records.set(id, deviceRecord());
  }
  const loaded = await loadAccounts();
  expect(loaded.map(({ account }) => account.id)).toEqual(["b", "a"]);
  const later = { notices: [], awaited: null, suites: [], keys: [], reKey: null };
  for (const { account } of loaded) expect([account.understood, account.state]).toEqual([[], { ...earlier, ...later }]);
});

it("are not asked to be kept where the browser has nobody to ask", async () => {
  expect([await keepForGood(), await isKeptForGood()]).toEqual([undefined, undefined]);
});
