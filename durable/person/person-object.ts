// One natural person: which accounts there are, how far each has come (epoch), which signature requests were just made, and what each
// account has to hear of the others; what became of the relying parties' requests, and whose notifications the person refuses.
// Named by the semantics identifier. Holds no key and decides nothing about PINs.
import type { AccountRecord, AccountSummary, FoundAccount, PersonApi } from "../../src/account/objects.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import type { Disowning, PastTransaction } from "../../src/account/past-transaction.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import type { HistoryEntry, RefusedParty } from "../../src/protocol/history.ts";
import { within } from "../account/patience.ts";
import { LocatedObject } from "../located-object.ts";
import { RetryTime } from "../storage/retry-time.ts";
import {
  endOfOldest,
  forgetHistory,
  forgetOldTransactions,
  hasOpenAccount,
  levelOf,
  markDisowned,
  recordTransaction,
  transactionOf,
  transactionsOf,
  type Viewer,
  viewerOf,
} from "./history-store.ts";
import { acknowledge, firstDelivery, forgetDeliveries, recordNotice, waitingForNews } from "./notice-store.ts";
import {
  activateAccount,
  activeAccounts,
  closeAccount,
  epochOf,
  everyAccount,
  forgetSessions,
  nextExpiry,
  personExists,
  preparePerson,
  raiseEpoch,
  recentSession,
  rememberSession,
  takeExpiry,
} from "./person-store.ts";
import { reserve } from "./reservation.ts";
import { allowParty, isRefused, refusedParties, refusedParty, refuseParty } from "./refused-party-store.ts";

/** Milliseconds within which the same signature request is one request. */
const REPEAT_WINDOW = 15_000;
/** Who takes longer to hear a notice is told it again: it is one notice to whoever hears it twice. */
const DEADLINE_MS = 10_000;

export class PersonObject extends LocatedObject implements PersonApi {
  readonly #storage = this.ctx.storage;
  readonly #sql = this.ctx.storage.sql;
  readonly #retry = new RetryTime();
  /** By handle: who is being told. */
  readonly #telling = new Map<string, Promise<boolean>>();

