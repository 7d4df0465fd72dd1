// What an account is told of the person's other accounts: kept once, read by its device, dismissed for good, pushed once.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type AccountNotice, MAXIMUM_NOTICES } from "../../../src/protocol/device-messages.ts";
import { accountStub, enrol, type HeadlessDevice, openedDevice } from "../../support/headless-device.ts";
import { openLive } from "../../support/live-socket.ts";
import { type Delivery, newBrowser, pushService } from "../../support/push-service.ts";
import { randomIdentifier } from "../../support/raw-device.ts";
import { query } from "../../support/server-vault.ts";

const DAY_MS = 24 * 3_600_000;
const OTHER = "PNOEE-50001029996-ABCD-Q";
const closed = (part: object = {}): AccountNotice => ({
  kind: "closed",
  reason: "owner",
  id: randomIdentifier(),
  documentNumber: OTHER,
  at: Date.now(),
  ...part,
});

let device: HeadlessDevice;
let handle = "";
let deliveries: Delivery[];
const stub = () => accountStub(device.storage.record);

beforeAll(async () => {
  device = await enrol();
  handle = (await device.storage.read())?.handle ?? "";
});
beforeEach(() => {
  deliveries = pushService();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await query(handle, "DELETE FROM notice");
  await query(handle, "DELETE FROM push_subscription");
});

async function read(on = device): Promise<readonly AccountNotice[]> {
  const answer = await on.client.call("getKeyState", () => ({}));
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value.notices;
}

const dismiss = (...ids: string[]) => device.client.call("dismissNotices", () => ({ ids }));

describe("a notice", () => {
  it("is read once however often it was told, also after the object was out of memory", async () => {
    const notice = closed();
    await stub().notice(notice);
    await stub().notice(notice);
    await evictDurableObject(stub());
    await stub().notice(notice);
    expect(await read()).toEqual([notice]);
  });

  it("that was dismissed stays away when it is told again, and the others stay", async () => {
    const [notice, other] = [closed(), closed({ at: 1_700_000_000_000 })];
    for (const each of [notice, other]) await stub().notice(each);
    expect(await dismiss(notice.id, randomIdentifier())).toEqual({ ok: true, value: { dismissed: true } });
    expect(await dismiss(notice.id)).toMatchObject({ ok: true });
    await stub().notice(notice);
    expect(await read()).toEqual([other]);
  });

  it("is one of twenty at the most: the oldest make room, and the newest comes first", async () => {
    const all = Array.from({ length: MAXIMUM_NOTICES + 2 }, (_, index) => closed({ at: 1_800_000_000_000 + index }));
    for (const notice of all) await stub().notice(notice);
    expect(await read()).toEqual(all.slice(2).toReversed());
    expect(await query(handle, "SELECT count(*) AS count FROM notice")).toEqual([{ count: MAXIMUM_NOTICES }]);
  });

  it("of an end that nobody has read yet stays, however many accounts are made; read or new, it makes room", async () => {
    const [unread, dismissed] = [closed({ at: 1 }), closed({ at: 2 })];
    for (const notice of [unread, dismissed]) await stub().notice(notice);
    await dismiss(dismissed.id);
    const about = (at: number): AccountNotice => ({ kind: "new_account", id: randomIdentifier(), documentNumber: OTHER, at });
    const made = Array.from({ length: MAXIMUM_NOTICES + 2 }, (_, index) => about(1_800_000_000_000 + index));
    for (const notice of made) await stub().notice(notice);
    const answer = await device.client.call("getKeyState", () => ({ newAccounts: true }));
    expect(answer.ok && answer.value.notices).toEqual([...made.slice(3).toReversed(), unread]);
    expect(await query(handle, "SELECT count(*) AS count FROM notice")).toEqual([{ count: MAXIMUM_NOTICES }]);
  });

  it("is acknowledged and thrown away by an account that is not active", async () => {
    const enrolling = await openedDevice();
    await accountStub(enrolling.storage.record).notice(closed());
    expect(await read(enrolling)).toEqual([]);
  });

  it("is told to a device that looks on, and so is its dismissal by another window", async () => {
    const { socket, hears } = await openLive(device);
    const notice = closed();
    await stub().notice(notice);
    await hears("changed");
    await stub().notice(notice);
    await read();
    await dismiss(notice.id);
    await hears("changed", "changed");
    socket.close();
  });
});

describe("the push for a notice", () => {
  beforeEach(async () => {
    const { subscription } = await newBrowser();
    const answer = await device.client.call("subscribePush", () => ({ subscription }));
    if (!answer.ok) throw new Error(answer.failure.code);
  });

  const pushes = async (count: number) => {
    await vi.waitFor(() => expect(deliveries).toHaveLength(count), { timeout: 20_000 });
    await runInDurableObject(stub(), () => scheduler.wait(20));
    expect(deliveries).toHaveLength(count);
  };
  const alarmAt = () => runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
  const endOfAccount = async () => (await query(handle, "SELECT expires_at FROM account"))[0]?.["expires_at"];

  it("goes out at once where nobody looks on, once", async () => {
    const notice = closed({ at: Date.now() - 3 * DAY_MS });
    await stub().notice(notice);
    await pushes(1);
    // Until a week after it happened.
    const left = Number(deliveries[0]!.headers.get("ttl"));
    expect(left).toBeLessThanOrEqual((4 * DAY_MS) / 1000);
    expect(left).toBeGreaterThan((4 * DAY_MS) / 1000 - 600);
    await stub().notice(notice);
    await runDurableObjectAlarm(stub());
    await pushes(1);
    await vi.waitFor(async () => expect(await alarmAt()).toBe(await endOfAccount()), { timeout: 20_000 });
  });

  it("is over a week after it happened, and wakes nobody then", async () => {
    await stub().notice(closed({ at: Date.now() - 7 * DAY_MS }));
    await pushes(0);
    await runDurableObjectAlarm(stub());
    await pushes(0);
    expect(await alarmAt()).toBe(await endOfAccount());
  });

  it("is held back while a device looks on, and left out where that device read it", async () => {
    const { socket } = await openLive(device);
    await stub().notice(closed());
    expect(await alarmAt()).toBeLessThan(Date.now() + 60_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await runDurableObjectAlarm(stub());
    await pushes(1);
    vi.useRealTimers();

    await stub().notice(closed());
    await read();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await runDurableObjectAlarm(stub());
    await pushes(1);
    socket.close();
  });
});
