// Every SQL statement about notices: what happened to one of the person's accounts, and which others have not heard it yet.
import { type AccountNotice, MAXIMUM_NOTICES } from "../../src/protocol/device-messages.ts";

/**
 * For every active account but the one that it happened to; that there is a new one also for those that are still being made. Nothing where
 * the notice is known.
 */
export function recordNotice(sql: SqlStorage, from: string, notice: AccountNotice): void {
  const added = sql.exec(
    "INSERT OR IGNORE INTO notice (id, content) VALUES (?, ?) RETURNING id",
    notice.id,
    JSON.stringify(notice),
  );
  if (added.toArray().length === 0) return;
  sql.exec(
    `INSERT INTO notice_delivery SELECT ?, handle FROM account
     WHERE (state = 'active' OR state = 'reserved' AND ? = 'new_account') AND handle <> ?`,
    notice.id,
    notice.kind,
    from,
  );
  // An account keeps no more than these either. What somebody has not heard yet is not pushed out by news of accounts.
  sql.exec(
    `DELETE FROM notice WHERE position NOT IN (SELECT position FROM notice
     ORDER BY id IN (SELECT id FROM notice_delivery) AND content ->> '$.kind' <> 'new_account' DESC, position DESC LIMIT ?)`,
    MAXIMUM_NOTICES,
  );
  sql.exec("DELETE FROM notice_delivery WHERE id NOT IN (SELECT id FROM notice)");
}

/** A closed account is told nothing. */
export function forgetDeliveries(sql: SqlStorage, handle: string): void {
  sql.exec("DELETE FROM notice_delivery WHERE handle = ?", handle);
}

/** Handles of the accounts that have not heard something yet, the oldest account first. */
export const waitingForNews = (sql: SqlStorage): readonly string[] =>
  sql
    .exec<{ handle: string }>("SELECT handle FROM account WHERE handle IN (SELECT handle FROM notice_delivery) ORDER BY position")
    .toArray()
    .map(({ handle }) => handle);

/** The oldest that it has not heard. */
export function firstDelivery(sql: SqlStorage, handle: string): AccountNotice | undefined {
  const [first] = sql
    .exec<{ content: string }>(
      "SELECT content FROM notice_delivery JOIN notice USING (id) WHERE handle = ? ORDER BY position LIMIT 1",
      handle,
    )
    .toArray();
  return first && (JSON.parse(first.content) as AccountNotice);
}

export function acknowledge(sql: SqlStorage, handle: string, { id }: AccountNotice): void {
  sql.exec("DELETE FROM notice_delivery WHERE id = ? AND handle = ?", id, handle);
}
