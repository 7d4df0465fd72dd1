// Makes the app start without a network, tells of waiting requests, and lets an update wait until the person wants it. Holds no
// account, no key and no PIN, and never sees an answer of the API: whatever is not a file of the shell it leaves to the browser.
import { dropOtherVersions, fillCache, fromCache, shellPath } from "./shell-cache.ts";
import { openApp, showNotice, tellWindows } from "./notice.ts";

declare const self: ServiceWorkerGlobalScope;

// No skipWaiting() here: pages of the old version still fetch files of the old version.
self.addEventListener("install", (event) => event.waitUntil(fillCache()));

// The page of the very first visit comes under this worker's care at once, so that a network cut during it harms nothing.
self.addEventListener("activate", (event) => event.waitUntil(dropOtherVersions().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const path = shellPath(event.request, self.location.origin);
  if (path !== undefined) event.respondWith(fromCache(path, event.request));
});

self.addEventListener("message", (event) => {
  if ((event.data as { type?: unknown } | null)?.type === "skip-waiting") event.waitUntil(self.skipWaiting());
});

// The payload is not even read: whoever could send one should not choose what a person is shown. A push without a notification
// costs the subscription in some browsers, so there always is one.
self.addEventListener("push", (event) => event.waitUntil(Promise.all([showNotice(self), tellWindows(self, "check")])));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openApp(self));
});

// Only a window has the keys to tell the server; where none is open, the next start compares the subscriptions.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(tellWindows(self, "subscription")));
