// What an account does when its alarm wakes it: tells what others have not heard yet, and catches up with what came to its end meanwhile. Only
// hurries: every request compares times by itself.
import { isAbandoned } from "../../src/account/account-state.ts";
import { schemaVersion } from "../storage/migrations.ts";
import type { AccountContext } from "./account-context.ts";
import type { AccountEnd } from "./account-end.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { recordAbandoned } from "./audit.ts";
import type { AuditExport } from "./audit-export.ts";
import { expireTransactions } from "./history.ts";
import type { IssuingAttempts } from "./issuing-attempts.ts";
import { isIssuing } from "./issuing.ts";
import type { LiveChannel } from "./live-channel.ts";
import { giveUpLateReKey } from "./operations/re-key.ts";
import type { OutboxDelivery } from "./outbox-delivery.ts";
import { pushOwedUntil, pushWaiting, settlePushes } from "./push-delivery.ts";

interface Parts {
  readonly alarm: AlarmClock;
  readonly audit: AuditExport;
  readonly delivery: OutboxDelivery;
  readonly issuing: IssuingAttempts;
  readonly end: AccountEnd;
  readonly live: LiveChannel;
}

export class AlarmWork {
  readonly #storage: DurableObjectStorage;
  readonly #parts: Parts;

  constructor({ storage }: DurableObjectState, parts: Parts) {
    this.#storage = storage;
    this.#parts = parts;
  }

  /** Side by side: what is to be told waits for nobody who cannot be asked. Throws the first failure, when all of it was tried. */
  async run(context: AccountContext): Promise<void> {
    const { delivery } = this.#parts;
    const tries = await Promise.allSettled([delivery.deliver(context), this.#catchUp(context), this.#export(context)]);
    for (const each of tries) if (each.status === "rejected") throw each.reason;
  }

  async #catchUp(context: AccountContext): Promise<void> {
    const { alarm, delivery, end, issuing, live } = this.#parts;
    await end.closeIfOver(context);
    // A new account has nothing else to catch up with; one that stands has, however long its new keys wait.
    const issued = !isIssuing(context) || (await issuing.issue(context));
    if (!issued && context.account.account()?.status === "issuing") return;
    alarm.caughtUp();
    this.#storage.transactionSync(() => giveUpLateReKey(context, Date.now()));
    delivery.exportRecorded(context);
    context.awaited.removeExpired(Date.now());
    context.disowned.removeExpired(Date.now());
    if (this.#storage.transactionSync(() => expireTransactions(context, Date.now()))) await delivery.afterCommit(context);
    // Of this moment: meanwhile its device may have signed the application.
    if (isAbandoned(context.account.account(), Date.now())) {
      await this.#forget(context);
      return;
    }
    const now = Date.now();
    const waitsUntil = live.isConnected(now) ? undefined : pushOwedUntil(context, now);
    // First: an alarm that is repeated must not push a second time.
    if (waitsUntil !== undefined) settlePushes(context);
    await alarm.set(context);
    if (waitsUntil !== undefined) await pushWaiting(context, waitsUntil, now);
  }

  /** Nobody but this device ever heard of the account: nothing of it needs to stay, once its end is in the audit log. */
  async #forget(context: AccountContext): Promise<void> {
    const { alarm, audit } = this.#parts;
    this.#storage.transactionSync(() => recordAbandoned(context, Date.now()));
    await audit.send(context);
    if (context.audit.nextTry() === undefined) await this.#storage.deleteAll();
    else await alarm.set(context);
  }

  async #export(context: AccountContext): Promise<void> {
    if (context.audit.nextTry() === undefined) return;
    const { alarm, audit } = this.#parts;
    await audit.send(context);
    // It may have forgotten everything meanwhile.
    if (schemaVersion(this.#storage) > 0) await alarm.set(context);
  }
}
