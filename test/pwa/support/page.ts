// The little of a browser's page that the model looks at. To be imported before it.
import { vi } from "vitest";

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

export const page = new Page();
export const browserWindow = new EventTarget();

/** What the person sees in the address bar; and where they were sent to. */
export const address = {
  origin: "http://localhost:8787",
  href: "http://localhost:8787/",
  pathname: "/",
  search: "",
  replace: vi.fn<(url: string) => void>(),
};

/** As after a navigation to it. */
export function goTo(path: string): void {
  const { href, pathname, search } = new URL(path, address.origin);
  Object.assign(address, { href, pathname, search });
}

vi.stubGlobal("location", address);
vi.stubGlobal("history", { replaceState: (_state: unknown, _title: string, path: string) => goTo(path) });

/** What the tab keeps over reloads. */
export const tabStorage = new Map<string, string>();
vi.stubGlobal("sessionStorage", {
  getItem: (key: string) => tabStorage.get(key) ?? null,
  setItem: (key: string, value: string) => void tabStorage.set(key, value),
  removeItem: (key: string) => void tabStorage.delete(key),
});
vi.stubGlobal("document", page);
vi.stubGlobal("addEventListener", browserWindow.addEventListener.bind(browserWindow));
vi.stubGlobal("removeEventListener", browserWindow.removeEventListener.bind(browserWindow));

/** The person looks at another page, or at this one again. */
export function turnTo(state: DocumentVisibilityState): void {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}
