// What a push does: one notification without content, and a word to the windows of the app that are open.
import { spokenLanguage } from "./spoken-language.ts";

/** Language → what the app says in it, English among them: from the build. */
declare const NOTICES: Readonly<Record<string, { readonly title: string; readonly body: string }>>;

const notices = new Map(Object.entries(NOTICES));

const CHECK = "/?check";
/** A window keeps the address that it was opened with. */
const PAGES = ["/", "/device-link"];

/** `check`: ask the server what waits · `subscription`: the browser has replaced the push subscription. */
export type WindowMessage = "check" | "subscription";

/** TypeScript has it; not every browser does. */
type Badged = Partial<Pick<WorkerNavigator, "setAppBadge">>;

/** Several that wait are one notification, and each of them is heard. */
export async function showNotice(worker: ServiceWorkerGlobalScope): Promise<void> {
  const { lang, title, body } = noticeIn(await spokenLanguage());
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    lang,
    tag: "waiting",
    renotify: true,
    icon: "/icons/icon-192.png",
    badge: "/icons/badge.png",
  };
  await Promise.all([worker.registration.showNotification(title, options), markIcon(worker)]);
}

/** Without a number: how many wait only a window can ask, and one that is seen says it by itself. A hint, which may fail. */
async function markIcon(worker: ServiceWorkerGlobalScope): Promise<void> {
  const badged: Badged = worker.navigator;
  const windows = await appWindows(worker);
  if (windows.some(({ visibilityState }) => visibilityState === "visible")) return;
  await badged.setAppBadge?.().catch(() => undefined);
}

/** In English where this version has no words of that language. */
function noticeIn(language: unknown): { readonly lang: string; readonly title: string; readonly body: string } {
  const lang = typeof language === "string" && notices.has(language) ? language : "en";
  const { title, body } = notices.get(lang) ?? { title: "Tally", body: "" };
  return { lang, title, body };
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
