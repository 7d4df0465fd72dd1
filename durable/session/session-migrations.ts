// Schema of a Session object. Append only.
import type { Migrations } from "../storage/migrations.ts";

export const SESSION_MIGRATIONS: Migrations = [
  `CREATE TABLE session (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     relying_party_uuid TEXT NOT NULL,
     share_client_address INTEGER NOT NULL,
     ignored_properties TEXT NOT NULL, -- JSON, names
     transaction_offered TEXT NOT NULL, -- JSON, OfferedTransaction
     accounts TEXT NOT NULL, -- JSON, AccountSummary[]: those that may still answer
     offered INTEGER NOT NULL, -- 1: every account has been asked
     claimed_by TEXT, -- handle
     outcome TEXT, -- JSON, SessionOutcome
     completed_at INTEGER, -- milliseconds since the epoch
     CHECK ((outcome IS NULL) = (completed_at IS NULL))
   ) STRICT`,
];
