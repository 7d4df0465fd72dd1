// A request in front of the person that they answer in another window of this browser.
import { answeredThere, ended } from "./fate.ts";
import { requestOn } from "./in-time.ts";
import type { Model } from "./model.ts";
import { showNext } from "./next.ts";
import { isBusy } from "./store.ts";

/** To be called at a start. What is on its way from here, too, is left to the server. */
export function followOtherWindows(model: Model): void {
  const { store, windows, waysBack } = model;
  windows.open(({ transactionId, returns }) => {
    if (returns) waysBack.drop(transactionId);
    const request = requestOn(store.screen);
    if (request?.transactionId !== transactionId || isBusy(store.screen)) return;
    store.go(ended(model, transactionId, answeredThere(model, transactionId, request) ?? store.screen));
    showNext(model);
  });
}
