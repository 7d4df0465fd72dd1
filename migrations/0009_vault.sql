-- Which accounts have something that is wrapped under which KEK, as each account tells it: for a while more than is true, and never less.
-- Enrolments are not in it until their application is signed; they live an hour at most.
CREATE TABLE wrapped_accounts (
  handle TEXT NOT NULL,
  kek_id TEXT NOT NULL,
  version INTEGER NOT NULL, -- of the telling: one that comes late changes nothing
  PRIMARY KEY (handle, kek_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wrapped_accounts_by_kek ON wrapped_accounts (kek_id, handle);

-- When each KEK was last the current one of somebody who said so.
CREATE TABLE current_keks (
  kek_id TEXT PRIMARY KEY,
  last_at INTEGER NOT NULL -- milliseconds since the epoch
) STRICT, WITHOUT ROWID;
-- The one KEK that there was, by versions that do not say so and may be running still.
INSERT INTO current_keks (kek_id, last_at) VALUES ('kek-1', unixepoch() * 1000);

-- A row: there may be accounts that nobody wrote into wrapped_accounts, from before this table was made. Each tells it when it is next
-- used; until an operator says that none is left, no KEK is removed.
CREATE TABLE untold_accounts (
  since INTEGER NOT NULL -- milliseconds since the epoch
) STRICT;
-- None in a new database: nobody can have enrolled.
INSERT INTO untold_accounts SELECT unixepoch() * 1000
WHERE EXISTS (SELECT 1 FROM certificates)
  OR EXISTS (SELECT 1 FROM certificate_authorities)
  OR EXISTS (SELECT 1 FROM relying_parties)
  OR EXISTS (SELECT 1 FROM server_share_pool);

-- Rows of before are wrapped under the one KEK that there was.
ALTER TABLE server_share_pool ADD COLUMN kek_id TEXT NOT NULL DEFAULT 'kek-1';
