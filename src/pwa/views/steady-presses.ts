// Where the person is asked which device they use, other accounts, windows and devices change what stands there: a thumb that was about to
// press does not press what came under it by itself.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Screen } from "../model/state.ts";

/** Longer than it takes to see what stands there now; shorter than it takes to read it. */
const UNSEEN_FOR_MS = 500;

/**
 * From such a question on until the person presses something, or the request is over, every press on a request is ignored that comes right
 * after another drawing: by a finger, a key, or what reads the screen out. `drawn`: what stands there now.
 */
export function useSteadyPresses(screen: Screen["name"], drawn: string): void {
  const byItself = useRef(false);
  useLayoutEffect(() => {
    if (screen === "outcome") byItself.current = false;
    // Home stands between a question and its request, and is where the person goes back to.
    const drawnAt = byItself.current && screen !== "home" ? performance.now() : -Infinity;
    if (screen === "use-device") byItself.current = true;
    const press = (event: Event): void => {
      if (event.timeStamp - drawnAt < UNSEEN_FOR_MS) {
        event.preventDefault();
        event.stopPropagation();
      } else if (event.target instanceof Element && event.target.closest("button") !== null) byItself.current = false;
    };
    addEventListener("click", press, { capture: true });
    return () => removeEventListener("click", press, { capture: true });
  }, [screen, drawn]);
}
