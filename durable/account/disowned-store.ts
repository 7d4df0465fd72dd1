// Every SQL statement about transactions of which this account's person said that they did not start them: the audit log has each once.
import { HISTORY_LIFETIME } from "../../src/protocol/history.ts";

export class DisownedStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False where it was said on this account before. */
  add(transactionId: string, now: number): boolean {
    const added = "INSERT OR IGNORE INTO disowned (transaction_id, at) VALUES (?, ?) RETURNING transaction_id";
    return this.#sql.exec(added, transactionId, now).toArray().length > 0;
  }

  /** When the first is to be forgotten, in milliseconds since the epoch; undefined where there is none. By then no history has it. */
  firstExpiry(): number | undefined {
    const { oldest } = this.#sql.exec<{ oldest: number | null }>("SELECT min(at) AS oldest FROM disowned").one();
    return oldest === null ? undefined : oldest + HISTORY_LIFETIME;
  }

  removeExpired(now: number): void {
    this.#sql.exec("DELETE FROM disowned WHERE at <= ?", now - HISTORY_LIFETIME);
  }

  removeAll(): void {
    this.#sql.exec("DELETE FROM disowned");
  }
}
