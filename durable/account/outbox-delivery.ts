// Delivers the outbox after commits: in order, one delivery at a time, and what did not arrive again by the alarm. In memory only:
// what waits is in the table.
import type { AccountContext } from "./account-context.ts";
import { deliver } from "./outbox.ts";

/** The first repetition of what did not arrive; each further one waits twice as long, up to the longest. */
const RETRY_DELAY_MS = 2_000;
const LONGEST_RETRY_DELAY_MS = 600_000;

export class OutboxDelivery {
  readonly #storage: DurableObjectStorage;
  #delivering: Promise<void> | undefined;
  /** Deliveries that failed in a row. */
  #failures = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** One delivery at a time; a target that fails does not hold up the others. */
  async deliver(context: AccountContext): Promise<void> {
    while (this.#delivering !== undefined) await this.#delivering;
    this.#delivering = this.#deliverAll(context).finally(() => {
      this.#delivering = undefined;
    });
    await this.#delivering;
  }

  /** Sets the alarm that repeats a delivery which has not begun; nothing is lost where it never does. */
  repeatSoon(): void {
    void this.#storage.setAlarm(Date.now() + RETRY_DELAY_MS);
  }

  async repeatLater(): Promise<void> {
    const delay = Math.min(RETRY_DELAY_MS * 2 ** this.#failures++, LONGEST_RETRY_DELAY_MS);
    await this.#storage.setAlarm(Date.now() + delay);
  }

  async #deliverAll(context: AccountContext): Promise<void> {
    for (const item of context.outbox.all()) {
      try {
        await deliver(context, item);
        context.outbox.acknowledge(item.id);
      } catch (error) {
        console.error(`outbox item of kind ${item.kind} was not delivered:`, error);
        await this.repeatLater();
      }
    }
    if (context.outbox.all().length > 0) return;
    this.#failures = 0;
    // The alarm of `repeatSoon` has nothing left to do; that of an enrolment's end has.
    if (context.account.account()?.status === "active") await this.#storage.deleteAlarm();
  }
}
