// Schema of the Account object. Append only.
import type { Migrations } from "../storage/migrations.ts";

export const ACCOUNT_MIGRATIONS: Migrations = [
  `
  CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    handle TEXT NOT NULL,
    status TEXT NOT NULL,
    closed_reason TEXT NOT NULL DEFAULT '',
    opened_at INTEGER NOT NULL,
    transcript_hash TEXT NOT NULL,
    channel_keys BLOB NOT NULL,
    one_time_password TEXT NOT NULL,
    identity TEXT,
    document_number TEXT NOT NULL DEFAULT '',
    applied_at INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL DEFAULT 0,
    application_signature BLOB,
    epoch INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  -- Every request id of the account's life, so that a recorded message is known for ever.
  CREATE TABLE request (
    request_id TEXT PRIMARY KEY,
    plaintext_hash TEXT NOT NULL,
    one_time_password TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The last answer of each lane: of the device in step, and of whatever came beside it.
  CREATE TABLE answer (
    lane TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    plaintext TEXT NOT NULL,
    initialization_vector BLOB NOT NULL
  ) STRICT;

  CREATE TABLE key_pair (
    purpose TEXT NOT NULL,
    key_version INTEGER NOT NULL,
    suite TEXT NOT NULL,
    state TEXT NOT NULL,
    public_key BLOB,
    server_share BLOB,
    proof TEXT,
    serial_number BLOB,
    certificate BLOB,
    index_entry TEXT,
    PRIMARY KEY (purpose, key_version)
  ) STRICT;

  CREATE TABLE lockout (
    purpose TEXT PRIMARY KEY,
    wrong INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
  ) STRICT;

  -- Encoded messages that were signed before: the same contribution again proves no knowledge of the PIN now.
  CREATE TABLE accepted_message (
    message_key BLOB PRIMARY KEY
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pending_transaction (
    transaction_id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    claimed INTEGER NOT NULL DEFAULT 0,
    details TEXT NOT NULL,
    offer TEXT NOT NULL
  ) STRICT;

  CREATE TABLE clone_watch (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    out_of_step INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    wrong_answers INTEGER NOT NULL,
    challenge TEXT,
    challenge_proof TEXT,
    challenge_expires_at INTEGER NOT NULL
  ) STRICT;

  -- What other objects must hear. A row stays until it was acknowledged.
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Members of the answer's body that are not stored in the clear, wrapped.
  ALTER TABLE answer ADD COLUMN secret BLOB;

  CREATE TABLE push_subscription (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    endpoint_hash TEXT NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT;

  CREATE TABLE live_ticket (
    id INTEGER PRIMARY KEY,
    ticket_hash TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- 1: not pushed yet, because a device looked on when it came.
  ALTER TABLE pending_transaction ADD COLUMN push_owed INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- What happened to the person's other accounts, as it was told.
  CREATE TABLE notice (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    content TEXT NOT NULL,
    push_owed INTEGER NOT NULL,
    dismissed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  `,
  `
  -- No account outlives its certificates, which an issuer's end may have cut short. Their last second is valid.
  UPDATE account SET expires_at = min(expires_at, coalesce(
    (SELECT min(json_extract(index_entry, '$.notAfter')) + 1000 FROM key_pair WHERE certificate IS NOT NULL), expires_at));

  -- The person's list is told at once, the person's other devices when everything is revoked.
  INSERT INTO outbox (kind, target, payload) SELECT 'notice', target, payload FROM outbox WHERE kind = 'closed' AND payload <> 'null';
  UPDATE outbox SET payload = 'null' WHERE kind = 'closed';
  `,
  `
  -- The signature that the device waits for after a certificate choice.
  CREATE TABLE awaited (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    session TEXT NOT NULL,
    relying_party_name TEXT NOT NULL,
    until INTEGER NOT NULL, -- milliseconds since the epoch
    stopped INTEGER NOT NULL
  ) STRICT;

  -- What waits from before there were flows that return somewhere.
  UPDATE pending_transaction SET details = json_insert(details, '$.offered.initialCallbackUrl', '', '$.offered.sessionSecretDigest', '',
    '$.offered.relyingPartyUUID', '') WHERE details ->> '$.kind' = 'relying-party';
  `,
  `
  -- Wrapped: the server's nonce for the proof of a new key, and for the offer of a claimed transaction.
  ALTER TABLE key_pair ADD COLUMN proof_nonce BLOB;
  -- SHA-256 of what tells the run in which a key was made.
  ALTER TABLE key_pair ADD COLUMN grant_hash BLOB;
  ALTER TABLE pending_transaction ADD COLUMN nonce BLOB;

  -- Their secret parts are bound to the request from now on. A device that asks again hears that the answer is gone.
  DELETE FROM answer WHERE secret IS NOT NULL;

  -- The application names keys of every suite now, and is signed over them.
  UPDATE pending_transaction SET details = json_set(json_remove(details, '$.publicKeyHashes'), '$.keys', json_array(
    json_object('purpose', 'auth', 'suite', 'rsa', 'publicKeyHash', details ->> '$.publicKeyHashes.auth'),
    json_object('purpose', 'sign', 'suite', 'rsa', 'publicKeyHash', details ->> '$.publicKeyHashes.sign')))
  WHERE details ->> '$.kind' = 'application';

  -- New keys of one purpose in an account that is active: at most one such change at a time.
  CREATE TABLE re_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    purpose TEXT NOT NULL,
    change TEXT NOT NULL,
    suites TEXT NOT NULL,
    state TEXT NOT NULL,
    until INTEGER NOT NULL, -- milliseconds since the epoch
    proof TEXT,
    grant_hash BLOB
  ) STRICT;
  `,
  `
  -- Security events, a hash chain: the newest row is its head, and stays. \`message\`: events, apart by commas, for as long as no queue took
  -- them; what was taken is not kept here.
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    position INTEGER NOT NULL, -- of its last event, from 1
    hash BLOB NOT NULL CHECK (length(hash) = 32), -- of the same event
    message TEXT,
    failures INTEGER NOT NULL DEFAULT 0, -- tries in a row
    retry_at INTEGER -- milliseconds since the epoch
  ) STRICT;
  `,
  `
  -- KEKs that the index of accounts was told of, in order (JSON), and the version of that telling. Nothing was told of accounts of before.
  ALTER TABLE account ADD COLUMN told_keks TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE account ADD COLUMN told_version INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Security events that come again and again: when one of the kind was recorded last, in milliseconds since the epoch, and how many more
  -- came since.
  CREATE TABLE repeated_event (
    event TEXT PRIMARY KEY,
    recorded_at INTEGER NOT NULL,
    unrecorded INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Transactions of which the person said on this account that they did not start them: in the audit log once.
  CREATE TABLE disowned (
    transaction_id TEXT PRIMARY KEY,
    at INTEGER NOT NULL -- when it was said, milliseconds since the epoch
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- When the person last had a push sent to see whether it comes, in milliseconds since the epoch.
  CREATE TABLE test_push (id INTEGER PRIMARY KEY CHECK (id = 1), sent_at INTEGER NOT NULL) STRICT;
  `,
];
