import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { startLogin } from "../support/demo-party.ts";
import { accountStub, claimOnly, enrol, type HeadlessDevice, PINS, WRONG_PINS } from "../support/headless-device.ts";
import {
  attemptRequest,
  contributionFor,
  deliver,
  openAnswer,
  sealRequest,
  sendRequest,
  shareOf,
} from "../support/handmade-messages.ts";
import { seedDemoParty } from "../support/relying-party.ts";

const HOUR = 3_600_000;

let device: HeadlessDevice & { documentNumber: string };

beforeAll(seedDemoParty);
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The account as it is stored, with its current OTP. */
async function recordNow(): Promise<DeviceRecord> {
  const record = await device.storage.read();
  if (record === undefined) throw new Error("no account");
  return record;
}

async function wrongAttempts(record: DeviceRecord): Promise<number> {
  return runInDurableObject(accountStub(record), (_, state) =>
    Number(state.storage.sql.exec("SELECT wrong FROM lockout WHERE purpose = 'auth'").toArray()[0]?.["wrong"] ?? 0),
  );
}

describe("a burst of wrong PINs", () => {
  it("with one OTP is evaluated once, however many come at the same time", async () => {
    device = await enrol();
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const record = await recordNow();
    const wrong = contributionFor(record, claimed, await shareOf(record, "auth", WRONG_PINS.auth));
    const messages = await Promise.all(
      Array.from({ length: 100 }, async () =>
        sealRequest(record, await attemptRequest(record, claimed, wrong, record.oneTimePassword)).then(({ message }) => message),
      ),
    );
    const evaluate = vi.spyOn(serverHalves.rsa, "evaluate");
    const answers = await Promise.all(messages.map(async (message) => openAnswer(record, await deliver(message))));
    expect(evaluate).toHaveBeenCalledTimes(1);
    expect(await wrongAttempts(record)).toBe(1);
    expect(answers.filter((answer) => answer.oneTimePassword !== undefined)).toHaveLength(1);
  });

  it("with every OTP known in advance and a transaction that no lock ends is evaluated three times, then locked", async () => {
    device = await enrol();
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const record = await recordNow();
    const wrong = contributionFor(record, claimed, await shareOf(record, "auth", WRONG_PINS.auth));
    // The attacker's dream: the server's one-time passwords can be predicted, and transactions do not end.
    let drawn = 0;
    const real = crypto.getRandomValues.bind(crypto);
    const counter = (index: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(index);
    vi.spyOn(crypto, "getRandomValues").mockImplementation(((array: Uint8Array<ArrayBuffer>) => {
      if (array.length !== 32) return real(array);
      array.set(counter(++drawn));
      return array;
    }) as typeof crypto.getRandomValues);
    vi.spyOn(TransactionStore.prototype, "remove").mockImplementation(() => undefined);
    const evaluate = vi.spyOn(serverHalves.rsa, "evaluate");
    const passwords = [record.oneTimePassword, ...Array.from({ length: 99 }, (_, index) => toBase64Url(counter(index + 1)))];
    const messages = await Promise.all(
      passwords.map(
        async (password) => (await sealRequest(record, await attemptRequest(record, claimed, wrong, password))).message,
      ),
    );
    drawn = 0;
    const answers = await Promise.all(messages.map(async (message) => openAnswer(record, await deliver(message))));
    expect(evaluate).toHaveBeenCalledTimes(3);
    expect(await wrongAttempts(record)).toBe(3);
    const codes = answers.map(({ outcome }) => (outcome.ok ? "ok" : outcome.failure.code));
    expect(codes.filter((code) => code === "wrong_pin")).toHaveLength(3);
    expect(codes).toContain("pin_locked");
  });
});

describe("a lock", () => {
  it("refuses even the right PIN until its last second, unpaid and unevaluated, and lets it in after", async () => {
    device = await enrol();
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const record = await recordNow();
    const right = contributionFor(record, claimed, await shareOf(record, "auth", PINS.auth));
    const lockedUntil = Date.now() + 3 * HOUR;
    const evaluate = vi.spyOn(serverHalves.rsa, "evaluate");
    // The lock of a third wrong PIN, and a transaction whose own time is not over.
    await runInDurableObject(accountStub(record), (_, state) => {
      state.storage.sql.exec("INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", lockedUntil);
      state.storage.sql.exec("UPDATE pending_transaction SET expires_at = ?", lockedUntil + HOUR);
    });
    vi.spyOn(TransactionStore.prototype, "remove").mockImplementation(() => undefined);

    vi.useFakeTimers({ toFake: ["Date"], now: lockedUntil - 1000 });
    const early = await sendRequest(record, await attemptRequest(record, claimed, right, record.oneTimePassword));
    expect(early.outcome).toEqual({ ok: false, failure: { code: "pin_locked", lockedUntil } });
    expect(evaluate).not.toHaveBeenCalled();
    expect(await wrongAttempts(record)).toBe(3);

    vi.setSystemTime(lockedUntil);
    const late = await sendRequest(record, await attemptRequest(record, claimed, right, early.oneTimePassword ?? ""));
    expect(late.outcome).toEqual({ ok: true, body: { signed: true } });
    expect(await wrongAttempts(record)).toBe(0);
  });

  it("destroys the server's half with the ninth wrong PIN, revokes the certificate, and leaves the other PIN alone", async () => {
    device = await enrol();
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const record = await recordNow();
    const wrong = contributionFor(record, claimed, await shareOf(record, "auth", WRONG_PINS.auth));
    await runInDurableObject(accountStub(record), (_, state) => {
      state.storage.sql.exec("INSERT OR REPLACE INTO lockout VALUES ('auth', 8, 0)");
    });
    const answer = await sendRequest(record, await attemptRequest(record, claimed, wrong, record.oneTimePassword));
    expect(answer.outcome).toEqual({ ok: false, failure: { code: "pin_dead" } });
    const keys = await runInDurableObject(accountStub(record), (_, state) =>
      state.storage.sql.exec("SELECT purpose, state, server_share IS NULL AS gone FROM key_pair ORDER BY purpose").toArray(),
    );
    expect(keys).toEqual([
      { purpose: "auth", state: "destroyed", gone: 1 },
      { purpose: "sign", state: "certified", gone: 0 },
    ]);
    const revoked = env.DATABASE.prepare("SELECT reason FROM certificates WHERE revoked_at IS NOT NULL");
    await vi.waitFor(async () => expect((await revoked.all()).results).toEqual([{ reason: "cessationOfOperation" }]), {
      timeout: 20_000,
    });
  });
});
