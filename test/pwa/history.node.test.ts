// The history on the device: pages, what goes wrong, and the way back from each of its screens.
import { describe, expect, it, vi } from "vitest";
import { tabStorage } from "./support/page.ts";
import { type Answer, keyState, login, ok, testModel } from "./support/model.ts";
import { words } from "./support/words.ts";
import type { HistoryEntry } from "../../src/protocol/history.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { dayName } from "../../src/pwa/views/history-days.ts";
import { Disown, HistoryEntryView } from "../../src/pwa/views/history-entry.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const entry = (id: string): HistoryEntry => ({
  id,
  at: 5,
  kind: "authentication",
  flow: "QR",
  result: "confirmed",
  relyingPartyName: "DEMO",
  here: true,
  disowned: false,
  partyRefused: false,
});

/** At home. The server gives these pages, one after the other. */
function history(...pages: readonly Answer[]) {
  const model = testModel();
  const left = [...pages];
  model.answer = (operation) => {
    if (operation === "getHistory") return left.shift() ?? "unreachable";
    if (operation === "listRefusedParties") return ok({ parties: [] });
    if (operation === "listTransactions") return ok({ transactions: [] });
    return operation === "disown" ? "unreachable" : ok(keyState());
  };
  const { store } = model;
  const shows = (part: object) => vi.waitFor(() => expect(store.screen).toMatchObject(part));
  return { model, store, actions: actionsOf(model), shows };
}

const page = (more: boolean, ...ids: readonly string[]): Answer => ok({ entries: ids.map((id) => entry(id)), more });
const lost: Answer = { ok: false, failure: { code: "server_error" } };

describe("the end of a request", () => {
  const ended = { name: "outcome", outcome: "refused", purpose: "auth", relyingPartyName: "DEMO", transactionId: "9" } as const;

  it("leads to its entry, which may come a little later than the end", async () => {
    vi.spyOn(Math, "random").mockReturnValue(-1);
    const { store, actions, shows } = history(page(true, "1"), page(true, "1"), page(true, "9", "1"));
    store.go(ended);
    tabStorage.set("tally-way-back", "{}");
    actions.disownEnded();
    // Whoever did not start it does not go back to where it began.
    expect(tabStorage.has("tally-way-back")).toBe(false);
    await shows({ name: "disown", step: "ask", entry: { id: "9" } });
    actions.leave();
    await shows({ name: "history-entry", entry: { id: "9" } });
    vi.restoreAllMocks();
  });

  it("leads to the list where there is no entry of it, and nowhere where it was nobody's request", async () => {
    vi.spyOn(Math, "random").mockReturnValue(-1);
    const { store, actions, shows } = history(...Array.from({ length: 9 }, () => page(false, "1")));
    const { transactionId: _, ...nobodys } = ended;
    store.go(nobodys);
    actions.disownEnded();
    expect(store.screen.name).toBe("outcome");
    store.go(ended);
    actions.disownEnded();
    await shows({ name: "history", busy: false, list: { entries: [{ id: "1" }] } });
    vi.restoreAllMocks();
  });
});

