// What a push does: one notification without content, and a word to the windows of the app that are open.

const CHECK = "/?check";
/** A window keeps the address that it was opened with. */
const PAGES = ["/", "/device-link"];

/** `check`: ask the server what waits · `subscription`: the browser has replaced the push subscription. */
export type WindowMessage = "check" | "subscription";

/** Several that wait are one notification, and each of them is heard. */
export async function showNotice(worker: ServiceWorkerGlobalScope): Promise<void> {
  const options: NotificationOptions & { renotify: boolean } = {
    body: "Open Tally to see it.",
    tag: "waiting",
    renotify: true,
    icon: "/icons/icon-192.png",
    badge: "/icons/badge.png",
  };
  await worker.registration.showNotification("Something is waiting for you", options);
}

export async function tellWindows(worker: ServiceWorkerGlobalScope, type: WindowMessage): Promise<void> {
  for (const window of await appWindows(worker)) tell(window, type);
}

/** Shows a window of the app and has it check; opens one where there is none. */
export async function openApp(worker: ServiceWorkerGlobalScope): Promise<void> {
  const windows = await appWindows(worker);
  const window =
    windows.find(({ focused }) => focused) ?? windows.find(({ visibilityState }) => visibilityState === "visible") ?? windows[0];
  if (window === undefined) {
    await worker.clients.openWindow(CHECK);
    return;
  }
  tell(window, "check");
  // Where the system does not let it come to the front, it has checked all the same.
  await window.focus().catch(() => undefined);
}

function tell(window: WindowClient, type: WindowMessage): void {
  // A client always has this origin; there is no target to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  window.postMessage({ type });
}

/** Not those of the demo bank, which has the same origin. */
async function appWindows(worker: ServiceWorkerGlobalScope): Promise<readonly WindowClient[]> {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return windows.filter(({ url }) => PAGES.includes(new URL(url).pathname));
}