  async reserveDocumentNumber(
    semanticsIdentifier: string,
    handle: string,
    level: CertificateLevel,
    wishedSuffix?: string,
  ): Promise<string> {
    preparePerson(this.#storage);
    const { documentNumber, isNew } = reserve(this.#storage, { semanticsIdentifier, handle, level, wishedSuffix });
    if (isNew) await this.#passOn();
    return documentNumber;
  }

  /** Idempotent; throws for an account that was never reserved here. A closed account stays closed. */
  async activate(handle: string, serialNumbers: readonly string[], expiresAt = 0): Promise<void> {
    preparePerson(this.#storage);
    if (!activateAccount(this.#sql, handle, serialNumbers, expiresAt)) {
      throw new Error("an account is activated that has no document number");
    }
  }

  async close(handle: string, notice?: AccountNotice): Promise<void> {
    if (!personExists(this.#storage)) return;
    this.#storage.transactionSync(() => {
      closeAccount(this.#sql, handle);
      forgetDeliveries(this.#sql, handle);
      if (!hasOpenAccount(this.#sql)) forgetHistory(this.#sql);
      if (notice !== undefined) recordNotice(this.#sql, handle, notice);
    });
    await this.#passOn();
  }

  async tellOthers(handle: string, notice: AccountNotice): Promise<void> {
    if (!personExists(this.#storage)) return;
    this.#storage.transactionSync(() => recordNotice(this.#sql, handle, notice));
    await this.#passOn();
  }

  async accounts(): Promise<readonly AccountSummary[]> {
    return personExists(this.#storage) ? activeAccounts(this.#sql, Date.now()) : [];
  }

  async accountsFor(relyingPartyUUID: string): Promise<readonly FoundAccount[]> {
    if (!personExists(this.#storage)) return [];
    const accounts = activeAccounts(this.#sql, Date.now());
    return accounts.map((account) => ({ ...account, refusesParty: isRefused(this.#sql, account, relyingPartyUUID) }));
  }

  async history(): Promise<readonly AccountRecord[]> {
    return personExists(this.#storage) ? everyAccount(this.#sql) : [];
  }

  async repeatedSession(fingerprint: string, newSessionID: string): Promise<string> {
    preparePerson(this.#storage);
    const now = Date.now();
    const earlier = recentSession(this.#sql, fingerprint, now);
    if (earlier !== undefined) return earlier;
    forgetSessions(this.#sql, now);
    rememberSession(this.#sql, fingerprint, newSessionID, now + REPEAT_WINDOW);
    await this.#hurry();
    return newSessionID;
  }

  async recordTransaction(handle: string, past: PastTransaction, epoch: number): Promise<void> {
    preparePerson(this.#storage);
    // First and by itself: whatever the history cannot take, an account that was set back must not come through by it.
    raiseEpoch(this.#sql, handle, epoch);
    this.#storage.transactionSync(() => recordTransaction(this.#sql, handle, past));
    // Of what it is set for already, entries of before among it, nothing changes: an alarm that is set costs as much as a row.
    if ((await this.#storage.getAlarm()) === null) await this.#hurry();
  }

  async transactions(
    handle: string,
    limit: number,
    before?: Pick<HistoryEntry, "at" | "id">,
    withAccounts = false,
  ): Promise<{ readonly entries: HistoryEntry[]; readonly more: boolean }> {
    const viewer = this.#viewer(handle);
    if (viewer === undefined) return { entries: [], more: false };
    return transactionsOf(this.#sql, viewer, { before, limit, withAccounts, now: Date.now() });
  }

  async transaction(handle: string, id: string): Promise<Pick<PastTransaction, "relyingPartyUUID" | "kind"> | undefined> {
    const viewer = this.#viewer(handle);
    const past = viewer && transactionOf(this.#sql, viewer.level, id, Date.now());
    return past && { relyingPartyUUID: past.relyingPartyUUID, kind: past.kind };
  }

  /** Also of an account that was closed since it was said there. */
  async disown(handle: string, said: Disowning): Promise<void> {
    const level = personExists(this.#storage) ? levelOf(this.#sql, handle) : undefined;
    if (level === undefined) return;
    this.#storage.transactionSync(() => {
      const past = transactionOf(this.#sql, level, said.transactionId, Date.now());
      if (past === undefined || !markDisowned(this.#sql, said) || said.refusal === undefined) return;
      refuseParty(this.#sql, past, { ...said.refusal, level });
    });
  }

  async refusedParties(handle: string): Promise<RefusedParty[]> {
    const viewer = this.#viewer(handle);
    return viewer === undefined ? [] : refusedParties(this.#sql, viewer.level);
  }

  async refusedParty(handle: string, refusalId: string): Promise<string | undefined> {
    const viewer = this.#viewer(handle);
    return viewer && refusedParty(this.#sql, viewer.level, refusalId);
  }

  async allowParty(handle: string, refusalId: string): Promise<void> {
    const level = personExists(this.#storage) ? levelOf(this.#sql, handle) : undefined;
    if (level !== undefined) allowParty(this.#sql, level, refusalId);
  }

  async raiseEpoch(handle: string, epoch: number): Promise<void> {
    preparePerson(this.#storage);
    raiseEpoch(this.#sql, handle, epoch);
  }

  async epoch(handle: string, expiresAt = 0): Promise<number> {
    if (!personExists(this.#storage)) return 0;
    if (expiresAt > 0) takeExpiry(this.#sql, handle, expiresAt);
    return epochOf(this.#sql, handle);
  }

  /** Clears away what no answer counts any more, and repeats notices that did not arrive. */
  override async alarm(): Promise<void> {
    try {
      if (!personExists(this.#storage)) return;
      forgetSessions(this.#sql, Date.now());
      forgetOldTransactions(this.#sql, Date.now());
      await this.#deliver();
    } catch (error) {
      // The platform gives up on an alarm that keeps failing: what waits here must not be forgotten with it.
      console.error("a person's alarm will be repeated:", error);
      await this.#storage.setAlarm(this.#retry.failed(Date.now()));
    }
  }

  #viewer(handle: string): Viewer | undefined {
    return personExists(this.#storage) ? viewerOf(this.#sql, handle) : undefined;
  }

  /** After a commit, in the same turn: the alarm repeats what does not even begin. */
  async #passOn(): Promise<void> {
    if (waitingForNews(this.#sql).length === 0) return;
    this.#retry.soon(Date.now());
    this.ctx.waitUntil(this.#deliver());
    await this.#hurry();
  }

  /** Everybody side by side: an account that fails, or never answers, holds up no other. */
  async #deliver(): Promise<void> {
    const outcomes = await Promise.all(waitingForNews(this.#sql).map((handle) => this.#tell(handle)));
    if (outcomes.includes(false)) this.#retry.failed(Date.now());
    else if (waitingForNews(this.#sql).length === 0) this.#retry.succeeded();
    else this.#retry.newIsDone();
    await this.#hurry();
  }

  /** False where it was tried in vain. Whoever is being told already hears what is new after that: one failure is counted once. */
  #tell(handle: string): Promise<boolean> {
    const underWay = this.#telling.get(handle);
    if (underWay !== undefined) return underWay.then(() => true);
    const told = this.#tellAll(handle).finally(() => this.#telling.delete(handle));
    this.#telling.set(handle, told);
    return told;
  }

  async #tellAll(handle: string): Promise<boolean> {
    const account = this.env.ACCOUNTS.get(this.env.ACCOUNTS.idFromString(handle));
    try {
      for (let next = firstDelivery(this.#sql, handle); next !== undefined; next = firstDelivery(this.#sql, handle)) {
        await within(DEADLINE_MS, account.notice(next));
        acknowledge(this.#sql, handle, next);
      }
      return true;
    } catch (error) {
      console.error("a notice was not delivered:", error);
      return false;
    }
  }

  /** Sets the alarm to the earliest of what waits for it. */
  async #hurry(): Promise<void> {
    const times = [
      nextExpiry(this.#sql),
      endOfOldest(this.#sql),
      waitingForNews(this.#sql).length > 0 ? this.#retry.at(Date.now()) : undefined,
    ];
    const known = times.filter((time) => time !== undefined);
    await (known.length === 0 ? this.#storage.deleteAlarm() : this.#storage.setAlarm(Math.min(...known)));
  }
}
