// Security events that one device can cause as often as it likes: the first of a kind is recorded at once, those after it at most once an
// hour, with how many came in between. Else a single device could fill the database that every account's events go to.
import type { AuditEvent } from "../../src/audit/audit-event.ts";
import type { AccountContext } from "./account-context.ts";
import { record } from "./audit.ts";

const PAUSE_MS = 3_600_000;

/** The events that can be recorded with a count. */
type RepeatedEvent = Extract<AuditEvent, { readonly detail: { readonly unrecorded?: number | undefined } }>;

/** Runs inside the caller's storage transaction. `of`: what is counted apart from others of the same kind. */
export function recordRepeated(context: AccountContext, event: RepeatedEvent, now: number, of = ""): void {
  // Nothing is recorded of it either; see `record`.
  if (context.account.account()?.identity === undefined) return;
  const unrecorded = context.repeatedEvents.count(`${event.kind} ${of}`, now);
  if (unrecorded === undefined) return;
  const detail = { ...event.detail, ...(unrecorded > 0 && { unrecorded }) };
  record(context, { ...event, detail } as RepeatedEvent, now);
}

/** Every SQL statement about what was recorded last, and how often it came since. */
export class RepeatedEvents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Undefined where it is only counted; where it is to be recorded, how many were only counted before it. */
  count(event: string, now: number): number | undefined {
    const [last] = this.#sql
      .exec<{ recorded_at: number; unrecorded: number }>("SELECT * FROM repeated_event WHERE event = ?", event)
      .toArray();
    // A clock that was set back silences nothing.
    if (last !== undefined && last.recorded_at <= now && now < last.recorded_at + PAUSE_MS) {
      this.#sql.exec("UPDATE repeated_event SET unrecorded = unrecorded + 1 WHERE event = ?", event);
      return undefined;
    }
    this.#sql.exec("INSERT OR REPLACE INTO repeated_event VALUES (?, ?, 0)", event, now);
    return last?.unrecorded ?? 0;
  }
}
