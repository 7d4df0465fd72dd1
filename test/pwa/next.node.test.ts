// What comes in front of a person who is at home, and what does not: nothing that they said no to, went away from, or that is being opened.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keyState, login, settledAttempt, signed, type TestModel, testModel, wrongPin, ok } from "./support/model.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { leave } from "../../src/pwa/model/leaving.ts";
import { showNext } from "../../src/pwa/model/next.ts";
import type { OutcomeKind } from "../../src/pwa/model/screen-parts.ts";
import { waitingAt } from "../../src/pwa/views/waiting.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const shop = login("t1", "SHADY SHOP");
const bank = login("t2", "GOOD BANK");

let model: TestModel;
const claims = (): number => model.asked.filter((operation) => operation === "claimTransaction").length;

beforeEach(() => {
  model = testModel();
  model.answer = (operation) => {
    if (operation === "listTransactions") return ok({ transactions: [] });
    return ok(operation === "claimTransaction" ? shop.claimed : keyState());
  };
});

/** Its fate is known, and nobody was told. */
function settles(outcome = signed): void {
  model.attempts.made("t1", { purpose: "auth", relyingPartyName: "SHADY SHOP" });
  model.attempts.settled("a", settledAttempt("t1", outcome));
}

describe("at home", () => {
  it("a request that the person said no to is not opened, though the server has not heard of it", async () => {
    model.store.updateAccount("a", { waiting: [shop.listed] });
    model.refusals.set("t1", "USER_REFUSED");
    showNext(model);
    settles(wrongPin(2));
    showNext(model);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([model.store.screen, model.asked]).toEqual([{ name: "home", check: "idle" }, []]);
    expect(model.attempts.untold("a")).toEqual([]);
  });

  it("nothing comes before what is being opened", () => {
    model.store.updateAccount("a", { waiting: [shop.listed] });
    model.opening = "t2";
    settles();
    showNext(model);
    expect([model.store.screen.name, claims(), model.attempts.untold("a")]).toEqual(["home", 0, ["t1"]]);
  });

  it("what became of an attempt comes alone, before what waits", async () => {
    model.store.updateAccount("a", { waiting: [bank.listed] });
    settles();
    showNext(model);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "SHADY SHOP" });
    expect(claims()).toBe(0);
  });

  it.each([
    [-60_000, "awaiting"],
    [60_000, "home"],
  ])("a signature is waited for as long as the server's clock says, which is %i ms ahead: %s", (clockSkew, name) => {
    const awaited = { relyingPartyName: "DEMO", until: Date.now() + (clockSkew < 0 ? -30_000 : 30_000) };
    model.store.updateAccount("a", { clockSkew, state: keyState({ awaited }) });
    showNext(model);
    expect(model.store.screen.name).toBe(name);
    // Nothing is asked for any more.
    model.store.go({ name: "home", check: "idle" });
  });
});

describe("whoever goes away from a request", () => {
  const request = { accountId: "a", claimed: shop.claimed, shown: shop.shown } as const;
  const several = { ...shop.listed, amongSeveral: true } as const;

  it("does not while an answer is on its way", () => {
    const screen = { name: "transaction", ...request, busy: true } as const;
    model.store.go(screen);
    leave(model);
    expect(model.store.screen).toBe(screen);
  });

  it("is not asked it again, nor another one at once", () => {
    model.store.updateAccount("a", { waiting: [shop.listed, bank.listed] });
    model.store.go({ name: "transaction", ...request, busy: false });
    leave(model);
    expect([model.store.screen.name, model.leftAlone.has("t1"), claims()]).toEqual(["home", true, 0]);
  });

  it.each([
    [
      "its device is asked for",
      { name: "use-device", accountId: "a", request: { ...several, transactionId: "t3" }, busy: false },
    ],
    ["it is shown", { name: "transaction", ...request, claimed: bank.claimed, busy: false }],
  ] as const)("is told what became of another one, where %s", (_, screen) => {
    model.store.go(screen);
    settles();
    leave(model);
    expect(model.store.screen).toMatchObject({ outcome: "confirmed", relyingPartyName: "SHADY SHOP" });
  });
});

describe("on the end of a request", () => {
  const at = (outcome: OutcomeKind, part: object = {}): void => {
    model.answer = (operation) => {
      if (operation === "listTransactions") return ok({ transactions: [bank.listed] });
      return ok(operation === "claimTransaction" ? bank.claimed : keyState());
    };
    model.store.go({ name: "outcome", outcome, ...part });
  };

  it.each<[OutcomeKind, boolean]>([
    ["confirmed", true],
    ["account-active", true],
    ["timed-out", true],
    ["failed", true],
    ["refused", false],
    ["wrong-code", false],
    ["interrupted", false],
    ["answered-elsewhere", false],
  ])("%s a new request comes in its place: %s", async (outcome, comes) => {
    at(outcome);
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.store.screen.name).toBe(comes ? "transaction" : "outcome"));
  });

  it("what leads back to a page waits for nothing else", async () => {
    at("timed-out", { returnTo: "https://bank.example/back" });
    await model.accounts.refresh("a");
    expect(model.store.screen.name).toBe("outcome");
  });

  it("what waits is opened from there, and nothing leads back any more", async () => {
    at("refused", { returnTo: "https://bank.example/back" });
    await model.accounts.refresh("a");
    const forget = vi.spyOn(model.waysBack, "forget");
    actionsOf(model).openTransaction("a", "t2");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "transaction", claimed: { transactionId: "t2" } }));
    expect(forget).toHaveBeenCalledOnce();
  });
});

it("what waits for several accounts of one person is one request, and what ran out by the server's clock is none", () => {
  const { listed } = bank;
  const now = listed.expiresAt - 1000;
  const of = (id: string, clockSkew = 0) => ({ id, clockSkew, waiting: [listed] });
  const waiting = (...accounts: readonly ReturnType<typeof of>[]) =>
    waitingAt(now, accounts).map(({ accountId, left }) => [accountId, left]);
  expect(waiting(of("a"), of("b"))).toEqual([["a", 1000]]);
  expect(waiting(of("a", 1000), of("b", 400))).toEqual([["b", 600]]);
});
