// Times when nobody is there: digits do not stay for long on a page that is not looked at, and what was replaced is loaded anew.
import { effect } from "@preact/signals";
import { spoken } from "../language/text.ts";
import { choosePin } from "./enrolment.ts";
import type { Model } from "./model.ts";
import { startPinChange } from "./pin-change.ts";
import { pinScreen, type Store } from "./store.ts";

const PATIENCE_MS = 3 * 60_000;

export function forgetPinsInAbsence(model: Model): void {
  // For good, or into a cache of whole pages: digits stay in neither.
  addEventListener("pagehide", () => forgetPins(model));
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") timer = setTimeout(() => forgetPins(model), PATIENCE_MS);
  });
}

/** What was typed, and what was chosen: PINs are chosen from the first on again. A PIN that is at work goes on. */
function forgetPins(model: Model): void {
  const { store } = model;
  const { screen } = store;
  store.pin.clear();
  store.chosen.clear();
  store.changing.clear();
  if (screen.name === "choose-pin" && (screen.purpose === "sign" || screen.stage !== "choose")) return choosePin(model, "auth");
  if (screen.name === "change-pin" && screen.stage !== "old") return startPinChange(model, screen.purpose);
  const typing = pinScreen(screen);
  if (typing !== undefined) store.stayWithPin(typing, {});
}

/** Now, or as soon as the person is where nothing is lost by it. */
export function whenNothingIsUnderWay(store: Store, reload: () => void): void {
  const stop = effect(() => {
    const { screen } = store.state;
    const isIdle =
      spoken.value === undefined ||
      screen.name === "welcome" ||
      screen.name === "closed" ||
      (screen.name === "home" && screen.check !== "checking");
    if (!isIdle) return;
    queueMicrotask(() => stop());
    reload();
  });
}
