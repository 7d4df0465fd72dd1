// Every SQL statement of a Session object: one row, or none.
import type { AccountSummary, OfferedTransaction } from "../../src/account/objects.ts";
import type { Session, SessionOutcome } from "../../src/account/session.ts";
import { migrate, schemaVersion } from "../storage/migrations.ts";
import { SESSION_MIGRATIONS } from "./session-migrations.ts";

interface SessionRow extends Record<string, SqlStorageValue> {
  relying_party_uuid: string;
  share_client_address: number;
  ignored_properties: string;
  transaction_offered: string;
  accounts: string;
  offered: number;
  claimed_by: string | null;
  outcome: string | null;
  completed_at: number | null;
}

/** Undefined for an object that was never started; looking leaves no trace. */
export function loadSession(storage: DurableObjectStorage): Session | undefined {
  if (schemaVersion(storage) === 0) return undefined;
  migrate(storage, SESSION_MIGRATIONS);
  const [row] = storage.sql.exec<SessionRow>("SELECT * FROM session").toArray();
  if (row === undefined) return undefined;
  return {
    relyingPartyUUID: row.relying_party_uuid,
    shareClientAddress: row.share_client_address === 1,
    ignoredProperties: JSON.parse(row.ignored_properties) as string[],
    transaction: JSON.parse(row.transaction_offered) as OfferedTransaction,
    accounts: JSON.parse(row.accounts) as AccountSummary[],
    offered: row.offered === 1,
    ...(row.claimed_by !== null && { claimedBy: row.claimed_by }),
    ...(row.outcome !== null &&
      row.completed_at !== null && {
        completion: { outcome: JSON.parse(row.outcome) as SessionOutcome, at: row.completed_at },
      }),
  };
}

export function insertSession(storage: DurableObjectStorage, session: Session): void {
  migrate(storage, SESSION_MIGRATIONS);
  storage.sql.exec(
    `INSERT INTO session (id, relying_party_uuid, share_client_address, ignored_properties, transaction_offered, accounts, offered)
     VALUES (1, ?, ?, ?, ?, ?, 0)`,
    session.relyingPartyUUID,
    session.shareClientAddress ? 1 : 0,
    JSON.stringify(session.ignoredProperties),
    JSON.stringify(session.transaction),
    JSON.stringify(session.accounts),
  );
}

/** Writes what changes during a session's life. */
export function updateSession(storage: DurableObjectStorage, session: Session): void {
  storage.sql.exec(
    "UPDATE session SET accounts = ?, offered = ?, claimed_by = ?, outcome = ?, completed_at = ?",
    JSON.stringify(session.accounts),
    session.offered ? 1 : 0,
    session.claimedBy ?? null,
    session.completion === undefined ? null : JSON.stringify(session.completion.outcome),
    session.completion?.at ?? null,
  );
}
