// A push message, handed to the service worker by the browser's debugging protocol in place of a push service. A Chromium without
// windows has no notifications (whoever shows one gets an exception, whatever was permitted) and nobody who presses them: what the
// worker would show, and which page it would open, is written down instead, and the press is an event that looks like the real one.
import type { BrowserContext, Worker } from "playwright-core";

/** What the server sends, and all that it sends. */
export const PUSH_PAYLOAD = JSON.stringify({ waiting: true });

/** Needs no page of the app to be open. */
export async function deliverPush(context: BrowserContext, origin: string, data = PUSH_PAYLOAD): Promise<void> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  try {
    const registered = new Promise<string>((resolve) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const registration = registrations.find(({ scopeURL, isDeleted }) => scopeURL === `${origin}/` && !isDeleted);
        if (registration !== undefined) resolve(registration.registrationId);
      });
    });
    await session.send("ServiceWorker.enable");
    await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await registered, data });
  } finally {
    await page.close();
  }
}

/** As much of the worker's world as is touched here: the types of windows and of workers exclude each other. */
interface Recorder extends EventTarget {
  shown: string[];
  opened: string[];
  readonly navigator: object;
  readonly registration: { showNotification: (title: string) => Promise<void> };
  readonly clients: { openWindow: (url: string) => Promise<null> };
}

export class Notifications {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async record(context: BrowserContext): Promise<Notifications> {
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    await worker.evaluate(() => {
      const scope = globalThis as unknown as Recorder;
      Object.assign(scope, { shown: [], opened: [] });
      scope.registration.showNotification = (title) => Promise.resolve(void scope.shown.push(title));
      // Without an icon to mark, this Chromium crashes.
      Object.defineProperty(scope.navigator, "setAppBadge", { value: () => Promise.resolve() });
      scope.clients.openWindow = (url) => Promise.resolve(void scope.opened.push(url)).then(() => null);
    });
    return new Notifications(worker);
  }

  shown(): Promise<readonly string[]> {
    return this.#worker.evaluate(() => (globalThis as unknown as Recorder).shown);
  }

  /** Gives the addresses of the windows that the worker opens. */
  press(): Promise<readonly string[]> {
    return this.#worker.evaluate(async () => {
      const scope = globalThis as unknown as Recorder;
      const work: unknown[] = [];
      const event = new Event("notificationclick");
      Object.assign(event, { notification: { close() {} }, waitUntil: (part: unknown) => work.push(part) });
      scope.dispatchEvent(event);
      await Promise.all(work);
      return scope.opened;
    });
  }
}
