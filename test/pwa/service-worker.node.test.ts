// What the service worker answers, and whom it talks to: files of the shell, and windows of the app.
import { expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("SHELL", { "/": "sha256-1", "/assets/index-1.js": "sha256-2", "/manifest.webmanifest": "sha256-3" });
  vi.stubGlobal("SHELL_VERSION", "1");
  vi.stubGlobal("NOTICES", {
    en: { title: "Something waits", body: "Open it." },
    et: { title: "Miski ootab", body: "Ava see." },
  });
});
const { shellPath } = await import("../../src/pwa/service-worker/shell-cache.ts");
const { openApp, showNotice, tellWindows } = await import("../../src/pwa/service-worker/notice.ts");

const ORIGIN = "http://localhost:8787";

const asked = (url: string, init: { method?: string; mode?: string } = {}): Request =>
  ({ url: new URL(url, ORIGIN).href, method: "GET", mode: "cors", ...init }) as Request;

it.each([
  ["/", asked("/", { mode: "navigate" })],
  ["/", asked("/?check", { mode: "navigate" })],
  ["/", asked("/device-link?deviceLinkType=Web2App&authCode=x", { mode: "navigate" })],
  ["/assets/index-1.js", asked("/assets/index-1.js")],
  ["/manifest.webmanifest", asked("/manifest.webmanifest")],
])("answers with the shell's %s", (path, request) => {
  expect(shellPath(request, ORIGIN)).toBe(path);
});

it.each([
  ["of the device channel", asked("/device/messages", { method: "POST" })],
  ["for keys, with the channel's answers", asked("/device/push-key")],
  ["of relying parties", asked("/v3/session/x")],
  ["for another page of this origin", asked("/demo", { mode: "navigate" })],
  ["that posts to the page", asked("/", { method: "POST", mode: "navigate" })],
  ["for a device link that is no page", asked("/device-link?authCode=x")],
  ["for a path behind device links", asked("/device-link/x", { mode: "navigate" })],
  ["for a file with a query", asked("/assets/index-1.js?x")],
  ["for a file that is no part of the shell", asked("/assets/index-2.js")],
  ["of another origin", asked("https://evil.example/assets/index-1.js")],
  ["whose path is a member of objects", asked("/constructor")],
])("leaves a request %s to the browser", (_, request) => {
  expect(shellPath(request, ORIGIN)).toBeUndefined();
});

it("talks to windows of the app, and to none of the demo bank", async () => {
  const [app, bank, link] = ["/?check", "/demo/payments", "/device-link?authCode=x"].map((path) => ({
    url: `${ORIGIN}${path}`,
    focused: path === "/demo/payments",
    visibilityState: "visible",
    postMessage: vi.fn<(message: unknown) => void>(),
    focus: vi.fn<() => Promise<void>>(async () => undefined),
  }));
  const openWindow = vi.fn<(url: string) => Promise<void>>(async () => undefined);
  let open = [app, bank];
  const worker = { clients: { matchAll: async () => open, openWindow } } as unknown as ServiceWorkerGlobalScope;
  await tellWindows(worker, "subscription");
  await openApp(worker);
  expect(app?.postMessage.mock.calls).toEqual([[{ type: "subscription" }], [{ type: "check" }]]);
  expect(app?.focus).toHaveBeenCalledOnce();
  expect(openWindow).not.toHaveBeenCalled();
  open = [bank];
  await openApp(worker);
  expect(openWindow).toHaveBeenCalledExactlyOnceWith("/?check");
  expect(bank?.postMessage).not.toHaveBeenCalled();
  open = [bank, link];
  await openApp(worker);
  expect(link?.postMessage.mock.calls).toEqual([[{ type: "check" }]]);
});

/** The app's database, as much of it as the service worker reads: the entry that the app keeps of its language. */
function keeps(setting: unknown): void {
  const answering = (result: unknown): EventTarget => {
    const request = Object.assign(new EventTarget(), { result });
    queueMicrotask(() => request.dispatchEvent(new Event("success")));
    return request;
  };
  const entries = { get: () => answering(setting) };
  const database = { transaction: () => ({ objectStore: () => entries }), close: () => undefined };
  vi.stubGlobal("indexedDB", { open: () => answering(database) });
}

const ENGLISH = ["Something waits", { body: "Open it.", lang: "en" }] as const;

it.each([
  ["in the language that the app last spoke", () => keeps({ code: "et" }), ["Miski ootab", { body: "Ava see.", lang: "et" }]],
  ["in English where that language has no words here", () => keeps({ code: "constructor" }), ENGLISH],
  ["in English where the app kept nothing", () => keeps(undefined), ENGLISH],
  ["in English where the database does not open", () => vi.stubGlobal("indexedDB", undefined), ENGLISH],
  ["in English where the database never answers", () => vi.stubGlobal("indexedDB", { open: () => new EventTarget() }), ENGLISH],
])("shows the notification %s", async (_, prepare, [title, options]) => {
  vi.useFakeTimers();
  prepare();
  const showNotification = vi.fn<(title: string, options: object) => Promise<void>>(async () => undefined);
  const clients = { matchAll: async () => [] };
  const shown = showNotice({ registration: { showNotification }, navigator, clients } as unknown as ServiceWorkerGlobalScope);
  await vi.runAllTimersAsync();
  await shown;
  vi.useRealTimers();
  expect(showNotification).toHaveBeenCalledExactlyOnceWith(title, expect.objectContaining(options));
});

it("marks the app's icon where no window of the app is seen, and shows the notification also where that is refused", async () => {
  keeps({ code: "en" });
  const showNotification = vi.fn<() => Promise<void>>(async () => undefined);
  const setAppBadge = vi.fn<() => Promise<void>>(() => Promise.reject(new DOMException("", "NotAllowedError")));
  let open = [{ url: `${ORIGIN}/demo`, visibilityState: "visible" }];
  const parts = { registration: { showNotification }, navigator: { setAppBadge }, clients: { matchAll: async () => open } };
  const worker = parts as unknown as ServiceWorkerGlobalScope;
  await showNotice(worker);
  open = [...open, { url: `${ORIGIN}/`, visibilityState: "hidden" }];
  await showNotice(worker);
  expect(setAppBadge.mock.calls).toEqual([[], []]);
  open = [...open, { url: `${ORIGIN}/?check`, visibilityState: "visible" }];
  await showNotice(worker);
  expect(setAppBadge).toHaveBeenCalledTimes(2);
  expect(showNotification).toHaveBeenCalledTimes(3);
});

it("tells the app's windows when the browser has replaced the push subscription, and lives until they are told", async () => {
  const window = { url: `${ORIGIN}/`, postMessage: vi.fn<(message: unknown) => void>() };
  const worker = Object.assign(new EventTarget(), { clients: { matchAll: async () => [window] } });
  vi.stubGlobal("self", worker);
  await import("../../src/pwa/service-worker/service-worker.ts");
  const waitUntil = vi.fn<(work: Promise<unknown>) => void>();
  worker.dispatchEvent(Object.assign(new Event("pushsubscriptionchange"), { waitUntil }));
  await waitUntil.mock.lastCall?.[0];
  expect(window.postMessage.mock.calls).toEqual([[{ type: "subscription" }]]);
});
