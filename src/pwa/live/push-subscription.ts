// The browser's push subscription: one for all accounts. Browsers without a push service may never answer `subscribe`, so that every
// call has a time limit; nothing else of the app waits for them.
import { hash } from "../../protocol/algorithms.ts";
import type { PushSubscription as DevicePush } from "../../protocol/device-messages.ts";
import { equalBytes, fromBase64Url, toBase64Url, utf8 } from "../../protocol/encoding.ts";
import { type PushNotice, subscriptionText } from "../../protocol/push-notice.ts";
import { server } from "../server.ts";
import { registration } from "../service-worker-registration.ts";

const TIME_LIMIT_MS = 10_000;
/** An uncompressed point on P-256. */
const KEY_LENGTH = 65;

/** Undefined where there are no notifications, or no service worker to receive them. */
export async function permission(): Promise<PermissionState | undefined> {
  if (!("Notification" in globalThis && "PushManager" in globalThis && "serviceWorker" in navigator)) return undefined;
  // `Notification.permission` says "denied" in browsers without a window of their own, whatever was granted.
  const asked = await navigator.permissions.query({ name: "notifications" }).catch(() => undefined);
  const { permission: simple } = Notification;
  return asked?.state ?? (simple === "default" ? "prompt" : simple);
}

/**
 * The subscription by the server's present key: the one that there is, or a new one. Undefined where there is none to be had in
 * 10 s. Asks for no permission: that must be given.
 */
export async function currentSubscription(): Promise<DevicePush | undefined> {
  return inTime(async () => {
    const manager = (await registration())?.pushManager;
    const applicationServerKey = await fetchPushKey();
    if (manager === undefined || applicationServerKey === undefined) return undefined;
    const existing = await manager.getSubscription();
    if (existing !== null && hasKey(existing, applicationServerKey)) return asDevicePush(existing);
    await existing?.unsubscribe();
    return asDevicePush(await manager.subscribe({ userVisibleOnly: true, applicationServerKey }));
  });
}

/** The browser gives another one then, where it gave the same again and again. */
export async function forgetSubscription(): Promise<void> {
  await inTime(async () => (await (await registration())?.pushManager.getSubscription())?.unsubscribe());
}

/** As the server names what it holds. */
export const subscriptionHash = (subscription: DevicePush, notice: PushNotice): string =>
  toBase64Url(hash("SHA-256", utf8(subscriptionText(subscription, notice))));

async function fetchPushKey(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const response = await server.fetch(`${server.url}/device/push-key`);
  const answer: unknown = response.ok ? await response.json() : undefined;
  if (typeof answer !== "object" || answer === null || !("applicationServerKey" in answer)) return undefined;
  const { applicationServerKey: key } = answer;
  const bytes = typeof key === "string" ? fromBase64Url(key) : undefined;
  return bytes?.length === KEY_LENGTH ? bytes : undefined;
}

function hasKey({ options }: PushSubscription, key: Uint8Array): boolean {
  const { applicationServerKey } = options;
  return applicationServerKey !== null && equalBytes(new Uint8Array(applicationServerKey), key);
}

function asDevicePush(subscription: PushSubscription): DevicePush | undefined {
  const [p256dh, auth] = [subscription.getKey("p256dh"), subscription.getKey("auth")];
  if (p256dh === null || auth === null) return undefined;
  const text = (bytes: ArrayBuffer): string => toBase64Url(new Uint8Array(bytes));
  return { endpoint: subscription.endpoint, p256dh: text(p256dh), auth: text(auth) };
}

/** Undefined also where the push service refuses, or the network is away: it is tried again at the next start. */
async function inTime<Value>(work: () => Promise<Value | undefined>): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), TIME_LIMIT_MS);
  });
  return Promise.race([work().catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
