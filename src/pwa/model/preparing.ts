// While a request is in front of the person, a key worker of its own is started and prepares what needs no PIN. It follows the screen
// alone, so that nobody can forget it: whatever else comes up (a refusal, the end of the time, the same request claimed anew) ends it.
import { effect } from "@preact/signals";
import type { SignedTransaction } from "../../protocol/claimed-transaction.ts";
import type { Ahead } from "../key-work/jobs.ts";
import { StartedKeyWork } from "../key-work/key-work.ts";
import type { Screen } from "./state.ts";
import { isBusy, type Store } from "./store.ts";

export class Preparing {
  #claimed: SignedTransaction | undefined;
  #started: StartedKeyWork | undefined;

  follow(store: Store): void {
    effect(() => this.#follow(store.state.screen));
  }

  /** For the one attempt that is made with it. Undefined where it is for anything else. */
  take(claimed: SignedTransaction): StartedKeyWork | undefined {
    const started = claimed === this.#claimed ? this.#started : undefined;
    if (started !== undefined) this.#started = undefined;
    return started;
  }

  #follow(screen: Screen): void {
    const ahead = requestOf(screen);
    if (ahead?.claimed !== this.#claimed) {
      this.#started?.end();
      this.#started = undefined;
      this.#claimed = ahead?.claimed;
    }
    // While a PIN is tried it has been taken; where the PIN is asked again, there is time for another.
    if (ahead === undefined || this.#started !== undefined || isBusy(screen)) return;
    try {
      this.#started = new StartedKeyWork(ahead);
    } catch {
      // No worker can be made: the attempt says so.
    }
  }
}

function requestOf(screen: Screen): Ahead | undefined {
  if (screen.name !== "transaction" && screen.name !== "pin") return undefined;
  const { accountId, claimed } = screen;
  return { accountId, claimed };
}
