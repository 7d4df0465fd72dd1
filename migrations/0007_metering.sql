-- Ids of the sessions that were counted: a message that comes again finds its own. An id is random and leads to nothing else. Kept for as
-- long as a message is accepted, 35 days: 27 bytes a row, measured with a million of them, so that 3 million sessions a day take 3 GB.
CREATE TABLE counted_sessions (
  day INTEGER NOT NULL, -- in which the session ended (UTC), counted from the epoch: a message always says the same
  id BLOB NOT NULL CHECK (length(id) = 16),
  PRIMARY KEY (day, id) -- forgetting reads from the front
) STRICT, WITHOUT ROWID;

-- How many sessions ended in each month (UTC), for ever. Written in one transaction with the ids of those sessions.
CREATE TABLE usage (
  month TEXT NOT NULL, -- 2026-11
  party TEXT NOT NULL, -- UUID of the relying party, lower case
  kind TEXT NOT NULL, -- authentication, signature, certificate-choice
  flow TEXT NOT NULL, -- Notification, QR, Web2App, App2App; none: nobody came to the device link
  level TEXT NOT NULL, -- that was asked for
  result TEXT NOT NULL, -- the endResult
  sessions INTEGER NOT NULL,
  PRIMARY KEY (month, party, kind, flow, level, result)
) STRICT, WITHOUT ROWID;
