// Delivers the outbox after commits: in order, one delivery at a time, and what did not arrive again by the alarm. In memory only:
// what waits is in the table.
import type { AccountContext } from "./account-context.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { deliver } from "./outbox.ts";

export class OutboxDelivery {
  readonly #alarm: AlarmClock;
  #delivering: Promise<void> | undefined;

  constructor(alarm: AlarmClock) {
    this.#alarm = alarm;
  }

  /** One delivery at a time; a target that fails does not hold up the others. Leaves the alarm set for whatever else waits. */
  async deliver(context: AccountContext): Promise<void> {
    while (this.#delivering !== undefined) await this.#delivering;
    this.#delivering = this.#deliverAll(context).finally(() => {
      this.#delivering = undefined;
    });
    await this.#delivering;
  }

  async #deliverAll(context: AccountContext): Promise<void> {
    let failed = false;
    for (const item of context.outbox.all()) {
      try {
        await deliver(context, item);
        context.outbox.acknowledge(item.id);
      } catch (error) {
        console.error(`outbox item of kind ${item.kind} was not delivered:`, error);
        failed = true;
      }
    }
    if (failed) await this.#alarm.failed();
    else this.#alarm.succeeded();
    await this.#alarm.set(context);
  }
}
