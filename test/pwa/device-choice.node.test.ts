// A request that waits on several accounts is taken by none of them before the person has said which one they use.
import { effect } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { keyState, login, ok, type TestModel, testModel, usable } from "./support/model.ts";
import { turnTo } from "./support/page.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import type { ChannelFailure } from "../../src/authenticator/channel-client.ts";
import type { ListedTransaction } from "../../src/authenticator/transactions.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const { claimed, listed } = login("t1", "DEMO");
const SEVERAL: ListedTransaction = { ...listed, amongSeveral: true };

/** Its server lists that for each account. */
function at(waiting: Record<string, readonly ListedTransaction[]>) {
  const model = testModel(Object.keys(waiting));
  const server = { waiting, isOffline: false, state: {} as Parameters<typeof keyState>[0] };
  model.answer = (operation, id) => {
    if (server.isOffline) return "unreachable";
    if (operation === "listTransactions") return ok({ transactions: server.waiting[id] });
    if (operation === "claimTransaction") return ok(claimed);
    return ok(operation === "refuseTransaction" ? { refused: true } : keyState(server.state));
  };
  return { model, server, actions: actionsOf(model) };
}

const name = ({ store }: TestModel) => store.screen.name;
const asksWhich = (model: TestModel) => vi.waitFor(() => expect(name(model)).toBe("use-device"));
const claims = ({ asked }: TestModel) => asked.filter((operation) => operation === "claimTransaction").length;

/** Who is asked about it. */
async function askedWhich() {
  const device = at({ a: [SEVERAL] });
  await device.model.accounts.refresh("a");
  await asksWhich(device.model);
  return device;
}

/** What the server says of a refusal; false where it takes it. */
function answersRefusal(model: TestModel, failure: (refusal: unknown) => ChannelFailure["code"] | false): void {
  const { answer } = model;
  model.answer = (operation, id) => {
    const code = operation === "refuseTransaction" && failure((model.bodies.at(-1) as { refusal: string }).refusal);
    return code === false ? answer(operation, id) : { ok: false, failure: { code } as ChannelFailure };
  };
}

describe("a request among several", () => {
  it("that comes is not claimed, but asked about; only the person's word claims it", async () => {
    const { model, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    await model.accounts.refresh("a");
    expect(claims(model)).toBe(0);
    actions.useDevice("a");
    await vi.waitFor(() => expect(name(model)).toBe("transaction"));
    expect(claims(model)).toBe(1);
  });

  it("that is tapped at home is not claimed either", async () => {
    const { model, actions } = at({ a: [SEVERAL] });
    model.leftAlone.add("t1");
    await model.accounts.refresh("a");
    expect(name(model)).toBe("home");
    actions.openTransaction("a", "t1");
    await asksWhich(model);
    expect(claims(model)).toBe(0);
  });

  it("is not claimed by whoever waits for a signature of that party", async () => {
    const { model, server } = at({ a: [SEVERAL] });
    server.state = { awaited: { relyingPartyName: "DEMO", until: Date.now() + 60_000 } };
    model.store.go({ name: "awaiting", accountId: "a", relyingPartyName: "DEMO", busy: false });
    await model.accounts.refresh("a");
    await asksWhich(model);
    expect(claims(model)).toBe(0);
  });

  it("that the person went away from stays at home, unclaimed", async () => {
    const { model, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    actions.leave();
    await model.accounts.refresh("a");
    expect(model.store.screen).toEqual({ name: "home", check: "idle" });
    expect(model.store.account("a")?.waiting).toEqual([SEVERAL]);
    expect(model.asked).not.toContain("refuseTransaction");
  });

  it("is not asked about while nobody looks", async () => {
    const { model } = at({ a: [SEVERAL] });
    turnTo("hidden");
    await model.accounts.refresh("a");
    turnTo("visible");
    expect(name(model)).toBe("home");
  });

  it("that another device took was answered elsewhere; whose time is over, timed out", async () => {
    const { model, server } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    server.waiting["a"] = [];
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ outcome: "answered-elsewhere", relyingPartyName: "DEMO", purpose: "auth" });

    const late = at({ a: [SEVERAL] });
    await late.model.accounts.refresh("a");
    await asksWhich(late.model);
    late.server.waiting["a"] = [];
    late.server.state = { now: SEVERAL.expiresAt };
    await late.model.accounts.refresh("a");
    expect(late.model.store.screen).toMatchObject({ outcome: "timed-out", transactionId: "t1" });
  });

  it("says by itself when its time is over", async () => {
    vi.useFakeTimers();
    const { model } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    await vi.advanceTimersByTimeAsync(100_000);
    vi.useRealTimers();
    expect(model.store.screen).toMatchObject({ outcome: "timed-out" });
  });

  it("that is no longer one, taken in another window or left to this device alone, is opened", async () => {
    const { model, server } = await askedWhich();
    server.waiting["a"] = [listed];
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(name(model)).toBe("transaction"));
  });

  it("is asked about again where the claim did not get there", async () => {
    const { model, server, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    server.isOffline = true;
    actions.useDevice("a");
    await vi.waitFor(() => expect(model.store.screen).toEqual({ name: "home", check: "unreachable" }));
    server.isOffline = false;
    await model.accounts.refresh("a");
    await asksWhich(model);
  });
});

