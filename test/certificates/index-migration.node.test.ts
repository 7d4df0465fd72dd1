// The migration that counts revocations, run on the schema before it with data in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";

const migration = (name: string): string => readFileSync(join(import.meta.dirname, "../../migrations", `${name}.sql`), "utf8");

it("numbers the revocations that are there in the order of their times, for each authority, and counts on from there", () => {
  const database = new DatabaseSync(":memory:");
  database.exec(migration("0002_certificates"));
  const insert = database.prepare("INSERT INTO certificates VALUES (?, ?, 1000, 2000, ?, ?)");
  const before = [
    ["a", "eid-q", 5000, "superseded"],
    ["b", "eid-q", null, null],
    ["c", "eid-nq", 4000, "keyCompromise"],
    ["d", "eid-q", 3000, "unspecified"],
    ["e", "eid-q", 5000, "unspecified"],
  ] as const;
  for (const row of before) insert.run(...row);
  database.exec(migration("0004_status_service"));
  const orders = () =>
    Object.fromEntries(
      database
        .prepare("SELECT serial_number, revocation_order FROM certificates")
        .all()
        .map((row) => [row["serial_number"], row["revocation_order"]]),
    );
  expect(orders()).toEqual({ a: 2, b: null, c: 1, d: 1, e: 3 });
  database.exec("UPDATE certificates SET revoked_at = 1000, reason = 'superseded' WHERE serial_number = 'b'");
  expect(orders()).toEqual({ a: 2, b: 4, c: 1, d: 1, e: 3 });
  database.close();
});
