-- Sessions that were counted, each by the random id that it was given when it ended: a message that comes again finds its id. Nothing
-- about a person. Forgotten after five weeks, when no message about them is accepted any more.
CREATE TABLE metered_sessions (
  id TEXT PRIMARY KEY,
  party TEXT NOT NULL, -- UUID of the relying party, lower case
  kind TEXT NOT NULL, -- authentication, signature, certificate-choice
  flow TEXT NOT NULL, -- Notification, QR, Web2App, App2App; none: nobody came to the device link
  level TEXT NOT NULL, -- that was asked for
  result TEXT NOT NULL, -- the endResult
  finished_at INTEGER NOT NULL -- milliseconds since the epoch
) STRICT, WITHOUT ROWID;
CREATE INDEX metered_sessions_finished ON metered_sessions (finished_at);

-- How many sessions ended in each month (UTC), for ever.
CREATE TABLE usage (
  month TEXT NOT NULL, -- 2026-11
  party TEXT NOT NULL,
  kind TEXT NOT NULL,
  flow TEXT NOT NULL,
  level TEXT NOT NULL,
  result TEXT NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (month, party, kind, flow, level, result)
) STRICT, WITHOUT ROWID;

-- In the same statement as the id: neither is ever there without the other.
CREATE TRIGGER metered_sessions_counted AFTER INSERT ON metered_sessions
BEGIN
  INSERT INTO usage (month, party, kind, flow, level, result, sessions)
  VALUES (strftime('%Y-%m', NEW.finished_at / 1000, 'unixepoch'), NEW.party, NEW.kind, NEW.flow, NEW.level, NEW.result, 1)
  ON CONFLICT (month, party, kind, flow, level, result) DO UPDATE SET sessions = sessions + 1;
END;
