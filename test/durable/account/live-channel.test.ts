// Who looks on is told of every change of transactions, locks and status, and of nothing else.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  approveTransaction,
  claimTransaction,
  listTransactions,
  refuseTransaction,
} from "../../../src/authenticator/transactions.ts";
import { endResult, startLogin } from "../../support/demo-party.ts";
import {
  accountStub,
  applyingDevice,
  claimOnly,
  enrol,
  type HeadlessDevice,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../../support/headless-device.ts";
import { type LiveSocket, openLive } from "../../support/live-socket.ts";
import { seedDemoParty } from "../../support/relying-party.ts";

type Device = HeadlessDevice & { documentNumber: string };

let device: Device;
let live: LiveSocket;

const stub = () => accountStub(device.storage.record);
const inStorage = (statement: string) => runInDurableObject(stub(), (_, { storage }) => storage.sql.exec(statement).toArray());
const changes = (number: number): string[] => Array.from({ length: number }, () => "changed");

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  live?.socket.close();
  await inStorage("DELETE FROM pending_transaction");
  await inStorage("DELETE FROM lockout");
});

describe("a device that looks on is told", () => {
  it("of a transaction that comes, is claimed, and ends by a signature", async () => {
    live = await openLive(device);
    const login = await startLogin(device.documentNumber);
    await live.hears(...changes(1));
    const claimed = await claimOnly(device);
    await live.hears(...changes(2));
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.auth))).ok).toBe(true);
    // The transaction is gone, and the lockout stands at no wrong PIN for the first time.
    await live.hears(...changes(3));
    expect(await endResult(login)).toBe("OK");
  });

  it("of one that is refused", async () => {
    live = await openLive(device);
    await startLogin(device.documentNumber);
    const { transactionId } = await claimOnly(device);
    await live.hears(...changes(2));
    expect((await refuseTransaction(device.client, transactionId, "USER_REFUSED")).ok).toBe(true);
    await live.hears(...changes(3));
  });

  it("of one that is withdrawn, because another device took it", async () => {
    live = await openLive(device);
    const login = await startLogin(device.documentNumber);
    await live.hears(...changes(1));
    const [row] = await inStorage("SELECT transaction_id FROM pending_transaction");
    await stub().withdraw(row?.["transaction_id"] as string);
    await live.hears(...changes(2));
    expect(await endResult(login)).toBe("RUNNING");
  });

  it("of every wrong PIN, up to the lock, on each of its sockets", async () => {
    live = await openLive(device);
    const tab = await openLive(device);
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    await live.hears(...changes(2));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth));
      await live.hears(...changes(2 + attempt));
    }
    await tab.hears(...changes(5));
    expect(await inStorage("SELECT wrong FROM lockout WHERE purpose = 'auth'")).toEqual([{ wrong: 3 }]);
    tab.socket.close();
  });

  it("after the object was out of memory, over the same socket", async () => {
    live = await openLive(device);
    await evictDurableObject(stub());
    live.socket.send("ping");
    await live.hears("pong");
    await startLogin(device.documentNumber);
    await live.hears("pong", "changed");
    await evictDurableObject(stub());
    await claimOnly(device);
    await live.hears("pong", "changed", "changed");
    live.socket.send("anything");
    await live.isClosed(1008);
  });

  it("that its certificates are there, and by the alarm too where they failed at first", async () => {
    const enrolling = await applyingDevice();
    const log = vi.spyOn(console, "error").mockReturnValue();
    await env.DATABASE.prepare("ALTER TABLE certificates RENAME TO missing").run();
    await approveTransaction(enrolling.client, await claimOnly(enrolling), pinOf(PINS.sign));
    live = await openLive(enrolling);
    await env.DATABASE.prepare("ALTER TABLE missing RENAME TO certificates").run();
    log.mockRestore();
    await runDurableObjectAlarm(accountStub(enrolling.storage.record));
    await live.hears("changed");
    const state = await enrolling.client.call("getKeyState", () => ({}));
    expect(state).toMatchObject({ value: { status: "active" } });
  });

  it("that the account is closed, and then is not listened to any more", async () => {
    const closing = await enrol();
    live = await openLive(closing);
    const tab = await openLive(closing);
    await closing.client.call("revokeKey", () => ({}));
    for (const each of [live, tab]) {
      await each.hears("changed");
      await each.isClosed(1000);
    }
  });

  it("and another account's is not", async () => {
    const other = await enrol();
    live = await openLive(other);
    await startLogin(device.documentNumber);
    await startLogin(other.documentNumber);
    await live.hears("changed");
  });
});

describe("a device that looks on is not told", () => {
  it("of what changes nothing", async () => {
    live = await openLive(device);
    await listTransactions(device.client);
    await device.client.call("getKeyState", () => ({}));
    await claimTransaction(device.client, "AAAAAAAAAAAAAAAAAAAAAA");
    await startLogin(device.documentNumber);
    // One hint, and it is that of the login.
    await live.hears("changed");
  });
});

describe("sockets", () => {
  it("are eight at the most: the ninth closes the oldest", async () => {
    const open: LiveSocket[] = [];
    for (let number = 0; number < 9; number++) open.push(await openLive(device));
    await open[0]?.isClosed(1008);
    await startLogin(device.documentNumber);
    for (const each of open.slice(1)) await each.hears("changed");
    expect(open.slice(1).map(({ closedWith }) => closedWith)).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(open[0]?.received).toEqual([]);
    for (const { socket } of open) socket.close();
    const left = () => runInDurableObject(stub(), (_, state) => state.getWebSockets().length);
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 20_000 });
  });
});
