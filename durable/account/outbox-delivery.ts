// Delivers the outbox after commits, and what did not arrive again by the alarm. Revocations first, and everything side by side: a
// target that fails or hangs holds up no other. In memory only: what waits is in the table.
import type { AccountContext } from "./account-context.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import type { AuditExport } from "./audit-export.ts";
import type { LiveChannel } from "./live-channel.ts";
import { deliver, isForOtherDevices, isRevocation, isSaying } from "./outbox.ts";
import type { OutboxItem } from "./outbox-store.ts";
import { atMost, within } from "./patience.ts";

/** Who takes longer is told again. Every receiver is idempotent: what arrives after all harms nothing. */
const DEADLINE_MS = 10_000;
/** How long an answer is held back for the certificate index, or for what its device looks at next. */
const ANSWER_PATIENCE_MS = 2_000;

export class OutboxDelivery {
  readonly #state: DurableObjectState;
  readonly #parts: { readonly alarm: AlarmClock; readonly live: LiveChannel; readonly audit: AuditExport };
  /** By the item's id: nothing is told twice at the same time. */
  readonly #underWay = new Map<number, Promise<boolean>>();

  constructor(state: DurableObjectState, parts: { alarm: AlarmClock; live: LiveChannel; audit: AuditExport }) {
    this.#state = state;
    this.#parts = parts;
  }

  /**
   * Tells who looks on, and delivers what this commit posted and recorded; the alarm, set in the same commit, repeats what did not
   * arrive. What others left waiting is not hurried. Waits only where a certificate is revoked now, or the person said something of their
   * history, and not for long: who is told that an account is closed finds it revoked, and who disowned an entry finds it marked.
   */
  async afterCommit(context: AccountContext): Promise<void> {
    this.#parts.live.tell(context);
    const { alarm } = this.#parts;
    const posted = context.outbox.takePosted();
    if (posted.length === 0) {
      this.exportRecorded(context);
      return;
    }
    alarm.soon(context);
    const exported = context.audit.takeRecorded() && this.#parts.audit.send(context);
    let isDelivered = false;
    const delivered = this.deliver(context, posted).finally(() => (isDelivered = true));
    this.#state.waitUntil(delivered);
    // Mostly it is set once for both, when everything is delivered: an alarm that is set costs as much as a row.
    if (exported !== false) this.#state.waitUntil(exported.then(() => (isDelivered ? alarm.set(context) : undefined)));
    if (posted.some((item) => isRevocation(item) || isSaying(item))) await atMost(ANSWER_PATIENCE_MS, delivered);
  }

  /** Of this commit. Nobody waits for it. */
  exportRecorded(context: AccountContext): void {
    if (!context.audit.takeRecorded()) return;
    const { alarm, audit } = this.#parts;
    void alarm.set(context);
    this.#state.waitUntil(audit.send(context).then(() => alarm.set(context)));
  }

  /** Leaves the alarm set for whatever else waits. */
  async deliver(context: AccountContext, items: readonly OutboxItem[] = context.outbox.all()): Promise<void> {
    if (items.length === 0) return;
    const revoking = this.#tryAll(context, items.filter(isRevocation));
    const telling = this.#tryAll(
      context,
      items.filter((item) => !isRevocation(item) && !isForOtherDevices(item)),
    );
    const revoked = await revoking;
    const noticed = await this.#tellOtherDevices(context, items);
    const told = await telling;
    const { alarm } = this.#parts;
    if (revoked && noticed && told) alarm.newIsDone();
    else await alarm.failed();
    await alarm.set(context);
  }

  /** Not while a certificate is still good for those who ask OCSP: the notice says that it is revoked. */
  async #tellOtherDevices(context: AccountContext, items: readonly OutboxItem[]): Promise<boolean> {
    const waiting = context.outbox.all();
    if (waiting.some(isRevocation)) return true;
    const ids = new Set(items.filter(isForOtherDevices).map(({ id }) => id));
    return this.#tryAll(
      context,
      waiting.filter(({ id }) => ids.has(id)),
    );
  }

  /** False where something was tried in vain. */
  async #tryAll(context: AccountContext, items: readonly OutboxItem[]): Promise<boolean> {
    const outcomes = await Promise.all(items.map((item) => this.#try(context, item)));
    return !outcomes.includes(false);
  }

  /** Whoever comes during a try waits for its end, and leaves the outcome to whoever began it: one failure is counted once. */
  #try(context: AccountContext, item: OutboxItem): Promise<boolean> {
    const underWay = this.#underWay.get(item.id);
    if (underWay !== undefined) return underWay.then(() => true);
    const begun = this.#begin(context, item).finally(() => this.#underWay.delete(item.id));
    this.#underWay.set(item.id, begun);
    return begun;
  }

  async #begin(context: AccountContext, item: OutboxItem): Promise<boolean> {
    try {
      await within(DEADLINE_MS, deliver(context, item));
      context.outbox.acknowledge(item.id);
      return true;
    } catch (error) {
      console.error(`outbox item of kind ${item.kind} was not delivered:`, error);
      return false;
    }
  }
}
