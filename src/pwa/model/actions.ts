// What a person can do, by screen: each action looks where the person is, and changes nothing where it makes no sense.
import { applyUpdate } from "../service-worker-registration.ts";
import { dismissNotice } from "./account-notices.ts";
import { deleteAccount, removeFromDevice, selectAccount } from "./account-actions.ts";
import { dropLink } from "./arriving-link.ts";
import { confirmChoice, leaveWaiting, stopWaiting } from "./certificate-choice.ts";
import { openLinkWith, retryLink, whoseLink } from "./device-links.ts";
import { choosePin, startEnrolment, submitIdentity } from "./enrolment.ts";
import { goHome, isActive, type Model } from "./model.ts";
import { enableNotifications } from "./notifications.ts";
import { confirmPin } from "./pin-actions.ts";
import type { Actions } from "./person-actions.ts";
import { showNext, tellUntold } from "./next.ts";
import { refuse } from "./refusals.ts";
import { codeRead, scan } from "./scan.ts";
import { isBusy, type PinScreen, pinScreen } from "./store.ts";
import { backToRequest, chooseCode, openTransaction, proceed } from "./transactions.ts";

export function actionsOf(model: Model): Actions {
  const { store } = model;
  const on = (...names: readonly string[]): boolean => names.includes(store.screen.name) && !isBusy(store.screen);
  return {
    startEnrolment() {
      if (!on("welcome", "no-account")) return;
      // In memory only: a reload goes on with the account, and nothing else.
      if (store.screen.name === "no-account") model.unopened = store.screen.link;
      dropLink();
      begin(model, startEnrolment(model));
    },
    addAccount() {
      if (on("home", "dead", "outcome")) store.go({ name: "welcome", canGoBack: store.state.accounts.some(isActive) });
    },
    renew(accountId) {
      if (on("home")) begin(model, startEnrolment(model, accountId));
    },
    submitIdentity: (form) => begin(model, submitIdentity(model, form)),
    press: (digit) => type(model, () => store.pin.press(digit)),
    erase: () => type(model, () => store.pin.erase()),
    confirmPin: () => begin(model, confirmPin(model)),
    checkForTransactions() {
      if (!on("home")) return;
      // Only the person's own tap brings back what they went away from.
      model.leftAlone.clear();
      begin(model, check(model, "nothing"));
    },
    openTransaction(accountId, transactionId) {
      if (on("home")) begin(model, openTransaction(model, accountId, transactionId));
    },
    proceed: () => proceed(model),
    chooseCode: (code) => begin(model, chooseCode(model, code)),
    refuse: () => begin(model, refuse(model)),
    confirmChoice: () => begin(model, confirmChoice(model)),
    stopWaiting: () => begin(model, stopWaiting(model)),
    scan: () => on("home", "outcome") && scan(model),
    codeRead: (text) => begin(model, codeRead(model, text)),
    openLinkWith: (accountId) => begin(model, openLinkWith(model, accountId)),
    retryLink: () => begin(model, retryLink(model)),
    returnToPage: () => returnToPage(model),
    askDelete() {
      const accountId = "accountId" in store.screen ? store.screen.accountId : store.state.selected;
      if (on("home", "dead", "locked") && accountId !== undefined) store.go({ name: "delete-account", accountId, busy: false });
    },
    confirmDelete: () => begin(model, deleteAccount(model)),
    removeFromDevice: () => begin(model, removeFromDevice(model)),
    selectAccount: (id) => on("home", "welcome") && begin(model, selectAccount(model, id)),
    leave: () => leave(model),
    dismissNotice(accountId, noticeId) {
      if (on("home")) begin(model, dismissNotice(model, accountId, noticeId));
    },
    enableNotifications: () => begin(model, enableNotifications(model)),
    update: () => begin(model, applyUpdate()),
  };
}

/** Asks for all accounts. `then`: what is said where nothing waits. */
export async function check({ store, accounts }: Model, then: "nothing" | "idle"): Promise<void> {
  store.go({ name: "home", check: "checking" });
  const here = store.visit();
  const refreshed = await accounts.refreshAll();
  if (!here()) return;
  if (refreshed.every(({ kind }) => kind !== "known")) return store.stay({ name: "home", check: "unreachable" });
  const waits = store.state.accounts.some(({ waiting }) => waiting.length > 0);
  store.stay({ name: "home", check: waits ? "idle" : then });
}

/** Whatever went wrong that nobody expected: the person hears that it did not work, and is not left waiting. */
export function begin({ store }: Model, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    console.error(error);
    store.go({ name: "outcome", outcome: "failed" });
  });
}

function type({ store }: Model, change: () => void): void {
  const screen = pinScreen(store.screen);
  if (screen === undefined) return;
  change();
  // What was said about the PIN before is answered by typing another one.
  const { refusal: _, problem: __, ...asked } = screen as PinScreen & { refusal?: unknown; problem?: unknown };
  store.stayWithPin(asked, {});
}

/** In the place of this page: the way back from there is not here. */
function returnToPage({ store, waysBack }: Model): void {
  const address = "returnTo" in store.screen ? store.screen.returnTo : undefined;
  if (address === undefined) return;
  waysBack.forget();
  location.replace(address);
}

/** Made for the link that found none. */
function afterNewAccount(model: Model): void {
  const { unopened } = model;
  model.unopened = undefined;
  if (unopened === undefined) showNext(model);
  else begin(model, whoseLink(model, unopened));
}

function leave(model: Model): void {
  const { store, leftAlone } = model;
  const { screen } = store;
  // A code on its way is not waited for: what comes of it stands in the list.
  if (isBusy(screen) && screen.name !== "scan") return;
  switch (screen.name) {
    case "choose-pin":
      if (screen.stage === "repeat") return choosePin(model, screen.purpose);
      return screen.purpose === "sign" ? choosePin(model, "auth") : goHome(model);
    case "making-keys":
      return choosePin(model, "auth");
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
      goHome(model);
      return showNext(model);
    case "starting":
      return store.state.accounts.length > 0 ? goHome(model) : undefined;
    case "identity":
    case "application":
    case "challenge":
    case "delete-account":
    case "closed":
      return goHome(model);
    case "home":
      return undefined;
  }
}
