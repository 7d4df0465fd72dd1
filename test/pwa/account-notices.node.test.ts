// What happened to another account is shown until the person has understood it, and the server hears of that as soon as it can.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deviceRecord, keyState, ok, testModel } from "./support/model.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import { noticesToShow, understandOwnDoing } from "../../src/pwa/model/account-notices.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { loadAccounts } from "../../src/pwa/storage/accounts.ts";
import type { KeyState } from "../../src/pwa/model/state.ts";
import { clearDatabase, stores } from "./support/database.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

beforeEach(clearDatabase);

const NOTICE: KeyState["notices"][number] = {
  kind: "closed",
  reason: "owner",
  id: "n1",
  documentNumber: "PNOEE-50001029996-K2GN-Q",
  at: 1_800_000_000_000,
};

/** At home, told of another account by a server that forgets what is dismissed. */
async function told(notices: readonly KeyState["notices"][number][] = [NOTICE]) {
  const model = testModel();
  const server = { notices: [...notices], isOffline: false };
  model.answer = (operation) => {
    if (server.isOffline) return "unreachable";
    if (operation === "listTransactions") return ok({ transactions: [] });
    if (operation === "dismissNotices") {
      server.notices = [];
      return ok({ dismissed: true });
    }
    return ok(keyState({ notices: [...server.notices] }));
  };
  await model.accounts.refresh("a");
  /** Ids of what is on the screen. */
  const shown = () => {
    const { accounts, understood } = model.store.state;
    return (accounts[0]?.state?.notices ?? []).map(({ id }) => id).filter((id) => !understood.includes(id));
  };
  return { model, server, shown, actions: actionsOf(model) };
}

describe("a notice that was understood", () => {
  it("is away at once, and the server hears of it", async () => {
    const { model, server, shown, actions } = await told();
    expect(shown()).toEqual(["n1"]);
    actions.dismissNotice("a", "n1");
    expect(shown()).toEqual([]);
    await vi.waitFor(() => expect(server.notices).toEqual([]));
    // So that it is away at the next start without a network, too.
    await vi.waitFor(() => expect(model.store.account("a")?.state?.notices).toEqual([]));
    expect(model.store.screen).toEqual({ name: "home", check: "idle" });
  });

  it("stays away without a network, and the server hears of it when it answers again, once", async () => {
    const { model, server, shown, actions } = await told();
    server.isOffline = true;
    actions.dismissNotice("a", "n1");
    actions.dismissNotice("a", "n1");
    await vi.waitFor(() => expect(model.asked.filter((operation) => operation === "dismissNotices")).toHaveLength(1));
    expect(shown()).toEqual([]);
    expect(model.store.screen.name).toBe("home");
    server.isOffline = false;
    await model.accounts.refresh("a");
    expect(shown()).toEqual([]);
    await vi.waitFor(() => expect(server.notices).toEqual([]));
    await model.accounts.refresh("a");
    expect(model.asked.filter((operation) => operation === "dismissNotices")).toHaveLength(2);
  });

  it("stays away after a reload that came before the server could hear of it", async () => {
    stores.records.set("a", deviceRecord());
    stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState({ notices: [NOTICE] }), clockSkew: 0 });
    const { model, server, actions } = await told();
    await model.accounts.load();
    await model.accounts.refresh("a");
    server.isOffline = true;
    actions.dismissNotice("a", "n1");
    await vi.waitFor(() => expect(model.asked).toContain("dismissNotices"));
    const reloaded = await told();
    expect(reloaded.shown()).toEqual(["n1"]);
    await reloaded.model.accounts.load();
    expect(reloaded.shown()).toEqual([]);
    await reloaded.model.accounts.refresh("a");
    await vi.waitFor(() => expect(reloaded.server.notices).toEqual([]));
  });

  it("leaves the others, and nothing is said of those that were not understood", async () => {
    const { model, shown, actions } = await told([NOTICE, { ...NOTICE, id: "n2" }]);
    const client = model.accounts.client("a");
    const call = vi.spyOn(client, "call");
    model.accounts.client = () => client;
    actions.dismissNotice("a", "n1");
    expect(shown()).toEqual(["n2"]);
    await vi.waitFor(() => expect(call).toHaveBeenCalled());
    const [operation, build] = call.mock.calls[0]!;
    expect([operation, await build(deviceRecord(), "")]).toEqual(["dismissNotices", { ids: ["n1"] }]);
  });

  it("is shown no more; before, it does not wait for an account that is being made: only news of a new one does", async () => {
    const { model, actions } = await told();
    const account = model.store.account("a")!;
    const shown = () => noticesToShow(model.store.state, account, NOTICE.at).map(({ id }) => id);
    model.store.patch({ accounts: [account, { ...account, id: "b", state: keyState({ status: "issuing" }) }] });
    expect(shown()).toEqual(["n1"]);
    actions.dismissNotice("a", "n1");
    expect(shown()).toEqual([]);
  });

  it("is understood at home only", async () => {
    const { model, shown, actions } = await told();
    model.store.go({ name: "delete-account", accountId: "a", from: "elsewhere", busy: false });
    actions.dismissNotice("a", "n1");
    expect(shown()).toEqual(["n1"]);
  });
});

