// A PIN that the app makes: each as likely as any other, under the rules of every PIN, and gone from the page with the screen that shows it.
import { testModel, type TestModel, typeDigits } from "./support/model.ts";
import { beforeEach, expect, it, test, vi } from "vitest";
import { fromUtf8 } from "../../src/protocol/encoding.ts";
import type { Jobs } from "../../src/pwa/key-work/jobs.ts";
import { runKeyWork } from "../../src/pwa/key-work/key-work.ts";
import { forgetPinsInAbsence } from "../../src/pwa/model/absence.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { drawDigits } from "../../src/pwa/model/drawn-pin.ts";
import { choosePin } from "../../src/pwa/model/enrolment.ts";
import type { AppState } from "../../src/pwa/model/state.ts";
import { checkPin } from "../../src/split-key/pin-rules.ts";
import { browserWindow } from "./support/page.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", async (original) => ({
  ...(await original<typeof import("../../src/pwa/key-work/key-work.ts")>()),
  runKeyWork: vi.fn<() => Promise<unknown>>(),
}));

let model: TestModel;
let actions: ReturnType<typeof actionsOf>;
/** What the worker was asked about, by the rules, of which the first so many are refused whatever they are. */
let checked: { readonly pin: string; readonly personalCode: string | undefined; readonly otherPin: string | undefined }[];
let refused: number;

beforeEach(() => {
  model = testModel();
  actions = actionsOf(model);
  checked = [];
  refused = 0;
  vi.mocked(runKeyWork).mockImplementation(async (_, input) => {
    const { purpose, pin, otherPin, semanticsIdentifier } = input as Jobs["check-pin"]["input"];
    const digits = (of: ArrayBuffer): string => fromUtf8(new Uint8Array(of));
    const asked = { pin: digits(pin), personalCode: semanticsIdentifier, otherPin: otherPin && digits(otherPin) };
    checked.push(asked);
    if (checked.length <= refused) return { ok: false, failure: "part_of_personal_code" } as never;
    return checkPin({ purpose, ...asked }) as never;
  });
});

const shown = (length = 4): string => Array.from({ length }, (_, place) => actions.drawnDigit(place) ?? "-").join("");
const shows = (part: object) => vi.waitFor(() => expect(model.store.screen).toMatchObject(part));
const typed = (digits: string): void => {
  typeDigits(model, digits);
  actions.confirmPin();
};

test("every digit is as likely as any other: bytes that would favour some are drawn anew", () => {
  const bytes = [255, 250, 249, 7, 253, 10, 128];
  const digits = drawDigits(4, (into) => into.set([bytes.shift() ?? 0]));
  expect(fromUtf8(digits)).toBe("9708");
  // What was drawn stays nowhere else.
  let last = new Uint8Array(1);
  drawDigits(1, (into) => (last = into).set([7]));
  expect(last).toEqual(new Uint8Array(1));
  const counts = Array.from({ length: 10 }, () => 0);
  for (let byte = 0; byte < 250; byte++) {
    const [digit = 0] = drawDigits(1, (into) => into.set([byte]));
    counts[digit - 0x30] = (counts[digit - 0x30] ?? 0) + 1;
  }
  expect(counts).toEqual(counts.map(() => 25));
});

it("is shown at the person's wish, anew when they want another, and typed again from memory", async () => {
  choosePin(model, "auth");
  typeDigits(model, "12");
  actions.drawPin();
  await shows({ name: "choose-pin", stage: "drawn", pin: { length: 0, state: "typing" } });
  expect(shown()).toBe(checked.at(-1)?.pin);
  expect(shown()).toMatch(/^\d{4}$/);
  expect(checked[0]?.personalCode).toBe("PNOEE-50001029996");
  const before = checked.length;
  actions.drawPin();
  await vi.waitFor(() => expect(checked.length).toBeGreaterThan(before));
  await shows({ stage: "drawn", pin: { state: "typing" } });
  const pin = shown();
  expect(pin).toBe(checked.at(-1)?.pin);
  actions.rememberDrawnPin();
  await shows({ stage: "repeat" });
  expect(shown()).toBe("----");
  typed(pin);
  await shows({ purpose: "sign", stage: "choose" });
  // Whatever PIN1 is, the second one must differ.
  actions.drawPin();
  await shows({ purpose: "sign", stage: "drawn" });
  expect(checked.at(-1)?.otherPin).toBe(pin);
  expect(shown(5)).toMatch(/^\d{5}$/);
  actions.leave();
  await shows({ purpose: "sign", stage: "choose" });
  expect(model.store.chosen.has("sign")).toBe(false);
});

