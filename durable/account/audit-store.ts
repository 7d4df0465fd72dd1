// Every SQL statement about the account's audit chain: its head, and the events that no queue took yet. What is recorded here is in the same
// commit as the fact that it tells of, or both are not.
import type { AuditEvent } from "../../src/audit/audit-event.ts";
import { type AuditMessage, BEGINNING, type ChainEvent, type Head, nextEvent } from "../../src/audit/chain.ts";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** Characters: a row that has more is followed by another. A queue takes 128 kB. */
const FULL_MESSAGE = 30_000;

export interface WaitingEvents {
  readonly id: number;
  /** Of the last event in it. */
  readonly position: number;
  readonly events: AuditMessage["events"];
  /** Tries that failed in a row. */
  readonly failures: number;
  /** Milliseconds since the epoch; undefined where none was made. */
  readonly retryAt: number | undefined;
}

export class AuditStore {
  readonly #sql: SqlStorage;
  readonly #chain: string;
  #recorded = false;

  /** `chain`: handle of the account. */
  constructor(sql: SqlStorage, chain: string) {
    this.#sql = sql;
    this.#chain = chain;
  }

  /** One row is written. `at`: milliseconds since the epoch. */
  append(recorded: AuditEvent, at: number): void {
    const newest = this.#newest();
    const event = nextEvent(this.#chain, headOf(newest), recorded, at);
    const { position } = event;
    const hash = hexToBytes(event.hash).slice().buffer;
    const text = JSON.stringify(event);
    this.#recorded = true;
    if (newest === undefined || (newest.message?.length ?? 0) > FULL_MESSAGE) {
      this.#sql.exec("INSERT INTO audit (position, hash, message) VALUES (?, ?, ?)", position, hash, text);
      return;
    }
    const message = newest.message === null ? text : `${newest.message},${text}`;
    this.#sql.exec("UPDATE audit SET position = ?, hash = ?, message = ? WHERE id = ?", position, hash, message, newest.id);
  }

  /** Whether anything was recorded here since this was asked last. */
  takeRecorded(): boolean {
    const recorded = this.#recorded;
    this.#recorded = false;
    return recorded;
  }

  head(): Head {
    return headOf(this.#newest());
  }

  /** The oldest of them; undefined where the queue has everything. */
  firstWaiting(): WaitingEvents | undefined {
    const [row] = this.#sql.exec<Row>("SELECT * FROM audit WHERE message IS NOT NULL ORDER BY id LIMIT 1").toArray();
    if (row === undefined) return undefined;
    const { id, position, message, failures, retry_at: retryAt } = row;
    return { id, position, failures, retryAt: retryAt ?? undefined, events: JSON.parse(`[${message}]`) as ChainEvent[] };
  }

  /** Position of the last one that the queue took; 0 before the first. */
  lastTaken(): number {
    const [first] = this.firstWaiting()?.events ?? [];
    return first === undefined ? this.head().position : first.position - 1;
  }

  /** The newest of them. */
  lastWaiting(): ChainEvent | undefined {
    const message = this.#newest()?.message ?? "";
    return (JSON.parse(`[${message}]`) as ChainEvent[]).at(-1);
  }

  /** When the oldest of them is tried again, in milliseconds since the epoch: 0 where it never was; undefined where nothing waits. */
  nextTry(): number | undefined {
    const [row] = this.#sql
      .exec<{ retry_at: number | null }>("SELECT retry_at FROM audit WHERE message IS NOT NULL ORDER BY id LIMIT 1")
      .toArray();
    return row && (row.retry_at ?? 0);
  }

  /** The queue has them. What came to them meanwhile is not taken, and all of it goes again. The head stays. */
  taken({ id, position }: WaitingEvents): void {
    const isHead = this.#newest()?.id === id;
    const taken = isHead ? "UPDATE audit SET message = NULL, failures = 0, retry_at = NULL" : "DELETE FROM audit";
    this.#sql.exec(`${taken} WHERE id = ? AND position = ?`, id, position);
  }

  failed({ id }: WaitingEvents, retryAt: number): void {
    this.#sql.exec("UPDATE audit SET failures = failures + 1, retry_at = ? WHERE id = ?", retryAt, id);
  }

  #newest(): Row | undefined {
    return this.#sql.exec<Row>("SELECT * FROM audit ORDER BY id DESC LIMIT 1").toArray()[0];
  }
}

interface Row extends Record<string, SqlStorageValue> {
  id: number;
  position: number;
  hash: ArrayBuffer;
  message: string | null;
  failures: number;
  retry_at: number | null;
}

const headOf = (row: Row | undefined): Head =>
  row === undefined ? BEGINNING : { position: row.position, hash: bytesToHex(new Uint8Array(row.hash)) };
