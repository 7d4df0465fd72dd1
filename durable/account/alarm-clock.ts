// The object's one alarm. Several things wait for it, so nobody sets it to a time of their own: it is set to the earliest of what
// storage says is still to come. It only hurries what every request decides by comparing times.
import { ENROLMENT_TIME_LIMIT_MS, hasEnd, isEnrolling } from "../../src/account/account-state.ts";
import { RetryTime } from "../storage/retry-time.ts";
import type { AccountContext } from "./account-context.ts";
import { nextExport } from "./audit-export.ts";
import { isIssuing } from "./issuing.ts";
import type { LiveChannel } from "./live-channel.ts";
import { pushOwedUntil } from "./push-delivery.ts";

export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  readonly #live: LiveChannel;
  readonly #retry = new RetryTime();
  /** What an alarm found to do and could not: no table says that it waits. */
  #isBehind = false;

  constructor(storage: DurableObjectStorage, live: LiveChannel) {
    this.#storage = storage;
    this.#live = live;
  }

  /** In the same turn as a commit it belongs to that commit. */
  set(context: AccountContext): Promise<void> {
    if (!this.#isRetrying(context)) this.#retry.succeeded();
    const times = this.#times(context, Date.now());
    return times.length === 0 ? this.#storage.deleteAlarm() : this.#storage.setAlarm(Math.min(...times));
  }

  /** For accounts that became active before their end was a time to wake at. */
  async setWhereNone(context: AccountContext): Promise<void> {
    if ((await this.#storage.getAlarm()) === null) await this.set(context);
  }

  /** Something new is to be done, and is being tried: the alarm repeats what does not even begin. */
  soon(context: AccountContext): void {
    this.#retry.soon(Date.now());
    void this.set(context);
  }

  /** Whether nothing stands in the way of another try: no alarm is to come that would make it. */
  async isRetryDue(): Promise<boolean> {
    const alarm = await this.#storage.getAlarm();
    return alarm === null || alarm <= Date.now();
  }

  /** Sets the alarm even where storage cannot be asked what waits: the alarm that follows asks again. */
  async failed(): Promise<void> {
    await this.#storage.setAlarm(this.#retry.failed(Date.now()));
  }

  /** An alarm did not come to its end: until one does it is repeated, less and less often, whatever else sets the alarm. */
  async fellBehind(): Promise<void> {
    this.#isBehind = true;
    await this.failed();
  }

  caughtUp(): void {
    this.#isBehind = false;
  }

  /** What `soon` was said of is done. What failed before is tried when it would have been. */
  newIsDone(): void {
    this.#retry.newIsDone();
  }

  #times(context: AccountContext, now: number): readonly number[] {
    const account = context.account.account();
    if (account === undefined) return [];
    const times: number[] = [];
    const exporting = nextExport(context, now);
    if (exporting !== undefined) times.push(exporting);
    // Nothing is forgotten before the queue has its events, which is asked when its time comes.
    if (isEnrolling(account)) times.push(Math.max(account.openedAt + ENROLMENT_TIME_LIMIT_MS, context.audit.nextTry() ?? 0));
    if (hasEnd(account)) times.push(account.expiresAt);
    const reKey = context.reKeys.read();
    if (reKey !== undefined && reKey.state !== "issuing") times.push(reKey.until);
    if (this.#isRetrying(context)) times.push(this.#retry.at(now));
    // What nobody answered does not stay.
    const ends = [context.awaited.read()?.until, context.transactions.firstExpiry(), context.disowned.firstExpiry()];
    for (const end of ends) if (end !== undefined) times.push(end);
    // The platform takes no time in 1970, which is when nobody at all was heard of last.
    if (pushOwedUntil(context, now) !== undefined) times.push(Math.max(now, this.#live.silentFrom()));
    return times;
  }

  /** Whether something waits that is repeated until it works. */
  #isRetrying(context: AccountContext): boolean {
    return this.#isBehind || isIssuing(context) || context.outbox.all().length > 0;
  }
}
