// The way back from each screen: a step back to where the person came from, home, or to the page that began a request.
import { dropLink } from "./arriving-link.ts";
import { begin } from "./begin.ts";
import { leaveWaiting } from "./certificate-choice.ts";
import { openLink, whoseLink } from "./device-links.ts";
import { choosePin } from "./enrolment.ts";
import { leaveHistory } from "./history.ts";
import { goHome, isActive, type Model } from "./model.ts";
import { leavePasskey } from "./passkey.ts";
import { canLeaveChange } from "./pin-change-news.ts";
import { chooseNew, startPinChange } from "./pin-change.ts";
import { showNext, tellUntold } from "./next.ts";
import { leaveSettings, rowOf } from "./settings.ts";
import { isBusy } from "./store.ts";
import { leaveFor } from "./system-back.ts";
import { backToRequest } from "./transactions.ts";

/** In the place of this page: the way back from there is not here. */
export function returnToPage({ store, waysBack }: Model): void {
  const address = "returnTo" in store.screen ? store.screen.returnTo : undefined;
  if (address === undefined) return;
  waysBack.forget();
  leaveFor(address);
}

/** Made for the link that found none, or none that was enough: opened with it, though the one that it takes the place of may stand still. */
function afterNewAccount(model: Model): void {
  const { unopened, store } = model;
  model.unopened = undefined;
  const made = store.state.accounts.find(({ id }) => id === store.state.selected);
  if (unopened === undefined) showNext(model);
  else begin(model, made && isActive(made) ? openLink(model, made.id, unopened) : whoseLink(model, unopened));
}

/** One step up. How many there are from each screen is known to `depthOf` in system-back.ts. */
export function leave(model: Model): void {
  const { store, leftAlone } = model;
  const { screen } = store;
  // A code on its way is not waited for: what comes of it stands in the list.
  // An application that is signed goes on wherever the person is, once the server can be reached.
  const isLeft = screen.name === "application" && screen.problem?.kind === "unreachable";
  if (isBusy(screen) && !isLeft && screen.name !== "scan" && screen.name !== "history") return;
  switch (screen.name) {
    case "choose-pin":
      if (screen.stage !== "choose") return choosePin(model, screen.purpose);
      return screen.purpose === "sign" ? choosePin(model, "auth") : goHome(model);
    case "making-keys":
      return choosePin(model, "auth");
    case "use-device":
      leftAlone.add(screen.request.transactionId);
      goHome(model);
      return void tellUntold(model);
    case "transaction":
    case "certificate-choice":
      leftAlone.add(screen.claimed.transactionId);
      goHome(model);
      return void tellUntold(model);
    case "pin":
      return backToRequest(model);
    case "welcome":
      return screen.canGoBack ? goHome(model) : undefined;
    case "outcome":
      model.waysBack.forget();
      goHome(model);
      return screen.outcome === "account-active" ? afterNewAccount(model) : showNext(model);
    case "locked":
    case "dead":
      model.waysBack.forget();
      goHome(model);
      return showNext(model);
    case "awaiting":
      return leaveWaiting(model, screen);
    case "link-opening":
    case "link-accounts":
    case "no-account":
      dropLink();
      goHome(model);
      return showNext(model);
    case "scan":
    case "practice":
      if (rowOf(screen) !== undefined) return leaveSettings(model);
      goHome(model);
      return showNext(model);
    case "passkey":
      leavePasskey(model, screen);
      return leaveSettings(model);
    case "change-pin":
      if (screen.stage === "old") return leaveSettings(model);
      return screen.stage === "choose" ? startPinChange(model, screen.purpose) : chooseNew(model, screen);
    case "changing-pin":
      // What comes of it is told at home.
      return canLeaveChange(screen) ? goHome(model) : undefined;
    case "pin-changed":
      return rowOf(screen) === undefined ? goHome(model) : leaveSettings(model);
    case "settings":
    case "account-details":
    case "notifications":
    case "about":
      return leaveSettings(model);
    case "history":
    case "history-entry":
    case "disown":
      return begin(model, leaveHistory(model, screen) ?? Promise.resolve());
    case "delete-account":
      return rowOf(screen) === undefined ? goHome(model) : leaveSettings(model);
    case "starting":
      return screen.problem?.kind === "unreachable" ? goHome(model) : undefined;
    case "identity-methods":
    case "identity":
    case "application":
    case "challenge":
    case "add-keys":
    case "passkey-lost":
    case "closed":
      return goHome(model);
    case "home":
      return undefined;
  }
}
