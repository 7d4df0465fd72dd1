// Every SQL statement about notices: what happened to the person's other accounts. The newest are kept, also those that were
// dismissed, so that one that is told again does not come back. Before an end that nobody has read, what was dismissed makes room, and so does
// news of accounts, of which whoever proves to be the person can make any number.
import { type AccountNotice, MAXIMUM_NOTICES } from "../../src/protocol/device-messages.ts";

export class NoticeStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False where it is known. `pushOwed`: its device is to be pushed to, unless it looks on and reads it. */
  add(notice: AccountNotice, pushOwed: boolean): boolean {
    const added = this.#sql.exec(
      "INSERT OR IGNORE INTO notice (id, at, content, push_owed) VALUES (?, ?, ?, ?) RETURNING id",
      notice.id,
      notice.at,
      JSON.stringify(notice),
      pushOwed ? 1 : 0,
    );
    if (added.toArray().length === 0) return false;
    this.#sql.exec(
      `DELETE FROM notice WHERE position NOT IN (SELECT position FROM notice
       ORDER BY dismissed = 0 AND content ->> '$.kind' <> 'new_account' DESC, position DESC LIMIT ?)`,
      MAXIMUM_NOTICES,
    );
    return true;
  }

  /** Newest first. */
  undismissed(): AccountNotice[] {
    return this.#sql
      .exec<{ content: string }>("SELECT content FROM notice WHERE dismissed = 0 ORDER BY at DESC, position DESC")
      .toArray()
      .map(({ content }) => JSON.parse(content) as AccountNotice);
  }

  dismiss(ids: readonly string[]): void {
    for (const id of ids) this.#sql.exec("UPDATE notice SET dismissed = 1, push_owed = 0 WHERE id = ?", id);
  }

  /** When the newest happened whose push is owed, in milliseconds since the epoch; undefined where there is none. */
  newestPushOwed(): number | undefined {
    const { at } = this.#sql.exec<{ at: number | null }>("SELECT MAX(at) AS at FROM notice WHERE push_owed = 1").one();
    return at ?? undefined;
  }

  settlePushes(): void {
    this.#sql.exec("UPDATE notice SET push_owed = 0");
  }

  removeAll(): void {
    this.#sql.exec("DELETE FROM notice");
  }
}
