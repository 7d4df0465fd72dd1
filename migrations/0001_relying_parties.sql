-- Who may use the relying-party API, and from where.
CREATE TABLE relying_parties (
  uuid TEXT PRIMARY KEY, -- lower case
  names TEXT NOT NULL, -- JSON array; matched without regard to case
  networks TEXT NOT NULL DEFAULT '[]', -- JSON array of CIDR blocks; empty: from anywhere, with the credential
  credential_sha256 TEXT, -- hexadecimal SHA-256 of the bearer token; NULL: none, the networks alone identify the party
  endpoints TEXT NOT NULL DEFAULT '["authentication","signature","certificate"]', -- JSON array: what the party may ask for
  levels TEXT NOT NULL DEFAULT '["ADVANCED","QUALIFIED"]', -- JSON array: certificate levels that it may ask for
  may_learn_client_address INTEGER NOT NULL DEFAULT 0, -- 1: may ask for the address of the person's device
  enabled INTEGER NOT NULL DEFAULT 1
) STRICT;
