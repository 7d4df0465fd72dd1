// Waiting for a network: until the browser says that there is one, or a while that grows, whichever comes first. What the browser
// says is only a hint: it knows of cables, not of servers.
import { pauseAfter } from "./pause.ts";

/** Resolves also when `signal` is aborted. In windows and workers. */
export function networkMayBeBack(failures: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, pauseAfter(failures, Math.random));
    globalThis.addEventListener("online", done);
    signal?.addEventListener("abort", done);
  });
}
