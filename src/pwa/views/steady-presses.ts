// Requests open by themselves, and change by themselves: under a thumb that was about to press what stood there before, or in a window that
// another page brings to the front between the two clicks of a double click.
import { useLayoutEffect } from "preact/hooks";
import type { Screen } from "../model/state.ts";

/** No shorter than a double click; longer than it takes to see what stands there now; shorter than it takes to read it. */
const UNSEEN_FOR_MS = 500;

/** On which one press answers a site, or decides what is answered. */
const ASKING: readonly Screen["name"][] = ["use-device", "link-accounts", "transaction", "certificate-choice"];

/**
 * On a request every press is ignored that comes right after a drawing, or after its window came to the front: by a finger, a key, or what
 * reads the screen out. `drawn`: what stands there now.
 */
export function useSteadyPresses(screen: Screen["name"], drawn: string): void {
  useLayoutEffect(() => {
    if (!ASKING.includes(screen)) return undefined;
    let seenFrom = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const appears = (how: "drawn" | "again"): void => {
      seenFrom = performance.now();
      document.documentElement.setAttribute("data-unseen", how);
      clearTimeout(timer);
      timer = setTimeout(() => document.documentElement.removeAttribute("data-unseen"), UNSEEN_FOR_MS);
    };
    const press = (event: Event): void => {
      // A digit answers nothing.
      const isDigit = event.target instanceof Element && event.target.closest(".key") !== null;
      if (isDigit || event.timeStamp - seenFrom >= UNSEEN_FOR_MS) return;
      event.preventDefault();
      event.stopPropagation();
    };
    const comesBack = (): void => appears("again");
    appears("drawn");
    addEventListener("focus", comesBack);
    document.addEventListener("visibilitychange", comesBack);
    addEventListener("click", press, { capture: true });
    return () => {
      removeEventListener("focus", comesBack);
      document.removeEventListener("visibilitychange", comesBack);
      removeEventListener("click", press, { capture: true });
      clearTimeout(timer);
      document.documentElement.removeAttribute("data-unseen");
    };
  }, [screen, drawn]);
}
