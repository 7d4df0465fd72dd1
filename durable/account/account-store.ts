// Every SQL statement about the account itself: its row, its channel, its requests and answers, its lockouts.
import type { Account, AccountStatus, ClosedReason } from "../../src/account/account-state.ts";
import type { Lockout } from "../../src/account/lockout.ts";
import { UNUSED_LOCKOUT } from "../../src/account/lockout.ts";
import type { Identity } from "../../src/account/objects.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import type { KnownRequest } from "../../src/channel/step.ts";

type Row = Record<string, SqlStorageValue>;

/** Answers to the device in step, and to everything that came beside it, are kept apart: noise must not cost the former. */
export type Lane = "step" | "beside";

export interface StoredAnswer {
  readonly plaintext: string;
  readonly initializationVector: Uint8Array<ArrayBuffer>;
  /** Members of the body that are not in the plaintext, wrapped; undefined where there are none. */
  readonly secret: Uint8Array | undefined;
}

export class AccountStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(input: { handle: string; now: number; transcriptHash: string; channelKeys: Uint8Array; oneTimePassword: string }): void {
    this.#sql.exec(
      `INSERT INTO account (id, handle, status, opened_at, transcript_hash, channel_keys, one_time_password)
       VALUES (1, ?, 'opened', ?, ?, ?, ?)`,
      input.handle,
      input.now,
      input.transcriptHash,
      input.channelKeys.slice().buffer,
      input.oneTimePassword,
    );
    this.#sql.exec("INSERT INTO clone_watch VALUES (1, 0, 0, 0, NULL, NULL, 0)");
  }

  account(): Account | undefined {
    const row = this.#sql.exec<Row>("SELECT * FROM account").toArray()[0];
    if (row === undefined) return undefined;
    return {
      handle: row["handle"] as string,
      status: row["status"] as AccountStatus,
      closedReason: row["closed_reason"] as ClosedReason | "",
      openedAt: row["opened_at"] as number,
      transcriptHash: row["transcript_hash"] as string,
      oneTimePassword: row["one_time_password"] as string,
      identity: row["identity"] === null ? undefined : (JSON.parse(row["identity"] as string) as Identity),
      documentNumber: row["document_number"] as string,
      appliedAt: row["applied_at"] as number,
      expiresAt: row["expires_at"] as number,
      epoch: row["epoch"] as number,
    };
  }

  /** Wrapped. */
  channelKeys(): Uint8Array {
    return new Uint8Array(this.#sql.exec<{ channel_keys: ArrayBuffer }>("SELECT channel_keys FROM account").one().channel_keys);
  }

  setIdentity(identity: Identity): void {
    this.#sql.exec("UPDATE account SET identity = ?, status = 'identified'", JSON.stringify(identity));
  }

  setStatus(status: AccountStatus): void {
    this.#sql.exec("UPDATE account SET status = ?", status);
  }

  close(reason: ClosedReason): void {
    this.#sql.exec("UPDATE account SET status = 'closed', closed_reason = ?", reason);
  }

  setApplied(now: number, expiresAt: number, signature: Uint8Array): void {
    this.#sql.exec(
      "UPDATE account SET status = 'issuing', applied_at = ?, expires_at = ?, application_signature = ?",
      now,
      expiresAt,
      signature.slice().buffer,
    );
  }

  /** `endsBy`: milliseconds since the epoch; its time is over then, if not before. */
  setActive(documentNumber: string, endsBy: number): void {
    this.#sql.exec(
      "UPDATE account SET status = 'active', document_number = ?, expires_at = min(expires_at, ?)",
      documentNumber,
      endsBy,
    );
  }

  setOneTimePassword(oneTimePassword: string): void {
    this.#sql.exec("UPDATE account SET one_time_password = ?", oneTimePassword);
  }

  /** The new value. */
  raiseEpoch(): number {
    return this.#sql.exec<{ epoch: number }>("UPDATE account SET epoch = epoch + 1 RETURNING epoch").one().epoch;
  }

  knownRequest(requestId: string): KnownRequest | undefined {
    const row = this.#sql
      .exec<Row>(
        `SELECT plaintext_hash, one_time_password, EXISTS (SELECT 1 FROM answer WHERE answer.request_id = request.request_id) AS answered
         FROM request WHERE request_id = ?`,
        requestId,
      )
      .toArray()[0];
    if (row === undefined) return undefined;
    return {
      plaintextHash: row["plaintext_hash"] as string,
      oneTimePassword: row["one_time_password"] as string,
      answered: row["answered"] === 1,
    };
  }

  recordRequest(requestId: string, plaintextHash: string, oneTimePassword: string): void {
    this.#sql.exec("INSERT INTO request VALUES (?, ?, ?)", requestId, plaintextHash, oneTimePassword);
  }

  setAnswer(lane: Lane, requestId: string, answer: StoredAnswer): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO answer (lane, request_id, plaintext, initialization_vector, secret) VALUES (?, ?, ?, ?, ?)",
      lane,
      requestId,
      answer.plaintext,
      answer.initializationVector.slice().buffer,
      answer.secret?.slice().buffer ?? null,
    );
  }

  answer(requestId: string): StoredAnswer {
    const row = this.#sql
      .exec<{ plaintext: string; initialization_vector: ArrayBuffer; secret: ArrayBuffer | null }>(
        "SELECT plaintext, initialization_vector, secret FROM answer WHERE request_id = ?",
        requestId,
      )
      .one();
    const { plaintext, secret } = row;
    const initializationVector = new Uint8Array(row.initialization_vector);
    return { plaintext, initializationVector, secret: secret === null ? undefined : new Uint8Array(secret) };
  }

  lockout(purpose: Purpose): Lockout {
    const row = this.#sql
      .exec<{ wrong: number; locked_until: number }>("SELECT wrong, locked_until FROM lockout WHERE purpose = ?", purpose)
      .toArray()[0];
    return row === undefined ? UNUSED_LOCKOUT : { wrong: row.wrong, lockedUntil: row.locked_until };
  }

  setLockout(purpose: Purpose, lockout: Lockout): void {
    this.#sql.exec("INSERT OR REPLACE INTO lockout VALUES (?, ?, ?)", purpose, lockout.wrong, lockout.lockedUntil);
  }
}
