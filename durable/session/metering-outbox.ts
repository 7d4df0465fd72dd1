// Tells the metering queue that a session is over. The message is written in the same step as the completion, sent after it, and again by
// the object's alarm until the queue has taken it. It names no person, so that it may outlive the session's other data.
import type { MeteredSession } from "../../src/metering/metered-session.ts";
import { within } from "../account/patience.ts";

/** Who takes longer is told again: a message that comes twice counts once. */
const DEADLINE_MS = 10_000;
const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 3_600_000;

export class MeteringOutbox {
  readonly #sql: SqlStorage;
  /** By id: nothing is sent twice at the same time. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  post(session: MeteredSession): void {
    this.#sql.exec("INSERT INTO unmetered (id, message) VALUES (?, ?)", session.id, JSON.stringify(session));
  }

  /** When to try again, in milliseconds since the epoch; undefined where nothing waits. */
  nextTry(now: number): number | undefined {
    const times = this.#waiting().map(({ retry_at: retryAt }) => retryAt ?? now + FIRST_DELAY_MS);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Everything whose time has come. Gives false where something was tried in vain. */
  async send(queue: Queue, now: number): Promise<boolean> {
    const due = this.#waiting().filter(({ retry_at: retryAt }) => (retryAt ?? 0) <= now);
    const arrived = await Promise.all(due.map((row) => this.#once(queue, row)));
    return !arrived.includes(false);
  }

  #once(queue: Queue, row: Row): Promise<boolean> {
    const underWay = this.#underWay.get(row.id);
    if (underWay !== undefined) return underWay;
    const begun = this.#try(queue, row).finally(() => this.#underWay.delete(row.id));
    this.#underWay.set(row.id, begun);
    return begun;
  }

  async #try(queue: Queue, { id, message, failures }: Row): Promise<boolean> {
    try {
      await within(DEADLINE_MS, sendTo(queue, message));
      this.#sql.exec("DELETE FROM unmetered WHERE id = ?", id);
      return true;
    } catch (error) {
      console.error("a session was not metered yet:", error);
      const retryAt = Date.now() + Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
      // Stored: the object sleeps between the tries, and would forget how many there were.
      this.#sql.exec("UPDATE unmetered SET failures = failures + 1, retry_at = ? WHERE id = ?", retryAt, id);
      return false;
    }
  }

  #waiting(): readonly Row[] {
    return this.#sql.exec<Row>("SELECT * FROM unmetered").toArray();
  }
}

interface Row extends Record<string, SqlStorageValue> {
  id: string;
  message: string;
  failures: number;
  retry_at: number | null;
}

async function sendTo(queue: Queue, message: string): Promise<void> {
  await queue.send(JSON.parse(message) as MeteredSession);
}
