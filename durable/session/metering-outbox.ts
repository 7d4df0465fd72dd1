// Tells the metering queue that a session is over. The message is written in the same step as the completion, sent after it, and again by
// the object's alarm until the queue has taken it. It names no person, so that it may outlive the session's other data.
import { ACCEPTED_FOR, type MeteredSession } from "../../src/metering/metered-session.ts";
import { within } from "../account/patience.ts";

/** Who takes longer is told again: a message that comes twice counts once. */
const DEADLINE_MS = 10_000;
const FIRST_DELAY_MS = 60_000;
const LONGEST_DELAY_MS = 3_600_000;

export class MeteringOutbox {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** By id: nothing is sent twice at the same time. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
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
    if (isTooOld(message, Date.now())) {
      // Nobody would count it any more, and the object would wake every hour for ever.
      console.error(`metering: the queue never took a session, which is given up: ${message}`);
      this.#remove(id);
      return true;
    }
    try {
      await within(DEADLINE_MS, this.#sendTo(queue, message));
      this.#remove(id);
      return true;
    } catch (error) {
      console.error("a session was not metered yet:", error);
      const retryAt = Date.now() + Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
      // Stored: the object sleeps between the tries, and would forget how many there were.
      this.#sql.exec("UPDATE unmetered SET failures = failures + 1, retry_at = ? WHERE id = ?", retryAt, id);
      return false;
    }
  }

  /**
   * An object's answers wait until what it wrote is on disk, but it is not known that its messages to a queue do: one could leave that
   * tells of an end which is then lost with the machine. The session would run on, and end in another way than the one that was counted.
   */
  async #sendTo(queue: Queue, message: string): Promise<void> {
    await this.#storage.sync();
    await queue.send(JSON.parse(message) as MeteredSession);
  }

  #remove(id: string): void {
    this.#sql.exec("DELETE FROM unmetered WHERE id = ?", id);
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

/** For the consumer, which drops it then. */
const isTooOld = (message: string, now: number): boolean =>
  now - (JSON.parse(message) as MeteredSession).finishedAt > ACCEPTED_FOR;
