// GET /device/push-key and GET /device/live: who may open the live channel, and that everybody else leaves no trace.
import { evictDurableObject, listDurableObjectIds } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LiveChannel } from "../../durable/account/live-channel.ts";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { vapidDetails } from "../../src/push/vapid.ts";
import { HOSTILE_TEXT } from "../support/hostile-values.ts";
import { accountStub, deviceOn, enrol, type HeadlessDevice, openedDevice, server } from "../support/headless-device.ts";
import { openLive, protocolsOf, requestLive, ticketOf } from "../support/live-socket.ts";
import { expectProblem } from "../support/problem.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";
import { dumpDeployment } from "../support/storage-dump.ts";

let device: HeadlessDevice;
let other: HeadlessDevice;
let handle = "";

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
  other = await enrol();
  handle = (await device.storage.read())?.handle ?? "";
});
afterEach(() => void vi.useRealTimers());

const stranger = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
const tickets = () => query(handle, "SELECT * FROM live_ticket");

async function expectRefused(protocols: string): Promise<void> {
  const response = await requestLive(protocols);
  expect(response.webSocket).toBeNull();
  await expectProblem(response, 401);
}

describe("GET /device/push-key", () => {
  it("gives the point that browsers subscribe with", async () => {
    const response = await exports.default.fetch("http://localhost:8787/device/push-key");
    const { publicKey } = await vapidDetails(env);
    expect(await response.json()).toEqual({ applicationServerKey: publicKey });
    expect(fromBase64Url(publicKey)).toHaveLength(65);
  });
});

describe("a ticket", () => {
  it("opens the live channel of its account once", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    const response = await requestLive(protocols);
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("tally-live-1");
    response.webSocket?.accept();
    response.webSocket?.close();
    await expectRefused(protocols);
  });

  it("is good once however many come with it at the same time", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    const responses = await Promise.all(Array.from({ length: 5 }, () => requestLive(protocols)));
    for (const { webSocket } of responses) webSocket?.accept();
    expect(responses.filter(({ status }) => status === 101)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(4);
    for (const { webSocket } of responses) webSocket?.close();
  });

  it("is worth nothing after 60 seconds, and is gone when it was tried", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await expectRefused(protocols);
    vi.useRealTimers();
    await expectRefused(protocols);
  });

  it("of another account opens nothing, and stays good for its own", async () => {
    const ticket = await ticketOf(other);
    await expectRefused(await protocolsOf(device, ticket));
    const response = await requestLive(await protocolsOf(other, ticket));
    expect(response.status).toBe(101);
    response.webSocket?.accept();
    response.webSocket?.close();
  });

  it("outlives the object's memory, and once used stays used", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    await evictDurableObject(accountStub(device.storage.record));
    const { status, webSocket } = await requestLive(protocols);
    expect(status).toBe(101);
    webSocket?.accept();
    webSocket?.close();
    await evictDurableObject(accountStub(device.storage.record));
    await expectRefused(protocols);
  });

  it("that is burnt stays burnt where what follows breaks off", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    const broken = vi.spyOn(LiveChannel.prototype, "open").mockImplementation(() => {
      throw new Error("broken off");
    });
    const log = vi.spyOn(console, "error").mockReturnValue();
    expect((await requestLive(protocols)).status).toBe(500);
    expect(broken).toHaveBeenCalledOnce();
    broken.mockRestore();
    log.mockRestore();
    await expectRefused(protocols);
  });

  it("is one of three at the most: the newest", async () => {
    const given: string[] = [];
    for (let number = 0; number < 5; number++) given.push(await ticketOf(device));
    expect(await tickets()).toHaveLength(3);
    await expectRefused(await protocolsOf(device, given[1] ?? ""));
    const { status, webSocket } = await requestLive(await protocolsOf(device, given[2] ?? ""));
    expect(status).toBe(101);
    webSocket?.accept();
    webSocket?.close();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    await ticketOf(device);
    expect(await tickets()).toHaveLength(1);
  });

  it("is the same when its answer was lost and is asked for again", async () => {
    let lost = "";
    const lossy = deviceOn(device.storage, {
      ...server,
      fetch: async (input, init) => {
        const response = await server.fetch(input, init);
        if (lost !== "") return response;
        lost = await response.text();
        throw new TypeError("connection lost");
      },
    });
    const protocols = await protocolsOf(device, await ticketOf(lossy));
    const { status, webSocket } = await requestLive(protocols);
    expect(status).toBe(101);
    webSocket?.accept();
    webSocket?.close();
  });

  it("of a closed account is worth nothing", async () => {
    const closing = await enrol();
    const ticket = await ticketOf(closing);
    await closing.client.call("revokeKey", () => ({}));
    expect(await query((await closing.storage.read())?.handle ?? "", "SELECT * FROM live_ticket")).toEqual([]);
    await expectRefused(await protocolsOf(closing, ticket));
    const refused = await closing.client.call("openLiveChannel", () => ({}));
    expect(refused).toMatchObject({ ok: false, failure: { code: "account_closed" } });
  });

  it("is not given to an account that has no keys yet", async () => {
    const { client } = await openedDevice();
    expect(await client.call("openLiveChannel", () => ({}))).toMatchObject({ failure: { code: "wrong_state" } });
  });
});

