// One session of a relying party: asks the person's accounts, keeps the first answer, wakes the long polls, forgets everything
// five minutes later. Loads, decides by src/account/session.ts, saves; what a session is stands there.
import type { AccountSummary, LinkFailure, SessionApi, SessionStart, SessionView } from "../../src/account/objects.ts";
import type { Suite } from "../../src/account/purpose.ts";
import type { OfferedTransaction, TransactionOutcome } from "../../src/account/transaction.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import { sessionStatus } from "../../src/account/session-answer.ts";
import {
  claimSession,
  completionAt,
  finishSession,
  followSession,
  isAnswered,
  isGone,
  nextChange,
  offeredTransaction,
  refuseBeforehand,
  type Session,
  startSession,
  strayOffers,
  takeOffers,
} from "../../src/account/session.ts";
import { endForged, openLink } from "../../src/account/session-link.ts";
import { LocatedObject } from "../located-object.ts";
import { meteredSessionOf } from "../../src/metering/metered-session.ts";
import { schemaVersion } from "../storage/migrations.ts";
import { offerToAll, tellLastOne, withdrawFrom } from "./asked-accounts.ts";
import { MeteringOutbox } from "./metering-outbox.ts";
import { deleteSession, insertSession, loadSession, updateSession } from "./session-store.ts";
import { Waiters } from "./waiters.ts";

/** Milliseconds until an alarm that failed goes off again. */
const NEXT_ALARM = 3_600_000;

export class SessionObject extends LocatedObject implements SessionApi {
  readonly #waiters = new Waiters();
  readonly #metering = new MeteringOutbox(this.ctx.storage);

  /** Idempotent by object: a repeated start finds the session as it is, and asks whom a crash kept from being asked. */
  async start(name: string, input: SessionStart): Promise<Result<undefined, "too_many_pending">> {
    let session = this.#load();
    if (session?.offered === true) {
      const answeredAgain = session.link && { ...session.link, answeredAgainAt: Date.now() };
      if (answeredAgain !== undefined) await this.#save(session, { ...session, link: answeredAgain });
      return success(undefined);
    }
    const isRepeated = session !== undefined;
    if (session === undefined) {
      const ids = { transactionId: crypto.randomUUID(), meteringId: crypto.randomUUID() };
      session = startSession(name, input, ids, Date.now());
      insertSession(this.ctx.storage, session);
      await this.ctx.storage.setAlarm(nextChange(session));
    }
    // Nobody is asked: somebody comes with a device link.
    if (session.link !== undefined) return success(undefined);
    if (isAnswered(session, Date.now())) {
      await this.#save(session, { ...session, offered: true });
      // Who has it goes on.
      this.#withdrawFromOthers(session, session.completion === undefined ? session.claimedBy : undefined);
      return success(undefined);
    }
    if (input.isRefused === true) {
      await this.#save(session, refuseBeforehand(session, Date.now()));
      // Whom a start before this one had asked, when a crash cut it off.
      if (isRepeated) this.#withdrawFromOthers(session, undefined);
      return success(undefined);
    }
    return this.#ask(session);
  }

  async #ask(session: Session): Promise<Result<undefined, "too_many_pending">> {
    const verdicts = await offerToAll(this.env.ACCOUNTS, session);
    // Read again: an account may have answered while the others were being asked, or a start beside this one may have given up.
    const loaded = this.#load();
    const current = loaded?.transaction.transactionId === session.transaction.transactionId ? loaded : undefined;
    const taken = current === undefined ? failed("too_many_pending") : takeOffers(current, verdicts, Date.now());
    const known = taken.ok ? taken.value : undefined;
    this.#withdraw(session, strayOffers(verdicts, known, Date.now()));
    if (current !== undefined) await (known === undefined ? this.#forget() : this.#save(current, known));
    if (known === undefined) return failed("too_many_pending");
    this.ctx.waitUntil(tellLastOne(this.env.ACCOUNTS, session, known));
    return success(undefined);
  }

  async claim(handle: string): Promise<Result<undefined, "claimed_elsewhere" | "over">> {
    const session = this.#load();
    if (session === undefined) return failed("over");
    const claimed = claimSession(session, handle, Date.now());
    if (!claimed.ok) return claimed;
    if (session.claimedBy !== handle) {
      await this.#save(session, claimed.value);
      this.#withdrawFromOthers(session, handle);
    }
    return success(undefined);
  }

  async openLink(
    account: AccountSummary,
    link: string,
    suites?: readonly Suite[],
  ): Promise<Result<OfferedTransaction, LinkFailure>> {
    const session = this.#load();
    if (session === undefined) return failed("over");
    const now = Date.now();
    const opened = openLink(session, account, link, now, suites);
    if (!opened.ok) {
      const ended = opened.failure === "forged_link" ? endForged(session, now) : session;
      if (ended !== session) {
        await this.#save(session, ended);
        // Also from the account that had opened a right one before: what is over asks for no PIN.
        if (session.claimedBy !== undefined) this.#withdrawFromOthers(session, undefined);
      }
      return opened;
    }
    if (opened.value !== session) await this.#save(session, opened.value);
    return success(offeredTransaction(opened.value));
  }

