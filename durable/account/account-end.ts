// Ends that nobody asks for: an account whose time is over, and one whose rows are older than what was told of it.
import type { AccountContext } from "./account-context.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { closeIfExpired, closeRolledBack } from "./closing.ts";

export class AccountEnd {
  readonly #storage: DurableObjectStorage;
  readonly #alarm: AlarmClock;
  readonly #afterCommit: (context: AccountContext) => Promise<void>;
  #epochCompared = false;

  constructor(
    { storage }: DurableObjectState,
    { alarm, afterCommit }: { alarm: AlarmClock; afterCommit: (context: AccountContext) => Promise<void> },
  ) {
    this.#storage = storage;
    this.#alarm = alarm;
    this.#afterCommit = afterCommit;
  }

  /** Before anything is asked of the account. Throws while the Person object cannot be asked. */
  async closeIfOver(context: AccountContext): Promise<void> {
    await this.#closeIfRolledBack(context);
    if (this.#storage.transactionSync(() => closeIfExpired(context, Date.now()))) await this.#afterCommit(context);
  }

  /**
   * The platform can bring back old rows. The Person object remembers the highest epoch that it was told of: an account
   * that loads with less has lost payments, and closes itself. Once for each time the object is loaded.
   */
  async #closeIfRolledBack(context: AccountContext): Promise<void> {
    if (this.#epochCompared) return;
    const { PERSONS } = context.environment;
    const account = context.account.account();
    const person = account?.identity?.semanticsIdentifier;
    // Of a closed account nothing hangs on it, and who closed it may be told although the Person object is out of reach.
    if (person !== undefined && account?.status !== "closed") {
      const object = PERSONS.get(PERSONS.idFromName(person));
      const remembered = await object.epoch(context.handle, account?.status === "active" ? account.expiresAt : 0);
      const epoch = context.account.account()?.epoch ?? 0;
      if (remembered > epoch) {
        const listed = (await object.history()).find(({ handle }) => handle === context.handle);
        this.#storage.transactionSync(() => closeRolledBack(context, listed?.serialNumbers ?? [], Date.now()));
        await this.#afterCommit(context);
      } else if (remembered < epoch) {
        // It was not told yet, or is older than what it was told: else rows of between would come back unnoticed.
        await object.raiseEpoch(context.handle, epoch);
      }
    }
    await this.#alarm.setWhereNone(context);
    this.#epochCompared = true;
  }
}
