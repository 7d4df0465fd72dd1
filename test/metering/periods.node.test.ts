// When a party was enabled, by the triggers of the database, and the bills that are made of that.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeEach, expect, test } from "vitest";
import { runUsage } from "../../scripts/relying-party/usage.ts";
import { DEMO_PARTY_SQL, DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";

const BANK = "11111111-1111-4111-8111-111111111111";
const SHOP = "22222222-2222-4222-8222-222222222222";
const DECEMBER = Date.UTC(2026, 11);

const folder = mkdtempSync(join(tmpdir(), "tally-periods-"));
afterAll(() => rmSync(folder, { recursive: true }));
const pricesFile = join(folder, "prices.json");
writeFileSync(pricesFile, JSON.stringify({ currency: "EUR", perMonth: "10", rules: [{ price: "0" }] }));

const migration = (name: string): string => readFileSync(join(import.meta.dirname, `../../migrations/${name}.sql`), "utf8");
const OLD = ["0001_relying_parties", "0005_flow_policy"].map(migration).join("");
const NEW = ["0006_rate_limit", "0007_metering"].map(migration).join("");

let sqlite: DatabaseSync;
beforeEach(() => {
  sqlite = new DatabaseSync(":memory:");
  sqlite.exec(OLD + NEW);
});

const register = (uuid: string, enabled = 1, verb = "INSERT"): void =>
  sqlite.exec(`${verb} INTO relying_parties (uuid, names, enabled) VALUES ('${uuid}', '["${uuid}"]', ${enabled})`);
const enable = (uuid: string, enabled: number): void =>
  sqlite.exec(`UPDATE relying_parties SET enabled = ${enabled} WHERE uuid = '${uuid}'`);
/** Of each period, whether it is over. */
const periods = (uuid: string): boolean[] =>
  sqlite
    .prepare("SELECT until IS NOT NULL AS closed FROM relying_party_periods WHERE uuid = ? ORDER BY rowid")
    .all(uuid)
    .map(({ closed }) => closed === 1);
/** The clock of the database cannot be set: its past is. */
const move = (uuid: string, since: number, until: number | null): void =>
  void sqlite.prepare("UPDATE relying_party_periods SET since = ?, until = ? WHERE uuid = ?").run(since, until, uuid);

async function billed(month: string, now: number): Promise<readonly string[]> {
  const out: string[] = [];
  const code = await runUsage(["usage", "--month", month, "--prices", pricesFile, "--json"], {
    environment: {},
    printer: { out: (text) => void out.push(text), error: () => undefined },
    now,
    database: {
      query: (sql) =>
        Promise.resolve(
          sql
            .split(";")
            .filter((statement) => statement.trim() !== "")
            .map((statement) => sqlite.prepare(statement).all()),
        ),
    },
  });
  expect(code).toBe(0);
  const { parties } = JSON.parse(out.join()) as { readonly parties: readonly { party: string; amount: string }[] };
  return parties.map(({ party, amount }) => `${party} ${amount}`);
}

test("a period opens when a party is enabled and closes when it is not, however the row is written", () => {
  const before = Date.now();
  register(BANK);
  expect(periods(BANK)).toEqual([false]);
  const since = Number(sqlite.prepare("SELECT since FROM relying_party_periods").get()?.["since"]);
  // Milliseconds; the database's may be one less.
  expect(since).toBeGreaterThanOrEqual(before - 1);
  expect(since).toBeLessThanOrEqual(Date.now());

  enable(BANK, 1);
  expect(periods(BANK)).toEqual([false]);
  enable(BANK, 0);
  enable(BANK, 0);
  expect(periods(BANK)).toEqual([true]);
  enable(BANK, 1);
  expect(periods(BANK)).toEqual([true, false]);
  // The server takes 1 alone for enabled.
  enable(BANK, 2);
  expect(periods(BANK)).toEqual([true, true]);

  register(SHOP, 0);
  expect(periods(SHOP)).toEqual([]);
  register(SHOP, 1, "INSERT OR REPLACE");
  move(SHOP, 7, null);
  register(SHOP, 1, "INSERT OR REPLACE");
  expect(sqlite.prepare("SELECT since, until FROM relying_party_periods WHERE uuid = ?").all(SHOP)).toMatchObject([
    { since: 7, until: null },
  ]);
  register(SHOP, 0, "INSERT OR REPLACE");
  expect(periods(SHOP)).toEqual([true]);

  enable(SHOP, 1);
  sqlite.exec(`UPDATE relying_parties SET uuid = 'other' WHERE uuid = '${SHOP}'`);
  expect([periods(SHOP), periods("other")]).toEqual([[true, true], [false]]);
  sqlite.exec("DELETE FROM relying_parties");
  expect(periods("other")).toEqual([true]);
});

test("the migration opens a period for whoever is enabled", () => {
  sqlite = new DatabaseSync(":memory:");
  sqlite.exec(OLD);
  register(BANK);
  register(SHOP, 0);
  sqlite.exec(NEW);
  expect([periods(BANK), periods(SHOP)]).toEqual([[false], []]);
  enable(BANK, 0);
  expect(periods(BANK)).toEqual([true]);
});

test("a bill is the same whenever it is made after the month: it asks who was enabled in it, not who is", async () => {
  register(BANK);
  move(BANK, DECEMBER - 1, null);
  register(SHOP);
  move(SHOP, DECEMBER, null);
  expect(await billed("2026-10", DECEMBER)).toEqual([]);
  const november = await billed("2026-11", DECEMBER);
  expect(november).toEqual([`${BANK} 10.00`]);
  expect(await billed("2026-12", DECEMBER)).toEqual([`${BANK} 10.00`, `${SHOP} 10.00`]);

  // Whatever happens to its row in December.
  move(BANK, DECEMBER - 1, DECEMBER + 1);
  sqlite.exec(`UPDATE relying_parties SET enabled = 0 WHERE uuid = '${BANK}'`);
  expect(await billed("2026-11", DECEMBER + 2)).toEqual(november);
  sqlite.exec(`DELETE FROM relying_parties WHERE uuid = '${BANK}'`);
  expect(await billed("2026-11", DECEMBER + 2)).toEqual(november);
  expect(await billed("2027-01", DECEMBER + 2)).toEqual([`${SHOP} 10.00`]);
});

test("the party of developers pays like anybody", async () => {
  sqlite.exec(DEMO_PARTY_SQL);
  sqlite.exec(DEMO_PARTY_SQL);
  move(DEMO_PARTY_UUID, 0, null);
  expect(await billed("2026-11", DECEMBER)).toEqual([`${DEMO_PARTY_UUID} 10.00`]);
});
