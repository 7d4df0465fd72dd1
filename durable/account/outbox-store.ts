// Every SQL statement about the outbox.

type Row = Record<string, SqlStorageValue>;

/** `kind` says which call on which object `target` and `payload` are for; see outbox.ts. */
export interface OutboxItem {
  readonly id: number;
  readonly kind: string;
  readonly target: string;
  readonly payload: string;
}

export class OutboxStore {
  readonly #sql: SqlStorage;
  #posted: number[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  post(kind: string, target: string, payload: unknown): void {
    const insert = "INSERT INTO outbox (kind, target, payload) VALUES (?, ?, ?) RETURNING id";
    this.#posted.push(this.#sql.exec<{ id: number }>(insert, kind, target, JSON.stringify(payload)).one().id);
  }

  /** In the place of what was posted of the kind `earlier` since the outbox was delivered last, which it tells too: one row, one delivery. */
  postInPlaceOf(earlier: string, kind: string, target: string, payload: unknown): void {
    const last = this.#posted.at(-1) ?? 0;
    const update = "UPDATE outbox SET kind = ?, payload = ? WHERE id = ? AND kind = ? AND target = ? RETURNING id";
    const updated = this.#sql.exec(update, kind, JSON.stringify(payload), last, earlier, target).toArray();
    if (updated.length === 0) this.post(kind, target, payload);
  }

  /** What was posted here since this was asked last, and still waits: of one call on the object, not of all. Oldest first. */
  takePosted(): readonly OutboxItem[] {
    const posted = new Set(this.#posted);
    this.#posted = [];
    return this.all().filter(({ id }) => posted.has(id));
  }

  /** Oldest first. */
  all(): readonly OutboxItem[] {
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
}
