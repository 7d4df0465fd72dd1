// What point-in-time recovery does to one object: its rows of before come back, all of them, and it is loaded anew.
import { runInDurableObject } from "cloudflare:test";

type Row = Record<string, SqlStorageValue>;

/** A stub of any namespace, new each time: one whose object broke off stays broken. */
type Reach = () => object;

/** Remembers every row of an object; what is given back brings them back. */
export async function remember(reach: Reach): Promise<() => Promise<void>> {
  const tables = await runInDurableObject(reach() as DurableObjectStub, (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
      )
      .toArray()
      .map(({ name }) => [name, storage.sql.exec<Row>(`SELECT * FROM "${name}"`).toArray()] as const),
  );
  return async () => {
    await runInDurableObject(reach() as DurableObjectStub, (_, { storage }) => {
      for (const [name, rows] of tables) {
        storage.sql.exec(`DELETE FROM "${name}"`);
        for (const row of rows) {
          const columns = Object.keys(row);
          const into = `"${name}" (${columns.map((column) => `"${column}"`).join(", ")})`;
          const values = columns.map((column) => row[column] ?? null);
          storage.sql.exec(`INSERT INTO ${into} VALUES (${columns.map(() => "?").join(", ")})`, ...values);
        }
      }
    });
    await reload(reach);
  };
}

/** What is only in the memory of an object is gone. */
export async function reload(reach: Reach): Promise<void> {
  const ended = runInDurableObject(reach() as DurableObjectStub, async (_, state) => {
    await state.storage.sync();
    state.abort("reloaded");
  });
  await ended.catch(() => undefined);
}
