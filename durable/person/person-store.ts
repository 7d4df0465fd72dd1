// Every SQL statement of a Person object; notices apart.
import type { AccountRecord, AccountSummary } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { migrate, schemaVersion } from "../storage/migrations.ts";
import { PERSON_MIGRATIONS } from "./person-migrations.ts";

type AccountRow = { handle: string; document_number: string; level: CertificateLevel };

/** False for a person nobody ever stored anything of; looking leaves no trace. */
export function personExists(storage: DurableObjectStorage): boolean {
  if (schemaVersion(storage) === 0) return false;
  migrate(storage, PERSON_MIGRATIONS);
  return true;
}

export function preparePerson(storage: DurableObjectStorage): void {
  migrate(storage, PERSON_MIGRATIONS);
}

export function documentNumberOf(sql: SqlStorage, handle: string): string | undefined {
  const rows = sql.exec<{ document_number: string }>("SELECT document_number FROM account WHERE handle = ?", handle);
  return rows.toArray()[0]?.document_number;
}

/** False where an account of this person has the suffix, or had it. */
export function insertAccount(sql: SqlStorage, account: AccountSummary, suffix: string): boolean {
  if (sql.exec("SELECT 1 FROM account WHERE suffix = ?", suffix).toArray().length > 0) return false;
  sql.exec(
    "INSERT INTO account (handle, suffix, document_number, level, state) VALUES (?, ?, ?, ?, 'reserved')",
    account.handle,
    suffix,
    account.documentNumber,
    account.level,
  );
  return true;
}

/** A closed account stays closed, but what was issued to it is kept. False where there is no account of that handle. */
export function activateAccount(sql: SqlStorage, handle: string, serialNumbers: readonly string[], expiresAt: number): boolean {
  const earlier = everyAccount(sql).find((account) => account.handle === handle)?.serialNumbers;
  if (earlier === undefined) return false;
  sql.exec(
    "UPDATE account SET state = iif(state = 'closed', 'closed', 'active'), serial_numbers = ?, expires_at = ? WHERE handle = ?",
    JSON.stringify([...new Set([...earlier, ...serialNumbers])]),
    expiresAt,
    handle,
  );
  return true;
}

export function closeAccount(sql: SqlStorage, handle: string): void {
  sql.exec("UPDATE account SET state = 'closed' WHERE handle = ?", handle);
}

/** Of an account of before, which never told it. */
export function takeExpiry(sql: SqlStorage, handle: string, expiresAt: number): void {
  sql.exec("UPDATE account SET expires_at = ? WHERE handle = ? AND state = 'active' AND expires_at = 0", expiresAt, handle);
}

/**
 * Without those whose time is over: however late the alarm that closes them, nobody finds them any more. Those of before tell it when
 * their object is loaded, which is at the latest when somebody finds them here.
 */
export function activeAccounts(sql: SqlStorage, now: number): readonly AccountSummary[] {
  return sql
    .exec<AccountRow>(
      `SELECT handle, document_number, level FROM account
       WHERE state = 'active' AND (expires_at = 0 OR expires_at > ?) ORDER BY position`,
      now,
    )
    .toArray()
    .map(({ handle, document_number: documentNumber, level }) => ({ handle, documentNumber, level }));
}

/** Closed ones too. */
export function everyAccount(sql: SqlStorage): readonly AccountRecord[] {
  return sql
    .exec<AccountRow & Pick<AccountRecord, "state"> & { serial_numbers: string }>(
      "SELECT handle, document_number, level, state, serial_numbers FROM account ORDER BY position",
    )
    .toArray()
    .map(({ handle, document_number: documentNumber, level, state, serial_numbers: serialNumbers }) => ({
      handle,
      documentNumber,
      level,
      state,
      serialNumbers: JSON.parse(serialNumbers) as string[],
    }));
}

export function raiseEpoch(sql: SqlStorage, handle: string, epoch: number): void {
  sql.exec(
    `INSERT INTO account_epoch (handle, epoch) VALUES (?, ?)
     ON CONFLICT (handle) DO UPDATE SET epoch = excluded.epoch WHERE excluded.epoch > account_epoch.epoch`,
    handle,
    epoch,
  );
}

export function epochOf(sql: SqlStorage, handle: string): number {
  return sql.exec<{ epoch: number }>("SELECT epoch FROM account_epoch WHERE handle = ?", handle).toArray()[0]?.epoch ?? 0;
}

export function recentSession(sql: SqlStorage, fingerprint: string, now: number): string | undefined {
  const query = "SELECT session_id FROM recent_request WHERE fingerprint = ? AND expires_at > ?";
  return sql.exec<{ session_id: string }>(query, fingerprint, now).toArray()[0]?.session_id;
}

export function rememberSession(sql: SqlStorage, fingerprint: string, sessionID: string, expiresAt: number): void {
  sql.exec("INSERT OR REPLACE INTO recent_request VALUES (?, ?, ?)", fingerprint, sessionID, expiresAt);
}

export function forgetSessions(sql: SqlStorage, now: number): void {
  sql.exec("DELETE FROM recent_request WHERE expires_at <= ?", now);
}

/** Milliseconds since the epoch; undefined where nothing is remembered. */
export function nextExpiry(sql: SqlStorage): number | undefined {
  return (
    sql.exec<{ expires_at: number | null }>("SELECT min(expires_at) AS expires_at FROM recent_request").one().expires_at ??
    undefined
  );
}
