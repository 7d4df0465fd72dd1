// Times are the server's, and its clock may jump: a day, a year, there and back. Attempts are counted and not timed, what is over by a
// stored fact stays over, and nothing is kept longer than it would have been. The device's clock plays no part at all.
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Lockout, lockoutStatus, pay, settleWrong, UNUSED_LOCKOUT } from "../../src/account/lockout.ts";
import { answerDeadline } from "../../src/account/session.ts";
import { findRelyingParty } from "../../src/relying-party/registry.ts";
import { sessionName } from "../../src/relying-party/session-name.ts";
import { Attempts } from "../support/attempts.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
import { enrol } from "../support/headless-device.ts";
import { get, seedDemoParty } from "../support/relying-party.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

let account: Attempts;
let now: number;

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});
afterEach(() => void vi.useRealTimers());

function setClock(at: number): void {
  if (vi.isFakeTimers()) vi.setSystemTime(at);
  else vi.useFakeTimers({ toFake: ["Date"], now: at });
}

const pins = async () => {
  const state = await account.device.client.call("getKeyState", () => ({}));
  if (!state.ok) throw new Error(state.failure.code);
  return { status: state.value.status, auth: state.value.pins.auth.state };
};

it("nine wrong PINs in a row are all that there are, and each is paid for, wherever the clock goes between them", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -10 * YEAR, max: 10 * YEAR }), { maxLength: 200 }), (jumps) => {
      let lockout: Lockout = UNUSED_LOCKOUT;
      let [evaluated, time] = [0, 20 * YEAR];
      for (const jump of jumps) {
        time = Math.max(0, time + jump);
        if (lockoutStatus(lockout, time).state !== "usable") continue;
        lockout = settleWrong(pay(lockout), time);
        evaluated++;
        expect(lockout.wrong).toBe(evaluated);
        // Each third one locks for hours, whatever time it is.
        expect(lockoutStatus(lockout, time).state === "usable").toBe(evaluated % 3 !== 0);
      }
      expect(evaluated).toBeLessThanOrEqual(9);
    }),
  );
});

describe("a lock", () => {
  it("holds when the clock is put back, and when it is put forward gives no attempt that was paid for back", async () => {
    now = Date.now();
    const { claimed } = await account.wait("ed25519");
    const right = await account.contribution(claimed, "right");
    await account.query("INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", now + 3 * HOUR);
    await account.query("UPDATE pending_transaction SET expires_at = ?", now + 2 * YEAR);
    for (const at of [now - YEAR, now - 1, now, now + 3 * HOUR - 1]) {
      setClock(at);
      expect(await pins()).toEqual({ status: "active", auth: "locked" });
      expect(await endResult(await startLogin(account.documentNumber))).toBe("DOCUMENT_UNUSABLE");
    }
    // In the wrong year the lock is over, and the fourth wrong PIN is the fourth.
    setClock(now + YEAR);
    expect(await pins()).toEqual({ status: "active", auth: "usable" });
    expect(await account.try(claimed, "wrong")).toBe("wrong_pin");
    expect(await account.wrong("auth")).toBe(4);
    setClock(now);
    expect(await account.wrong("auth")).toBe(4);
    // The lock of the sixth is from that year on: back from there it still holds.
    await account.query("INSERT OR REPLACE INTO lockout VALUES ('auth', 5, 0)");
    setClock(now + YEAR);
    expect(await account.try(claimed, "wrong")).toBe("wrong_pin");
    setClock(now);
    expect(await account.send(claimed, right)).toBe("no_such_transaction");
    expect(await pins()).toEqual({ status: "active", auth: "locked" });
    await account.clear();
  });
});

describe("a transaction", () => {
  it("that ended by its time does not begin again when the clock is put back", async () => {
    const { claimed, sessionID } = await account.wait("ed25519");
    const right = await account.contribution(claimed, "right");
    const session = env.SESSIONS.get(env.SESSIONS.idFromName(await sessionName(env, sessionID)));
    const over = answerDeadline({ transaction: { expiresAt: claimed.expiresAt } } as Parameters<typeof answerDeadline>[0]);
    now = Date.now();
    setClock(over);
    expect(await account.send(claimed, right)).toBe("no_such_transaction");
    await runDurableObjectAlarm(session);
    expect(await endResult(sessionID)).toBe("TIMEOUT");
    setClock(now);
    // The session told the account, and has its own word for it.
    await vi.waitFor(async () => expect(await account.query("SELECT * FROM pending_transaction")).toEqual([]), {
      timeout: 20_000,
    });
    expect(await account.send(claimed, right)).toBe("no_such_transaction");
    expect(await endResult(sessionID)).toBe("TIMEOUT");
  });

  it("is as long as it is, whenever it is: before the account was made, too", async () => {
    now = Date.now();
    for (const at of [now - 20 * YEAR, now + YEAR]) {
      setClock(at);
      const { claimed, sessionID } = await account.wait("ed25519");
      expect(claimed.expiresAt - at).toBe(180_000);
      expect(await account.try(claimed, "right")).toBe("signed");
      await vi.waitFor(async () => expect(await endResult(sessionID)).toBe("OK"), { timeout: 20_000 });
    }
  });
});

describe("a relying party", () => {
  it("waits no longer than it asked to, when the clock is put back meanwhile", async () => {
    const sessionID = await startLogin(account.documentNumber);
    now = Date.now();
    // Each look of the loop sees the clock a day further back.
    let looks = 0;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now - looks++ * 24 * HOUR);
    const answer = await get(`/session/${sessionID}?timeoutMs=1000`);
    clock.mockRestore();
    expect(await answer.json()).toEqual({ state: "RUNNING" });
    await account.clear();
  });

  it("that was disabled is not remembered for longer, when the clock is put back", async () => {
    const uuid = crypto.randomUUID();
    await env.DATABASE.prepare(`INSERT INTO relying_parties (uuid, names) VALUES (?, '["Shop"]')`).bind(uuid).run();
    now = Date.now();
    const isKnown = async (at: number): Promise<boolean> => (await findRelyingParty(env, uuid, at)) !== undefined;
    expect(await isKnown(now)).toBe(true);
    await env.DATABASE.prepare("UPDATE relying_parties SET enabled = 0 WHERE uuid = ?").bind(uuid).run();
    // A minute, as ever.
    expect(await isKnown(now + 59_999)).toBe(true);
    expect(await isKnown(now - YEAR)).toBe(false);
    expect(await isKnown(now)).toBe(false);
  });
});

it("the device's part reads no clock", () => {
  const sources = import.meta.glob<string>("../../src/{authenticator,channel,protocol,split-key,account}/**/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const readers = Object.entries(sources).filter(([, text]) =>
    /\bDate\.now\b|new Date\(\)|\bperformance\.|\bTemporal\./.test(text),
  );
  expect(Object.keys(sources).length).toBeGreaterThan(60);
  expect(readers.map(([name]) => name)).toEqual([]);
});

describe("an account", () => {
  it("whose time was over by a clock that was wrong stays closed when that is put right", async () => {
    now = Date.now();
    setClock(now + 10 * YEAR);
    expect(await pins()).toMatchObject({ status: "closed" });
    setClock(now);
    expect(await pins()).toMatchObject({ status: "closed" });
    expect(await account.query("SELECT * FROM key_pair WHERE server_share IS NOT NULL")).toEqual([]);
  });
});
