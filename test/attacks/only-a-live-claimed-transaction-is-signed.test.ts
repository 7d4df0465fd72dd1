import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SUITES } from "../../src/account/purpose.ts";
import { listTransactions } from "../../src/authenticator/transactions.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { type Attempt, Attempts } from "../support/attempts.ts";
import { enrol } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let account: Attempts;

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});

describe.each(SUITES)("the right PIN of suite %s", (suite) => {
  let claimed: SignedTransaction;
  let right: Attempt;

  beforeEach(async () => {
    ({ claimed } = await account.wait(suite));
    right = await account.contribution(claimed, "right");
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    await account.clear();
  });

  async function outcome(): Promise<string> {
    const evaluate = vi.spyOn(serverHalves[suite], "evaluate");
    const code = await account.send(claimed, right);
    expect(evaluate).toHaveBeenCalledTimes(code === "signed" ? 1 : 0);
    evaluate.mockRestore();
    return code;
  }

  it("signs what was claimed and still waits, and is not evaluated twice for one transaction", async () => {
    expect(await outcome()).toBe("signed");
    expect(await outcome()).toBe("no_such_transaction");
  });

  it("is not even evaluated for a transaction that this device has not claimed", async () => {
    await account.query("UPDATE pending_transaction SET claimed = 0");
    expect(await outcome()).toBe("not_claimed");
  });

  it("is not evaluated from the moment that the transaction's time is over, nor is it listed", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: claimed.expiresAt });
    expect(await outcome()).toBe("no_such_transaction");
    expect(await listTransactions(account.device.client)).toEqual({ ok: true, value: [] });
  });

  it("is not evaluated for a transaction of the other purpose: the message is bound to its key", async () => {
    await account.query("UPDATE pending_transaction SET purpose = 'sign'");
    expect(await outcome()).toBe("transcript_mismatch");
  });
});
