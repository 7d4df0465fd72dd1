// A renewal in the app: said in good time, begun on the person's wish, and brought to its end whenever the server can be reached, also by
// an app that was stopped in between.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deployment, SELF_ASSERTED } from "./support/deployment.ts";
import { deviceRecord, keyState, login, ok, testModel } from "./support/model.ts";
import { askKeyState, isDueForRenewal } from "../../src/authenticator/renewal.ts";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { finishRenewal, isSucceededBy } from "../../src/pwa/model/renewal.ts";
import { loadAccounts } from "../../src/pwa/storage/accounts.ts";
import type { KeyState } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { MissingPasskey } from "../../src/pwa/views/missing-passkey.tsx";
import { clearDatabase, stores } from "./support/database.ts";
import { words } from "./support/words.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

beforeEach(clearDatabase);

const DAY = 24 * 3_600_000;
const OLD = "PNOEE-50001029996-OLD0-Q";
const NEW = "PNOEE-50001029996-NEW0-Q";
const OWNER = deviceRecord().owner!;

interface Told {
  readonly old?: Partial<KeyState>;
  readonly next?: Partial<KeyState>;
  readonly owner?: typeof OWNER;
}

/** `old` is renewed by `next`, which has just become active; as a start finds them. */
async function atStart({ old = {}, next = {}, owner = OWNER }: Told = {}) {
  const states: Record<string, KeyState> = {
    old: keyState({ documentNumber: OLD, ...old }),
    next: keyState({ documentNumber: NEW, ...next }),
  };
  for (const [id, createdAt] of [
    ["old", 1],
    ["next", 2],
  ] as const) {
    stores.records.set(id, deviceRecord(id === "next" ? { owner } : {}));
    stores.accounts.set(id, {
      id,
      createdAt,
      state: states[id],
      clockSkew: 0,
      understood: [],
      ...(id === "next" && { renews: "old" }),
    });
  }
  const server = {
    isOffline: false,
    refuses: undefined as { readonly code: string; readonly reason?: string } | undefined,
    answers: Promise.resolve(),
  };
  const model = testModel([], (id) => ({
    read: async () => stores.records.get(id) as ReturnType<typeof deviceRecord> | undefined,
    write: async (record) => void stores.records.set(id, record),
    remove: async () => void stores.records.delete(id),
    exclusively: (work) => work(),
  }));
  model.answer = async (operation, id) => {
    if (operation === "listTransactions") return ok({ transactions: [] });
    if (operation !== "revokeKey") return ok(states[id]);
    await server.answers;
    if (server.isOffline) return "unreachable";
    if (server.refuses !== undefined) return { ok: false, failure: server.refuses as never };
    states[id] = keyState({ status: "closed", closedReason: "renewed" });
    return ok({ closed: true });
  };
  await model.accounts.load();
  model.store.patch({ selected: "next" });
  const closings = () =>
    model.asked.map((operation, index) => [operation, model.bodies[index]]).filter(([name]) => name === "revokeKey");
  const ids = () => model.store.state.accounts.map(({ id }) => id);
  const renews = () => model.store.account("next")?.renews;
  return { model, server, states, closings, ids, renews };
}

/** Web Locks of one window. */
vi.stubGlobal("navigator", { locks: { request: async (_: string, work: () => Promise<unknown>) => work() } });

