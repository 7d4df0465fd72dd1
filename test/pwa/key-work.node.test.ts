// The page's end of key work where something goes wrong: no PIN stays behind, and a worker that does not load costs nothing.
import "./support/page.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { choosePin } from "../../src/pwa/model/enrolment.ts";
import { confirmPin } from "../../src/pwa/model/pin-actions.ts";
import { stores } from "./support/database.ts";
import { atPin, deviceRecord, keyState, login, testModel, typeDigits } from "./support/model.ts";

vi.mock("../../src/pwa/trusted-script.ts", () => ({
  keyWorkerUrl: "/key-worker.js",
  trustedScriptUrl: (url: string) => url,
  SERVICE_WORKER_URL: "/service-worker.js",
}));
vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

let asked: { readonly input?: unknown } = {};

/** As of a script that is not there any more. */
class Missing extends EventTarget {
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new Event("error")), 1);
  }
  postMessage(message: { readonly input?: unknown }, transfer: ArrayBuffer[]): void {
    asked = structuredClone(message, { transfer });
  }
  terminate(): void {}
}

const forbidden = function forbidden(): never {
  throw new DOMException("no", "SecurityError");
};

const pinOf = (digits: string): ArrayBuffer => Uint8Array.from(digits, (digit) => digit.charCodeAt(0)).buffer;

afterEach(() => vi.restoreAllMocks());

describe("PINs of a job", () => {
  it("are overwritten where no worker can be made", async () => {
    vi.stubGlobal("Worker", forbidden);
    const [pin, otherPin] = [pinOf("9026"), pinOf("70415")];
    await expect(runKeyWork("check-pin", { purpose: "auth", pin, otherPin })).rejects.toThrow("no");
    expect([...new Uint8Array(pin), ...new Uint8Array(otherPin)].every((byte) => byte === 0)).toBe(true);
  });

  it("that were chosen are overwritten too", async () => {
    vi.stubGlobal("Worker", forbidden);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const model = testModel();
    const { store } = model;
    const taken: Uint8Array[] = [];
    const take = store.pin.take.bind(store.pin);
    store.pin.take = () => {
      const bytes = take();
      taken.push(bytes);
      return bytes;
    };
    store.go({ name: "choose-pin", purpose: "auth", stage: "choose", pin: { length: 0, state: "typing" } });
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() => expect(store.screen).toMatchObject({ outcome: "not-done" }));
    expect(taken).toEqual([new Uint8Array(4)]);
  });
});

it("a PIN is held against the date of birth that was stated, also after a reload", async () => {
  vi.stubGlobal("Worker", Missing);
  const model = testModel();
  const owner = {
    givenName: "MAIJA",
    surname: "MEIKÄLÄINEN",
    semanticsIdentifier: "PNOFI-010190-123A",
    dateOfBirth: "1990-01-01",
  };
  stores.records.set("a", deviceRecord({ owner }));
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState({ status: "identified" }), clockSkew: 0 });
  model.store.patch({ accounts: [] });
  await model.accounts.load();
  choosePin(model, "auth");
  typeDigits(model, "1990");
  await confirmPin(model);
  const { dateOfBirth, semanticsIdentifier } = owner;
  expect(asked.input).toMatchObject({ dateOfBirth, semanticsIdentifier });
});

describe("a key worker that another window's update has replaced", () => {
  it("leaves the request open, and the person is asked to load the page again", async () => {
    vi.stubGlobal("Worker", Missing);
    const model = testModel();
    atPin(model, login("t1", "DEMO"));
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ problem: { kind: "reload" } }));
    expect(model.store.screen).toMatchObject({ name: "pin", pin: { length: 0, state: "typing" } });
    expect(model.store.state.updateReady).toBe(true);
    expect(model.attempts.isLost("t1")).toBe(false);
  });

  it("lets a PIN be chosen after that", async () => {
    vi.stubGlobal("Worker", Missing);
    const model = testModel();
    model.store.go({ name: "choose-pin", purpose: "auth", stage: "choose", pin: { length: 0, state: "typing" } });
    typeDigits(model, "9026");
    actionsOf(model).confirmPin();
    await vi.waitFor(() =>
      expect(model.store.screen).toMatchObject({ name: "choose-pin", stage: "choose", problem: { kind: "reload" } }),
    );
  });
});
