// Every SQL statement about the person's past transactions. Each is kept once, however often and by how many accounts it is told.
import type { Disowning, PastTransaction } from "../../src/account/past-transaction.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import {
  HISTORY_LIFETIME,
  type HistoryEntry,
  MAXIMUM_CONFIRMED,
  MAXIMUM_DISOWNED,
  MAXIMUM_NOT_CONFIRMED,
} from "../../src/protocol/history.ts";
import { REFUSALS_IN_SIGHT } from "./refused-party-store.ts";

/**
 * An account that was only asked knows less of how it ended than the one that took it, whichever tells first. What none took is the entry
 * of the lowest level that was asked: all of them see it. Nothing of a person who has no account any more.
 */
export function recordTransaction(sql: SqlStorage, handle: string, past: PastTransaction): void {
  const level = levelOf(sql, handle);
  if (level === undefined || !hasOpenAccount(sql)) return;
  sql.exec(
    `INSERT INTO past_transaction (id, at, handle, kind, flow, result, relying_party, relying_party_name, claimed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE
     SET at = excluded.at, handle = excluded.handle, flow = excluded.flow, result = excluded.result, claimed = excluded.claimed
     WHERE excluded.claimed > past_transaction.claimed OR (excluded.claimed = 0 AND past_transaction.claimed = 0
       AND ? = 'ADVANCED' AND past_transaction.handle IN (SELECT handle FROM account WHERE level = 'QUALIFIED'))`,
    past.id,
    past.at,
    handle,
    past.kind,
    past.flow,
    past.result,
    past.relyingPartyUUID,
    past.relyingPartyName,
    past.claimed ? 1 : 0,
    level,
  );
  if (past.result === "confirmed") keepNewest(sql, level, "disowned = 0 AND result = 'confirmed'", MAXIMUM_CONFIRMED);
  else keepNewest(sql, level, "disowned = 0 AND result <> 'confirmed'", MAXIMUM_NOT_CONFIRMED);
}

/** Of what accounts of that level told. */
const keepNewest = (sql: SqlStorage, level: CertificateLevel, those: string, most: number) =>
  sql.exec(
    `DELETE FROM past_transaction WHERE id IN
     (SELECT past_transaction.id FROM past_transaction JOIN account USING (handle) WHERE level = ? AND ${those}
      ORDER BY at DESC, past_transaction.id DESC LIMIT -1 OFFSET ?)`,
    level,
    most,
  );

/** Of an account of this person, closed ones among them. */
export const levelOf = (sql: SqlStorage, handle: string): CertificateLevel | undefined =>
  sql.exec<{ level: CertificateLevel }>("SELECT level FROM account WHERE handle = ?", handle).toArray()[0]?.level;

export const hasOpenAccount = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 FROM account WHERE state <> 'closed' LIMIT 1").toArray().length > 0;

/** Everything of the history, and whom the person refused by it. */
export function forgetHistory(sql: SqlStorage): void {
  sql.exec("DELETE FROM past_transaction");
  sql.exec("DELETE FROM refused_party");
}

export function forgetOldTransactions(sql: SqlStorage, now: number): void {
  sql.exec("DELETE FROM past_transaction WHERE at <= ?", now - HISTORY_LIFETIME);
}

/** When the oldest entry is to be forgotten, in milliseconds since the epoch; undefined where there is none. */
export function endOfOldest(sql: SqlStorage): number | undefined {
  const { oldest } = sql.exec<{ oldest: number | null }>("SELECT min(at) AS oldest FROM past_transaction").one();
  return oldest === null ? undefined : oldest + HISTORY_LIFETIME;
}

/** An account of this person that is active; nobody else sees anything. */
export interface Viewer {
  readonly handle: string;
  readonly level: CertificateLevel;
}

export function viewerOf(sql: SqlStorage, handle: string): Viewer | undefined {
  const query = "SELECT handle, level FROM account WHERE handle = ? AND state = 'active'";
  return sql.exec<{ handle: string; level: CertificateLevel }>(query, handle).toArray()[0];
}