describe("GET /device/live refuses", () => {
  it("what asks for no WebSocket, with 426", async () => {
    const protocols = await protocolsOf(device, await ticketOf(device));
    for (const upgrade of ["", "h2c"]) {
      const response = await requestLive(protocols, { upgrade });
      expect(response.headers.get("upgrade")).toBe("websocket");
      await expectProblem(response, 426);
    }
    await expectProblem(await exports.default.fetch("http://localhost:8787/device/live"), 426);
    // The ticket was not spent on it.
    expect((await requestLive(protocols, { upgrade: "WebSocket" })).status).toBe(101);
  });

  it("handles, tickets and protocols that are none, alike, and without a trace", async () => {
    const ticket = await ticketOf(device);
    const fresh = env.ACCOUNTS.newUniqueId().toString();
    const before = await dumpDeployment();
    for (const protocols of [
      "",
      "tally-live-1",
      `tally-live-1, ${handle}`,
      `tally-live-1, ${ticket}, ${handle}`,
      `${handle}, tally-live-1, ${ticket}`,
      `tally-live-2, ${handle}, ${ticket}`,
      `Tally-Live-1, ${handle}, ${ticket}`,
      `tally-live-1, ${handle}, ${ticket}, more`,
      `tally-live-1, ${handle.toUpperCase()}, ${ticket}`,
      `tally-live-1, ${handle}, ${ticket.slice(1)}`,
      `tally-live-1, ${handle}, ${stranger()}`,
      `tally-live-1, ${fresh}, ${stranger()}`,
      `tally-live-1, ${"ab".repeat(32)}, ${stranger()}`,
    ]) {
      await expectRefused(protocols);
    }
    const text = fc.oneof(HOSTILE_TEXT, fc.constantFrom(handle, stranger(), "tally-live-1"));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (parts) => {
        const header = parts.join(", ").replaceAll(/[^\x21-\x7e ]/g, "?");
        await expectRefused(header);
      }),
      { numRuns: 100 },
    );
    expect(await dumpDeployment()).toEqual(before);
    const known = (await listDurableObjectIds(env.ACCOUNTS)).map((id) => id.toString());
    expect(Object.keys(before).filter((name) => name.startsWith("ACCOUNTS "))).not.toContain(`ACCOUNTS ${fresh}`);
    expect(known).toContain(handle);
  });
});

describe("an open socket", () => {
  it("answers a ping, and is closed for anything else, whatever its size", async () => {
    for (const said of ["hello", "PING", "ping ", "pong", "", "x".repeat(500_000), new Uint8Array(4)]) {
      const live = await openLive(device);
      live.socket.send("ping");
      await live.hears("pong");
      live.socket.send(said);
      await live.isClosed(1008);
      expect(live.received).toEqual(["pong"]);
    }
  });
});