describe("on two accounts of one browser", () => {
  it("is used with the one that the person names, and with none that it does not wait on", async () => {
    const { model, actions } = at({ a: [SEVERAL], b: [SEVERAL], c: [] });
    await model.accounts.refreshAll();
    await asksWhich(model);
    actions.useDevice("c");
    expect(claims(model)).toBe(0);
    actions.useDevice("b");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "transaction", accountId: "b" }));
  });

  it("stays while one is left, and is used and cancelled with that", async () => {
    const { model, server, actions } = at({ a: [SEVERAL], b: [SEVERAL] });
    await model.accounts.refreshAll();
    await asksWhich(model);
    server.waiting["a"] = [];
    await model.accounts.refresh("a");
    expect(model.store.screen).toMatchObject({ name: "use-device", accountId: "b" });
    const asked: string[] = [];
    const { answer } = model;
    model.answer = (operation, id) => {
      asked.push(`${operation} ${id}`);
      return answer(operation, id);
    };
    actions.refuse();
    await vi.waitFor(() => expect(asked).toContain("refuseTransaction b"));
  });
});

describe("cancelled", () => {
  const CANCELLED = { transactionId: "t1", refusal: "USER_REFUSED_CERT_CHOICE" };

  it("is refused for all devices, and nothing is claimed", async () => {
    const { model, server, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    server.waiting["a"] = [];
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused", transactionId: "t1" }));
    expect(model.bodies).toContainEqual(CANCELLED);
    expect(claims(model)).toBe(0);
  });

  it("without a network is neither asked about again nor claimed, and told when the server answers", async () => {
    const { model, server, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    server.isOffline = true;
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toEqual({ name: "home", check: "unreachable" }));
    server.isOffline = false;
    model.bodies.length = 0;
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.refusals.size).toBe(0));
    expect(model.bodies).toContainEqual(CANCELLED);
    expect(name(model)).toBe("home");
    expect(claims(model)).toBe(0);
  });

  it("and tapped before the server heard of it, is told again", async () => {
    const { model, server, actions } = at({ a: [SEVERAL] });
    await model.accounts.refresh("a");
    await asksWhich(model);
    server.isOffline = true;
    actions.refuse();
    await vi.waitFor(() => expect(name(model)).toBe("home"));
    server.isOffline = false;
    model.bodies.length = 0;
    actions.openTransaction("a", "t1");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(model.bodies).toContainEqual(CANCELLED);
  });

  it("too late, says that another device has it", async () => {
    const { model, actions } = await askedWhich();
    answersRefusal(model, (refusal) => refusal === CANCELLED.refusal && "claimed_elsewhere");
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "claimed-elsewhere" }));
    expect(claims(model)).toBe(0);
  });

  it("too late, says that it was answered elsewhere, and not that its time ran out", async () => {
    const { model, actions } = await askedWhich();
    answersRefusal(model, () => "no_such_transaction");
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "answered-elsewhere" }));
  });
});

