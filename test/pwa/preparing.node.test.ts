// What is prepared while a request is in front of the person: by one worker, which hears no PIN before its one job, and which ends with
// whatever else comes on the screen.
import "./support/page.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Settled } from "../../src/authenticator/channel-client.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { showClaimed } from "../../src/pwa/model/transactions.ts";
import { atPin, login, signed, type TestModel, testModel, typeDigits, wrongPin } from "./support/model.ts";

vi.mock("../../src/pwa/trusted-script.ts", () => ({
  keyWorkerUrl: "/key-worker.js",
  trustedScriptUrl: (url: string) => url,
  SERVICE_WORKER_URL: "/service-worker.js",
}));
vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

interface Message {
  readonly ahead?: { readonly accountId: string; readonly claimed: unknown };
  readonly job?: string;
}

let workers: FakeWorker[] = [];
let answer: Settled["outcome"] = signed;
let loads = true;

class FakeWorker extends EventTarget {
  readonly heard: Message[] = [];
  ended = false;

  constructor() {
    super();
    workers.push(this);
    if (!loads) setTimeout(() => this.dispatchEvent(new Event("error")), 1);
  }

  postMessage(message: Message, transfer: ArrayBuffer[]): void {
    this.heard.push(structuredClone(message, { transfer }));
    if ("job" in message) setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: { result: answer } })), 1);
  }

  terminate(): void {
    this.ended = true;
  }
}

const first = login("t1", "DEMO");
let model: TestModel;

beforeEach(() => {
  vi.stubGlobal("Worker", FakeWorker);
  [workers, answer, loads] = [[], signed, true];
  model = testModel();
  model.preparing.follow(model.store);
});

afterEach(() => vi.restoreAllMocks());

const running = (): FakeWorker[] => workers.filter(({ ended }) => !ended);
const jobs = (): unknown[] => workers.map(({ heard }) => heard.map(({ job, ahead }) => job ?? (ahead && "ahead")));

/** As a person comes to the PIN, with the request claimed once. */
async function comeToPin(): Promise<void> {
  await showClaimed(model, "a", first.claimed);
  actionsOf(model).proceed();
  expect(model.store.screen.name).toBe("pin");
}

describe("a worker", () => {
  it("starts with the request's screen, hears the request alone, and stays on the way to the PIN and back", async () => {
    await comeToPin();
    actionsOf(model).leave();
    actionsOf(model).proceed();
    typeDigits(model, "9026");
    expect(workers.map(({ heard }) => heard)).toEqual([[{ ahead: { accountId: "a", claimed: first.claimed } }]]);
    expect(running()).toHaveLength(1);
  });

  it("gets the PIN that follows, and ends with it", async () => {
    await comeToPin();
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "confirmed" }));
    expect(jobs()).toEqual([["ahead", "approve"]]);
    expect(running()).toEqual([]);
  });

  it("is another one where a PIN was wrong", async () => {
    answer = wrongPin(2);
    await comeToPin();
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ pin: { ...EMPTY_PIN, attemptsLeft: 2 } }));
    expect(jobs()).toEqual([["ahead", "approve"], ["ahead"]]);
    expect(running()).toEqual([workers[1]]);
  });

  it("is a fresh one where the prepared one did not load", async () => {
    loads = false;
    await comeToPin();
    await vi.waitFor(() => expect(running()).toEqual([]));
    loads = true;
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "confirmed" }));
    expect(jobs()).toEqual([["ahead"], ["approve"]]);
  });

  it("need not be had: the request is shown all the same", async () => {
    vi.stubGlobal("Worker", function forbidden(): never {
      throw new DOMException("no", "SecurityError");
    });
    await comeToPin();
  });
});

describe("what was prepared is thrown away", () => {
  it.each<[string, () => unknown]>([
    ["where the person refuses", () => actionsOf(model).refuse()],
    ["where they go home", () => [actionsOf(model).leave(), actionsOf(model).leave()]],
    ["where the time is over", () => model.store.go({ name: "outcome", outcome: "timed-out" })],
  ])("%s", async (_, happens) => {
    await comeToPin();
    happens();
    await vi.waitFor(() => expect(running()).toEqual([]));
    expect(jobs()).toEqual([["ahead"]]);
  });

  it.each([
    ["another request", login("t2", "DEMO")],
    ["the same request, claimed anew", login("t1", "DEMO")],
  ])("where %s comes in its place", async (_, other) => {
    await comeToPin();
    atPin(model, other);
    expect(running().map(({ heard }) => heard)).toEqual([[{ ahead: { accountId: "a", claimed: other.claimed } }]]);
    expect(model.preparing.take(first.claimed)).toBeUndefined();
  });
});
