// Requests whose session has withdrawn them. An offer, or a device link that was opened, is overtaken where its session ends while the
// account is still at it: what comes then is not taken, and nobody is asked for a PIN in vain. In memory only: what is under way ends with
// the object, and a session tells once more whomever it finds out about later.
import { TIME_TO_ANSWER } from "../../src/account/session.ts";

export class Withdrawn {
  /** Transaction id → until when it could have been answered, in milliseconds since the epoch. */
  readonly #until = new Map<string, number>();

  add(transactionId: string, now: number): void {
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id);
    this.#until.set(transactionId, now + TIME_TO_ANSWER);
  }

  has(transactionId: string): boolean {
    return this.#until.has(transactionId);
  }
}
