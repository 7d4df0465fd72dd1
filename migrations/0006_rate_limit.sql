-- How many POSTs a minute a party may make, as a class: the figures stand in wrangler.toml ([[ratelimits]]).
ALTER TABLE relying_parties ADD COLUMN rate_limit TEXT NOT NULL DEFAULT 'standard'
  CHECK (rate_limit IN ('small', 'standard', 'large', 'unlimited'));
-- Of one's own machine, and nobody elsewhere: load tests run against it.
UPDATE relying_parties SET rate_limit = 'unlimited' WHERE uuid = '00000000-0000-4000-8000-000000000000';

-- The credential of before, good until then (milliseconds since the epoch): a party changes its configuration without an outage.
ALTER TABLE relying_parties ADD COLUMN previous_credential_sha256 TEXT;
ALTER TABLE relying_parties ADD COLUMN previous_credential_until INTEGER;
