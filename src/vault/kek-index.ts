// The index of what names which KEK: accounts, by what they tell (see durable/account/vault-keeper.ts), and pooled server shares. It tells
// an operator when a KEK may go. Every SQL statement about it, save those of the pool itself.
import type { Environment } from "../environment.ts";

type WithIndex = Pick<Environment, "DATABASE">;
type WithCurrent = Pick<Environment, "DATABASE" | "KEK_ID">;

/** What names one KEK. Times are in milliseconds since the epoch. */
export interface KekUse {
  readonly id: string;
  readonly accounts: number;
  readonly pooledShares: number;
  /** When it was last the current one of somebody who said so; 0 for never. */
  readonly lastCurrentAt: number;
}

/** Idempotent, in whatever order tellings arrive. `version`: grows with each telling of one account. */
export async function recordKeks(
  { DATABASE, KEK_ID }: WithCurrent,
  told: { readonly handle: string; readonly keks: readonly string[]; readonly version: number },
): Promise<void> {
  const { handle, keks, version } = told;
  await DATABASE.batch([
    DATABASE.prepare(
      `INSERT INTO wrapped_accounts (handle, kek_id, version) SELECT ?1, value, ?2 FROM json_each(?3)
       WHERE NOT EXISTS (SELECT 1 FROM wrapped_accounts WHERE handle = ?1 AND version > ?2)
       ON CONFLICT (handle, kek_id) DO UPDATE SET version = excluded.version`,
    ).bind(handle, version, JSON.stringify(keks)),
    DATABASE.prepare("DELETE FROM wrapped_accounts WHERE handle = ? AND version < ?").bind(handle, version),
    currentKek(DATABASE, KEK_ID),
  ]);
}

/** By the cron: a deployment that nobody uses is one that may wrap at any moment, too. */
export async function recordCurrentKek({ DATABASE, KEK_ID }: WithCurrent): Promise<void> {
  await currentKek(DATABASE, KEK_ID).run();
}

/** Often enough: a KEK rests for hours. */
const RECORDED_FOR_MS = 300_000;
const recordedBy = new WeakMap<WithCurrent, { readonly id: string; readonly at: number }>();

/**
 * Before an enrolment has anything wrapped: it is in no index, and a KEK may be the current one of a version for less than the cron's five
 * minutes. Once in that time by each isolate.
 */
export async function recordCurrentKekInUse(environment: WithCurrent): Promise<void> {
  const { id, at } = recordedBy.get(environment) ?? { id: "", at: 0 };
  if (id === environment.KEK_ID && Date.now() - at < RECORDED_FOR_MS) return;
  await recordCurrentKek(environment);
  recordedBy.set(environment, { id: environment.KEK_ID, at: Date.now() });
}

const currentKek = (database: D1Database, id: string): D1PreparedStatement =>
  database
    .prepare(
      "INSERT INTO current_keks (kek_id, last_at) VALUES (?1, ?2) ON CONFLICT (kek_id) DO UPDATE SET last_at = max(last_at, ?2)",
    )
    .bind(id, Date.now());

/** By id. */
export async function kekUses({ DATABASE }: WithIndex): Promise<readonly KekUse[]> {
  const { results } = await DATABASE.prepare(
    `SELECT id, sum(accounts) AS accounts, sum(pooled) AS pooledShares, max(last_at) AS lastCurrentAt FROM (
       SELECT kek_id AS id, count(*) AS accounts, 0 AS pooled, 0 AS last_at FROM wrapped_accounts GROUP BY kek_id
       UNION ALL SELECT kek_id, 0, count(*), 0 FROM server_share_pool GROUP BY kek_id
       UNION ALL SELECT kek_id, 0, 0, last_at FROM current_keks
     ) GROUP BY id ORDER BY id`,
  ).all<KekUse>();
  return results;
}

/** Ids that accounts name, without counting them: one step through the index for each. */
export async function namedKeks({ DATABASE }: WithIndex): Promise<readonly string[]> {
  const { results } = await DATABASE.prepare(
    `WITH RECURSIVE named (id) AS (
       SELECT min(kek_id) FROM wrapped_accounts
       UNION ALL SELECT (SELECT min(kek_id) FROM wrapped_accounts WHERE kek_id > id) FROM named WHERE id IS NOT NULL
     ) SELECT id FROM named WHERE id IS NOT NULL`,
  ).all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Handles of accounts that name this KEK, behind `after`, in order. */
export async function accountsNaming(
  { DATABASE }: WithIndex,
  { kek, after, limit }: { readonly kek: string; readonly after: string; readonly limit: number },
): Promise<readonly string[]> {
  const { results } = await DATABASE.prepare(
    "SELECT handle FROM wrapped_accounts WHERE kek_id = ? AND handle > ? ORDER BY handle LIMIT ?",
  )
    .bind(kek, after, limit)
    .all<{ handle: string }>();
  return results.map(({ handle }) => handle);
}

/** Of an account whose object holds nothing any more: nothing of it is wrapped. */
export async function forgetAccount({ DATABASE }: WithIndex, handle: string): Promise<void> {
  await DATABASE.prepare("DELETE FROM wrapped_accounts WHERE handle = ?").bind(handle).run();
}

/** Since when there may be accounts that are not in the index, in milliseconds since the epoch; undefined where there is none. */
export async function untoldSince({ DATABASE }: WithIndex): Promise<number | undefined> {
  const row = await DATABASE.prepare("SELECT min(since) AS since FROM untold_accounts").first<{ since: number | null }>();
  return row?.since ?? undefined;
}

/** Pooled shares under another KEK than the current one. Nobody has them yet, and others are made. Gives how many. */
export async function dropOtherPooledShares({ DATABASE, KEK_ID }: WithCurrent): Promise<number> {
  const { meta } = await DATABASE.prepare("DELETE FROM server_share_pool WHERE kek_id <> ?").bind(KEK_ID).run();
  return meta.changes;
}
