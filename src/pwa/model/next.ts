// What comes in front of a person who is at home and busy with nothing: the fate of an attempt that they were not told of, else the
// first request that waits, else the one that is about to come.
import { showAwaiting, waitOf } from "./certificate-choice.ts";
import { openListed } from "./device-choice.ts";
import { attemptedOf, ended, fateOf } from "./fate.ts";
import { inBackground, isActive, type Model } from "./model.ts";
import { openTransaction } from "./transactions.ts";

export function showNext(model: Model): void {
  if (!tellUntold(model)) openNext(model);
}

/** Was there something to tell? */
export function tellUntold(model: Model): boolean {
  const { store, attempts, leftAlone, refusals } = model;
  if (store.screen.name !== "home" || model.opening !== undefined) return false;
  for (const { id } of store.state.accounts.filter(isActive)) {
    for (const transactionId of attempts.untold(id)) {
      const fate = fateOf(model, transactionId, attemptedOf(model, id, transactionId));
      if (fate?.kind === "screen") {
        store.patch({ selected: id });
        store.go(ended(model, transactionId, fate.screen));
        return true;
      }
      // Nothing was signed, and the person wants nothing more of the request.
      if (leftAlone.has(transactionId) || refusals.has(transactionId)) attempts.told(transactionId);
      else {
        inBackground(openTransaction(model, id, transactionId, "pin"));
        return true;
      }
    }
  }
  return false;
}

/** The first request that waits for any of the accounts and that nobody went away from. */
function openNext(model: Model): void {
  const { store, leftAlone, refusals } = model;
  // Claiming takes a request from the person's other devices: only what is looked at does that.
  if (store.screen.name !== "home" || document.visibilityState !== "visible" || model.opening !== undefined) return;
  for (const { id, waiting } of store.state.accounts) {
    const next = waiting.find(({ transactionId }) => !leftAlone.has(transactionId) && !refusals.has(transactionId));
    if (next !== undefined) return inBackground(openListed(model, id, next.transactionId));
  }
  for (const { id, state, clockSkew } of store.state.accounts.filter(isActive)) {
    const awaited = state?.awaited;
    if (!awaited || leftAlone.has(waitOf(id)) || awaited.until <= Date.now() + clockSkew) continue;
    return showAwaiting(model, id, awaited.relyingPartyName);
  }
}
