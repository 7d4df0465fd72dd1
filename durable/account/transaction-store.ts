// Every SQL statement about pending transactions.
import type { PendingTransaction, TransactionDetails } from "../../src/account/pending-transaction.ts";
import type { Purpose } from "../../src/account/purpose.ts";

type Row = Record<string, SqlStorageValue>;

export class TransactionStore {
  readonly #sql: SqlStorage;
  #added = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(transaction: Omit<PendingTransaction, "claimed" | "offer" | "nonce">): void {
    this.#sql.exec(
      "INSERT INTO pending_transaction (transaction_id, purpose, expires_at, details, offer) VALUES (?, ?, ?, ?, 'null')",
      transaction.transactionId,
      transaction.purpose,
      transaction.expiresAt,
      JSON.stringify(transaction.details),
    );
    this.#added = true;
  }

  /** Whether something was added since this was asked last: its end is a time to wake at. */
  takeAdded(): boolean {
    const added = this.#added;
    this.#added = false;
    return added;
  }

  /** Milliseconds since the epoch; undefined where nothing waits. */
  firstExpiry(): number | undefined {
    return (
      this.#sql.exec<{ first: number | null }>("SELECT MIN(expires_at) AS first FROM pending_transaction").one().first ??
      undefined
    );
  }

  find(transactionId: string): PendingTransaction | undefined {
    return this.#select("WHERE transaction_id = ?", transactionId)[0];
  }

  /** Oldest deadline first. */
  all(): readonly PendingTransaction[] {
    return this.#select("ORDER BY expires_at");
  }

  setDetails(transactionId: string, details: TransactionDetails): void {
    const changed = JSON.stringify(details);
    this.#sql.exec("UPDATE pending_transaction SET details = ? WHERE transaction_id = ?", changed, transactionId);
  }

  /** `nonce`: wrapped. */
  setOffer(transactionId: string, { offer, nonce }: Required<Pick<PendingTransaction, "offer" | "nonce">>): void {
    this.#sql.exec(
      "UPDATE pending_transaction SET offer = ?, nonce = ? WHERE transaction_id = ?",
      JSON.stringify(offer ?? null),
      nonce?.slice().buffer ?? null,
      transactionId,
    );
  }

  /** It may have been used, or is for a key that is gone: the next claim draws another. */
  forgetOffer(transactionId: string): void {
    this.setOffer(transactionId, { offer: undefined, nonce: undefined });
  }

  setClaimed(transactionId: string): void {
    this.#sql.exec("UPDATE pending_transaction SET claimed = 1 WHERE transaction_id = ?", transactionId);
  }

  /** Its push was held back, because a device looked on. */
  owePush(transactionId: string): void {
    this.#sql.exec("UPDATE pending_transaction SET push_owed = 1 WHERE transaction_id = ?", transactionId);
  }

  /** Until when something waits that no device has claimed, and whose push was held back; undefined where nothing does. */
  pushOwedUntil(now: number): number | undefined {
    const statement = "SELECT MAX(expires_at) AS until FROM pending_transaction WHERE push_owed = 1 AND claimed = 0";
    const { until } = this.#sql.exec<{ until: number | null }>(statement).one();
    return until !== null && now < until ? until : undefined;
  }

  settlePushes(): void {
    this.#sql.exec("UPDATE pending_transaction SET push_owed = 0");
  }

  remove(transactionId: string): void {
    this.#sql.exec("DELETE FROM pending_transaction WHERE transaction_id = ?", transactionId);
  }

  /** Gives what was removed. */
  takeExpired(now: number): readonly PendingTransaction[] {
    const expired = this.#select("WHERE expires_at <= ?", now);
    if (expired.length > 0) this.#sql.exec("DELETE FROM pending_transaction WHERE expires_at <= ?", now);
    return expired;
  }

  #select(clause: string, ...bindings: SqlStorageValue[]): readonly PendingTransaction[] {
    return this.#sql
      .exec<Row>(`SELECT * FROM pending_transaction ${clause}`, ...bindings)
      .toArray()
      .map((row) => ({
        transactionId: row["transaction_id"] as string,
        purpose: row["purpose"] as Purpose,
        expiresAt: row["expires_at"] as number,
        claimed: row["claimed"] === 1,
        details: JSON.parse(row["details"] as string) as TransactionDetails,
        offer: (JSON.parse(row["offer"] as string) as PendingTransaction["offer"] | null) ?? undefined,
        nonce: row["nonce"] instanceof ArrayBuffer ? new Uint8Array(row["nonce"]) : undefined,
      }));
  }
}
