// The number on the app's icon.
import "./support/page.ts";
import { expect, it, vi } from "vitest";
import { followBadge } from "../../src/pwa/live/badge.ts";
import type { AccountView } from "../../src/pwa/model/state.ts";
import { Store } from "../../src/pwa/model/store.ts";

const account = (id: string, waiting: number): AccountView => ({
  id,
  owner: undefined,
  state: undefined,
  clockSkew: 0,
  waiting: Array.from({ length: waiting }, (_, index) => ({
    transactionId: `${id}-${index}`,
    purpose: "auth",
    relyingPartyName: "DEMO",
    expiresAt: 0,
  })),
});

it("is that of the requests that wait on all accounts, goes when none does, and is left alone until the first answer", () => {
  const shown: (number | "none")[] = [];
  const refused = (number: number | "none") => {
    shown.push(number);
    return Promise.reject(new DOMException("not installed", "NotAllowedError"));
  };
  vi.stubGlobal("navigator", { setAppBadge: (number: number) => refused(number), clearAppBadge: () => refused("none") });
  const store = new Store();
  followBadge(store);
  store.patch({ accounts: [account("a", 1), account("b", 2)] });
  expect(shown).toEqual([]);
  store.go({ name: "home", check: "idle" });
  store.patch({ accounts: [account("a", 0), account("b", 2)] });
  // The same two on another account.
  store.patch({ accounts: [account("b", 2), account("b", 1)] });
  store.patch({ selected: "a" });
  store.patch({ accounts: [account("a", 0), account("b", 0)] });
  expect(shown).toEqual([3, 2, "none"]);
});

it("is nothing that a browser must have", () => {
  vi.stubGlobal("navigator", {});
  const store = new Store();
  followBadge(store);
  expect(() => store.go({ name: "home", check: "idle" })).not.toThrow();
});
