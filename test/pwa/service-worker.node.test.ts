// What the service worker answers, and whom it talks to: files of the shell, and windows of the app.
import { expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("SHELL", { "/": "sha256-1", "/assets/index-1.js": "sha256-2", "/manifest.webmanifest": "sha256-3" });
  vi.stubGlobal("SHELL_VERSION", "1");
});
const { shellPath } = await import("../../src/pwa/service-worker/shell-cache.ts");
const { openApp, tellWindows } = await import("../../src/pwa/service-worker/notice.ts");

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
