// The look for requests that the person asks for, and the one at every start.
import type { Model } from "./model.ts";

/** Asks for all accounts. `then`: what is said where nothing waits. */
export async function check({ store, accounts }: Model, then: "nothing" | "idle"): Promise<void> {
  store.go({ name: "home", check: "checking" });
  const here = store.visit();
  const refreshed = await accounts.refreshAll();
  if (!here()) return;
  if (refreshed.every(({ kind }) => kind !== "known")) {
    // A server that this version does not understand was reached: what to do about it stands below.
    return store.stay({ name: "home", check: store.state.tooOld ? "idle" : "unreachable" });
  }
  const waits = store.state.accounts.some(({ waiting }) => waiting.length > 0);
  store.stay({ name: "home", check: waits ? "idle" : then });
}
