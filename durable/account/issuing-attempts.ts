// Tries to issue an account's certificates: one try at a time, and what did not work again by the alarm. In memory only: that
// certificates are to be issued is in the account's status.
import { refillSharePool } from "../share-pool/share-pool.ts";
import type { AccountContext } from "./account-context.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { issueCertificates } from "./issuing.ts";
import type { LiveChannel } from "./live-channel.ts";
import type { OutboxDelivery } from "./outbox-delivery.ts";

export class IssuingAttempts {
  readonly #state: DurableObjectState;
  readonly #parts: { readonly alarm: AlarmClock; readonly delivery: OutboxDelivery; readonly live: LiveChannel };
  #underWay: Promise<boolean> | undefined;

  constructor(state: DurableObjectState, parts: { alarm: AlarmClock; delivery: OutboxDelivery; live: LiveChannel }) {
    this.#state = state;
    this.#parts = parts;
  }

  /** False where it did not work and will be repeated. Whoever comes during a try waits for its outcome. */
  async issue(context: AccountContext): Promise<boolean> {
    this.#underWay ??= this.#try(context).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #try(context: AccountContext): Promise<boolean> {
    const { alarm, delivery, live } = this.#parts;
    try {
      await issueCertificates(this.#state.storage, context);
    } catch (error) {
      console.error("issuing will be repeated:", error);
      await alarm.failed();
      return false;
    }
    live.tell(context);
    delivery.exportRecorded(context);
    await delivery.deliver(context);
    this.#state.waitUntil(refillSharePool(context.environment));
    return true;
  }
}
