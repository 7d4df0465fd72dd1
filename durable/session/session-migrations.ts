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
  `ALTER TABLE session ADD COLUMN name TEXT NOT NULL DEFAULT '';
   ALTER TABLE session ADD COLUMN flow_type TEXT; -- NULL until a device link was opened
   ALTER TABLE session ADD COLUMN link TEXT; -- JSON, LinkStart; its secret is gone with the session
   ALTER TABLE session ADD COLUMN follows TEXT; -- name of the certificate choice's session
   ALTER TABLE session ADD COLUMN followed_by TEXT; -- name of the signature's session
   UPDATE session SET name = transaction_offered ->> '$.session', flow_type = 'Notification',
     transaction_offered = json_insert(transaction_offered, '$.initialCallbackUrl', '', '$.sessionSecretDigest', '');`,
  // Sessions of before asked for the level that a request without one asks for, unless their link says it.
  `ALTER TABLE session ADD COLUMN level TEXT NOT NULL DEFAULT 'QUALIFIED';
   UPDATE session SET level = coalesce(link ->> '$.anyoneOfLevel', 'QUALIFIED');
   CREATE TABLE unmetered (
     id TEXT PRIMARY KEY,
     message TEXT NOT NULL, -- JSON, MeteredSession
     failures INTEGER NOT NULL DEFAULT 0,
     retry_at INTEGER -- milliseconds since the epoch; NULL before the first failure
   ) STRICT;`,
  // Sessions of before get theirs now: a UUID of version 4, as crypto.randomUUID draws it.
  `ALTER TABLE session ADD COLUMN metering_id TEXT NOT NULL DEFAULT '';
   UPDATE session SET metering_id = lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
     || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)));`,
];
