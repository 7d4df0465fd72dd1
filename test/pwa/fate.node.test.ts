// What a request that is gone is said to have come to: by the server's clock, and for good.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyState, login, ok, testModel } from "./support/model.ts";
import { ended } from "../../src/pwa/model/fate.ts";
import { openTransaction } from "../../src/pwa/model/transactions.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const TIME_MS = 100_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** It is listed, and over when it is claimed, so long after. */
async function opened(after: number, clockSkew = 0) {
  const model = testModel();
  const { listed } = login("t1", "DEMO");
  model.store.updateAccount("a", { clockSkew, waiting: [listed] });
  model.answer = (operation) => {
    if (operation === "claimTransaction") return { ok: false, failure: { code: "no_such_transaction" } };
    return ok(operation === "listTransactions" ? { transactions: [] } : keyState());
  };
  vi.advanceTimersByTime(after);
  await openTransaction(model, "a", "t1");
  return model.store.screen;
}

describe("a request that is gone", () => {
  it("before its time was answered elsewhere, and later timed out", async () => {
    expect(await opened(TIME_MS - 1)).toMatchObject({ outcome: "answered-elsewhere", relyingPartyName: "DEMO" });
    expect(await opened(TIME_MS)).toMatchObject({ outcome: "timed-out", transactionId: "t1" });
  });

  it("has the time that the server's clock says", async () => {
    expect(await opened(TIME_MS / 2, TIME_MS / 2)).toMatchObject({ outcome: "timed-out" });
    expect(await opened(TIME_MS, -TIME_MS / 2)).toMatchObject({ outcome: "answered-elsewhere" });
  });
});

it("a request that has ended is not put in front of the person again by an older list", async () => {
  const model = testModel();
  const { claimed, listed } = login("t1", "DEMO");
  model.answer = (operation) => {
    if (operation === "listTransactions") return ok({ transactions: [listed] });
    return ok(operation === "claimTransaction" ? claimed : keyState());
  };
  ended(model, "t1", { name: "outcome", outcome: "confirmed", purpose: "auth" });
  await model.accounts.refresh("a");
  expect(model.store.screen.name).toBe("home");
  expect(model.asked).not.toContain("claimTransaction");
});
