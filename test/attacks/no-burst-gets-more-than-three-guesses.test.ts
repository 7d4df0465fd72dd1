// One counter for each PIN, whatever suite's key it unmasks: no burst, no spreading over keys and no mixture of them gives a fourth guess.
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { ChannelAnswer } from "../../src/protocol/device-messages.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { Attempts } from "../support/attempts.ts";
import { endResult } from "../support/demo-party.ts";
import { attemptRequest, deliver, openAnswer, sealRequest } from "../support/handmade-messages.ts";
import { enrol } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

const HOUR = 3_600_000;

let account: Attempts;
/** One for each suite, claimed. */
let claimed: readonly SignedTransaction[];

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});
beforeEach(async () => {
  claimed = [(await account.wait("rsa")).claimed, (await account.wait("ed25519")).claimed];
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await account.clear();
  await account.backInStep();
});

const watched = () => SUITES.map((suite) => vi.spyOn(serverHalves[suite], "evaluate"));
const evaluations = (spies: ReturnType<typeof watched>): number => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);

/** Wrong PINs, each under one of these passwords, by turns with the key of either suite. */
async function burst(passwords: readonly string[]): Promise<readonly string[]> {
  const wrong = await Promise.all(claimed.map(async (each) => account.contribution(each, "wrong")));
  const { record } = account;
  return Promise.all(
    passwords.map(async (password, index) => {
      const [transaction, sent] = [claimed[index % 2], wrong[index % 2]];
      if (transaction === undefined || sent === undefined) throw new Error("nothing waits");
      return (await sealRequest(record, await attemptRequest(record, transaction, sent, password))).message;
    }),
  );
}

const deliverAll = (messages: readonly string[]): Promise<readonly ChannelAnswer[]> =>
  Promise.all(messages.map(async (message) => openAnswer(account.record, await deliver(message))));