  async follow(
    relyingPartyUUID: string,
    documentNumber: string,
    follower: string,
  ): Promise<Result<undefined, "not_to_be_followed">> {
    const session = this.#load();
    const followed = session && followSession(session, { relyingPartyUUID, documentNumber, follower }, Date.now());
    if (session === undefined || followed === undefined) return failed("not_to_be_followed");
    await this.#save(session, followed);
    return success(undefined);
  }

  async finish(handle: string, outcome: TransactionOutcome): Promise<void> {
    const session = this.#load();
    if (session === undefined) return;
    const finished = finishSession(session, handle, outcome, Date.now());
    if (finished === session) return;
    await this.#save(session, finished);
    this.ctx.waitUntil(tellLastOne(this.env.ACCOUNTS, session, finished));
    if (finished.completion !== undefined && session.claimedBy === undefined) this.#withdrawFromOthers(session, handle);
  }

  async view(timeoutMs: number): Promise<SessionView | undefined> {
    const session = this.#load();
    if (session === undefined) return undefined;
    const now = Date.now();
    if (completionAt(session, now) === undefined && timeoutMs > 0) {
      await this.#waiters.wait(Math.min(timeoutMs, nextChange(session) - now));
    }
    const current = this.#load();
    if (current === undefined) return undefined;
    return { relyingPartyUUID: current.transaction.relyingPartyUUID, status: sessionStatus(current, Date.now()) };
  }

  override async alarm(): Promise<void> {
    try {
      await this.#catchUp();
    } catch (error) {
      // The platform gives up on an alarm that keeps failing, and with it a session would stay for ever and never be counted. Where the
      // storage takes no alarm either, that throws, and the platform repeats this one.
      console.error("a session's alarm will be repeated:", error);
      await this.ctx.storage.setAlarm(Date.now() + NEXT_ALARM);
    }
  }

  async #catchUp(): Promise<void> {
    const session = loadSession(this.ctx.storage);
    const now = Date.now();
    const completion = session && completionAt(session, now);
    // Before it is forgotten, too: an alarm that comes minutes late finds a session that ended and was never counted.
    if (session !== undefined && completion !== undefined && session.completion === undefined) {
      await this.#save(session, { ...session, completion });
      // Nothing of it stays with the accounts either.
      this.#withdrawFromOthers(session, undefined);
    }
    if (session !== undefined && isGone(session, now)) await this.#forget();
    await this.#meter();
    await this.#setAlarm();
  }

  #load(): Session | undefined {
    const session = loadSession(this.ctx.storage);
    return session === undefined || isGone(session, Date.now()) ? undefined : session;
  }

  async #save(before: Session, after: Session): Promise<void> {
    const { completion } = after;
    if (before.completion !== undefined || completion === undefined) return updateSession(this.ctx.storage, after);
    const metered = meteredSessionOf(after, completion);
    // Both or neither: what is over is counted, once.
    this.ctx.storage.transactionSync(() => {
      updateSession(this.ctx.storage, after);
      if (metered !== undefined) this.#metering.post(metered);
    });
    this.#waiters.wake();
    // Also for the queue: whatever happens to the object before its message has left, it wakes then and sends it.
    await this.ctx.storage.setAlarm(nextChange(after));
    this.ctx.waitUntil(this.#meter());
  }

  /** Nobody waits for it. The alarm repeats what the queue did not take. */
  async #meter(): Promise<void> {
    if (schemaVersion(this.ctx.storage) === 0) return;
    if (!(await this.#metering.send(this.env.METERING, Date.now()))) await this.#setAlarm();
  }

  /** To the first time at which something is to be done; an object that has nothing to do any more leaves nothing. */
  async #setAlarm(): Promise<void> {
    const session = loadSession(this.ctx.storage);
    if (schemaVersion(this.ctx.storage) === 0) return;
    const change = session === undefined ? Infinity : nextChange(session);
    const next = Math.min(change, this.#metering.nextTry(Date.now()) ?? Infinity);
    if (next === Infinity) await this.#forget();
    else await this.ctx.storage.setAlarm(next);
  }

  /** All of the session, at once. What the queue has not taken yet stays, which tells nothing about anybody. */
  async #forget(): Promise<void> {
    if (this.#metering.nextTry(Date.now()) === undefined) {
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
    } else deleteSession(this.ctx.storage);
    this.#waiters.wake();
  }

  #withdrawFromOthers(session: Session, handle: string | undefined): void {
    const handles = session.accounts.map((account) => account.handle);
    this.#withdraw(
      session,
      handles.filter((other) => other !== handle),
    );
  }

  /** Nobody waits for it. */
  #withdraw(session: Session, handles: readonly string[]): void {
    this.ctx.waitUntil(withdrawFrom(this.env.ACCOUNTS, session, handles));
  }
}
