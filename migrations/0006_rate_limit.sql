-- How many POSTs a minute a party may make, as a class: the figures stand in wrangler.toml ([[ratelimits]]).
ALTER TABLE relying_parties ADD COLUMN rate_limit TEXT NOT NULL DEFAULT 'standard'
  CHECK (rate_limit IN ('small', 'standard', 'large', 'unlimited'));
-- Of one's own machine, and nobody elsewhere: load tests run against it.
UPDATE relying_parties SET rate_limit = 'unlimited' WHERE uuid = '00000000-0000-4000-8000-000000000000';

-- The credential of before, good until then (milliseconds since the epoch): a party changes its configuration without an outage.
ALTER TABLE relying_parties ADD COLUMN previous_credential_sha256 TEXT;
ALTER TABLE relying_parties ADD COLUMN previous_credential_until INTEGER;

-- When each party was enabled, for what a month costs it. By triggers, so that it is right however a row is written; nothing here is
-- ever deleted. Times are milliseconds since the epoch.
CREATE TABLE relying_party_periods (
  uuid TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER -- NULL: it is enabled
) STRICT;
CREATE UNIQUE INDEX relying_party_periods_open ON relying_party_periods (uuid) WHERE until IS NULL;

-- What was before is not known.
INSERT INTO relying_party_periods (uuid, since)
SELECT uuid, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM relying_parties WHERE enabled = 1;

-- A row that replaces another (INSERT OR REPLACE) finds its period open: no trigger heard of the deletion. NOT EXISTS and no OR IGNORE,
-- in whose place the OR REPLACE of the statement that fired the trigger would count.
CREATE TRIGGER relying_party_periods_added AFTER INSERT ON relying_parties
BEGIN
  UPDATE relying_party_periods SET until = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE uuid = NEW.uuid AND until IS NULL AND NEW.enabled <> 1;
  INSERT INTO relying_party_periods (uuid, since) SELECT NEW.uuid, CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.enabled = 1 AND NOT EXISTS (SELECT 1 FROM relying_party_periods WHERE uuid = NEW.uuid AND until IS NULL);
END;

CREATE TRIGGER relying_party_periods_changed AFTER UPDATE OF uuid, enabled ON relying_parties
BEGIN
  UPDATE relying_party_periods SET until = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE uuid = OLD.uuid AND until IS NULL AND (NEW.enabled <> 1 OR NEW.uuid <> OLD.uuid);
  INSERT INTO relying_party_periods (uuid, since) SELECT NEW.uuid, CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE NEW.enabled = 1 AND NOT EXISTS (SELECT 1 FROM relying_party_periods WHERE uuid = NEW.uuid AND until IS NULL);
END;

CREATE TRIGGER relying_party_periods_deleted AFTER DELETE ON relying_parties
BEGIN
  UPDATE relying_party_periods SET until = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE uuid = OLD.uuid AND until IS NULL;
END;