describe("when the new account is active", () => {
  it("the one before is closed by its own channel, naming the new one, and is gone from the device", async () => {
    const { model, closings, ids, renews } = await atStart();
    await model.accounts.refreshAll();
    await vi.waitFor(() => expect(renews()).toBeUndefined());
    expect(closings()).toEqual([["revokeKey", { successor: NEW }]]);
    expect(ids()).toEqual(["next"]);
    expect([...stores.records.keys()]).toEqual(["next"]);
    expect((await loadAccounts()).map(({ account }) => account.renews)).toEqual([undefined]);
  });

  it.each([true, false])(
    "the new one is said to have no passkey where the one before had one (%s), until its person has said no",
    async (had) => {
      vi.stubGlobal("PublicKeyCredential", () => undefined);
      const { model, ids } = await atStart();
      if (had) stores.records.set("old", deviceRecord({ passkey: { credentialId: "AQ", salt: "AQ" } }));
      await model.accounts.load();
      await model.accounts.refreshAll();
      await vi.waitFor(() => expect(ids()).toEqual(["next"]));
      await model.accounts.load();
      const misses = () => model.store.account("next")?.missesPasskey === true;
      expect(misses()).toBe(had);
      model.store.go({ name: "home", check: "idle" });
      const said = words(MissingPasskey({ account: model.store.account("next")!, actions: actionsOf(model) }));
      expect(said.includes("has no passkey")).toBe(had);
      actionsOf(model).askPasskey("next");
      await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "passkey", step: "offer" }));
      expect(misses()).toBe(had);
      actionsOf(model).declinePasskey();
      expect(model.store.screen).toMatchObject({ name: "home" });
      await vi.waitFor(() => expect(misses()).toBe(false));
      await model.accounts.load();
      expect(misses()).toBe(false);
    },
  );

  describe("and the one before it had a passkey", () => {
    const PASSKEY = { credentialId: "AQ", salt: "AQ" };
    async function offline() {
      const started = await atStart();
      const { model, server, closings } = started;
      stores.records.set("old", deviceRecord({ passkey: PASSKEY }));
      await model.accounts.load();
      server.isOffline = true;
      const asked = async (times: number) => {
        await model.accounts.refreshAll();
        await vi.waitFor(() => expect(closings()).toHaveLength(times));
        await vi.waitFor(() => expect(model.succeeding.size).toBe(0));
      };
      await asked(1);
      const said = () => words(MissingPasskey({ account: model.store.account("next")!, actions: actionsOf(model) }));
      expect(said()).toContain("has no passkey");
      return { ...started, asked, said };
    }

    it("what its person has said is asked no more, however often the end of the one before is asked for", async () => {
      const { model, asked, said } = await offline();
      model.store.go({ name: "passkey", accountId: "next", step: "offer", busy: false });
      actionsOf(model).declinePasskey();
      await vi.waitFor(() => expect(said()).toBe(""));
      await asked(2);
      expect(said()).toBe("");
    });

    it("nothing is said to be missing where it has one", async () => {
      const { model, said } = await offline();
      stores.records.set("next", deviceRecord({ passkey: PASSKEY }));
      await model.accounts.load();
      expect(said()).toBe("");
    });

    it("a passkey that was turned on before the end was asked for is not said to be missing", async () => {
      const { model, server, closings } = await atStart();
      for (const id of ["old", "next"]) stores.records.set(id, deviceRecord({ passkey: PASSKEY }));
      await model.accounts.load();
      server.isOffline = true;
      await model.accounts.refreshAll();
      await vi.waitFor(() => expect(closings()).toHaveLength(1));
      expect(model.store.account("next")).toMatchObject({ renewed: OLD });
      expect(model.store.account("next")?.missesPasskey).toBeUndefined();
    });

    it("nothing is said of it where that one stays after all", async () => {
      const { model, server, said, renews } = await offline();
      server.isOffline = false;
      server.refuses = { code: "unacceptable_successor" };
      await model.accounts.refreshAll();
      await vi.waitFor(() => expect(renews()).toBeUndefined());
      expect(said()).toBe("");
      expect((await loadAccounts())[1]?.account.missesPasskey).toBeUndefined();
    });
  });

  it("nothing more is done where the one before is gone, by another window, or the server says that it was renewed", async () => {
    for (const failure of [{ code: "no_account" }, { code: "account_closed", reason: "renewed" }]) {
      clearDatabase();
      const { model, server, ids, renews } = await atStart();
      server.refuses = failure;
      await finishRenewal(model, "next");
      expect(renews()).toBeUndefined();
      expect(ids()).toEqual(failure.code === "no_account" ? ["old", "next"] : ["next"]);
    }
    clearDatabase();
    const { model, renews } = await atStart();
    await model.accounts.forget("old");
    await finishRenewal(model, "next");
    expect(renews()).toBeUndefined();
  });

  it("the end comes at the next start, where the app was stopped or the server out of reach before", async () => {
    const { model, server, closings, ids, renews } = await atStart();
    server.isOffline = true;
    await model.accounts.refreshAll();
    await vi.waitFor(() => expect(closings()).toHaveLength(1));
    expect([ids(), renews()]).toEqual([["old", "next"], "old"]);
    expect((await loadAccounts()).map(({ account }) => account.renews)).toEqual([undefined, "old"]);
    server.isOffline = false;
    await model.accounts.refreshAll();
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
  });

  it("what is left is taken off the device without another word, where it was closed and the app was stopped then", async () => {
    const { model, closings, ids } = await atStart({ old: { status: "closed", closedReason: "renewed" } });
    await model.accounts.refreshAll();
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
    expect(closings()).toEqual([]);
  });

  it("the end is asked for once, however many answers come meanwhile", async () => {
    const { model, server, closings, ids } = await atStart();
    const answered = Promise.withResolvers<void>();
    server.answers = answered.promise;
    for (let time = 0; time < 3; time++) await model.accounts.refresh("next");
    answered.resolve();
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
    expect(closings()).toHaveLength(1);
  });

  it("the end waits for a request that the person is answering with the one before", async () => {
    const { model, closings, ids, renews } = await atStart();
    const { claimed, shown } = login("t1", "Bank");
    model.store.go({ name: "pin", accountId: "old", claimed, shown, pin: EMPTY_PIN });
    await finishRenewal(model, "next");
    expect([closings(), renews()]).toEqual([[], "old"]);
    model.store.go({ name: "home", check: "idle" });
    await model.accounts.refresh("next");
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
  });
});

