// The settings and what stands behind them: the account with its certificates, notifications and their test, what this app is. Everything
// here only looks; a PIN is changed in pin-change.ts.
import { fetchLicences, lookAtBuild } from "../build.ts";
import { forgetSubscription } from "../live/push-subscription.ts";
import { reached } from "../reached.ts";
import { consequenceOf } from "./consequence.ts";
import { follow, goHome, inBackground, isActive, type Model } from "./model.ts";
import { renewSubscription } from "./notifications.ts";
import { askAbout } from "./operator.ts";
import { showNext } from "./next.ts";
import type { SettingsRow } from "./screen-parts.ts";
import type { Screen } from "./state.ts";

/** Of the account that is shown. */
export function openSettings({ store }: Model): void {
  store.go({ name: "settings" });
}

export async function openAccountDetails(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  const accountId = screen.name === "account-details" ? screen.accountId : store.state.selected;
  if (accountId === undefined) return;
  const here = goOrStay(model, { name: "account-details", accountId, asking: true });
  const told = await reached(() => accounts.client(accountId).call("getCertificates", () => ({})));
  if (!here()) return;
  if (told.ok) return store.stay({ name: "account-details", accountId, told: told.value, asking: false });
  await follow(model, accountId, consequenceOf(told.failure, { accountId }), (trouble = { kind: "failed" }) =>
    store.stay({ name: "account-details", accountId, asking: false, trouble }),
  );
}

/** Asked for once more on the same screen, the focus stays where it is. */
function goOrStay(
  { store }: Model,
  screen: Extract<Model["store"]["screen"], { name: "account-details" | "about" }>,
): () => boolean {
  if (store.screen.name === screen.name) store.stay(screen);
  else store.go(screen);
  return store.visit();
}

export function openNotifications({ store }: Model): void {
  const accountId = store.state.selected;
  if (accountId !== undefined) store.go({ name: "notifications", accountId, test: "idle" });
}

/** Of the account that is shown. What the browser makes of it is heard by `pushArrived`. */
export async function sendTestPush(model: Model): Promise<void> {
  const { store, accounts } = model;
  const { screen } = store;
  if (screen.name !== "notifications" || screen.test === "sending") return;
  const { accountId } = screen;
  store.stay({ ...screen, test: "sending" });
  const here = store.visit();
  const tested = await reached(() => accounts.client(accountId).call("testPush", () => ({})));
  if (tested.ok && (tested.value.outcome === "gone" || tested.value.outcome === "none")) await subscribeAnew(model, accountId);
  const now = store.screen;
  if (!here() || now.name !== "notifications") return;
  if (tested.ok) {
    const { outcome } = tested.value;
    // The push may be faster than the answer to who asked for it.
    const test = outcome === "sent" && now.test === "arrived" ? "arrived" : outcome;
    return store.stay({ ...now, test });
  }
  await follow(model, accountId, consequenceOf(tested.failure, { accountId }), () =>
    store.stay({ ...now, test: tested.failure.code === "unreachable" ? "offline" : "failed" }),
  );
}

/** The push service knows the browser's subscription no more: the browser would go on giving the same one. */
async function subscribeAnew(model: Model, accountId: string): Promise<void> {
  const { store, accounts } = model;
  await forgetSubscription();
  const state = store.account(accountId)?.state;
  if (state !== undefined) store.updateAccount(accountId, { state: { ...state, pushEndpointHash: "" } });
  await renewSubscription(model);
  await accounts.refresh(accountId);
}

/** The service worker was pushed to. */
export function pushArrived({ store }: Model): void {
  const { screen } = store;
  if (screen.name !== "notifications") return;
  if (screen.test === "sending" || screen.test === "sent") store.stay({ ...screen, test: "arrived" });
}

/** What is compared is read each time that the screen is opened. */
export async function openAbout(model: Model): Promise<void> {
  const { store } = model;
  const here = goOrStay(model, { name: "about", build: undefined });
  inBackground(askAbout(model));
  const build = await lookAtBuild();
  const { screen } = store;
  if (here() && screen.name === "about") store.stay({ ...screen, build });
}

export async function showLicences({ store }: Model): Promise<void> {
  if (store.screen.name !== "about") return;
  store.stay({ ...store.screen, licences: "loading" });
  const here = store.visit();
  const licences = await fetchLicences();
  const { screen } = store;
  if (here() && screen.name === "about")
    store.stay({ ...screen, licences: licences === undefined ? "unreachable" : { text: licences } });
}

/** By which row of the settings the person came there, and so comes back; undefined where it was none. */
export function rowOf(screen: Screen): SettingsRow | undefined {
  switch (screen.name) {
    case "account-details":
    case "notifications":
    case "about":
    case "passkey":
      return screen.name;
    case "practice":
    case "delete-account":
      return screen.from === "settings" ? screen.name : undefined;
    case "change-pin":
      return `change-pin ${screen.purpose}`;
    case "pin-changed":
      return screen.end === "added" || screen.end === "added-one" ? undefined : `change-pin ${screen.purpose}`;
    default:
      return undefined;
  }
}

/** From a screen behind the settings to them, and from them home. Where no account is usable any more there are none. */
export function leaveSettings(model: Model): void {
  const { store } = model;
  const { screen } = store;
  if (screen.name !== "settings" && store.state.accounts.some(isActive))
    return store.go({ name: "settings", opened: rowOf(screen) });
  goHome(model);
  showNext(model);
}
