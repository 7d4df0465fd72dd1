// The object's one alarm. Several things wait for it, so nobody sets it to a time of their own: it is set to the earliest of what
// storage says is still to come. It only hurries; how often something failed is in memory, and whoever forgot it tries sooner.
import { ENROLMENT_TIME_LIMIT_MS, isEnrolling } from "../../src/account/account-state.ts";
import type { AccountContext } from "./account-context.ts";
import type { LiveChannel } from "./live-channel.ts";

/** The first repetition of what did not work; each further one waits twice as long, up to the longest. */
const RETRY_DELAY_MS = 2_000;
const LONGEST_RETRY_DELAY_MS = 600_000;

export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  readonly #live: LiveChannel;
  /** Tries that failed in a row. */
  #failures = 0;
  #retryAt: number | undefined;

  constructor(storage: DurableObjectStorage, live: LiveChannel) {
    this.#storage = storage;
    this.#live = live;
  }

  /** In the same turn as a commit it belongs to that commit. */
  set(context: AccountContext): Promise<void> {
    const times = this.#times(context, Date.now());
    return times.length === 0 ? this.#storage.deleteAlarm() : this.#storage.setAlarm(Math.min(...times));
  }

  /** Something new is to be done, and is being tried: the alarm repeats what does not even begin. */
  soon(context: AccountContext): void {
    this.#retryAt = Math.min(this.#retryAt ?? Number.POSITIVE_INFINITY, Date.now() + RETRY_DELAY_MS);
    void this.set(context);
  }

  /** Whether nothing stands in the way of another try: no alarm is to come that would make it. */
  async isRetryDue(): Promise<boolean> {
    const alarm = await this.#storage.getAlarm();
    return alarm === null || alarm <= Date.now();
  }

  /** Sets the alarm even where storage cannot be asked what waits: the alarm that follows asks again. */
  async failed(): Promise<void> {
    this.#retryAt = Date.now() + Math.min(RETRY_DELAY_MS * 2 ** this.#failures++, LONGEST_RETRY_DELAY_MS);
    await this.#storage.setAlarm(this.#retryAt);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#retryAt = undefined;
  }

  #times({ account, outbox, transactions }: AccountContext, now: number): readonly number[] {
    const current = account.account();
    if (current === undefined) return [];
    const times: number[] = [];
    if (isEnrolling(current)) times.push(current.openedAt + ENROLMENT_TIME_LIMIT_MS);
    if (current.status === "issuing" || outbox.all().length > 0) times.push((this.#retryAt ??= now + RETRY_DELAY_MS));
    if (transactions.pushOwedUntil(now) !== undefined) times.push(this.#live.silentFrom());
    return times;
  }
}
