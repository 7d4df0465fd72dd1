// Every SQL statement about notices: what happened to one of the person's accounts, and which others have not heard it yet.
import { type AccountNotice, MAXIMUM_NOTICES } from "../../src/protocol/device-messages.ts";

export interface NoticeDelivery {
  readonly id: string;
  /** Of the account that is to hear it. */
  readonly handle: string;
  readonly notice: AccountNotice;
}

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

/** Oldest notice first, and oldest account. */
export function deliveries(sql: SqlStorage): readonly NoticeDelivery[] {
  return sql
    .exec<{ id: string; handle: string; content: string }>(
      `SELECT id, handle, content FROM notice_delivery JOIN notice USING (id) JOIN account USING (handle)
       ORDER BY notice.position, account.position`,
    )
    .toArray()
    .map(({ id, handle, content }) => ({ id, handle, notice: JSON.parse(content) as AccountNotice }));
}

export function acknowledge(sql: SqlStorage, { id, handle }: NoticeDelivery): void {
  sql.exec("DELETE FROM notice_delivery WHERE id = ? AND handle = ?", id, handle);
}
