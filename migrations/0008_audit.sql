-- Security events of accounts, as their objects recorded them: a chain for each account (src/audit/chain.ts). Two events at one position
-- are a fork, which is kept. `npm run audit -- export` takes them out, and deletes them here when it is told to: some 300 bytes for each
-- login, 0.3 GB for a million.
CREATE TABLE audit_events (
  chain BLOB NOT NULL CHECK (length(chain) = 32), -- handle of the account
  position INTEGER NOT NULL, -- from 1
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at INTEGER NOT NULL, -- milliseconds since the epoch
  kind TEXT NOT NULL,
  detail TEXT NOT NULL, -- JSON, as it was hashed
  PRIMARY KEY (chain, position, hash)
) STRICT, WITHOUT ROWID;
