// When a person's device is pushed to, and when it is not.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, beforeAll, describe, expect, it, vi } from "vitest";
import webPush from "web-push";
import { DisownedStore } from "../../../durable/account/disowned-store.ts";
import { PersonObject } from "../../../durable/person/person-object.ts";
import { approveTransaction, claimTransaction } from "../../../src/authenticator/transactions.ts";
import type { PushSubscription, RequestBody } from "../../../src/protocol/device-messages.ts";
import { toBase64Url, utf8 } from "../../../src/protocol/encoding.ts";
import { subscriptionText } from "../../../src/protocol/push-notice.ts";
import { unwrap } from "../../../src/vault/wrapping.ts";
import { endResult, startLogin, startSignature } from "../../support/demo-party.ts";
import {
  accountStub,
  applyingDevice,
  claimOnly,
  enrol,
  type HeadlessDevice,
  openedDevice,
  PINS,
  pinOf,
  forPin,
  server,
} from "../../support/headless-device.ts";
import { deliver, openAnswer, sealRequest } from "../../support/handmade-messages.ts";
import { openLive } from "../../support/live-socket.ts";
import { type Browser, type Delivery, newBrowser, pushService } from "../../support/push-service.ts";
import { seedDemoParty } from "../../support/relying-party.ts";
import { keyEncryptionKey, query } from "../../support/server-vault.ts";

let device: HeadlessDevice & { documentNumber: string };
let handle = "";
let browser: Browser;
let deliveries: Delivery[];
/** What the push service answers with. */
let status = 201;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
  handle = (await device.storage.read())?.handle ?? "";
});
beforeEach(async () => {
  status = 201;
  deliveries = pushService(() => new Response(null, { status }));
  browser = await newBrowser();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await query(handle, "DELETE FROM pending_transaction");
  await query(handle, "DELETE FROM push_subscription");
  await query(handle, "DELETE FROM test_push");
});

async function subscribe(subscription: PushSubscription | null, on: HeadlessDevice = device): Promise<unknown> {
  const answer = await on.client.call("subscribePush", () => ({ subscription }));
  return answer.ok ? answer.value.subscribed : answer.failure.code;
}

async function subscribedTo(): Promise<string> {
  const answer = await device.client.call("getKeyState", () => ({}));
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value.pushEndpointHash;
}

const hashOf = async (text: string): Promise<string> =>
  toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));

/** What still runs beside a request that was answered is over. */
const settled = (): Promise<void> => runInDurableObject(accountStub(device.storage.record), () => scheduler.wait(20));

async function expectPushes(number: number, work: () => Promise<unknown>): Promise<void> {
  deliveries.length = 0;
  await work();
  await vi.waitFor(() => expect(deliveries).toHaveLength(number), { timeout: 20_000 });
  await settled();
  expect(deliveries).toHaveLength(number);
}

const login = () => startLogin(device.documentNumber);