describe("a burst of wrong PINs", () => {
  it("with one OTP is evaluated once, however many come at the same time", async () => {
    const messages = await burst(Array.from({ length: 100 }, () => account.record.oneTimePassword));
    const evaluate = watched();
    const answers = await deliverAll(messages);
    expect(evaluations(evaluate)).toBe(1);
    expect(await account.wrong("auth")).toBe(1);
    expect(answers.filter((answer) => answer.oneTimePassword !== undefined)).toHaveLength(1);
  });

  it("with every OTP known in advance and transactions that no lock ends is evaluated three times, then locked", async () => {
    // The attacker's dream: the server's one-time passwords can be predicted, and transactions do not end.
    let drawn = 0;
    const counter = (index: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(index);
    const passwords = Array.from({ length: 99 }, (_, index) => toBase64Url(counter(index + 1)));
    const messages = await burst([account.record.oneTimePassword, ...passwords]);
    const real = crypto.getRandomValues.bind(crypto);
    vi.spyOn(crypto, "getRandomValues").mockImplementation(((array: Uint8Array<ArrayBuffer>) => {
      if (array.length !== 32) return real(array);
      array.set(counter(++drawn));
      return array;
    }) as typeof crypto.getRandomValues);
    vi.spyOn(TransactionStore.prototype, "remove").mockImplementation(() => undefined);
    const evaluate = watched();
    const answers = await deliverAll(messages);
    expect(evaluations(evaluate)).toBe(3);
    expect(await account.wrong("auth")).toBe(3);
    const codes = answers.map(({ outcome }) => (outcome.ok ? "ok" : outcome.failure.code));
    expect(codes.filter((code) => code === "wrong_pin")).toHaveLength(3);
    expect(codes).toContain("pin_locked");
  });
});

describe("wrong PINs with the keys of both suites", () => {
  it.each<readonly [Suite, Suite, Suite]>([
    ["ed25519", "ed25519", "rsa"],
    ["rsa", "rsa", "ed25519"],
  ])("%s, %s and %s count together, and the third locks both; a right one in between forgives all of them", async (...suites) => {
    const of = (suite: Suite): SignedTransaction => claimed[SUITES.indexOf(suite)] ?? fail();
    const [first, second, third] = suites;
    for (const suite of [first, third]) expect(await account.try(of(suite), "wrong")).toBe("wrong_pin");
    expect(await account.wrong("auth")).toBe(2);
    // With the key of one suite, after wrong ones with both.
    const { claimed: between } = await account.wait(second);
    expect(await account.try(between, "right")).toBe("signed");
    expect(await account.wrong("auth")).toBe(0);
    for (const suite of suites) expect(await account.try(of(suite), "wrong")).toBe("wrong_pin");
    expect(await account.wrong("auth")).toBe(3);
    const state = await account.device.client.call("getKeyState", () => ({}));
    expect(state).toMatchObject({ value: { pins: { auth: { state: "locked" }, sign: { state: "usable", attemptsLeft: 3 } } } });
    expect(await account.query("SELECT * FROM pending_transaction")).toEqual([]);
  });
});

const fail = (): never => {
  throw new Error("nothing waits");
};

describe("a lock", () => {
  it("refuses even the right PIN until its last second, unpaid and unevaluated, and lets it in after", async () => {
    const right = await Promise.all(claimed.map(async (each) => account.contribution(each, "right")));
    const send = async (index: 0 | 1) => account.send(claimed[index] ?? fail(), right[index] ?? fail());
    const lockedUntil = Date.now() + 3 * HOUR;
    const evaluate = watched();
    // The lock of a third wrong PIN, and transactions whose own time is not over.
    await account.query("INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", lockedUntil);
    await account.query("UPDATE pending_transaction SET expires_at = ?", lockedUntil + HOUR);
    const kept = vi.spyOn(TransactionStore.prototype, "remove").mockImplementation(() => undefined);

    vi.useFakeTimers({ toFake: ["Date"], now: lockedUntil - 1000 });
    for (const index of [0, 1] as const) expect(await send(index)).toBe("pin_locked");
    expect(evaluations(evaluate)).toBe(0);
    expect(await account.wrong("auth")).toBe(3);

    kept.mockRestore();
    vi.setSystemTime(lockedUntil);
    for (const index of [0, 1] as const) {
      expect(await send(index)).toBe("signed");
      expect(await account.wrong("auth")).toBe(0);
      await account.query("INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", lockedUntil);
    }
  });

  it("destroys with the ninth wrong PIN the server's half of both keys, revokes both certificates, and leaves the other PIN alone", async () => {
    // The ninth with the key of the one suite for one purpose, of the other for the other.
    for (const [purpose, suite, dead] of [
      ["auth", "ed25519", 2],
      ["sign", "rsa", 4],
    ] as const) {
      const { claimed: last } = await account.wait(suite, purpose);
      await account.query("INSERT OR REPLACE INTO lockout VALUES (?, 8, 0)", purpose);
      const before = await standing();
      expect(await account.try(last, "wrong")).toBe("pin_dead");
      expect(await standing()).toEqual(before.filter((key) => !key.startsWith(purpose)));
      const revoked = env.DATABASE.prepare("SELECT reason FROM certificates WHERE revoked_at IS NOT NULL");
      await vi.waitFor(
        async () =>
          expect((await revoked.all<{ reason: string }>()).results.map(({ reason }) => reason)).toEqual(
            Array<string>(dead).fill("cessationOfOperation"),
          ),
        { timeout: 20_000 },
      );
      if (purpose === "sign") continue;
      const { claimed: other, sessionID } = await account.wait("ed25519", "sign");
      expect(await account.try(other, "right")).toBe("signed");
      expect(await endResult(sessionID)).toBe("OK");
    }
    expect(await account.query("SELECT * FROM key_pair WHERE server_share IS NOT NULL")).toEqual([]);
  });
});

/** Keys that can be used, as "purpose suite". */
async function standing(): Promise<readonly string[]> {
  const rows = await account.query(
    "SELECT purpose, suite FROM key_pair WHERE state = 'certified' AND server_share IS NOT NULL ORDER BY purpose, suite",
  );
  return rows.map(({ purpose, suite }) => `${purpose as string} ${suite as string}`);
}