describe("the account before stays", () => {
  it.each<readonly [string, Told]>([
    ["while the new one is not active", { next: { status: "issuing" } }],
    ["where the new one is another person's", { owner: { ...OWNER, semanticsIdentifier: "PNOEE-40504040001" } }],
    ["where the new one does for less", { next: { level: "ADVANCED" } }],
    ["closed for another reason, with what is said of that", { old: { status: "closed", closedReason: "cloned" } }],
  ])("%s", async (_, told) => {
    const { model, closings, ids } = await atStart(told);
    await model.accounts.refreshAll();
    await vi.waitFor(async () => expect((await loadAccounts())[1]?.account.state?.status).toBe(told.next?.status ?? "active"));
    expect(closings()).toEqual([]);
    expect(ids()).toEqual(["old", "next"]);
  });

  it.each([
    ["unacceptable_successor", undefined],
    // For another reason than its renewal.
    ["account_closed", undefined],
    ["unknown_channel", undefined],
    // A server of before, which would be asked with every answer for ever.
    ["malformed", undefined],
    ["server_error", "old"],
  ])("where the server says %s", async (code, renews) => {
    const started = await atStart();
    started.server.refuses = { code, reason: "cloned" };
    await started.model.accounts.refreshAll();
    await vi.waitFor(() => expect(started.closings()).toHaveLength(1));
    await vi.waitFor(() => expect(started.renews()).toBe(renews));
    expect(started.ids()).toEqual(["old", "next"]);
    expect(started.model.store.account("next")?.renewed).toBe(renews === undefined ? undefined : OLD);
  });

  it("until it was asked for once, and is then closed all the same", async () => {
    const { model, closings, ids, renews } = await atStart();
    model.store.updateAccount("old", { state: undefined });
    await model.accounts.refresh("next");
    expect([closings(), renews()]).toEqual([[], "old"]);
    await model.accounts.refreshAll();
    await model.accounts.refresh("next");
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
  });
});

describe("the server's notice that the account before is closed", () => {
  const notice = (id: string, documentNumber: string) =>
    ({ kind: "closed", reason: "renewed", id, documentNumber, at: 1 }) as const;
  const asksFor = (states: Record<string, KeyState>, ...notices: KeyState["notices"]) => {
    states["next"] = keyState({ documentNumber: NEW, notices });
  };

  it("is understood by the app that closed it, and said to be, before it is ever shown; any other is shown", async () => {
    const { model, states, ids } = await atStart();
    await model.accounts.refreshAll();
    await vi.waitFor(() => expect(ids()).toEqual(["next"]));
    const shown: string[][] = [];
    const updateAccount = model.store.updateAccount.bind(model.store);
    model.store.updateAccount = (id, part) => {
      shown.push(
        (part.state?.notices ?? []).map((each) => each.id).filter((each) => !model.store.state.understood.includes(each)),
      );
      updateAccount(id, part);
    };
    asksFor(states, notice("own", OLD), notice("other", "PNOEE-50001029996-XXXX-Q"));
    // By an app that was stopped in between, too.
    await model.accounts.load();
    await model.accounts.refresh("next");
    expect(shown).toEqual([["other"]]);
    await vi.waitFor(() => expect(model.bodies).toContainEqual({ ids: ["own"] }));
    expect((await loadAccounts())[0]?.account.renewed).toBe(OLD);
  });

  it("is shown where somebody else closed it for this account: whoever has the other device needs no PIN for that", async () => {
    const { model, states } = await atStart();
    await model.accounts.setOwn("next", { renews: undefined });
    asksFor(states, notice("foreign", OLD));
    await model.accounts.refresh("next");
    expect(model.store.state.understood).toEqual([]);
  });
});

