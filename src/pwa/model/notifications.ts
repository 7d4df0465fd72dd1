// Whether this browser is told of requests while the app is closed: the person is asked once, on a button, and from then on every start
// compares what the browser has with what the server of each account holds.
import { currentSubscription, permission, subscriptionHash } from "../live/push-subscription.ts";
import type { PushNotice } from "../../protocol/push-notice.ts";
import { language } from "../language/text.ts";
import { reached } from "../reached.ts";
import { isActive, type Model } from "./model.ts";
import type { NotificationState } from "./state.ts";

/** On the person's own action: browsers show nothing otherwise. */
export async function enableNotifications(model: Model): Promise<void> {
  if ((await permission()) === "prompt") await Notification.requestPermission();
  await renewSubscription(model);
}

/** At every start, and after anything that may have changed the subscription. Takes up to 10 s, and nobody waits for it. */
export async function renewSubscription(model: Model): Promise<void> {
  const { store } = model;
  const allowed = await permission();
  if (allowed !== "granted") return store.patch({ notifications: stateWithout(allowed) });
  const subscription = await currentSubscription();
  if (subscription === undefined) return store.patch({ notifications: "unavailable" });
  const notice = noticeOfNow();
  const held = subscriptionHash(subscription, notice);
  let [pushed, heard] = [true, true];
  for (const { id, state } of store.state.accounts.filter(isActive)) {
    if (state?.pushEndpointHash === held) continue;
    const answer = await reached(() => model.accounts.client(id).call("subscribePush", () => ({ subscription, notice })));
    if (!answer.ok) {
      heard = false;
      continue;
    }
    // The server pushes to the services that it knows, and to no others.
    pushed &&= answer.value.subscribed;
    const now = store.account(id)?.state;
    if (answer.value.subscribed && now !== undefined) store.updateAccount(id, { state: { ...now, pushEndpointHash: held } });
  }
  // What the server did not hear can be tried again on the person's button.
  store.patch({ notifications: pushed ? (heard ? "on" : "off") : "unavailable" });
}

/** In the language of now: with another one the server is told again. */
const noticeOfNow = (): PushNotice => ({ lang: language() });

function stateWithout(allowed: PermissionState | undefined): NotificationState {
  if (allowed === undefined) return "unavailable";
  return allowed === "denied" ? "denied" : "off";
}
