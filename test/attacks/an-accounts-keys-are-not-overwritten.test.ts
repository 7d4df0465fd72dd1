// Two windows on one enrolment: the slower one must not open a new channel over an account that the other one has made.
import { expect, it, vi } from "vitest";
import { assertIdentity, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { deviceOn, enrol, PERSON, PINS, pinOf, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };

it("a new channel leaves an active account as it is", async () => {
  const { client, storage } = await enrol();
  const { record } = storage;
  expect(await openAccount(server, storage)).toEqual({ ok: false, failure: "account_in_use" });
  expect(await openAccount(server, storage, { replacing: "0".repeat(64) })).toEqual({ ok: false, failure: "account_in_use" });
  expect(storage.record).toEqual(record);
  expect(await client.call("getKeyState", () => ({}))).toMatchObject({ ok: true, value: { status: "active" } });
});

it("and one whose first key is made, also where both begin at the same time", async () => {
  const device = deviceOn(new MemoryStorage());
  await openAccount(server, device.storage);
  await assertIdentity(server, device.storage, PERSON);
  const making = makeKeys(device.client, pins);
  await vi.waitFor(() => expect(device.storage.record?.keys.length).toBeGreaterThan(0), { timeout: 50_000, interval: 5 });
  expect(await openAccount(server, device.storage)).toEqual({ ok: false, failure: "account_in_use" });
  expect((await making).ok).toBe(true);
});

it("a channel without keys, or an account that the caller names, is replaced", async () => {
  const storage = new MemoryStorage();
  const handles = new Set<string | undefined>();
  for (let time = 0; time < 2; time++) {
    expect((await openAccount(server, storage)).ok).toBe(true);
    handles.add(storage.record?.handle);
  }
  await assertIdentity(server, storage, PERSON);
  await makeKeys(deviceOn(storage).client, pins);
  expect((await openAccount(server, storage, { replacing: storage.record?.handle })).ok).toBe(true);
  handles.add(storage.record?.handle);
  expect(handles.size).toBe(3);
  expect(storage.record?.keys).toEqual([]);
});
