import fc from "fast-check";
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction, claimTransaction } from "../../src/authenticator/transactions.ts";
import { ALGORITHMS, endResult, LOGIN_TEXT, randomChallenge, startLogin } from "../support/demo-party.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  enrol,
  type HeadlessDevice,
  PINS,
  pinOf,
  server,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";
import { type Fate, unreliableConnection } from "../support/unreliable-connection.ts";

const connection = unreliableConnection();
let device: HeadlessDevice & { documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
  device = { ...device, ...deviceOn(device.storage, connection) };
});

afterEach(() => inStorage("DELETE FROM pending_transaction"));

/** The app starts anew on what is stored: whatever was in memory is gone. */
const reload = (): HeadlessDevice => deviceOn(device.storage, connection);

const state = async (on: HeadlessDevice = device) => {
  const answer = await on.client.call("getKeyState", () => ({}));
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  return answer.value;
};

const login = (suite: Suite): Promise<string> =>
  startLogin(device.documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS[suite]);

const inStorage = (statement: string) => query(device.storage.record?.handle ?? "", statement);
const offered = async (): Promise<unknown> =>
  JSON.parse((await inStorage("SELECT offer FROM pending_transaction"))[0]?.["offer"] as string);

/** Loses all three sendings of one call. */
const lose = (fate: Fate): void => void connection.fates.push(fate, fate, fate);

