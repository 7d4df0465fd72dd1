// Attempts with a PIN whose answer was lost: what became of one is told once, with its own name, and never on another request's screen.
import { describe, expect, it, vi } from "vitest";
import {
  type Answer,
  atPin,
  keyState,
  login,
  ok,
  settledAttempt,
  signed,
  testModel,
  type TestModel,
  typeDigits,
  usable,
  wrongPin,
} from "./support/model.ts";
import type { Settled } from "../../src/authenticator/channel-client.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { Attempts } from "../../src/pwa/model/attempts.ts";
import { ended } from "../../src/pwa/model/fate.ts";
import { keepAsking } from "../../src/pwa/model/model.ts";
import { refuse } from "../../src/pwa/model/refusals.ts";
import { openTransaction } from "../../src/pwa/model/transactions.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const shop = login("t1", "SHADY SHOP");
const bank = login("t2", "GOOD BANK");
const GONE: Answer = { ok: false, failure: { code: "no_such_transaction" } };

const waiting =
  (...logins: readonly (typeof shop)[]) =>
  (operation: string): Answer => {
    if (operation === "listTransactions") return ok({ transactions: logins.map(({ listed }) => listed) });
    return ok(operation === "claimTransaction" ? shop.claimed : keyState());
  };

/** The person confirmed the shop's request, no answer came, and they went on to the bank's. */
function atTheBank(): TestModel {
  const model = testModel();
  model.attempts.made("t1", { purpose: "auth", relyingPartyName: "SHADY SHOP" });
  model.attempts.lost("t1");
  model.leftAlone.add("t1");
  atPin(model, bank);
  typeDigits(model, "90");
  return model;
}

const inFrontOf = ({ store: { screen } }: TestModel): string | undefined =>
  screen.name === "pin" || screen.name === "transaction" ? screen.shown.relyingPartyName : screen.name;

describe("a request in front of the person", () => {
  it.each([
    ["never arrived", settledAttempt("t1", signed, false)],
    ["was right", settledAttempt("t1", signed)],
    ["was wrong", settledAttempt("t1", wrongPin(2))],
    ["was the last", settledAttempt("t1", { ok: false, failure: { code: "pin_dead" } })],
  ])("stays when another request's PIN turns out to be one that %s", async (_, settled) => {
    const model = atTheBank();
    model.answer = waiting(shop, bank);
    model.attempts.settled("a", settled);
    await model.accounts.refresh("a");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(inFrontOf(model)).toBe("GOOD BANK");
    expect(model.store.pin.length).toBe(2);
  });

  it("stays when a question about the account goes wrong at the server", async () => {
    const model = atTheBank();
    model.answer = () => ({ ok: false, failure: { code: "server_error" } });
    await model.accounts.refresh("a");
    expect(inFrontOf(model)).toBe("GOOD BANK");
  });

  it("keeps the digits that were typed while its own attempt's fate became known", async () => {
    for (const settled of [settledAttempt("t2", signed, false), settledAttempt("t2", wrongPin(2))]) {
      const model = testModel();
      atPin(model, bank);
      model.attempts.lost("t2");
      typeDigits(model, "739");
      model.answer = (operation) =>
        operation === "getKeyState" ? ok(keyState({ pins: { auth: usable(2), sign: usable(3) } })) : waiting(bank)(operation);
      model.attempts.settled("a", settled);
      await model.accounts.refresh("a");
      expect(model.store.screen).toMatchObject({ name: "pin", pin: { length: 3 } });
      expect(model.store.pin.length).toBe(3);
      expect("pin" in model.store.screen && model.store.screen.pin.attemptsLeft).toBe(settled.received ? 2 : undefined);
    }
  });

  it("ends with its own attempt's fate", async () => {
    const model = testModel();
    atPin(model, bank);
    model.answer = waiting();
    model.attempts.settled("a", settledAttempt("t2", signed));
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "GOOD BANK" });
  });

  it.each([
    [2, 1],
    [1, 3],
  ])("that said %i attempts says %i when another tab's PIN made them so", async (before, attemptsLeft) => {
    const model = testModel();
    const { store } = model;
    store.go({ name: "pin", accountId: "a", ...bank, pin: { length: 0, state: "typing", attemptsLeft: before } });
    model.answer = (operation) =>
      operation === "getKeyState"
        ? ok(keyState({ pins: { auth: usable(attemptsLeft), sign: usable(3) } }))
        : waiting(bank)(operation);
    await model.accounts.refresh("a");
    expect(store.screen).toMatchObject({ name: "pin", pin: { attemptsLeft } });
  });
});

