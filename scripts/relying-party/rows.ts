// The table `relying_parties` as the operator's command reads and writes it. A row may be malformed, written by hand: it is still listed,
// changed and disabled.
import { z } from "zod";
import { type RelyingParty, relyingPartyRow } from "../../src/relying-party/registration.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { type SqlValue, withValues } from "../wrangler/sql-values.ts";
import type { Database } from "./database.ts";

/** Columns as D1 gives and takes them. */
export type StoredParty = z.input<typeof relyingPartyRow>;
export type Column = keyof StoredParty;

const COLUMNS = Object.keys(relyingPartyRow.shape) as Column[];
const cell = z.union([z.string(), z.number(), z.null()]);
/** Whatever stands in it. */
const storedRow = z.record(z.enum(COLUMNS as [Column, ...Column[]]), cell);
export type StoredRow = z.output<typeof storedRow>;

const SELECTED = COLUMNS.join(", ");

/** What a row means; a sentence for one that means nothing. */
export function partyOf(row: StoredRow): RelyingParty | string {
  const parsed = relyingPartyRow.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join(".")}: ${issue?.message}`;
}

export async function allRows(database: Database): Promise<readonly StoredRow[]> {
  return rowsIn(await database.query(`SELECT ${SELECTED} FROM relying_parties ORDER BY names, uuid;`));
}

/** CommandFailure where there is none. */
export async function rowOf(database: Database, uuid: string): Promise<StoredRow> {
  const sql = withValues(`SELECT ${SELECTED} FROM relying_parties WHERE uuid = ?;`, [uuid]);
  const [row] = rowsIn(await database.query(sql));
  if (row === undefined) throw new CommandFailure("no_such_party", `There is no relying party ${uuid} (list shows them all).`);
  return row;
}

/** What is not named has the table's default. CommandFailure where the UUID is taken. */
export async function insertRow(database: Database, wish: Partial<StoredParty> & { readonly uuid: string }): Promise<StoredRow> {
  const entries = Object.entries(wish);
  const columns = entries.map(([column]) => column).join(", ");
  const places = entries.map(() => "?").join(", ");
  const sql = `INSERT INTO relying_parties (${columns}) VALUES (${places}) ON CONFLICT (uuid) DO NOTHING RETURNING ${SELECTED};`;
  const [row] = rowsIn(await database.query(withValues(sql, valuesOf(entries))));
  if (row === undefined) throw new CommandFailure("party_exists", `${wish.uuid} is registered already: set changes it.`);
  return row;
}

/** Only while the row is as it was read: two operators at once do not undo each other's changes unseen. */
export async function updateRow(database: Database, before: StoredRow, changes: Partial<StoredParty>): Promise<StoredRow> {
  const entries = Object.entries(changes);
  const set = entries.map(([column]) => `${column} = ?`).join(", ");
  const unchanged = COLUMNS.map((column) => `${column} IS ?`).join(" AND ");
  const sql = `UPDATE relying_parties SET ${set} WHERE ${unchanged} RETURNING ${SELECTED};`;
  const values = [...valuesOf(entries), ...COLUMNS.map((column) => before[column])];
  const [row] = rowsIn(await database.query(withValues(sql, values)));
  if (row !== undefined) return row;
  throw new CommandFailure(
    "changed_meanwhile",
    "Somebody changed this relying party at the same moment: look at it, and try again.",
  );
}

const valuesOf = (entries: readonly (readonly [string, SqlValue | undefined])[]): SqlValue[] =>
  entries.map(([, value]) => value ?? null);

const rowsIn = ([rows = []]: readonly (readonly unknown[])[]): readonly StoredRow[] => rows.map((row) => storedRow.parse(row));
