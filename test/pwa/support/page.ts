// The little of a browser's page that the model looks at. To be imported before it.
import { vi } from "vitest";

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

export const page = new Page();
export const browserWindow = new EventTarget();

vi.stubGlobal("location", { origin: "http://localhost:8787", pathname: "/", search: "" });
vi.stubGlobal("document", page);
vi.stubGlobal("addEventListener", browserWindow.addEventListener.bind(browserWindow));
vi.stubGlobal("removeEventListener", browserWindow.removeEventListener.bind(browserWindow));

/** The person looks at another page, or at this one again. */
export function turnTo(state: DocumentVisibilityState): void {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}
