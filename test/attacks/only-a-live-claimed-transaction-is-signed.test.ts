import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { listTransactions } from "../../src/authenticator/transactions.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { startLogin } from "../support/demo-party.ts";
import { attemptRequest, contributionFor, sendRequest, shareOf } from "../support/handmade-messages.ts";
import { accountStub, claimOnly, enrol, type HeadlessDevice, PINS } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let device: HeadlessDevice & { documentNumber: string };
let claimed: SignedTransaction;
let record: DeviceRecord;
let right: ReturnType<typeof contributionFor>;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
beforeEach(async () => {
  await inStorage("DELETE FROM pending_transaction");
  await startLogin(device.documentNumber);
  claimed = await claimOnly(device);
  const current = await device.storage.read();
  if (current === undefined) throw new Error("no account");
  record = current;
  right = contributionFor(record, claimed, await shareOf(record, "auth", PINS.auth));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const inStorage = (statement: string) =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) => storage.sql.exec(statement).toArray());

/** What the right PIN gets; the device's record is kept in step. */
async function outcome(): Promise<string> {
  const evaluate = vi.spyOn(serverHalves.rsa, "evaluate");
  const answer = await sendRequest(record, await attemptRequest(record, claimed, right, record.oneTimePassword));
  await device.storage.write({ ...record, oneTimePassword: answer.oneTimePassword ?? record.oneTimePassword });
  const calls = evaluate.mock.calls.length;
  evaluate.mockRestore();
  if (answer.outcome.ok) return "signed";
  expect(calls).toBe(0);
  return answer.outcome.failure.code;
}

describe("the right PIN", () => {
  it("signs what was claimed and still waits", async () => {
    expect(await outcome()).toBe("signed");
  });

  it("is not even evaluated for a transaction that this device has not claimed", async () => {
    await inStorage("UPDATE pending_transaction SET claimed = 0");
    expect(await outcome()).toBe("not_claimed");
  });

  it("is not evaluated from the moment that the transaction's time is over, nor is it listed", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: claimed.expiresAt });
    expect(await outcome()).toBe("no_such_transaction");
    expect(await listTransactions(device.client)).toEqual({ ok: true, value: [] });
  });

  it("is not evaluated twice for one transaction", async () => {
    expect(await outcome()).toBe("signed");
    const current = await device.storage.read();
    record = current ?? record;
    expect(await outcome()).toBe("no_such_transaction");
  });

  it("is not evaluated for a transaction of the other purpose: the message is bound to its key", async () => {
    await inStorage("UPDATE pending_transaction SET purpose = 'sign'");
    expect(await outcome()).toBe("transcript_mismatch");
  });
});
