// Gives an account's audit events to the queue: after the commit that recorded them, and again by the object's alarm until they are taken.
// Nobody waits for it, and a queue that is down for days is asked no more than once an hour.
import type { AccountContext } from "./account-context.ts";
import { within } from "./patience.ts";

/** Who takes longer is told again: an event that comes twice is kept once. */
const DEADLINE_MS = 10_000;
const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 3_600_000;

/** When the alarm is to try, in milliseconds since the epoch; undefined where nothing waits. */
export function nextExport({ audit }: AccountContext, now: number): number | undefined {
  const due = audit.nextTry();
  return due === 0 ? now + FIRST_DELAY_MS : due;
}

export class AuditExport {
  readonly #storage: DurableObjectStorage;
  #underWay: Promise<boolean> | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Whatever is due, one message after the other. True where nothing waits any more. Never throws. */
  async send(context: AccountContext): Promise<boolean> {
    this.#underWay ??= this.#sendDue(context).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #sendDue(context: AccountContext): Promise<boolean> {
    const { audit, handle, environment } = context;
    for (let waiting = audit.firstWaiting(); waiting !== undefined; waiting = audit.firstWaiting()) {
      if (Date.now() < (waiting.retryAt ?? 0)) return false;
      try {
        await within(DEADLINE_MS, this.#sendTo(environment.AUDIT, { chain: handle, events: waiting.events }));
      } catch (error) {
        console.error("audit events were not taken yet:", error);
        audit.failed(waiting, Date.now() + Math.min(FIRST_DELAY_MS * 2 ** waiting.failures, LONGEST_DELAY_MS));
        return false;
      }
      audit.taken(waiting);
    }
    return true;
  }

  /**
   * An object's answers wait until what it wrote is on disk, but it is not known that its messages to a queue do: one could leave that
   * tells of what is then lost with the machine, and the event that takes its place would look like a fork.
   */
  async #sendTo(queue: Queue, message: object): Promise<void> {
    await this.#storage.sync();
    await queue.send(message);
  }
}