describe("a subscription", () => {
  it("is told to its device by the hash of its address, until it is taken back", async () => {
    expect(await subscribedTo()).toBe("");
    expect(await subscribe(browser.subscription)).toBe(true);
    expect(await subscribedTo()).toBe(await hashOf(browser.subscription.endpoint));
    const next = await newBrowser("https://updates.push.services.mozilla.com/wpush/v2/next");
    expect(await subscribe(next.subscription)).toBe(true);
    expect(await subscribedTo()).toBe(await hashOf(next.subscription.endpoint));
    expect(await subscribe(null)).toBe(false);
    expect(await subscribedTo()).toBe("");
  });

  it("in the device's language is another one in another language; what is said, and where a tap leads, is the server's", async () => {
    const { subscription } = browser;
    const say = (notice: object) =>
      device.client.call("subscribePush", () => ({ subscription, notice }) as RequestBody<"subscribePush">);
    await say({ lang: "en" });
    const english = await subscribedTo();
    expect(english).toBe(await hashOf(subscriptionText(subscription, { lang: "en" })));
    await say({ lang: "et" });
    expect(await subscribedTo()).not.toBe(english);
    for (const own of [{ navigate: "https://evil.example/" }, { title: "Confirm your PIN" }, { body: "" }]) {
      expect(await say({ lang: "et", ...own })).toMatchObject({ ok: false, failure: { code: "malformed" } });
    }
    await expectPushes(1, login);
    const { notification } = JSON.parse(await browser.decrypt(deliveries[0]!.body)) as { notification: object };
    expect(notification).toMatchObject({ title: "Midagi ootab teid", lang: "et", navigate: `${server.url}/?check` });
  });

  it("to anything but a push service is not made, and ends the one before", async () => {
    await subscribe(browser.subscription);
    expect(await subscribe({ ...browser.subscription, endpoint: "https://169.254.169.254/latest" })).toBe(false);
    expect(await subscribedTo()).toBe("");
    await expectPushes(0, login);
  });

  it("ends with the account", async () => {
    const closing = await enrol();
    expect(await subscribe(browser.subscription, closing)).toBe(true);
    await closing.client.call("revokeKey", () => ({}));
    expect(await query((await closing.storage.read())?.handle ?? "", "SELECT * FROM push_subscription")).toEqual([]);
  });

  it("is for active accounts only", async () => {
    expect(await subscribe(browser.subscription, await openedDevice())).toBe("wrong_state");
  });

  it("is stored under the wrapping of its own place", async () => {
    await subscribe(browser.subscription);
    const [row] = await query(handle, "SELECT wrapped FROM push_subscription");
    const wrapped = new Uint8Array(row?.["wrapped"] as ArrayBuffer);
    const place = { account: handle, purpose: "", suite: "", keyVersion: 0, publicKey: new Uint8Array(0) } as const;
    const opened = await unwrap(await keyEncryptionKey(), { kind: "push-subscription", ...place }, wrapped);
    expect(JSON.parse(new TextDecoder().decode(opened))).toEqual(browser.subscription);
    expect(await unwrap(await keyEncryptionKey(), { kind: "channel-keys", ...place }, wrapped)).toBeUndefined();
  });
});

describe("a test", () => {
  const test = async () => {
    const answer = await device.client.call("testPush", () => ({}));
    return answer.ok ? answer.value.outcome : answer.failure.code;
  };

  it("is pushed like anything that waits, and tells what the push service said; once a minute, whatever was subscribed meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await subscribe(browser.subscription);
    await expectPushes(1, async () => expect(await test()).toBe("sent"));
    expect(JSON.parse(await browser.decrypt(deliveries[0]!.body))).toEqual({ waiting: true });
    await subscribe((await newBrowser()).subscription);
    vi.setSystemTime(Date.now() + 59_000);
    await evictDurableObject(accountStub(device.storage.record));
    await expectPushes(0, async () => expect(await test()).toBe("too_soon"));
    vi.setSystemTime(Date.now() + 1_000);
    status = 500;
    vi.spyOn(console, "error").mockReturnValue();
    await expectPushes(1, async () => expect(await test()).toBe("refused"));
    vi.setSystemTime(Date.now() + 60_000);
    status = 410;
    await expectPushes(1, async () => expect(await test()).toBe("gone"));
    await expectPushes(0, async () => expect(await test()).toBe("none"));
    expect(await subscribedTo()).toBe("");
  });

  it("is one test where its bytes come again while the push service is slow: each is told what became of it", async () => {
    await subscribe(browser.subscription);
    const record = await device.storage.read();
    if (record === undefined) throw new Error("no account");
    const { oneTimePassword } = record;
    const { message } = await sealRequest(record, { operation: "testPush", body: {}, oneTimePassword });
    const { promise: slow, resolve } = Promise.withResolvers<undefined>();
    deliveries = pushService(() => slow.then(() => new Response(null, { status })));
    const answers = [deliver(message), deliver(message)];
    await vi.waitFor(() => expect(deliveries).toHaveLength(1), { timeout: 20_000 });
    await settled();
    resolve(undefined);
    for (const sealed of await Promise.all(answers)) {
      const answer = await openAnswer(record, sealed);
      expect(answer.outcome).toEqual({ ok: true, body: { outcome: "sent" } });
      await device.storage.write({ ...record, oneTimePassword: answer.oneTimePassword ?? oneTimePassword });
    }
    expect(deliveries).toHaveLength(1);
  });
});

