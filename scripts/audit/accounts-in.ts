// Which accounts there are, by the index that the vault keeps of them (migration 0009): each is in it as long as anything of it is wrapped.
// Whoever deletes an account there and every event of it hides it from here.
import { z } from "zod";
import { chainName } from "../../src/audit/chain.ts";
import type { Database } from "../relying-party/database.ts";
import { withValues } from "../wrangler/sql-values.ts";

/** Rows of one answer of the database. */
const PAGE = 5000;

const rows = z.array(z.object({ handle: chainName }));

/** Handles, in their order. */
export async function* accountsIn(database: Database): AsyncGenerator<string> {
  const sql = "SELECT DISTINCT handle FROM wrapped_accounts WHERE handle > ? ORDER BY handle LIMIT ?;";
  for (let last = ""; ;) {
    const [answer] = await database.query(withValues(sql, [last, PAGE]));
    const handles = rows.parse(answer).map(({ handle }) => handle);
    yield* handles;
    if (handles.length < PAGE) return;
    last = handles.at(-1) ?? "";
  }
}
