// Schema of one object's SQLite database: an append-only list of migrations, each applied once and in order.
// Nothing is created until an object has something to store, so that asking for a name nobody has leaves no trace.

/** One entry per schema version; each may hold several statements. Entries are never edited once released. */
export type Migrations = readonly string[];

/** 0 for an object that never stored anything. */
export function schemaVersion(storage: DurableObjectStorage): number {
  const table = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").toArray();
  if (table.length === 0) return 0;
  return storage.sql.exec<{ version: number }>("SELECT version FROM schema_version").one().version;
}

/** Brings the schema to the newest version, all or nothing. Throws where the stored schema is newer than this code. */
export function migrate(storage: DurableObjectStorage, migrations: Migrations): void {
  const current = schemaVersion(storage);
  if (current > migrations.length) throw new Error(`schema version ${current} is newer than this code`);
  if (current === migrations.length) return;
  storage.transactionSync(() => {
    if (current === 0) {
      storage.sql.exec("CREATE TABLE schema_version (version INTEGER NOT NULL)");
      storage.sql.exec("INSERT INTO schema_version VALUES (0)");
    }
    for (const statements of migrations.slice(current)) storage.sql.exec(statements);
    storage.sql.exec("UPDATE schema_version SET version = ?", migrations.length);
  });
}