describe("a new transaction", () => {
  it("is pushed to the device that subscribed, for as long as it lives", async () => {
    await subscribe(browser.subscription);
    await expectPushes(1, login);
    const { url, body, headers } = deliveries[0]!;
    expect(url).toBe(browser.subscription.endpoint);
    expect(JSON.parse(await browser.decrypt(body))).toEqual({ waiting: true });
    // Three minutes, less what passed since.
    expect(Number(headers.get("ttl"))).toBeGreaterThan(120);
    expect(Number(headers.get("ttl"))).toBeLessThanOrEqual(180);
  });

  it("is pushed again for a signature, and after the object was out of memory", async () => {
    await subscribe(browser.subscription);
    await evictDurableObject(accountStub(device.storage.record));
    await expectPushes(1, () => startSignature(device.documentNumber, utf8("file")));
  });

  it("is pushed to nobody who did not subscribe", async () => {
    await expectPushes(0, login);
  });

  it("is not pushed while a device looks on, and again when it was silent for 45 seconds", async () => {
    await subscribe(browser.subscription);
    const { socket, hears } = await openLive(device);
    await expectPushes(0, login);
    await hears("changed");
    const opened = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: opened + 44_000 });
    await expectPushes(0, login);
    vi.setSystemTime(opened + 46_000);
    await expectPushes(1, login);
    vi.useRealTimers();
    socket.close();
  });

  it("is not pushed to a device that pinged a short while ago, however long ago it came", async () => {
    await subscribe(browser.subscription);
    // Opened an hour ago, by the clock of the server.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
    const { socket, received } = await openLive(device);
    vi.useRealTimers();
    await expectPushes(1, login);
    socket.send("ping");
    await vi.waitFor(() => expect(received).toContain("pong"), { timeout: 20_000 });
    await expectPushes(0, login);
    socket.close();
  });

  it("is pushed when the device stopped looking on", async () => {
    await subscribe(browser.subscription);
    const { socket } = await openLive(device);
    socket.close();
    const open = () =>
      runInDurableObject(accountStub(device.storage.record), (_, state) =>
        state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN),
      );
    await vi.waitFor(async () => expect(await open()).toEqual([]), { timeout: 20_000 });
    await expectPushes(1, login);
  });

  it("is pushed once where it is offered twice, and never where it is refused", async () => {
    await subscribe(browser.subscription);
    await expectPushes(1, login);
    const [row] = await query(handle, "SELECT details FROM pending_transaction");
    const { offered } = JSON.parse(row?.["details"] as string) as {
      offered: Parameters<ReturnType<typeof accountStub>["offer"]>[0];
    };
    const offer = (transaction: typeof offered) => accountStub(device.storage.record).offer(transaction);
    await expectPushes(0, () => offer(offered));
    await expectPushes(2, async () => {
      for (let number = 0; number < 2; number++) await login();
    });
    const storm = { ...offered, transactionId: crypto.randomUUID() };
    await expectPushes(0, async () => expect(await offer(storm)).toMatchObject({ failure: "too_many_pending" }));
  });

  it("that is the person's own application is not pushed", async () => {
    let enrolling: HeadlessDevice = device;
    await expectPushes(0, async () => {
      enrolling = await applyingDevice();
    });
    expect((await claimOnly(enrolling)).kind).toBe("application");
  });
});

