-- Server shares made in advance, wrapped under the KEK; a row is taken by deleting it.
CREATE TABLE server_share_pool (
  id TEXT PRIMARY KEY,
  suite TEXT NOT NULL,
  wrapped BLOB NOT NULL
) STRICT;
