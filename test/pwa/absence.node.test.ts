// Nobody in front of the page: chosen PINs do not wait for long, and a page that was replaced is loaded anew only where nothing is lost.
import { browserWindow, turnTo } from "./support/page.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Screen } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { forgetPinsInAbsence, whenNothingIsUnderWay } from "../../src/pwa/model/absence.ts";
import { choosePin } from "../../src/pwa/model/enrolment.ts";
import { atPin, login, testModel, typeDigits } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  turnTo("visible");
  vi.useRealTimers();
});

const MINUTES = 60_000;
const pin = (digits: string): Uint8Array<ArrayBuffer> => Uint8Array.from(digits, (digit) => digit.charCodeAt(0));

/** PIN1 is chosen and repeated, and two digits of PIN2 are there. */
function choosing() {
  const model = testModel();
  forgetPinsInAbsence(model);
  choosePin(model, "auth");
  const first = pin("9026");
  model.store.chosen.set("auth", first);
  choosePin(model, "sign");
  typeDigits(model, "70");
  return { model, first };
}

describe("PINs on a page that is not looked at", () => {
  it("are gone after some minutes, and are chosen from the first on again", () => {
    const { model, first } = choosing();
    turnTo("hidden");
    vi.advanceTimersByTime(4 * MINUTES);
    expect(first).toEqual(new Uint8Array(4));
    expect(model.store.pin.length).toBe(0);
    expect(model.store.screen).toMatchObject({ name: "choose-pin", purpose: "auth", stage: "choose" });
  });

  it("are gone at once when the page is left, for good or into a cache of pages", () => {
    const { model, first } = choosing();
    browserWindow.dispatchEvent(new Event("pagehide"));
    expect(first).toEqual(new Uint8Array(4));
    expect(model.store.pin.length).toBe(0);
  });

  it("are not asked to be repeated where the first is gone", () => {
    const { model } = choosing();
    model.store.go({ name: "choose-pin", purpose: "auth", stage: "repeat", pin: { length: 0, state: "typing" } });
    turnTo("hidden");
    vi.advanceTimersByTime(4 * MINUTES);
    expect(model.store.screen).toMatchObject({ purpose: "auth", stage: "choose" });
  });

  it("stay for a look at another page", () => {
    const { model, first } = choosing();
    turnTo("hidden");
    vi.advanceTimersByTime(1 * MINUTES);
    turnTo("visible");
    vi.advanceTimersByTime(9 * MINUTES);
    expect(first).toEqual(pin("9026"));
    expect(model.store.screen).toMatchObject({ purpose: "sign", pin: { length: 2 } });
  });

  it("are overwritten by the way back to the first of them", () => {
    const { model, first } = choosing();
    choosePin(model, "auth");
    expect(first).toEqual(new Uint8Array(4));
  });
});

describe("digits that are typed on a page that is not looked at", () => {
  const model = testModel();
  forgetPinsInAbsence(model);
  const { store } = model;
  const account = { accountId: "a", purpose: "auth" } as const;
  const goneFor = (time: number): void => {
    turnTo("hidden");
    vi.advanceTimersByTime(time);
  };

  it.each<[string, () => void]>([
    ["a request", () => atPin(model, login("t1", "DEMO"))],
    ["a change, as the old one", () => store.go({ name: "change-pin", ...account, stage: "old", pin: EMPTY_PIN })],
  ])("are gone, and the PIN of %s is typed anew where it was", (_, at) => {
    at();
    const { name } = store.screen;
    typeDigits(model, "902");
    goneFor(4 * MINUTES);
    expect(store.pin.length).toBe(0);
    expect(store.screen).toMatchObject({ name, pin: { length: 0 } });
  });

  it("are gone where they were kept for a change, which begins anew", () => {
    const old = pin("9026");
    store.changing.set("old", old);
    store.go({ name: "change-pin", ...account, stage: "repeat", pin: EMPTY_PIN });
    goneFor(4 * MINUTES);
    expect(old).toEqual(new Uint8Array(4));
    expect(store.screen).toMatchObject({ name: "change-pin", stage: "old" });
  });

  it("are gone on whatever screen", () => {
    const [chosen, old] = [pin("9026"), pin("7391")];
    store.go({ name: "home", check: "idle" });
    store.chosen.set("auth", chosen);
    store.changing.set("old", old);
    goneFor(4 * MINUTES);
    expect([chosen, old]).toEqual([new Uint8Array(4), new Uint8Array(4)]);
  });
});

it.each<[string, Screen]>([
  ["there are no accounts", { name: "welcome", canGoBack: false }],
  ["an account is closed", { name: "closed", accountId: "a", reason: "owner" }],
])("a page that was replaced is loaded anew where %s", (_, screen) => {
  const { store } = testModel();
  const reload = vi.fn<() => void>();
  store.go(screen);
  whenNothingIsUnderWay(store, reload);
  expect(reload).toHaveBeenCalledOnce();
});

it("a page that was replaced is loaded anew once, when nothing is under way on it", async () => {
  const model = testModel();
  const reload = vi.fn<() => void>();
  atPin(model, login("t1", "DEMO"));
  whenNothingIsUnderWay(model.store, reload);
  typeDigits(model, "9026");
  model.store.go({ name: "home", check: "checking" });
  expect(reload).not.toHaveBeenCalled();
  model.store.go({ name: "home", check: "idle" });
  await Promise.resolve();
  model.store.go({ name: "welcome", canGoBack: false });
  expect(reload).toHaveBeenCalledOnce();
});
