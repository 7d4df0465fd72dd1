// A passkey is offered once on a device: at home, after the first request of a site that was confirmed here, until the person puts the offer
// away or has one. The settings go on having it.
import { effect } from "@preact/signals";
import { mayHavePasskeys } from "../passkey/ceremony.ts";
import { keepPasskeyOffer, type PasskeyOffer, readPasskeyOffer } from "../storage/settings.ts";
import { inBackground, type Model } from "./model.ts";
import type { AppState } from "./state.ts";

/** At a start, and from then on. */
export async function followPasskeyOffer(model: Model): Promise<void> {
  const { store } = model;
  // Where storage does not open, that is said elsewhere, and nothing is offered that could not be remembered.
  const kept = await readPasskeyOffer().catch((): PasskeyOffer => "over");
  if (kept === "over" || !(await mayHavePasskeys())) return;
  store.patch({ passkeyOffer: kept });
  effect(() => {
    const { state } = store;
    if (state.passkeyOffer === "over") return;
    const isNew = state.passkeyOffer === undefined && isConfirmed(state);
    const next = isAnswered(state) ? "over" : isNew ? "due" : undefined;
    if (next !== undefined) queueMicrotask(() => inBackground(setUnlessOver(model, next)));
  });
}

/** Another window may have put it away. */
async function setUnlessOver(model: Model, offer: PasskeyOffer): Promise<void> {
  set(model, (await readPasskeyOffer()) === "over" ? "over" : offer);
}

/** "Not now": never again on this device. */
export const declinePasskeyOffer = (model: Model): void => set(model, "over");

function set({ store }: Model, offer: PasskeyOffer): void {
  store.patch({ passkeyOffer: offer });
  inBackground(keepPasskeyOffer(offer));
}

/** A request of a site: whoever only tried out how it goes is not at home here yet. */
const isConfirmed = ({ screen }: AppState): boolean =>
  screen.name === "outcome" && screen.outcome === "confirmed" && screen.practice !== true;

const isAnswered = ({ screen, accounts }: AppState): boolean =>
  accounts.some(({ passkey }) => passkey !== undefined) || (screen.name === "passkey" && screen.step === "impossible");
