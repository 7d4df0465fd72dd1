// A page that is covered, or comes to the front again, as its scripts hear of it: a browser without windows covers none.
import type { Page } from "playwright-core";

export const turnTo = (page: Page, visibility: DocumentVisibilityState): Promise<void> =>
  page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    document.dispatchEvent(new Event("visibilitychange"));
  }, visibility);
