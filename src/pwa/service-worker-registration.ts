// The page's side of the service worker: registers it once the page has been drawn, tells of a new version, and changes to it when the
// person wants that. Without a service worker the app works, but only with a network and while it is open.
import { SERVICE_WORKER_URL, trustedScriptUrl } from "./trusted-script.ts";

/** An installation that takes longer goes on without us; whoever asks later gets it. */
const PATIENCE_MILLISECONDS = 20_000;
const ACTIVATION_MILLISECONDS = 5_000;
const SEARCH_MILLISECONDS = 10_000;
/** Browsers look for a new version when a page is opened. An installed app may stay open for weeks. */
const LOOK_AGAIN_MILLISECONDS = 3_600_000;
/** Tag of the notifications, see service-worker/notice.ts. */
const NOTICE = "waiting";

let current: Promise<ServiceWorkerRegistration | undefined> | undefined;
let announce: (update: Update) => void = () => undefined;
let reloading = false;
let watched = false;

/**
 * Active, so that it can be subscribed to push. Undefined where there are no service workers, where it did not install, or where that
 * took longer than 20 s; the next call tries again then. Call it after the first drawing. Never rejects.
 */
export async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  current ??= orAfter(register(), PATIENCE_MILLISECONDS);
  const found = await current;
  if (found === undefined) current = undefined;
  return found;
}

/**
 * A newer version than this page's `waits` · it `replaced` this one, because another window has changed to it: what this page has not
 * loaded yet, its key worker for one, is nowhere any more.
 */
export type Update = "waits" | "replaced";

/** Called whenever that is so. Before the first call of `registration`. */
export function onUpdateReady(callback: (update: Update) => void): void {
  announce = callback;
}

/** Changes to the version that waits, or that the server has now, and reloads the page once, whether or not there is one. */
export async function applyUpdate(): Promise<void> {
  const registered = await registration();
  if (registered?.waiting === null) await orAfter(lookForUpdate(registered), SEARCH_MILLISECONDS);
  const waiting = registered?.waiting;
  if (waiting) {
    const changed = new Promise<void>((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true });
    });
    reloading = true;
    // A worker and no window: there is no target to name.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    waiting.postMessage({ type: "skip-waiting" });
    await orAfter(changed, ACTIVATION_MILLISECONDS);
  }
  location.reload();
}

/** Until a version that was found is installed. Without a network none is. */
async function lookForUpdate(registered: ServiceWorkerRegistration): Promise<void> {
  await registered.update().catch(() => undefined);
  const { installing } = registered;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (installing === null || installing.state !== "installing") resolve();
    };
    installing?.addEventListener("statechange", look);
    look();
  });
}

async function register(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  await pageLoaded();
  try {
    const { serviceWorker } = navigator;
    const registered = await serviceWorker.register(trustedScriptUrl(SERVICE_WORKER_URL), { updateViaCache: "none" });
    if (!watched) {
      watched = true;
      watchForUpdates(registered);
      whenShown(registered);
    }
    await activated(registered);
    return registered.active === null ? undefined : registered;
  } catch {
    // Private windows of some browsers, storage that is full, a network that is away.
    return undefined;
  }
}

const pageLoaded = (): Promise<void> =>
  new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", () => resolve(), { once: true });
  });

/** Resolves too when the worker that installs is given up. */
function activated(registered: ServiceWorkerRegistration): Promise<void> {
  const worker = registered.active ?? registered.waiting ?? registered.installing;
  return new Promise((resolve) => {
    const look = (): void => {
      if (worker === null || worker.state === "activated" || worker.state === "redundant") resolve();
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

function watchForUpdates(registered: ServiceWorkerRegistration): void {
  // The first version that is ever installed is no update.
  const isUpdate = (): boolean => registered.waiting !== null && registered.active !== null;
  const look = (): void => {
    if (isUpdate()) announce("waits");
    // Its installation may have begun before anybody listened: loading the page is what makes the browser look.
    else registered.installing?.addEventListener("statechange", look);
  };
  registered.addEventListener("updatefound", look);
  look();
  let controlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (controlled && !reloading) announce("replaced");
    controlled = true;
  });
}

/** Whoever looks at the app needs no notification any more, and may have had it open for long. */
function whenShown(registered: ServiceWorkerRegistration): void {
  let lookedAt = performance.now();
  const shown = (): void => {
    if (document.visibilityState !== "visible") return;
    void clearNotices(registered);
    if (performance.now() - lookedAt < LOOK_AGAIN_MILLISECONDS) return;
    lookedAt = performance.now();
    // Rejects without a network.
    registered.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", shown);
  shown();
}

async function clearNotices(registered: ServiceWorkerRegistration): Promise<void> {
  const notices = await registered.getNotifications({ tag: NOTICE }).catch(() => []);
  for (const notice of notices) notice.close();
}

function orAfter<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | undefined> {
  const timeUp = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), milliseconds);
  });
  return Promise.race([work, timeUp]);
}