describe("what became of another request's attempt", () => {
  it("is told when the person is at home again, with the name of who asked", async () => {
    const model = atTheBank();
    model.answer = waiting(bank);
    model.attempts.settled("a", settledAttempt("t1", signed));
    await model.accounts.refresh("a");
    actionsOf(model).leave();
    actionsOf(model).leave();
    expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "confirmed", relyingPartyName: "SHADY SHOP" });
    model.leftAlone.add("t2");
    actionsOf(model).leave();
    expect(model.store.screen).toMatchObject({ name: "home" });
  });

  it("is told after an outcome that stood in front, and for an account that was not looked at", async () => {
    const model = testModel(["a", "b"]);
    model.store.go({ name: "outcome", outcome: "refused" });
    model.attempts.made("t1", { purpose: "auth", relyingPartyName: "SHADY SHOP" });
    model.attempts.settled("b", settledAttempt("t1", signed));
    await model.accounts.refresh("b");
    expect(model.store.screen).toMatchObject({ outcome: "refused" });
    actionsOf(model).leave();
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "SHADY SHOP" });
    expect(model.store.state.selected).toBe("b");
  });

  it("that the person went away from is not put in front of them again where nothing was signed", async () => {
    const model = testModel();
    model.leftAlone.add("t1");
    model.answer = waiting(shop);
    model.attempts.settled("a", settledAttempt("t1", signed, false));
    await model.accounts.refresh("a");
    expect(model.store.screen.name).toBe("home");
    expect(model.asked).not.toContain("claimTransaction");
  });

  it("that a crash interrupted is asked again at its PIN, with the attempts that are left", async () => {
    const model = testModel();
    model.answer = waiting(shop);
    model.attempts.settled("a", settledAttempt("t1", wrongPin(1)));
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "pin", pin: { attemptsLeft: 1 } }));
    expect(model.attempts.untold("a")).toEqual([]);
  });
});

describe("a request that is over because it was signed", () => {
  it("is confirmed, not out of time, when the person cancels while the answer is on its way", async () => {
    const model = testModel();
    atPin(model, bank);
    model.attempts.lost("t2");
    model.answer = async (operation) => {
      if (operation === "getKeyState") model.attempts.settled("a", settledAttempt("t2", signed));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return operation === "refuseTransaction" ? GONE : waiting()(operation);
    };
    const refreshed = model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.asked).toContain("listTransactions"));
    await Promise.all([refuse(model), refreshed]);
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "GOOD BANK" });
  });

  it("is confirmed when it is opened again", async () => {
    const model = testModel();
    model.answer = (operation) => {
      if (operation !== "claimTransaction") return waiting()(operation);
      model.attempts.settled("a", settledAttempt("t2", signed));
      return GONE;
    };
    await openTransaction(model, "a", "t2");
    expect(model.store.screen).toMatchObject({ outcome: "confirmed" });
  });

  it("is called interrupted where another tab heard the answer", async () => {
    for (const act of [refuse, (model: TestModel) => model.accounts.refresh("a")]) {
      const model = testModel();
      atPin(model, bank);
      model.attempts.lost("t2");
      model.answer = (operation) => (operation === "refuseTransaction" ? GONE : waiting()(operation));
      await act(model);
      expect(model.store.screen).toMatchObject({ outcome: "interrupted", relyingPartyName: "GOOD BANK" });
    }
  });

  it("without an attempt made here was answered elsewhere", async () => {
    const model = testModel();
    atPin(model, bank);
    model.answer = waiting();
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ outcome: "answered-elsewhere" });
  });
});

describe("while the server does not answer, or certificates are made", () => {
  it.each<readonly [string, Answer]>([
    ["does not answer", "unreachable"],
    ["makes certificates", ok(keyState({ status: "issuing" }))],
  ])("a server that %s is asked less and less, by one loop", async (_, answer) => {
    vi.useFakeTimers();
    const model = testModel();
    model.answer = () => answer;
    model.store.updateAccount("a", { state: keyState({ status: "applying" }) });
    model.store.go({ name: "starting" });
    void model.accounts.refresh("a");
    void keepAsking(model, "a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(model.asked.length).toBeGreaterThan(4);
    expect(model.asked.length).toBeLessThan(10);
    model.store.go({ name: "welcome", canGoBack: false });
    await vi.advanceTimersByTimeAsync(1);
    expect(model.asking.size).toBe(0);
    vi.useRealTimers();
  });
});

it("a request that has ended is offered no more, also where the list cannot be asked for again", async () => {
  const model = testModel();
  let isOffline = false;
  model.answer = (operation) => (isOffline ? "unreachable" : waiting(shop, bank)(operation));
  await model.accounts.refresh("a");
  await vi.waitFor(() => expect(model.store.screen.name).toBe("transaction"));
  isOffline = true;
  model.store.go(ended(model, "t1", { name: "outcome", outcome: "confirmed", purpose: "auth", relyingPartyName: "SHADY SHOP" }));
  await model.accounts.refresh("a");
  expect(model.store.account("a")?.waiting.map(({ transactionId }) => transactionId)).toEqual(["t2"]);
});

describe("what is kept of an attempt", () => {
  const lost = (): Attempts => {
    const attempts = new Attempts();
    attempts.lost("t1");
    return attempts;
  };
  const settledBy = (operation: "confirmCertificateChoice" | "refuseTransaction"): Settled => {
    const { request, ...rest } = settledAttempt("t1", signed);
    return { ...rest, request: { ...request, operation } };
  };

  it("is that it was lost, until it is settled, or told, or the server says that the request still waits", () => {
    const ways: readonly ((attempts: Attempts) => void)[] = [
      (attempts) => attempts.settled("a", settledAttempt("t1", signed)),
      (attempts) => attempts.told("t1"),
      (attempts) => attempts.stillOpen("t1"),
    ];
    expect(lost().isLost("t1")).toBe(true);
    for (const goes of ways) {
      const attempts = lost();
      goes(attempts);
      expect(attempts.isLost("t1")).toBe(false);
    }
  });

  it("is what became of a confirmation, with a PIN or without, and of nothing else", () => {
    const attempts = lost();
    attempts.settled("a", settledBy("refuseTransaction"));
    expect([attempts.untold("a"), attempts.isLost("t1")]).toEqual([[], true]);
    attempts.settled("a", settledBy("confirmCertificateChoice"));
    expect(attempts.untold("a")).toEqual(["t1"]);
  });
});
