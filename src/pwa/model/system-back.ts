// Back of the system (a button, a gesture, the browser's arrow) goes one step up inside the app, as the arrow on the screen does: while
// there is such a step, the tab's history has one entry more, of the same address. It never answers a request: it only leaves screens, and
// where that makes no sense now (an answer is on its way) it does nothing. Nothing of a screen is in the entry.
import { effect } from "@preact/signals";
import type { Screen } from "./state.ts";
import type { Store } from "./store.ts";

const INSIDE = { tally: "inside" };

/** Also an entry of before a reload. */
const isInside = (): boolean => (history.state as Partial<typeof INSIDE> | null)?.tally === INSIDE.tally;

const hasStepUp = (screen: Screen): boolean =>
  screen.name === "welcome" ? screen.canGoBack : screen.name !== "home" && screen.name !== "starting";

/** Waiting for the browser to go back over our entry. */
let dropped: (() => void)[] | undefined;
/** The page is about to be left: no new entry, until the person goes on here all the same. */
let leaving = false;

/** After the address was read and cleaned. `leave`: one step up, or nothing. */
export function followSystemBack(store: Store, leave: () => void): void {
  let isDue = false;
  const look = (): void => {
    isDue = false;
    const { screen } = store;
    if (dropped !== undefined || leaving || screen.name === "starting") return;
    if (hasStepUp(screen) && !isInside()) history.pushState(INSIDE, "");
    else if (!hasStepUp(screen) && isInside()) dropEntry(() => undefined);
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
    if (waiting === undefined && !isInside() && hasStepUp(store.screen)) leave();
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
  if (isInside()) dropEntry(go);
  else go();
}

function dropEntry(next: () => void): void {
  if (dropped !== undefined) return void dropped.push(next);
  dropped = [next];
  history.back();
}
