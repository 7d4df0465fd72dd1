// A request that comes by itself under a thumb, or under the second click of a double click: the press that was meant for something else
// does nothing. Time is in the test's hand, and the page is as little of one as the rule looks at.
import { browserWindow, turnTo } from "./support/page.ts";
import { type ComponentChild, h, render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Screen } from "../../src/pwa/model/state.ts";
import { useSteadyPresses } from "../../src/pwa/views/steady-presses.ts";

class Pressed {
  readonly #isDigit: boolean;
  constructor(isDigit: boolean) {
    this.#isDigit = isDigit;
  }
  closest(selector: string): Pressed | null {
    return selector === ".key" && this.#isDigit ? this : null;
  }
}

/** Milliseconds since the page was opened. */
let now: number;
let page: { readonly nodeType: number; readonly childNodes: readonly unknown[]; firstChild: null };
const marks = new Set<string>();

beforeEach(() => {
  now = 10_000;
  page = { nodeType: 1, childNodes: [], firstChild: null };
  vi.stubGlobal("Element", Pressed);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => now);
  Object.assign(document, {
    documentElement: {
      setAttribute: (name: string) => marks.add(name),
      removeAttribute: (name: string) => marks.delete(name),
    },
  });
});
afterEach(() => {
  shows(undefined);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function Drawn({ screen, drawn }: { readonly screen: Screen["name"]; readonly drawn: string }): ComponentChild {
  useSteadyPresses(screen, drawn);
  return null;
}

/** The page is drawn anew with this. */
function shows(screen: Screen["name"] | undefined, drawn: string = screen ?? ""): void {
  render(screen === undefined ? null : h(Drawn, { screen, drawn }), page as unknown as Element);
}

/** Whether a press arrives that begins so many milliseconds after the last thing that happened. */
function arrives(after: number, isDigit = false): boolean {
  now += after;
  vi.advanceTimersByTime(Math.max(0, after));
  const click = new Event("click", { cancelable: true });
  Object.defineProperties(click, { timeStamp: { value: now }, target: { value: new Pressed(isDigit) } });
  browserWindow.dispatchEvent(click);
  // As a link would be followed, and as the button's own listener would hear it.
  expect(click.defaultPrevented).toBe(click.cancelBubble);
  return !click.defaultPrevented;
}

describe.each(["use-device", "link-accounts", "transaction", "certificate-choice"] as const)("on the screen %s", (screen) => {
  beforeEach(() => shows(screen));

  it("a press right after the drawing is ignored, and one that could see it is not", () => {
    expect(arrives(0)).toBe(false);
    expect(marks).toContain("data-unseen");
    expect(arrives(499)).toBe(false);
    expect(arrives(1)).toBe(true);
    expect(marks).not.toContain("data-unseen");
  });

  it("a digit of a code arrives: it answers nothing", () => expect(arrives(0, true)).toBe(true));

  it("a press that was begun before the drawing, and is heard of after it, is ignored", () => expect(arrives(-20)).toBe(false));

  it("a press is ignored, too, where something else has come to stand there", () => {
    expect(arrives(500)).toBe(true);
    shows(screen, "two accounts");
    expect(arrives(499)).toBe(false);
    expect(arrives(1)).toBe(true);
  });

  it("a press is not, where the same is drawn once more", () => {
    expect(arrives(500)).toBe(true);
    shows(screen);
    expect(arrives(0)).toBe(true);
  });

  it.each([
    ["its window comes to the front", () => browserWindow.dispatchEvent(new Event("focus"))],
    ["its tab does", () => turnTo("visible")],
  ])("a press is ignored right after %s: the first click may have closed what lay above", (_, comes) => {
    expect(arrives(60_000)).toBe(true);
    comes();
    expect(arrives(0)).toBe(false);
    expect(marks).toContain("data-unseen");
    expect(arrives(499)).toBe(false);
    expect(arrives(1)).toBe(true);
    expect(marks).not.toContain("data-unseen");
  });

  it("nothing more is ignored, or marked, when it is gone", () => {
    shows("outcome");
    browserWindow.dispatchEvent(new Event("focus"));
    turnTo("visible");
    expect(arrives(0)).toBe(true);
    expect(marks).not.toContain("data-unseen");
  });
});

it.each(["home", "pin", "outcome", "settings"] as const)("on the screen %s every press arrives, however fast", (screen) => {
  shows(screen);
  expect(arrives(0)).toBe(true);
});
