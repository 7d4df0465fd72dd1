// Back of the system (a button, a gesture, the browser's arrow) goes one step up inside the app, as the arrow on the screen does: the tab's
// history has an entry of the same address for every such step. It never answers a request: it only leaves screens, and where that makes
// no sense now (an answer is on its way) it does nothing. Nothing of a screen is in an entry but how deep it is.
//
// For every step, not one that is added again after each Back: Chrome's button passes over all entries of a page that adds one without a
// touch since the last Back, and so would leave the app. Of a request that comes by itself this is still so until the first touch, which
// counts for what was added before it; whoever goes away then has answered nothing. A CloseWatcher would stay, but takes Escape, which
// throws nothing away here, for Back.
// https://chromium.googlesource.com/chromium/src/+/main/docs/history_manipulation_intervention.md
import { effect } from "@preact/signals";
import { rowOf } from "./settings.ts";
import type { Screen } from "./state.ts";
import type { Store } from "./store.ts";

/** Also of an entry from before a reload. */
function depthOfEntry(): number {
  const state = history.state as { readonly depth?: unknown } | null;
  return typeof state?.depth === "number" ? state.depth : 0;
}

/** A browser goes back within a page at once, or not at all. */
const GIVEN_UP_MS = 1000;

/** How many steps up `leave` finds from the screen. */
export function depthOf(screen: Screen): number {
  switch (screen.name) {
    case "home":
      return 0;
    case "starting":
      return isPassing(screen) ? 0 : 1;
    case "welcome":
      return screen.canGoBack ? 1 : 0;
    case "choose-pin":
      return (screen.purpose === "auth" ? 1 : 2) + (screen.stage === "choose" ? 0 : 1);
    case "pin":
    case "making-keys":
    case "history-entry":
      return 2;
    // One step in truth: as deep as what comes of it, which would add its entry without a touch.
    case "changing-pin":
      return screen.change === "replace" ? 2 : 1;
    case "change-pin":
      return screen.stage === "old" ? 2 : screen.stage === "choose" ? 3 : 4;
    case "disown":
      return screen.step === "done" ? 2 : 3;
    default:
      return rowOf(screen) === undefined ? 1 : 2;
  }
}

/** The start goes on by itself, and nobody can go anywhere from it. */
const isPassing = (screen: Screen): boolean => screen.name === "starting" && screen.problem?.kind !== "unreachable";

/** Waiting for the browser to go back over our entries. */
let dropped: (() => void)[] | undefined;
/** The page is about to be left: no new entry, until the person goes on here all the same. */
let leaving = false;

/** After the address was read and cleaned. `leave`: one step up, or nothing. */
export function followSystemBack(store: Store, leave: () => void): void {
  let isDue = false;
  const look = (): void => {
    isDue = false;
    const { screen } = store;
    if (dropped !== undefined || leaving || isPassing(screen)) return;
    const [is, due] = [depthOfEntry(), depthOf(screen)];
    for (let depth = is + 1; depth <= due; depth++) history.pushState({ depth }, "");
    if (is > due) dropEntries(is - due, () => undefined);
  };
  effect(() => {
    void store.state;
    leaving = false;
    // What changes twice in one go is looked at once.
    if (!isDue) queueMicrotask(look);
    isDue = true;
  });
  addEventListener("popstate", () => {
    const waiting = dropped;
    dropped = undefined;
    if (waiting === undefined && depthOfEntry() < depthOf(store.screen)) leave();
    for (const next of waiting ?? []) next();
    look();
  });
}

/** In the place of this page: behind the next one is what was behind the app, and no entry of ours. */
export function leaveFor(address: string): void {
  const go = (): void => {
    leaving = true;
    location.replace(address);
  };
  const depth = depthOfEntry();
  if (depth > 0) dropEntries(depth, go);
  else go();
}

function dropEntries(count: number, next: () => void): void {
  if (dropped !== undefined) return void dropped.push(next);
  const dropping = (dropped = [next]);
  history.go(-count);
  setTimeout(() => {
    if (dropped !== dropping) return;
    dropped = undefined;
    for (const waiting of dropping) waiting();
  }, GIVEN_UP_MS);
}
