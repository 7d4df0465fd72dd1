// An account that is not finished, while its server is away: the person is told, can go elsewhere, and it goes on by itself.
import { keyState, ok, testModel, type TestModel } from "./support/model.ts";
import { beforeEach, expect, it, vi } from "vitest";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { confirmPin } from "../../src/pwa/model/pin-actions.ts";
import type { Application } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { typeDigits } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/key-work/key-work.ts")>()),
  runKeyWork: vi.fn<() => Promise<unknown>>(),
}));
/** Until the test says that it is back. */
const network = vi.hoisted(() => ({ back: (): void => undefined, waits: 0 }));
vi.mock("../../src/pwa/network-wait.ts", () => ({
  networkMayBeBack: (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      network.waits++;
      network.back = resolve;
      signal.addEventListener("abort", () => resolve());
    }),
}));

const AWAY = { name: "starting", problem: { kind: "unreachable" } };

let model: TestModel;

beforeEach(() => {
  network.waits = 0;
  model = testModel();
  model.store.updateAccount("a", { state: keyState({ status: "identified" }) });
  model.answer = () => "unreachable";
  model.store.go({ name: "starting" });
});

const isBack = (): void => {
  model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState({ status: "identified" }));
  network.back();
};

it("says at a start that the server cannot be reached, and goes on as soon as it can", async () => {
  await model.accounts.refreshAll();
  expect(model.store.screen).toEqual(AWAY);
  await vi.waitFor(() => expect(network.waits).toBe(1));
  network.back();
  await vi.waitFor(() => expect(network.waits).toBe(2));
  expect(model.store.screen).toEqual(AWAY);
  isBack();
  await vi.waitFor(() => expect(model.store.screen).toMatchObject({ name: "choose-pin", purpose: "auth" }));
});

it("says so after its keys were made", async () => {
  vi.mocked(runKeyWork).mockResolvedValue({ ok: true, value: undefined });
  model.store.chosen.set("auth", new Uint8Array(4));
  model.store.chosen.set("sign", new TextEncoder().encode("90261"));
  model.store.go({ name: "choose-pin", purpose: "sign", stage: "repeat", pin: EMPTY_PIN });
  typeDigits(model, "90261");
  await confirmPin(model);
  expect(runKeyWork).toHaveBeenCalled();
  expect(model.store.screen).toEqual(AWAY);
});

it("says so after its application was signed, while certificates are awaited, and goes on as soon as it can", async () => {
  vi.mocked(runKeyWork).mockResolvedValue({ ok: true, value: undefined });
  const application = { transactionId: "t1", purpose: "sign" } as Application;
  model.store.go({ name: "application", application, pin: EMPTY_PIN });
  typeDigits(model, "90261");
  const done = confirmPin(model);
  await vi.waitFor(() => expect(network.waits).toBe(1));
  expect(model.store.screen).toMatchObject({ name: "application", pin: { state: "working" }, problem: { kind: "unreachable" } });
  model.answer = () => ok(keyState({ status: "issuing" }));
  network.back();
  await vi.waitFor(() => expect(network.waits).toBe(2));
  expect(model.store.screen).not.toHaveProperty("problem");
  expect(model.store.screen).toMatchObject({ name: "application", pin: { state: "working" } });
  model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [] } : keyState());
  network.back();
  await done;
  expect(model.store.screen).toMatchObject({ name: "outcome", outcome: "account-active" });
});

it("can be left while nothing is heard of its certificates: it ends by itself", async () => {
  vi.mocked(runKeyWork).mockResolvedValue({ ok: true, value: undefined });
  const { accounts } = model.store.state;
  model.store.patch({ accounts: [...accounts, { ...accounts[0]!, id: "b", state: keyState() }] });
  const application = { transactionId: "t1", purpose: "sign" } as Application;
  model.store.go({ name: "application", application, pin: EMPTY_PIN });
  typeDigits(model, "90261");
  const done = confirmPin(model);
  const { leave } = actionsOf(model);
  leave();
  expect(model.store.screen.name).toBe("application");
  await vi.waitFor(() => expect(model.store.screen).toMatchObject({ problem: { kind: "unreachable" } }));
  leave();
  expect(model.store.screen.name).not.toBe("application");
  isBack();
  await done;
});

it("says that its application is not right where the device does not sign it, and tells the server nothing", async () => {
  vi.mocked(runKeyWork).mockResolvedValue({ ok: false, failure: { code: "not_presentable" } });
  const application = { transactionId: "t1", purpose: "sign" } as Application;
  model.store.go({ name: "application", application, pin: EMPTY_PIN });
  typeDigits(model, "90261");
  await confirmPin(model);
  expect(model.store.screen).toEqual({ name: "outcome", outcome: "application-wrong" });
  expect(model.asked).toEqual([]);
});

it("says so to whoever wants to finish it, who can go back", async () => {
  model.store.go({ name: "welcome", canGoBack: false });
  const actions = actionsOf(model);
  actions.startEnrolment();
  await vi.waitFor(() => expect(model.store.screen).toEqual(AWAY));
  actions.leave();
  expect(model.store.screen).toMatchObject({ name: "welcome" });
  isBack();
  await vi.waitFor(() => expect(model.asking.size).toBe(0));
  expect(model.store.screen).toMatchObject({ name: "welcome" });
});

it("says nothing of it where another account has a home", async () => {
  const { accounts } = model.store.state;
  model.store.patch({ accounts: [...accounts, { ...accounts[0]!, id: "b", state: keyState() }] });
  await model.accounts.refresh("a");
  expect(model.store.screen).toEqual({ name: "home", check: "unreachable" });
});
