// Puts the model together, starts it from storage, and listens to the browser: the network, the page's visibility, the service worker,
// the live channels.
import { followBadge } from "../live/badge.ts";
import { LiveChannel } from "../live/live-channel.ts";
import { followManifest } from "../live/manifest.ts";
import { onUpdateReady, registration } from "../service-worker-registration.ts";
import { forgetPinsInAbsence, whenNothingIsUnderWay } from "./absence.ts";
import { Accounts } from "./accounts.ts";
import { actionsOf } from "./actions.ts";
import { followOtherWindows } from "./answered-there.ts";
import { begin } from "./begin.ts";
import { type Arrival, takeLink } from "./arriving-link.ts";
import { Attempts } from "./attempts.ts";
import { check } from "./checking.ts";
import { whenBlocked } from "../storage/database.ts";
import { closedReason } from "./consequence.ts";
import { arrive } from "./device-links.ts";
import { startLanguage } from "./language.ts";
import { followInstallOffer } from "./installing.ts";
import { showRestoredEnd } from "./fate.ts";
import { enrollingAccount, inBackground, isActive, type Model, newModel } from "./model.ts";
import { renewSubscription } from "./notifications.ts";
import { followOperator } from "./operator.ts";
import { followPasskey } from "./passkey.ts";
import { followPasskeyOffer } from "./passkey-offer.ts";
import { followPractice } from "./practice.ts";
import { react } from "./reactions.ts";
import { scan } from "./scan.ts";
import type { Actions } from "./person-actions.ts";
import { pushArrived } from "./settings.ts";
import { lookAtStorage } from "./storage-keeping.ts";
import { Store } from "./store.ts";
import { followSystemBack } from "./system-back.ts";

export function createApp(): { readonly store: Store; readonly actions: Actions; start(): void } {
  const store = new Store();
  const live = new Map<string, LiveChannel>();
  const attempts = new Attempts();
  const accounts = new Accounts(store, {
    refreshed(id, refreshed) {
      react(model, id, refreshed);
      followLive(model, live);
      if (refreshed.kind === "known" && refreshed.state.status === "active" && refreshed.before?.status !== "active") {
        inBackground(renewSubscription(model));
      }
    },
    settled: (id, settled) => attempts.settled(id, settled),
  });
  const model = newModel({ store, accounts, attempts });
  const actions = actionsOf(model);
  return {
    store,
    actions,
    start() {
      const arrival = takeLink(Date.now());
      listen(model, live);
      followInstallOffer(model);
      inBackground(lookAtStorage(model));
      model.preparing.follow(store);
      followBadge(store);
      followManifest();
      followSystemBack(store, actions.leave);
      followPractice(model);
      followOtherWindows(model);
      followPasskey(model);
      inBackground(followOperator(model));
      inBackground(followPasskeyOffer(model));
      inBackground(whenBlocked.then(() => askToCloseOthers(store)));
      begin(
        model,
        startLanguage().then(() => startFromStorage(model, arrival)),
      );
    },
  };
}

/** Until they are, the start goes no further; then it does by itself. */
function askToCloseOthers(store: Store): void {
  if (store.screen.name === "starting") store.stay({ name: "starting", problem: { kind: "close-others" } });
}

async function startFromStorage(model: Model, arrival: Arrival | undefined): Promise<void> {
  const { store, accounts } = model;
  const query = new URLSearchParams(location.search);
  // The shortcuts of the installed app (manifest.json), and a notification that was tapped.
  const [asked, toScan] = [query.has("check"), query.has("scan")];
  if (asked || toScan) history.replaceState(null, "", location.pathname);
  try {
    await accounts.load();
  } catch (error) {
    console.error(error);
    const newer = error instanceof DOMException && error.name === "VersionError";
    return store.go({ name: "starting", problem: { kind: "storage", newer } });
  }
  // The other windows are closed.
  if (store.screen.name === "starting" && store.screen.problem !== undefined) store.stay({ name: "starting" });
  if (arrival !== undefined) {
    await arrive(model, arrival);
    await accounts.refreshAll();
    return renewSubscription(model);
  }
  if (await showRestoredEnd(model)) {
    await accounts.refreshAll();
    return renewSubscription(model);
  }
  const { accounts: known } = store.state;
  const first = enrollingAccount(model) ?? known.find(isActive) ?? known[0];
  if (first === undefined) return store.go({ name: "welcome", canGoBack: false });
  store.patch({ selected: first.id });
  // A home is shown from what was stored; an enrolment goes on where the server says.
  if (isActive(first)) {
    const checked = check(model, asked ? "nothing" : "idle");
    if (toScan) scan(model);
    await checked;
  } else {
    const { id, state } = first;
    if (state?.status === "closed") store.go({ name: "closed", accountId: id, reason: closedReason(state.closedReason) });
    await accounts.refreshAll();
  }
  await renewSubscription(model);
}

function listen(model: Model, live: Map<string, LiveChannel>): void {
  const { store, accounts } = model;
  const lookAgain = (): void => {
    followLive(model, live);
    // Another tab may have made an account, or removed one.
    if (document.visibilityState === "visible") inBackground(accounts.load().then(() => accounts.refreshAll()));
  };
  const network = (): void => {
    store.patch({ online: navigator.onLine });
    if (navigator.onLine) lookAgain();
  };
  store.patch({ online: navigator.onLine });
  addEventListener("online", network);
  addEventListener("offline", network);
  document.addEventListener("visibilitychange", lookAgain);
  forgetPinsInAbsence(model);
  onUpdateReady((update) => {
    store.patch({ updateReady: true });
    if (update === "replaced") whenNothingIsUnderWay(store, () => location.reload());
  });
  // For starts without a network, whether or not there are notifications.
  void registration();
  (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker?.addEventListener("message", ({ data }) => {
    const type: unknown = typeof data === "object" && data !== null && "type" in data ? data.type : undefined;
    if (type === "subscription") inBackground(renewSubscription(model));
    if (type !== "check") return;
    pushArrived(model);
    if (store.screen.name === "home") begin(model, check(model, "nothing"));
    else lookAgain();
  });
}

/** One live channel for each active account while the page is looked at, and none while it is not. */
function followLive({ store, accounts }: Model, live: Map<string, LiveChannel>): void {
  const wanted = document.visibilityState === "visible" ? store.state.accounts.filter(isActive).map(({ id }) => id) : [];
  for (const [id, channel] of live) {
    if (wanted.includes(id)) continue;
    channel.close();
    live.delete(id);
  }
  for (const id of wanted) {
    if (live.has(id)) continue;
    const changed = (): void => inBackground(accounts.refresh(id));
    const channel = new LiveChannel(accounts.client(id), changed, () => accounts.whenUndisturbed(id));
    live.set(id, channel);
    channel.open();
  }
}
