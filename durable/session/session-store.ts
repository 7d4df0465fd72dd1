// Every SQL statement about a session: one row of its object, or none.
import type { AccountSummary, LinkStart } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import type { Session, SessionOutcome } from "../../src/account/session.ts";
import type { FlowType } from "../../src/protocol/session-status.ts";
import { migrate, schemaVersion } from "../storage/migrations.ts";
import { SESSION_MIGRATIONS } from "./session-migrations.ts";

interface SessionRow extends Record<string, SqlStorageValue> {
  name: string;
  metering_id: string;
  relying_party_uuid: string;
  level: CertificateLevel;
  share_client_address: number;
  ignored_properties: string;
  transaction_offered: string;
  flow_type: string | null;
  link: string | null;
  follows: string | null;
  followed_by: string | null;
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
    name: row.name,
    meteringId: row.metering_id,
    level: row.level,
    shareClientAddress: row.share_client_address === 1,
    ignoredProperties: JSON.parse(row.ignored_properties) as string[],
    transaction: {
      ...(JSON.parse(row.transaction_offered) as Session["transaction"]),
      relyingPartyUUID: row.relying_party_uuid,
    },
    accounts: JSON.parse(row.accounts) as AccountSummary[],
    offered: row.offered === 1,
    ...(row.flow_type !== null && { flowType: row.flow_type as FlowType }),
    ...(row.link !== null && { link: JSON.parse(row.link) as LinkStart }),
    ...(row.follows !== null && { follows: row.follows }),
    ...(row.followed_by !== null && { followedBy: row.followed_by }),
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
    `INSERT INTO session (id, name, metering_id, relying_party_uuid, level, share_client_address, ignored_properties, transaction_offered,
     flow_type, link, follows, accounts, offered) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    session.name,
    session.meteringId,
    session.transaction.relyingPartyUUID,
    session.level,
    session.shareClientAddress ? 1 : 0,
    JSON.stringify(session.ignoredProperties),
    JSON.stringify(session.transaction),
    session.flowType ?? null,
    session.link === undefined ? null : JSON.stringify(session.link),
    session.follows ?? null,
    JSON.stringify(session.accounts),
    session.offered ? 1 : 0,
  );
}

/** Writes what changes during a session's life. */
export function updateSession(storage: DurableObjectStorage, session: Session): void {
  storage.sql.exec(
    `UPDATE session SET accounts = ?, offered = ?, link = ?, flow_type = ?, followed_by = ?, claimed_by = ?, outcome = ?, completed_at = ?`,
    JSON.stringify(session.accounts),
    session.offered ? 1 : 0,
    linkToKeep(session),
    session.flowType ?? null,
    session.followedBy ?? null,
    session.claimedBy ?? null,
    session.completion === undefined ? null : JSON.stringify(session.completion.outcome),
    session.completion?.at ?? null,
  );
}

/** For an object that has something else to keep. */
export const deleteSession = (storage: DurableObjectStorage): void => void storage.sql.exec("DELETE FROM session");

/** Nothing is opened by a link of a session that is complete: its secret goes with the outcome, and not minutes later. */
function linkToKeep({ link, completion }: Session): string | null {
  if (link === undefined) return null;
  return JSON.stringify(completion === undefined ? link : { ...link, sessionSecret: "" });
}