describe("cancelled where there is nothing to choose any more, this account being the only one or having it in another window", () => {
  const CERT_REFUSED = { transactionId: "t1", refusal: "USER_REFUSED_CERT_CHOICE" };
  const REFUSED = { transactionId: "t1", refusal: "USER_REFUSED" };
  const isAlone = (model: TestModel) =>
    answersRefusal(model, (refusal) => refusal === "USER_REFUSED_CERT_CHOICE" && "wrong_state");
  const refusals = ({ bodies }: TestModel) => bodies.filter((body) => JSON.stringify(body).includes(`"refusal"`));

  it("is claimed and refused, and never shown to whoever said no", async () => {
    const { model, server, actions } = await askedWhich();
    isAlone(model);
    const screens: string[] = [];
    const stop = effect(() => void screens.push(model.store.state.screen.name));
    actions.refuse();
    await vi.waitFor(() => expect(model.bodies).toContainEqual(REFUSED));
    server.waiting["a"] = [];
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused", relyingPartyName: "DEMO" }));
    stop();
    expect(claims(model)).toBe(1);
    expect([...new Set(screens)]).toEqual(["use-device", "outcome"]);
  });

  it("without a network, is claimed and refused when the server answers, and waits no longer", async () => {
    const { model, server, actions } = await askedWhich();
    server.isOffline = true;
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toEqual({ name: "home", check: "unreachable" }));
    server.isOffline = false;
    server.waiting["a"] = [listed];
    isAlone(model);
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.bodies).toContainEqual(REFUSED));
    await vi.waitFor(() => expect(model.refusals.size).toBe(0));
    expect(claims(model)).toBe(1);
    expect(model.store.account("a")?.waiting).toEqual([]);
    expect(name(model)).toBe("home");
  });

  it("without a network, and tapped while the server is being told of it, is told as refused, once", async () => {
    const { model, server, actions } = await askedWhich();
    server.isOffline = true;
    actions.refuse();
    await vi.waitFor(() => expect(name(model)).toBe("home"));
    server.isOffline = false;
    isAlone(model);
    const { answer } = model;
    const { promise: isHeard, resolve: hears } = Promise.withResolvers<void>();
    model.answer = async (operation, id) => {
      const answered = await answer(operation, id);
      if (operation === "claimTransaction") await isHeard;
      return answered;
    };
    model.bodies.length = 0;
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(claims(model)).toBe(1));
    actions.openTransaction("a", "t1");
    hears();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(refusals(model)).toEqual([CERT_REFUSED, REFUSED]);
  });

  it("is told again where the network went between the two", async () => {
    const { model, server, actions } = await askedWhich();
    isAlone(model);
    const { answer } = model;
    model.answer = (operation, id) => (operation === "claimTransaction" ? "unreachable" : answer(operation, id));
    actions.refuse();
    await vi.waitFor(() => expect(name(model)).toBe("home"));
    model.answer = answer;
    server.waiting["a"] = [listed];
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.bodies).toContainEqual(REFUSED));
  });

  it.each([
    ["claimed_elsewhere", "claimed-elsewhere"],
    ["no_such_transaction", "answered-elsewhere"],
  ] as const)("and over before the server heard of it (%s): that is told at home", async (code, outcome) => {
    const { model, server, actions } = await askedWhich();
    server.isOffline = true;
    actions.refuse();
    await vi.waitFor(() => expect(name(model)).toBe("home"));
    server.isOffline = false;
    answersRefusal(model, () => code);
    await model.accounts.refresh("a");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome, relyingPartyName: "DEMO" }));
  });
});

it("an attempt that was cut off goes straight to its PIN, whatever the list says", async () => {
  const { model } = at({ a: [SEVERAL] });
  const request = { requestId: "r", operation: "performSignature", transactionId: "t1", oneTimePassword: "" } as const;
  const failure = { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } as const;
  model.attempts.settled("a", { request, received: true, outcome: { ok: false, failure } });
  model.answer = ((answer) => (operation, id) =>
    operation === "getKeyState" ? ok(keyState({ pins: { auth: usable(2), sign: usable(3) } })) : answer(operation, id))(
    model.answer,
  );
  await model.accounts.refresh("a");
  await vi.waitFor(() => expect(name(model)).toBe("pin"));
});
