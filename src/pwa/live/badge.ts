// The number on the app's icon, where it is installed and the system draws one: how many requests wait on this browser's accounts. While no
// window of the app is seen, the service worker puts a mark there when a push comes.
import { effect } from "@preact/signals";
import type { Store } from "../model/store.ts";

/** TypeScript has it; not every browser does. */
type Badged = Partial<Pick<Navigator, "setAppBadge" | "clearAppBadge">>;

export function followBadge(store: Store): void {
  let shown: number | undefined;
  const show = (): void => {
    // What waits on several accounts is one request.
    const ids = store.state.accounts.flatMap((account) => account.waiting.map(({ transactionId }) => transactionId));
    const waiting = new Set(ids).size;
    // Before the first answer nothing is known: what a push has put there stays.
    if (waiting === shown || store.state.screen.name === "starting") return;
    shown = waiting;
    const badged: Badged = navigator;
    const change = waiting === 0 ? badged.clearAppBadge?.() : badged.setAppBadge?.(waiting);
    // Some systems refuse it for a page that is not installed: it is a hint.
    change?.catch(() => undefined);
  };
  effect(show);
  // A push has marked it meanwhile, perhaps for what is over by now.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    shown = undefined;
    show();
  });
}