describe("an honest device", () => {
  it("stays in step whatever is lost, whenever it reloads, and however often the object is evicted or crashes", async () => {
    const event = fc.constantFrom<
      "call" | "request lost" | "answer lost" | "lost after it arrived" | "reload" | "evict" | "crash"
    >("call", "request lost", "answer lost", "lost after it arrived", "reload", "evict", "crash");
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 12 }), async (events) => {
        let current = reload();
        for (const happening of events) {
          if (happening === "reload") current = reload();
          // Refused where the object is not in memory anyway.
          else if (happening === "evict") await evictDurableObject(accountStub(device.storage.record)).catch(() => undefined);
          else if (happening === "crash") await abortAllDurableObjects();
          else {
            if (happening === "request lost") lose("request lost");
            if (happening === "answer lost") lose("answer lost");
            if (happening === "lost after it arrived") connection.fates.push("answer lost", "request lost", "request lost");
            await state(current).catch((error: unknown) => expect(error).toBeInstanceOf(ServerUnreachable));
          }
        }
        expect((await state(reload())).outOfStep.count).toBe(0);
      }),
      { numRuns: 4 },
    );
  });

  it.each(SUITES)(
    "learns from resume that a right PIN whose answer was lost did sign, and is not asked again (%s)",
    async (suite) => {
      const sessionID = await login(suite);
      const claimed = await claimOnly(device);
      lose("answer lost");
      await expect(approveTransaction(device.client, claimed, pinOf(PINS.auth))).rejects.toBeInstanceOf(ServerUnreachable);
      const settled = await reload().client.settle();
      expect(settled).toMatchObject({
        request: { operation: "performSignature", transactionId: claimed.transactionId },
        received: true,
        outcome: { ok: true, value: { signed: true } },
      });
      expect(await endResult(sessionID)).toBe("OK");
    },
  );

  it.each(SUITES)(
    "learns from resume that a PIN never arrived, is charged nothing, and may type it again (%s)",
    async (suite) => {
      const sessionID = await login(suite);
      const claimed = await claimOnly(device);
      lose("request lost");
      await expect(approveTransaction(device.client, claimed, pinOf(PINS.auth))).rejects.toBeInstanceOf(ServerUnreachable);
      const reloaded = reload();
      expect(await reloaded.client.settle()).toMatchObject({ received: false });
      expect((await state(reloaded)).pins.auth.attemptsLeft).toBe(3);
      expect((await approveTransaction(reloaded.client, claimed, pinOf(PINS.auth))).ok).toBe(true);
      expect(await endResult(sessionID)).toBe("OK");
    },
  );

  it.each(SUITES)("is charged once for a wrong PIN whose answer was lost (%s)", async (suite) => {
    await login(suite);
    const claimed = await claimOnly(device);
    lose("answer lost");
    await expect(approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth))).rejects.toBeInstanceOf(ServerUnreachable);
    expect(await reload().client.settle()).toMatchObject({
      outcome: { ok: false, failure: { code: "wrong_pin", attemptsLeft: 2 } },
    });
    expect((await state()).pins.auth.attemptsLeft).toBe(2);
    expect((await approveTransaction(reload().client, claimed, pinOf(PINS.auth))).ok).toBe(true);
  });

  it.each(SUITES)("claims again after a lost answer and gets the same transaction (%s)", async (suite) => {
    await login(suite);
    const listed = await device.client.call("listTransactions", () => ({}));
    const transactionId = (listed.ok && listed.value.transactions[0]?.transactionId) || "";
    lose("answer lost");
    await expect(claimTransaction(device.client, transactionId)).rejects.toBeInstanceOf(ServerUnreachable);
    const drawn = await offered();
    const claimed = await claimTransaction(reload().client, transactionId);
    expect(claimed).toMatchObject({ ok: true, value: { transactionId, suite, offer: drawn } });
    // Nothing is drawn anew: the device may have the first answer after all.
    expect(await offered()).toEqual(drawn);
  });

  it("keeps its request pending when somebody on the way answers 401", async () => {
    const answeredWith = (headers: Record<string, string>) =>
      deviceOn(device.storage, {
        url: connection.url,
        fetch: async (input, init) => {
          await connection.fetch(input, init);
          return new Response("no", { status: 401, headers });
        },
      }).client.call("getKeyState", () => ({}));
    // Of a gateway or a proxy: it says nothing about the account.
    for (const headers of [{}, { "www-authenticate": "Bearer" }, { "www-authenticate": 'Basic realm="Channel"' }]) {
      await expect(answeredWith(headers as Record<string, string>)).rejects.toBeInstanceOf(ServerUnreachable);
    }
    const forged = await answeredWith({ "www-authenticate": "Channel" });
    expect(forged).toEqual({ ok: false, failure: { code: "unknown_channel" } });
    expect(device.storage.record?.pending).toBeDefined();
    expect((await state(reload())).outOfStep.count).toBe(0);
  });

  it("stays in step although somebody on the way holds a request back and gives its refusal to the resume of it", async () => {
    let held: RequestInit | undefined;
    let phase: "hold" | "swap" | "pass" = "hold";
    const onTheWay = deviceOn(device.storage, {
      url: server.url,
      fetch: async (input, init) => {
        if (phase === "hold") {
          held = init;
          throw new TypeError("the network is down");
        }
        if (phase === "pass") return server.fetch(input, init);
        phase = "pass";
        await server.fetch(input, init);
        return server.fetch(input, held);
      },
    });
    await expect(onTheWay.client.call("getKeyState", () => ({}))).rejects.toBeInstanceOf(ServerUnreachable);
    phase = "swap";
    expect(await onTheWay.client.settle()).toMatchObject({ received: false });
    expect((await state(onTheWay)).outOfStep.count).toBe(0);
  });

  it("takes no answer to another request for its own", async () => {
    let old: string | undefined;
    const onTheWay = deviceOn(device.storage, {
      url: server.url,
      fetch: async (input, init) => {
        const answer = await (await server.fetch(input, init)).arrayBuffer();
        const mine = new TextDecoder().decode(answer);
        const given = old ?? mine;
        old ??= mine;
        return new Response(given);
      },
    });
    await state(onTheWay);
    await expect(state(onTheWay)).rejects.toBeInstanceOf(ServerUnreachable);
    expect((await state(reload())).outOfStep.count).toBe(0);
  });

  it("shares one queue with its other tabs: nobody clones themselves", async () => {
    const tabs = [reload(), reload(), reload()];
    const states = await Promise.all(tabs.map(async (tab) => state(tab)));
    expect(states.map(({ outOfStep }) => outOfStep.count)).toEqual([0, 0, 0]);
  });
});