/**
 * `?1`: the viewer's level. Who proved less sees nothing of who proved more, but that it is there: of a new account all of them are told, for
 * whoever proved to be the person may not be, and its number is random and says nothing.
 */
const IN_SIGHT = `
  FROM past_transaction AS past JOIN account USING (handle) WHERE (account.level = 'ADVANCED' OR ?1 = 'QUALIFIED')`;

type Row = Pick<HistoryEntry, "id" | "at" | "kind" | "flow" | "result"> & {
  relying_party_name: string;
  handle: string;
  document_number: string;
  disowned: number;
  refused: number;
};

interface Page {
  readonly before: Pick<HistoryEntry, "at" | "id"> | undefined;
  readonly limit: number;
  readonly withAccounts: boolean;
  readonly now: number;
}

/** Newest first. */
export function transactionsOf(
  sql: SqlStorage,
  { handle, level }: Viewer,
  { before, limit, withAccounts, now }: Page,
): { readonly entries: HistoryEntry[]; readonly more: boolean } {
  const rows = sql
    .exec<Row>(
      `SELECT past.id, past.at, kind, flow, result, relying_party_name, handle, document_number, disowned,
         EXISTS (SELECT 1 FROM refused_party WHERE relying_party = past.relying_party AND ${REFUSALS_IN_SIGHT}) AS refused
       ${IN_SIGHT} AND past.at > ?2 AND (past.at, past.id) < (?3, ?4) ORDER BY past.at DESC, past.id DESC LIMIT ?5`,
      level,
      now - HISTORY_LIFETIME,
      before?.at ?? Number.MAX_SAFE_INTEGER,
      before?.id ?? "",
      limit + 1,
    )
    .toArray();
  const entries = rows.slice(0, limit).map(({ relying_party_name: relyingPartyName, disowned, refused, ...row }) => {
    const { id, at, kind, flow, result } = row;
    const whose = { here: row.handle === handle, ...(withAccounts && { account: row.document_number }) };
    return { id, at, kind, flow, result, relyingPartyName, ...whose, disowned: disowned === 1, partyRefused: refused === 1 };
  });
  return { entries, more: rows.length > limit };
}

export type PastOfParty = Pick<PastTransaction, "kind" | "relyingPartyUUID" | "relyingPartyName">;

/** Undefined where nothing of that id is in sight of accounts of that level. */
export function transactionOf(sql: SqlStorage, level: CertificateLevel, id: string, now: number): PastOfParty | undefined {
  const [found] = sql
    .exec<{ kind: PastOfParty["kind"]; relying_party: string; relying_party_name: string }>(
      `SELECT kind, relying_party, relying_party_name ${IN_SIGHT} AND past.at > ?2 AND past.id = ?3`,
      level,
      now - HISTORY_LIFETIME,
      id,
    )
    .toArray();
  return found && { kind: found.kind, relyingPartyUUID: found.relying_party, relyingPartyName: found.relying_party_name };
}

/** True where its party is to be refused now: a refusal that is told again may have been taken back since. */
export function markDisowned(sql: SqlStorage, { transactionId, refusal }: Disowning): boolean {
  sql.exec("UPDATE past_transaction SET disowned = 1 WHERE id = ? AND disowned = 0", transactionId);
  const teller = "SELECT level FROM past_transaction JOIN account USING (handle) WHERE past_transaction.id = ?";
  const [entry] = sql.exec<{ level: CertificateLevel }>(teller, transactionId).toArray();
  if (entry !== undefined) keepNewest(sql, entry.level, "disowned = 1", MAXIMUM_DISOWNED);
  if (refusal === undefined) return false;
  const update = "UPDATE past_transaction SET refusal = ?1 WHERE id = ?2 AND refusal <> ?1 RETURNING id";
  return sql.exec(update, refusal.id, transactionId).toArray().length > 0;
}
