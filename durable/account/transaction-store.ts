// Every SQL statement about pending transactions, the clone watch and the outbox.
import type { PendingTransaction, TransactionDetails } from "../../src/account/pending-transaction.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import type { ProofRequest } from "../../src/protocol/device-messages.ts";

type Row = Record<string, SqlStorageValue>;

export interface Challenge {
  /** 16 random bytes, base64url. */
  readonly challenge: string;
  readonly proof: ProofRequest;
  readonly expiresAt: number;
}

export interface CloneWatch {
  readonly outOfStep: number;
  readonly lastAt: number;
  /** Wrong answers to challenges, over the account's life. */
  readonly wrongAnswers: number;
  readonly challenge: Challenge | undefined;
}

/** `kind` says which call on which object `target` and `payload` are for; see outbox.ts. */
export interface OutboxItem {
  readonly id: number;
  readonly kind: string;
  readonly target: string;
  readonly payload: string;
}

export class TransactionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(transaction: Omit<PendingTransaction, "claimed">): void {
    this.#sql.exec(
      "INSERT INTO pending_transaction (transaction_id, purpose, expires_at, details, offer) VALUES (?, ?, ?, ?, ?)",
      transaction.transactionId,
      transaction.purpose,
      transaction.expiresAt,
      JSON.stringify(transaction.details),
      JSON.stringify(transaction.offer),
    );
  }

  find(transactionId: string): PendingTransaction | undefined {
    return this.#select("WHERE transaction_id = ?", transactionId)[0];
  }

  /** Oldest deadline first. */
  all(): readonly PendingTransaction[] {
    return this.#select("ORDER BY expires_at");
  }

  setClaimed(transactionId: string): void {
    this.#sql.exec("UPDATE pending_transaction SET claimed = 1 WHERE transaction_id = ?", transactionId);
  }

  remove(transactionId: string): void {
    this.#sql.exec("DELETE FROM pending_transaction WHERE transaction_id = ?", transactionId);
  }

  removeExpired(now: number): void {
    this.#sql.exec("DELETE FROM pending_transaction WHERE expires_at <= ?", now);
  }

  cloneWatch(): CloneWatch {
    const row = this.#sql.exec<Row>("SELECT * FROM clone_watch").one();
    return {
      outOfStep: row["out_of_step"] as number,
      lastAt: row["last_at"] as number,
      wrongAnswers: row["wrong_answers"] as number,
      challenge:
        row["challenge"] === null
          ? undefined
          : {
              challenge: row["challenge"] as string,
              proof: JSON.parse(row["challenge_proof"] as string) as ProofRequest,
              expiresAt: row["challenge_expires_at"] as number,
            },
    };
  }

  recordOutOfStep(now: number): void {
    this.#sql.exec("UPDATE clone_watch SET out_of_step = out_of_step + 1, last_at = ?", now);
  }

  /** One at a time: a newer challenge takes the place of an older one. */
  setChallenge(challenge: Challenge): void {
    this.#sql.exec(
      "UPDATE clone_watch SET challenge = ?, challenge_proof = ?, challenge_expires_at = ?",
      challenge.challenge,
      JSON.stringify(challenge.proof),
      challenge.expiresAt,
    );
  }

  burnChallenge(): void {
    this.#sql.exec("UPDATE clone_watch SET challenge = NULL, challenge_proof = NULL, challenge_expires_at = 0");
  }

  setWrongAnswers(count: number): void {
    this.#sql.exec("UPDATE clone_watch SET wrong_answers = ?", count);
  }

  post(kind: string, target: string, payload: unknown): void {
    this.#sql.exec("INSERT INTO outbox (kind, target, payload) VALUES (?, ?, ?)", kind, target, JSON.stringify(payload));
  }

  outbox(): readonly OutboxItem[] {
    return this.#sql
      .exec<Row>("SELECT * FROM outbox ORDER BY id")
      .toArray()
      .map((row) => ({
        id: row["id"] as number,
        kind: row["kind"] as string,
        target: row["target"] as string,
        payload: row["payload"] as string,
      }));
  }

  acknowledge(id: number): void {
    this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
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
        offer: JSON.parse(row["offer"] as string) as PendingTransaction["offer"],
      }));
  }
}
