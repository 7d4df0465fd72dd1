// Takes events out of the database into a file, page by page in the order of its key: what is in the file is on the disk before it is deleted
// in the database, and an export that is interrupted goes on behind the last whole line.
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { CommandFailure } from "../authenticator/command-failure.ts";
import type { Database } from "../relying-party/database.ts";
import { withValues } from "../wrangler/sql-values.ts";
import { eventIn, type ExportedEvent, eventsOf, lineOf } from "./event-files.ts";

/** Rows of one answer of the database, some 300 bytes each. */
const PAGE = 2000;
/** Rows that one statement names, 150 characters each: D1 reads 100 kB, and a command line is not endless either. */
const NAMED = 500;
/** Bytes that hold one line and more, whatever its event. */
const LONGEST_LINE = 16_384;

export interface Exported {
  /** In the file by now. */
  readonly events: number;
  /** Of them, what came into the file now. */
  readonly taken: number;
  /** Rows of the database. */
  readonly deleted: number;
  /** Rows that belong before the end of the file and came when that was written already: for the next one. Not counted unless it deletes. */
  readonly late: number;
}

interface Contents {
  readonly events: number;
  readonly last: ExportedEvent | undefined;
}

/** `page`: rows that are asked for at once. Throws a CommandFailure for a file that is no export. */
export async function exportEvents(
  database: Database,
  { file, deletes, page = PAGE }: { readonly file: string; readonly deletes: boolean; readonly page?: number },
): Promise<Exported> {
  const before = existsSync(file) ? await readWhole(file) : NOTHING;
  // They are in the file: of an export that ended between writing and deleting, or that was to delete nothing.
  let deleted = deletes && before.events > 0 ? await deleteAll(database, file, page) : 0;
  let { last } = before;
  for (let taken = 0; ;) {
    const rows = await readPage(database, last, page);
    if (rows.length === 0) {
      return { events: before.events + taken, taken, deleted, late: deletes ? await countUpTo(database, last) : 0 };
    }
    appendThrough(file, rows.map((row) => `${lineOf(row)}\n`).join(""));
    if (deletes) deleted += await deleteNamed(database, rows);
    taken += rows.length;
    last = rows.at(-1);
  }
}

const NOTHING: Contents = { events: 0, last: undefined };

async function readWhole(file: string): Promise<Contents> {
  cutHalfLine(file);
  let [events, last]: [number, ExportedEvent | undefined] = [0, undefined];
  for await (const event of eventsIn(file)) [events, last] = [events + 1, event];
  return { events, last };
}

async function deleteAll(database: Database, file: string, page: number): Promise<number> {
  let [deleted, read]: [number, ExportedEvent[]] = [0, []];
  for await (const event of eventsIn(file)) {
    read.push(event);
    if (read.length < page) continue;
    deleted += await deleteNamed(database, read);
    read = [];
  }
  return deleted + (await deleteNamed(database, read));
}

const eventsIn = (file: string): AsyncGenerator<ExportedEvent> =>
  eventsOf(file, (text) => {
    throw new CommandFailure("file", `${text}, and the file no export`);
  });

/** What an export wrote last, where it was cut off. */
function cutHalfLine(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    const { size } = fstatSync(descriptor);
    const end = Buffer.alloc(Math.min(size, LONGEST_LINE));
    readSync(descriptor, end, 0, end.length, size - end.length);
    const whole = end.lastIndexOf("\n") + 1;
    if (whole === 0 && size > 0) throw new CommandFailure("file", `${file} is no export`);
    ftruncateSync(descriptor, size - end.length + whole);
    // What was written before may be in the memory of this machine alone.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function appendThrough(file: string, text: string): void {
  const descriptor = openSync(file, "a", 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const rowSchema = z.array(z.unknown());

async function readPage(database: Database, last: ExportedEvent | undefined, page: number): Promise<readonly ExportedEvent[]> {
  const columns = "lower(hex(chain)) AS chain, position, lower(hex(hash)) AS hash, at, kind, detail";
  const sql = `SELECT ${columns} FROM audit_events WHERE (chain, position, hash) > (?, ?, ?) ORDER BY chain, position, hash LIMIT ?`;
  const [rows] = await database.query(withValues(`${sql};`, [...keyOf(last), page]));
  return rowSchema.parse(rows).map((row) => {
    const event = eventIn(JSON.stringify(row));
    if (event === undefined) throw new CommandFailure("no_answer", "The database answers in a form that is not known here", 3);
    return event;
  });
}

async function countUpTo(database: Database, last: ExportedEvent | undefined): Promise<number> {
  if (last === undefined) return 0;
  const sql = "SELECT count(*) AS count FROM audit_events WHERE (chain, position, hash) <= (?, ?, ?);";
  const [rows] = await database.query(withValues(sql, keyOf(last)));
  return z.tuple([z.object({ count: z.int() })]).parse(rows)[0].count;
}

/** By its whole name each: others come and go meanwhile. */
async function deleteNamed(database: Database, rows: readonly ExportedEvent[]): Promise<number> {
  let deleted = 0;
  for (let start = 0; start < rows.length; start += NAMED) {
    const some = rows.slice(start, start + NAMED);
    const sql = `DELETE FROM audit_events WHERE (chain, position, hash) IN (VALUES ${some.map(() => "(?, ?, ?)").join(", ")}) RETURNING 1;`;
    const [gone = []] = await database.query(withValues(sql, some.flatMap(keyOf)));
    deleted += gone.length;
  }
  return deleted;
}

/** As the table has it; before every other where there is none. */
const keyOf = (event: ExportedEvent | undefined): [ArrayBufferLike, number, ArrayBufferLike] =>
  event === undefined ? [new ArrayBuffer(0), 0, new ArrayBuffer(0)] : [bytesIn(event.chain), event.position, bytesIn(event.hash)];
const bytesIn = (hexadecimal: string): ArrayBufferLike => Uint8Array.from(Buffer.from(hexadecimal, "hex")).buffer;