describe("a new account of the person", () => {
  const NUMBER = "PNOEE-50001029996-H7TT-Q";
  const NEW: AccountNotice = { kind: "new_account", id: "n2", documentNumber: NUMBER, at: Date.now() };

  /** `b` of this browser is being made, as far as this window knows: it is as the server says, if that is asked. */
  async function whileMaking(status: KeyState["status"], at = NEW.at) {
    for (const id of ["a", "b"]) {
      const state = id === "a" ? keyState() : keyState({ status, documentNumber: "" });
      stores.records.set(id, deviceRecord());
      stores.accounts.set(id, { id, createdAt: id === "a" ? 1 : 2, state, clockSkew: 0 });
    }
    const model = testModel(["a", "b"]);
    await model.accounts.load();
    model.store.updateAccount("b", { state: keyState({ status }) });
    const server: { b: Partial<KeyState>; notices: AccountNotice[] } = { b: { status }, notices: [{ ...NEW, at }] };
    model.answer = (operation, id) => {
      if (operation === "listTransactions") return ok({ transactions: [] });
      if (operation === "dismissNotices") {
        server.notices = [];
        return ok({ dismissed: true });
      }
      return ok(keyState(id === "a" ? { notices: [...server.notices] } : server.b));
    };
    const shown = (now = Date.now()) => noticesToShow(model.store.state, model.store.account("a")!, now).map(({ id }) => id);
    return { model, server, shown };
  }

  it("that this browser knows nothing of is shown", async () => {
    const { model, shown } = await whileMaking("closed");
    await model.accounts.refresh("a");
    expect(shown()).toEqual(["n2"]);
    expect(model.asked).not.toContain("dismissNotices");
  });

  it("that was made here is no news: held back until its number is known here, then understood for good", async () => {
    const { model, server, shown } = await whileMaking("issuing");
    await model.accounts.refresh("a");
    expect(shown()).toEqual([]);
    expect(shown(NEW.at + 3_600_000)).toEqual([]);
    expect(model.store.state.understood).toEqual([]);
    server.b = { status: "active", documentNumber: NUMBER };
    await model.accounts.refresh("b");
    expect(model.store.state.understood).toEqual(["n2"]);
    // As after a reload, before the server was asked.
    model.store.patch({ understood: [] });
    expect(shown()).toEqual([]);
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(server.notices).toEqual([]));
    expect(shown()).toEqual([]);
  });

  it("that turns out to be another than the one that was made here is shown then", async () => {
    const { model, server, shown } = await whileMaking("issuing");
    await model.accounts.refresh("a");
    server.b = { status: "active", documentNumber: "PNOEE-50001029996-ZZZZ-Q" };
    await model.accounts.refresh("b");
    expect(shown()).toEqual(["n2"]);
  });

  it("is held back for a minute while one is applied for here, whose signature may be on its way, and no longer", async () => {
    const { model, shown } = await whileMaking("applying");
    await model.accounts.refresh("a");
    expect(shown(NEW.at + 59_000)).toEqual([]);
    expect(shown(NEW.at + 60_000)).toEqual(["n2"]);
  });

  it("is shown while an account of somebody else is being made here", async () => {
    const { model, shown } = await whileMaking("issuing");
    const owner = { givenName: "JÜRI", surname: "TAMM", semanticsIdentifier: "PNOEE-40504040001" };
    stores.records.set("b", deviceRecord({ owner }));
    await model.accounts.refresh("a");
    expect(shown()).toEqual(["n2"]);
  });

  it("that another window of this browser has made meanwhile is no news either", async () => {
    const { model, shown } = await whileMaking("applying", NEW.at - 3_600_000);
    stores.accounts.set("c", {
      id: "c",
      createdAt: 3,
      state: keyState({ documentNumber: NUMBER }),
      clockSkew: 0,
    });
    stores.records.set("c", deviceRecord());
    await model.accounts.refresh("a");
    expect(shown()).toEqual([]);
    expect(model.store.state.understood).toEqual(["n2"]);
  });
});

it("what an earlier version of the app kept of an account has no notices, and is shown", async () => {
  const { notices: _, ...earlier } = keyState();
  stores.records.set("a", deviceRecord());
  stores.accounts.set("a", { id: "a", createdAt: 1, state: earlier, clockSkew: 0 });
  stores.records.set("b", deviceRecord());
  stores.accounts.set("b", { id: "b", createdAt: 2, state: { ...earlier, notices: [NOTICE] }, clockSkew: 0 });
  expect((await loadAccounts()).map(({ account }) => account.state?.notices)).toEqual([[], [NOTICE]]);
});

it("the end of an account that was renewed here is no news, and understood beside the rest; that it ended otherwise is", async () => {
  const { model } = await told([]);
  model.store.updateAccount("a", { renewed: NOTICE.documentNumber });
  model.store.patch({ understood: ["n0"] });
  const hear = (notice: AccountNotice): string[] => {
    const heard = keyState({ notices: [notice] });
    understandOwnDoing(model.store, "a", heard);
    model.store.updateAccount("a", { state: heard });
    return noticesToShow(model.store.state, model.store.account("a")!, NOTICE.at).map(({ id }) => id);
  };
  expect(hear(NOTICE)).toEqual(["n1"]);
  expect(hear({ ...NOTICE, id: "n2", kind: "closed", reason: "renewed" })).toEqual([]);
  expect(model.store.state.understood).toEqual(["n0", "n2"]);
});