describe("the history", () => {
  it("grows by pages, each behind the last entry, and says where one does not come", async () => {
    const { model, actions, shows } = history(page(true, "1", "2"), lost, page(false, "3"));
    actions.openHistory();
    await shows({ name: "history", busy: false, list: { more: true } });
    actions.moreHistory();
    await shows({ busy: false, problem: { kind: "failed" }, list: { entries: [{ id: "1" }, { id: "2" }], more: true } });
    actions.moreHistory();
    await shows({ busy: false, list: { entries: [{ id: "1" }, { id: "2" }, { id: "3" }], more: false } });
    // Said aloud, and where the focus goes when the button that brought them is gone.
    expect(model.store.screen).toMatchObject({ added: 1, opened: "3" });
    expect(model.store.screen).not.toHaveProperty("problem");
    expect(model.bodies.at(-1)).toMatchObject({ before: { at: 5, id: "2" } });
  });

  it("can be left while it is on its way, and what comes then is shown nowhere", async () => {
    const { model, store, actions, shows } = history();
    const held = Promise.withResolvers<Answer>();
    model.answer = (operation) => (operation === "getHistory" ? held.promise : ok({ parties: [] }));
    actions.openHistory();
    await vi.waitFor(() => expect(model.asked).toContain("getHistory"));
    actions.leave();
    await shows({ name: "home" });
    held.resolve(page(false, "1"));
    await Promise.resolve();
    expect(store.screen.name).toBe("home");
  });

  it("leads from each screen one step back, and keeps what could not be reported", async () => {
    const { actions, shows } = history(page(false, "1"));
    actions.openHistory();
    await shows({ name: "history", busy: false });
    actions.openEntry("none");
    actions.openEntry("1");
    actions.askDisown();
    await shows({ name: "disown", step: "ask" });
    actions.confirmDisown(true);
    await shows({ name: "disown", step: "ask", busy: false, problem: { kind: "unreachable" } });
    actions.leave();
    await shows({ name: "history-entry", entry: { id: "1" } });
    actions.leave();
    await shows({ name: "history", list: { entries: [{ id: "1" }] } });
    actions.leave();
    await shows({ name: "home" });
  });

  it("says of a party that was refused before that it is, and is fetched anew after what was said", async () => {
    const { model, store, actions, shows } = history(page(false, "1"));
    const past = { ...entry("1"), partyRefused: true };
    const { answer } = model;
    model.answer = (operation, id) => (operation === "disown" ? ok({}) : answer(operation, id));
    store.go({ name: "history-entry", accountId: "a", list: { entries: [past], more: false, refused: [] }, entry: past });
    actions.askDisown();
    actions.confirmDisown(false);
    await shows({ name: "disown", step: "done", refused: true });
    actions.leave();
    await shows({ name: "history", list: { entries: [{ id: "1" }] } });
    expect(model.asked).toContain("getHistory");
  });

  it("asks for one page at a time, and allows a party once", async () => {
    const { model, store, actions, shows } = history(page(true, "1"), page(false, "2"));
    actions.openHistory();
    await shows({ busy: false });
    for (let press = 0; press < 2; press++) actions.moreHistory();
    await shows({ busy: false, added: 1 });
    expect(model.asked.filter((operation) => operation === "getHistory")).toHaveLength(2);
    for (let press = 0; press < 2; press++) actions.allowParty("p");
    expect(store.screen).toMatchObject({ busy: true });
    expect(model.asked.filter((operation) => operation === "allowParty")).toHaveLength(1);
  });

  it("takes nobody back who has gone, whatever comes of what they asked for", async () => {
    const { model, store, actions, shows } = history();
    const past = entry("1");
    const at = { accountId: "a", list: { entries: [past], more: true, refused: [] } };
    const ways: readonly (() => void)[] = [
      actions.openHistory,
      () => (store.go({ name: "history", ...at, busy: false }), actions.moreHistory()),
      () => (store.go({ name: "history", ...at, busy: false }), actions.allowParty("p")),
      () => (store.go({ name: "history-entry", ...at, entry: past }), actions.askDisown(), actions.confirmDisown(true)),
    ];
    for (const answer of [ok({ parties: [] }), { ok: false, failure: { code: "account_closed", reason: "owner" } } as const]) {
      for (const begin of ways) {
        const held = Promise.withResolvers<Answer>();
        model.answer = () => held.promise;
        store.go({ name: "home", check: "idle" });
        begin();
        store.go({ name: "home", check: "idle" });
        held.resolve(answer);
        await new Promise((resolve) => setTimeout(resolve, 2));
        await shows({ name: "home" });
      }
    }
  });

  it("is left for a request that waits", async () => {
    const { model, store, actions, shows } = history(page(false, "1"));
    actions.openHistory();
    await shows({ busy: false });
    const { claimed, listed } = login("t1", "DEMO");
    store.updateAccount("a", { waiting: [listed] });
    model.answer = () => ok(claimed);
    actions.leave();
    await shows({ name: "transaction", claimed: { transactionId: "t1" } });
  });

  it("of an account that this browser has no more leads to where one can be made", async () => {
    const { actions, shows } = history({ ok: false, failure: { code: "no_account" } });
    actions.openHistory();
    await shows({ name: "welcome" });
  });

  it("ends with its account", async () => {
    const { actions, shows } = history({ ok: false, failure: { code: "account_closed", reason: "owner" } });
    actions.openHistory();
    await shows({ name: "closed", reason: "owner" });
  });
});

it.each([
  ["certificate-choice", "confirmed", /got your name and personal code/, /No PIN was asked for.*has your certificate/],
  ["certificate-choice", "refused", /Nothing was confirmed/, /did not get your certificate/],
  ["authentication", "confirmed", /may know your PIN/, /confirmed with your PIN1.*change it/],
  ["signature", "timed_out", /Nothing was confirmed/, /typed your PIN2.*change it/],
] as const)(
  "says what a %s that was %s may mean, and asks for another PIN only where one was asked for",
  (kind, result, meaning, next) => {
    const { actions, store } = history();
    const { state } = store;
    const past = { ...entry("1"), kind, result };
    const list = { entries: [past], more: false, refused: [] };
    const of = { accountId: "a", list, entry: past };
    expect(words(HistoryEntryView({ screen: { name: "history-entry", ...of }, state, actions }))).toMatch(meaning);
    const done = words(Disown({ screen: { name: "disown", ...of, step: "done", refused: false, busy: false }, state, actions }));
    expect(done).toMatch(next);
    expect(done).toContain("recorded for whoever runs this service");
    expect(/Change PIN/.test(done)).toBe(kind !== "certificate-choice");
  },
);

it("names days as people do, also across a change of the clock", () => {
  const now = new Date(2026, 2, 30, 9).getTime();
  const days = [0, 1, 2, 6, 7].map((ago) => dayName(new Date(2026, 2, 30 - ago, 23, 30).getTime(), now));
  expect(days).toEqual(["Today", "Yesterday", "Saturday", "Tuesday", "23 March 2026"]);
});
