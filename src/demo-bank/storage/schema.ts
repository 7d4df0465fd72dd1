// The bank's tables, made when they are first needed: the bank is nobody's deployment, so it has no migrations either.
// Times are milliseconds since the epoch, money is whole cents, tokens are kept as their SHA-256 alone.

const TABLES = [
  `CREATE TABLE IF NOT EXISTS bank_customers (
     id TEXT PRIMARY KEY, semantics_identifier TEXT NOT NULL UNIQUE, given_name TEXT NOT NULL, surname TEXT NOT NULL,
     since INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS bank_accounts (
     number TEXT PRIMARY KEY, customer TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, UNIQUE (customer, position))`,
  // What was booked. A payment's entry has the payment's id: the primary key books it once.
  `CREATE TABLE IF NOT EXISTS bank_entries (
     id TEXT PRIMARY KEY, account TEXT NOT NULL, booked_at INTEGER NOT NULL, amount INTEGER NOT NULL,
     counterparty TEXT NOT NULL, reference TEXT NOT NULL, payment TEXT)`,
  `CREATE INDEX IF NOT EXISTS bank_entries_by_account ON bank_entries (account, booked_at)`,
  // With the device that logged in: whoever pays in this session is asked there, wherever else the person logs in meanwhile.
  `CREATE TABLE IF NOT EXISTS bank_sessions (
     token_hash TEXT PRIMARY KEY, customer TEXT NOT NULL, document_number TEXT NOT NULL, expires_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS bank_devices (
     token_hash TEXT PRIMARY KEY, customer TEXT NOT NULL, document_number TEXT NOT NULL, expires_at INTEGER NOT NULL)`,
  // A login under way. It belongs to the browser that holds the token.
  `CREATE TABLE IF NOT EXISTS bank_logins (
     id TEXT PRIMARY KEY, token_hash TEXT NOT NULL, session_id TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, started TEXT,
     returned_to TEXT, remember INTEGER NOT NULL, started_at INTEGER NOT NULL, outcome TEXT, customer TEXT,
     document_number TEXT, finished_at INTEGER)`,
  `CREATE TABLE IF NOT EXISTS bank_payments (
     id TEXT PRIMARY KEY, customer TEXT NOT NULL, account TEXT NOT NULL, holder TEXT NOT NULL, recipient TEXT NOT NULL,
     recipient_account TEXT NOT NULL, amount INTEGER NOT NULL, reference TEXT NOT NULL, created_at INTEGER NOT NULL,
     state TEXT NOT NULL, failure TEXT, attempt INTEGER NOT NULL DEFAULT 0, interaction_type TEXT, session_id TEXT UNIQUE,
     started TEXT, started_at INTEGER, document_number TEXT, signature TEXT, certificate TEXT, booked_at INTEGER)`,
];

const ready = new WeakMap<D1Database, Promise<unknown>>();

/** Resolves when the tables are there; asks the database once in the life of this process. */
export async function prepareTables(database: D1Database): Promise<void> {
  const made = ready.get(database) ?? makeTables(database);
  ready.set(database, made);
  try {
    await made;
  } catch (error) {
    ready.delete(database);
    throw error;
  }
}

/** A table of another form is of an earlier bank: it is made anew, and its invented money is gone. */
async function makeTables(database: D1Database): Promise<void> {
  const known = new Set(TABLES.map((statement) => statement.replace("IF NOT EXISTS ", "")));
  const { results } = await database
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name LIKE 'bank\\_%' ESCAPE '\\'")
    .all<{ name: string; sql: string }>();
  const outdated = results.filter(({ sql }) => !known.has(sql)).map(({ name }) => `DROP TABLE "${name}"`);
  await database.batch([...outdated, ...TABLES].map((statement) => database.prepare(statement)));
}