describe("a renewal that the person begins", () => {
  it("goes to the proof of the identity, and remembers which account it is for", async () => {
    deployment.about = SELF_ASSERTED;
    const model = testModel(["a"]);
    actionsOf(model).renew("a");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "identity" }));
    expect(model.renewing).toBe("a");
  });

  it("keeps how the person answers codes", async () => {
    const { model } = await atStart();
    await model.accounts.setOwn("old", { typesCode: true });
    await model.accounts.add("newest", "old");
    await model.accounts.add("other");
    expect(["newest", "other"].map((id) => model.store.account(id)?.typesCode)).toEqual([true, undefined]);
    expect(stores.accounts.get("newest")).toMatchObject({ typesCode: true });
  });

  it("is forgotten by whoever makes another account after all", () => {
    const model = testModel(["a"]);
    const actions = actionsOf(model);
    actions.renew("a");
    actions.leave();
    actions.addAccount();
    actions.startEnrolment();
    expect([model.store.screen.name, model.renewing]).toEqual(["identity-methods", undefined]);
  });

  it("is forgotten where it has begun, too: another account closes none", async () => {
    const { model, renews } = await atStart({ next: { status: "identified" } });
    model.store.go({ name: "welcome", canGoBack: true });
    actionsOf(model).startEnrolment();
    await vi.waitFor(() => expect(model.store.screen.name).toBe("choose-pin"));
    expect(renews()).toBeUndefined();
    expect((await loadAccounts())[1]?.account.renews).toBeUndefined();
  });

  it("is not forgotten over a window that has not heard of it", async () => {
    const { model } = await atStart({ next: { status: "identified" } });
    await model.accounts.setOwn("next", { renews: undefined });
    const other = testModel([], (id) => model.accounts.client(id).storage);
    other.answer = model.answer;
    await other.accounts.load();
    await model.accounts.setOwn("next", { renews: "old" });
    await other.accounts.refresh("next");
    expect((await loadAccounts())[1]?.account.renews).toBe("old");
    expect(other.store.account("next")?.renews).toBe("old");
  });

  it("goes on with the enrolment that there is, which is kept as its renewal", async () => {
    const { model, renews } = await atStart({ next: { status: "identified" } });
    await model.accounts.setOwn("next", { renews: undefined });
    model.store.patch({ selected: "old" });
    model.store.go({ name: "home", check: "idle" });
    actionsOf(model).renew("old");
    await vi.waitFor(() => expect(model.store.screen.name).toBe("choose-pin"));
    expect(renews()).toBe("old");
    expect((await loadAccounts())[1]?.account.renews).toBe("old");
  });

  it("is agreed to where the account before will be closed, and nowhere else", () => {
    const { store } = testModel(["a"]);
    const before = store.account("a")!;
    const { semanticsIdentifier } = OWNER;
    expect(isSucceededBy(before, semanticsIdentifier, "QUALIFIED")).toBe(true);
    expect(isSucceededBy(before, semanticsIdentifier, "ADVANCED")).toBe(false);
    expect(isSucceededBy(before, "PNOEE-40504040001", "QUALIFIED")).toBe(false);
    expect(isSucceededBy({ ...before, state: keyState({ level: "ADVANCED" }) }, semanticsIdentifier, "ADVANCED")).toBe(true);
    expect(isSucceededBy({ ...before, state: keyState({ status: "closed" }) }, semanticsIdentifier, "QUALIFIED")).toBe(false);
  });
});

describe("the window", () => {
  const now = Date.UTC(2029, 9, 1);

  it("is the one that the server tells", () => {
    const state = keyState({ now, expiresAt: now + 20 * DAY, renewFrom: now + 1 });
    expect(isDueForRenewal(state)).toBe(false);
    expect(isDueForRenewal({ ...state, now: now + 1 })).toBe(true);
    expect(isDueForRenewal({ ...state, now: now + 1, status: "closed" })).toBe(false);
  });

  it("is 60 days with a server that does not tell it, and with what an app of before has kept", () => {
    expect(isDueForRenewal(keyState({ now, expiresAt: now + 60 * DAY + 1 }))).toBe(false);
    expect(isDueForRenewal(keyState({ now, expiresAt: now + 60 * DAY }))).toBe(true);
  });

  it("is asked for, with new accounts, and a server that does not know the question is asked what it knows", async () => {
    const bodies: unknown[] = [];
    const client = (...known: string[]) =>
      ({
        async call(_: string, build: () => object) {
          const body = build();
          bodies.push(body);
          const isKnown = Object.keys(body).every((name) => known.includes(name));
          return isKnown ? { ok: true, value: keyState() } : { ok: false, failure: { code: "malformed" } };
        },
      }) as unknown as ChannelClient;
    const questions = [{ renewal: true, newAccounts: true }, { renewal: true }, {}];
    for (const [index, known] of [["renewal", "newAccounts"], ["renewal"], []].entries()) {
      expect((await askKeyState(client(...known))).ok).toBe(true);
      expect(bodies.splice(0)).toEqual(questions.slice(0, index + 1));
    }
  });
});