describe("a push that was held back, because a device looked on when the transaction came,", () => {
  const stub = () => accountStub(device.storage.record);
  const alarmAt = () => runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
  /** What the alarm is set to where nothing else waits for it. */
  const endOfAccount = async () => (await query(handle, "SELECT expires_at FROM account"))[0]?.["expires_at"] as number;
  const endOfTransaction = async () =>
    (await query(handle, "SELECT MIN(expires_at) AS first FROM pending_transaction"))[0]?.["first"] as number;
  const silence = 45_000;
  let socket: WebSocket;
  let received: string[];
  let opened: number;

  beforeEach(async () => {
    await subscribe(browser.subscription);
    // Before the socket is there: by its clock it is never younger.
    opened = Date.now();
    ({ socket, received } = await openLive(device));
  });
  afterEach(async () => {
    socket.close();
    const end = await endOfAccount();
    await runInDurableObject(stub(), (_, { storage }) => storage.setAlarm(end));
  });

  const later = (milliseconds: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });

  it("goes out when the device turns out to be gone, once, for as long as the transaction lives", async () => {
    await expectPushes(0, login);
    const wakes = await alarmAt();
    expect(wakes).toBeGreaterThanOrEqual(opened + silence);
    expect(wakes).toBeLessThanOrEqual(Date.now() + silence);
    await evictDurableObject(stub());
    later(silence + 1_000);
    await expectPushes(1, () => runDurableObjectAlarm(stub()));
    expect(JSON.parse(await browser.decrypt(deliveries[0]!.body))).toEqual({ waiting: true });
    expect(Number(deliveries[0]!.headers.get("ttl"))).toBeLessThanOrEqual(180 - 45);
    expect(await alarmAt()).toBe(await endOfTransaction());
    await runInDurableObject(stub(), (_, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
    await expectPushes(0, () => runDurableObjectAlarm(stub()));
  });

  it("waits for as long as the device gives signs of life, and looks again", async () => {
    await expectPushes(0, login);
    const first = await alarmAt();
    await scheduler.wait(5);
    socket.send("ping");
    await vi.waitFor(() => expect(received).toContain("pong"), { timeout: 20_000 });
    await evictDurableObject(stub());
    await expectPushes(0, () => runDurableObjectAlarm(stub()));
    expect(await alarmAt()).toBeGreaterThan(first!);
    later(2 * silence);
    await expectPushes(1, () => runDurableObjectAlarm(stub()));
  });

  it("is left out where a device claimed the transaction, or it is over", async () => {
    await login();
    await claimOnly(device);
    later(silence + 1_000);
    await expectPushes(0, () => runDurableObjectAlarm(stub()));
    vi.useRealTimers();
    await query(handle, "DELETE FROM pending_transaction");
    await login();
    later(181_000);
    await expectPushes(0, () => runDurableObjectAlarm(stub()));
    expect(await alarmAt()).toBe(await endOfAccount());
  });

  it("is not lost to the outbox, which has the same alarm, nor the outbox to it", async () => {
    await login();
    const wakes = await alarmAt();
    expect(wakes).not.toBeNull();
    // A second transaction that is signed: it posts, delivers, and leaves nothing to repeat.
    await startSignature(device.documentNumber, utf8(crypto.randomUUID()));
    const listed = await device.client.call("listTransactions", () => ({}));
    const signature = listed.ok ? listed.value.transactions.find(({ purpose }) => purpose === "sign") : undefined;
    const claimed = await claimTransaction(device.client, signature?.transactionId ?? "");
    if (!claimed.ok) throw new Error(JSON.stringify(claimed));
    expect(await approveTransaction(device.client, forPin(claimed.value), pinOf(PINS.sign))).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect(await query(handle, "SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
    await settled();
    expect(await alarmAt()).toBe(wakes);

    // Of what could not be delivered the repetition comes first.
    const log = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(PersonObject.prototype, "raiseEpoch").mockRejectedValue(new Error("out of reach"));
    await query(handle, `INSERT INTO outbox (kind, target, payload) VALUES ('epoch', 'nobody', '1')`);
    await runDurableObjectAlarm(stub());
    expect(log).toHaveBeenCalledOnce();
    const repeats = await alarmAt();
    expect(repeats).toBeLessThan(wakes!);
    await login();
    expect(await alarmAt()).toBe(repeats);
    await query(handle, "DELETE FROM outbox");
    await expectPushes(0, () => runDurableObjectAlarm(stub()));
    expect(await alarmAt()).toBe(wakes);
  });

  it("wakes nobody for a device that did not subscribe, before the transaction's own end", async () => {
    await subscribe(null);
    await login();
    expect(await alarmAt()).toBe(await endOfTransaction());
  });
});

describe("a push", () => {
  it.each([404, 410])("that is answered with %i ends the subscription", async (answer) => {
    await subscribe(browser.subscription);
    status = answer;
    await expectPushes(1, login);
    await vi.waitFor(async () => expect(await subscribedTo()).toBe(""), { timeout: 20_000 });
    await expectPushes(0, login);
  });

  it("that is gone does not end the subscription that took its place meanwhile", async () => {
    await subscribe(browser.subscription);
    const answering = Promise.withResolvers<Response>();
    vi.mocked(fetch).mockReturnValueOnce(answering.promise);
    await login();
    const next = await newBrowser();
    await subscribe(next.subscription);
    answering.resolve(new Response(null, { status: 410 }));
    await settled();
    expect(await subscribedTo()).toBe(await hashOf(next.subscription.endpoint));
  });

  it.each([
    ["is refused", () => Promise.resolve(new Response("https://fcm.googleapis.com/x", { status: 403 }))],
    ["reaches nobody", () => Promise.reject(new TypeError("https://fcm.googleapis.com/x"))],
  ])("that %s fails no offer, keeps the subscription, and puts no address into the log", async (_, answer) => {
    await subscribe(browser.subscription);
    const log = vi.spyOn(console, "error").mockReturnValue();
    vi.mocked(fetch).mockImplementation(answer);
    const session = await login();
    await vi.waitFor(() => expect(log).toHaveBeenCalledOnce(), { timeout: 20_000 });
    expect(JSON.stringify(log.mock.calls)).toContain("a push was not sent");
    expect(JSON.stringify(log.mock.calls)).not.toContain("fcm.googleapis.com");
    expect(await endResult(session)).toBe("RUNNING");
    expect(await subscribedTo()).not.toBe("");
  });

  it("that cannot even be made puts no address into the log either, whatever the error says", async () => {
    await subscribe(browser.subscription);
    const log = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(webPush, "generateRequestDetails").mockImplementation(({ endpoint }) => {
      throw new RangeError(`no keys for ${endpoint}`, { cause: endpoint });
    });
    await login();
    await vi.waitFor(() => expect(log.mock.calls).toEqual([["a push was not sent:", "RangeError"]]), { timeout: 20_000 });
    expect(deliveries).toEqual([]);
  });

  it("that takes its time delays no offer", async () => {
    await subscribe(browser.subscription);
    const never = Promise.withResolvers<Response>();
    vi.mocked(fetch).mockReturnValueOnce(never.promise);
    expect(await endResult(await login())).toBe("RUNNING");
    never.resolve(new Response());
    await settled();
  });

  it("cannot be sent where the subscription was brought from elsewhere, which is no failure of the offer", async () => {
    await subscribe(browser.subscription);
    await query(handle, "UPDATE push_subscription SET wrapped = (SELECT channel_keys FROM account)");
    const log = vi.spyOn(console, "error").mockReturnValue();
    await expectPushes(0, login);
    expect(log).toHaveBeenCalledOnce();
  });
});

it("an alarm that fails is repeated, whatever is asked of the account meanwhile, and no more once one came to its end", async () => {
  const stub = accountStub(device.storage.record);
  const alarmAt = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  const log = vi.spyOn(console, "error").mockReturnValue();
  const failing = vi.spyOn(DisownedStore.prototype, "removeExpired").mockImplementation(() => {
    throw new Error("out of order");
  });
  await runDurableObjectAlarm(stub);
  expect(log).toHaveBeenCalledWith("an alarm will be repeated:", expect.anything());
  await login();
  const [row] = await query(handle, "SELECT expires_at FROM pending_transaction");
  const end = row?.["expires_at"] as number;
  expect(await alarmAt()).toBeLessThan(end - 60_000);
  failing.mockRestore();
  await runDurableObjectAlarm(stub);
  expect(await alarmAt()).toBe(end);
});
