// The consumer of the audit queue: a message may come twice, late and in any order, and each event is kept once (migration 0008). Two events
// at one position are both kept: whoever verifies shall see that a chain forked.
import type { Environment } from "../environment.ts";
import { tryAgain } from "../queues/try-again.ts";
import { type AuditMessage, auditMessage } from "./chain.ts";

/** Characters of JSON for one statement: D1 takes 2 MB, and a batch of messages can be more. */
const LONGEST_STATEMENT = 500_000;

/** `ON CONFLICT` on the key alone: `OR IGNORE` would swallow every other fault, and with it events. */
const KEEP = `INSERT INTO audit_events (chain, position, hash, at, kind, detail)
  SELECT unhex(value ->> 'chain'), value ->> 'position', unhex(value ->> 'hash'), value ->> 'at', value ->> 'kind', value ->> 'detail'
  FROM json_each(?) WHERE true ON CONFLICT (chain, position, hash) DO NOTHING`;

/** All or nothing for what can be read. The rest, and what the database did not take, comes again after a while and is a dead letter then. */
export async function keepEvents(batch: MessageBatch, { DATABASE }: Pick<Environment, "DATABASE">): Promise<void> {
  const readable = batch.messages.flatMap((message) => {
    const parsed = auditMessage.safeParse(message.body);
    if (parsed.success) return [{ message, kept: parsed.data }];
    // Never says what stands in it: it is not known what that is.
    console.error(`audit: message ${message.id} is not known here`);
    // Newer objects may send what only a newer consumer reads: there is time for it to come.
    tryAgain(message);
    return [];
  });
  if (readable.length === 0) return;
  try {
    await DATABASE.batch(rowsOf(readable.map(({ kept }) => kept)).map((rows) => DATABASE.prepare(KEEP).bind(rows)));
  } catch (error) {
    console.error("audit: the database did not take a batch:", error);
    for (const { message } of readable) tryAgain(message);
  }
}

/** As JSON, for one statement each. */
function rowsOf(messages: readonly AuditMessage[]): readonly string[] {
  const statements: string[] = [];
  for (const { chain, events } of messages) {
    const rows = events.map((event) => JSON.stringify({ chain, ...event })).join(",");
    const last = statements.at(-1);
    if (last === undefined || last.length + rows.length > LONGEST_STATEMENT) statements.push(rows);
    else statements[statements.length - 1] = `${last},${rows}`;
  }
  return statements.map((rows) => `[${rows}]`);
}
