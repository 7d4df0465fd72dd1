// Schema of a Person object. Append only.
import type { Migrations } from "../storage/migrations.ts";

export const PERSON_MIGRATIONS: Migrations = [
  `CREATE TABLE account (
     position INTEGER PRIMARY KEY AUTOINCREMENT, -- order in which the accounts were begun
     handle TEXT NOT NULL UNIQUE, -- names the Account object
     suffix TEXT NOT NULL UNIQUE, -- of the document number; never given twice, not even after closing
     document_number TEXT NOT NULL,
     level TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('reserved', 'active', 'closed'))
   ) STRICT;
   CREATE TABLE account_epoch (
     handle TEXT PRIMARY KEY,
     epoch INTEGER NOT NULL -- only ever rises
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE recent_request (
     fingerprint TEXT PRIMARY KEY, -- SHA-256 over party, endpoint and body
     session_id TEXT NOT NULL,
     expires_at INTEGER NOT NULL -- milliseconds since the epoch
   ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE notice (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     content TEXT NOT NULL -- what happened to one account, for the others
   ) STRICT;
   CREATE TABLE notice_delivery (
     id TEXT NOT NULL,
     handle TEXT NOT NULL, -- of an account that has not acknowledged it yet
     PRIMARY KEY (id, handle)
   ) STRICT, WITHOUT ROWID`,
  // Of its certificates; JSON. (A comment at the end of an added column would swallow the rest of the table's own statement.)
  "ALTER TABLE account ADD COLUMN serial_numbers TEXT NOT NULL DEFAULT '[]'",
  // Milliseconds since the epoch; 0 for accounts from before it was told.
  "ALTER TABLE account ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0",
  `CREATE TABLE past_transaction (
     id TEXT PRIMARY KEY, -- the transaction's
     at INTEGER NOT NULL, -- when it ended, milliseconds since the epoch
     handle TEXT NOT NULL, -- of the account that told
     kind TEXT NOT NULL,
     flow TEXT NOT NULL,
     result TEXT NOT NULL,
     relying_party TEXT NOT NULL, -- UUID
     relying_party_name TEXT NOT NULL,
     claimed INTEGER NOT NULL, -- 1: by the account that told
     disowned INTEGER NOT NULL DEFAULT 0,
     refusal TEXT NOT NULL DEFAULT '' -- id of the last refusal of its party that was said of this entry
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE refused_party (
     id TEXT PRIMARY KEY, -- random
     relying_party TEXT NOT NULL, -- UUID
     relying_party_name TEXT NOT NULL,
     level TEXT NOT NULL, -- of the account that it was said on
     since INTEGER NOT NULL, -- milliseconds since the epoch
     UNIQUE (relying_party, level)
   ) STRICT, WITHOUT ROWID`,
];
