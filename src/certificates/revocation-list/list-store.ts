// The newest CRL of each authority in D1, and what the next one is made of. Every SQL statement about CRLs.
import type { RevocationReason } from "../revocation.ts";
import type { ListedRevocation } from "./build-list.ts";
import { listParameters, type RevocationList, SAVE_REVOCATION_LIST } from "./stored-list.ts";

interface Row {
  readonly number: number;
  readonly this_update: number;
  readonly next_update: number;
  readonly last_revocation: number;
  readonly digest: string;
}

const LATEST =
  "SELECT coalesce(max(revocation_order), 0) AS latest FROM certificates WHERE issuer = ? AND revoked_at IS NOT NULL";

/** Everything about the newest list but its bytes, and how many revocations of the authority there are by now. */
export interface ListState {
  readonly list: Omit<RevocationList, "der"> | undefined;
  readonly latestRevocation: number;
}

export async function readListState(database: D1Database, authority: string): Promise<ListState> {
  const statement = database.prepare(
    `SELECT number, this_update, next_update, last_revocation, digest, latest
     FROM (${LATEST}) LEFT JOIN revocation_lists ON authority = ?`,
  );
  const row = await statement.bind(authority, authority).first<Row & { latest: number }>();
  if (row === null) throw new Error("a query that always has a row had none");
  return { list: listOf(row), latestRevocation: row.latest };
}

/** Joined to nothing, all columns are NULL. */
const listOf = (row: Row): Omit<RevocationList, "der"> | undefined =>
  row.number === null
    ? undefined
    : {
        number: row.number,
        thisUpdate: row.this_update,
        nextUpdate: row.next_update,
        lastRevocation: row.last_revocation,
        digest: row.digest,
      };

export async function readList(database: D1Database, authority: string): Promise<RevocationList | undefined> {
  const row = await database
    .prepare("SELECT * FROM revocation_lists WHERE authority = ?")
    .bind(authority)
    .first<Row & { list: ArrayBuffer | number[] }>();
  const list = row === null ? undefined : listOf(row);
  return row && list ? { ...list, der: new Uint8Array(row.list) } : undefined;
}

/**
 * One view of everything for the next list: `state`, and what it must list. An expired certificate is left out once it stood on a
 * list that was made after its end (RFC 5280 §3.3), and never before it stood on any.
 */
export async function readRevocations(
  database: D1Database,
  authority: string,
): Promise<ListState & { readonly revocations: readonly ListedRevocation[] }> {
  // A batch is one transaction.
  const [latest, newest, revoked] = await database.batch<Record<string, unknown>>([
    database.prepare(LATEST).bind(authority),
    database
      .prepare("SELECT number, this_update, next_update, last_revocation, digest FROM revocation_lists WHERE authority = ?")
      .bind(authority),
    database
      .prepare(
        `SELECT serial_number, revoked_at, reason FROM certificates
         LEFT JOIN revocation_lists ON revocation_lists.authority = certificates.issuer
         WHERE issuer = ? AND revoked_at IS NOT NULL
           AND (authority IS NULL OR not_after >= this_update OR revocation_order > last_revocation)
         ORDER BY revocation_order`,
      )
      .bind(authority),
  ]);
  const rows = (revoked?.results ?? []) as { serial_number: string; revoked_at: number; reason: RevocationReason }[];
  const [row] = (newest?.results ?? []) as unknown as Row[];
  return {
    list: row && listOf(row),
    latestRevocation: Number(latest?.results[0]?.["latest"]),
    revocations: rows.map(({ serial_number, revoked_at, reason }) => ({
      serialNumberHex: serial_number,
      revokedAt: revoked_at,
      reason,
    })),
  };
}

/**
 * Puts the list in the place of the one numbered `before` (undefined: in an empty place). False where that one is not there any
 * more: another isolate was first, and this list must never be seen.
 */
export async function saveList(
  database: D1Database,
  authority: string,
  list: RevocationList,
  before: number | undefined,
): Promise<boolean> {
  const statement = database.prepare(SAVE_REVOCATION_LIST).bind(...listParameters(authority, list, before ?? null));
  const { meta } = await statement.run();
  return meta.changes > 0;
}
