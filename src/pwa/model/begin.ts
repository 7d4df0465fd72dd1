// Work that a person began, which must come to an end that they see.
import type { Model } from "./model.ts";
import type { Screen } from "./state.ts";
import { isAnswering } from "./store.ts";

/** Whatever went wrong that nobody expected: the person hears that it did not work, and is not left waiting. */
export function begin({ store }: Model, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    console.error(error);
    store.go({ name: "outcome", outcome: isOfRequest(store.screen) ? "failed" : "not-done" });
  });
}

const isOfRequest = (screen: Screen): boolean =>
  isAnswering(screen) || screen.name === "awaiting" || screen.name === "link-opening";