it("is not typed wrongly and taken", async () => {
  choosePin(model, "auth");
  actions.drawPin();
  await shows({ stage: "drawn" });
  const other = shown() === "6283" ? "6284" : "6283";
  actions.rememberDrawnPin();
  typed(other);
  await shows({ stage: "choose", refusal: "differs" });
});

it("is drawn until the rules take it, and never for ever", async () => {
  refused = 3;
  choosePin(model, "auth");
  actions.drawPin();
  await shows({ stage: "drawn" });
  expect(checked.length).toBeGreaterThan(3);
  expect(shown()).toBe(checked.at(-1)?.pin);
  refused = Number.MAX_SAFE_INTEGER;
  checked = [];
  actions.drawPin();
  await shows({ stage: "drawn", problem: { kind: "failed" } });
  expect(checked).toHaveLength(20);
});

it("is drawn once at a time, where a PIN is chosen and nowhere else, in the place of what was typed", async () => {
  choosePin(model, "auth");
  actions.rememberDrawnPin();
  expect(model.store.screen).toMatchObject({ stage: "choose" });
  typeDigits(model, "12");
  actions.drawPin();
  expect(model.store.pin.length).toBe(0);
  actions.drawPin();
  await shows({ stage: "drawn" });
  const before = checked.length;
  expect(checked.filter(({ pin }) => pin === shown())).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(checked).toHaveLength(before);
  actions.rememberDrawnPin();
  actions.drawPin();
  expect(model.store.screen).toMatchObject({ stage: "repeat", pin: { state: "typing" } });
});

it("is not drawn twice by two presses, and not repeated while another one takes its place", async () => {
  choosePin(model, "auth");
  actions.drawPin();
  await shows({ stage: "drawn", pin: { state: "typing" } });
  const looking = vi.mocked(runKeyWork).getMockImplementation()!;
  const held = Promise.withResolvers<void>();
  vi.mocked(runKeyWork).mockImplementation(async (...asked) => held.promise.then(() => looking(...asked)));
  vi.mocked(runKeyWork).mockClear();
  actions.drawPin();
  actions.drawPin();
  actions.rememberDrawnPin();
  expect(runKeyWork).toHaveBeenCalledTimes(1);
  expect(model.store.screen).toMatchObject({ stage: "drawn", pin: { state: "working" } });
  held.resolve();
  await shows({ stage: "drawn", pin: { state: "typing" } });
});

it("is shown to nobody who has gone meanwhile, and nothing more is drawn", async () => {
  const looking = vi.mocked(runKeyWork).getMockImplementation()!;
  const held = Promise.withResolvers<void>();
  vi.mocked(runKeyWork).mockImplementation(async (...asked) => held.promise.then(() => looking(...asked)));
  for (const few of [0, 1]) {
    choosePin(model, "auth");
    [checked, refused] = [[], few];
    actions.drawPin();
    model.store.go({ name: "welcome", canGoBack: false });
    held.resolve();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(model.store.screen).toMatchObject({ name: "welcome" });
    expect(checked).toHaveLength(1);
  }
});

it("is never the old one, and what was drawn in vain is overwritten", async () => {
  actions.openSettings();
  actions.changePin("auth");
  typed("6283");
  await shows({ name: "change-pin", stage: "choose" });
  const bytes = [6, 2, 8, 3, 7, 3, 9, 5];
  vi.spyOn(crypto, "getRandomValues").mockImplementation((into) => {
    (into as Uint8Array).set([bytes.shift() ?? 5]);
    return into;
  });
  const compared = vi.spyOn(model.store.changing, "matches");
  actions.drawPin();
  await shows({ name: "change-pin", stage: "drawn" });
  vi.restoreAllMocks();
  expect(shown()).toBe("7395");
  expect(compared.mock.calls[0]?.[1]).toEqual(new Uint8Array(4));
});

it("takes the place of a PIN that is changed, and is overwritten when the page is left", async () => {
  forgetPinsInAbsence(model);
  actions.openSettings();
  actions.changePin("auth");
  typed("4711");
  await shows({ name: "change-pin", stage: "choose" });
  actions.drawPin();
  await shows({ name: "change-pin", stage: "drawn" });
  expect(shown()).toBe(checked.at(-1)?.pin);
  // Not in the state, which views, tools and errors print.
  const { screen }: AppState = model.store.state;
  expect(JSON.stringify(screen)).not.toContain(shown());
  browserWindow.dispatchEvent(new Event("pagehide"));
  expect(shown()).toBe("----");
  await shows({ name: "change-pin", stage: "old" });
  choosePin(model, "auth");
  actions.drawPin();
  await shows({ name: "choose-pin", stage: "drawn" });
  browserWindow.dispatchEvent(new Event("pagehide"));
  await shows({ name: "choose-pin", stage: "choose" });
  expect(model.store.chosen.has("auth")).toBe(false);
});
