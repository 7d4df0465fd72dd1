// The consumer of the metering queue: a message may come twice, late, in any order and half acknowledged, and counts once. The id of each
// counted session is kept for longer than its message is accepted; the monthly figures are kept for ever (migration 0007).
import type { Environment } from "../environment.ts";
import { tryAgain } from "../queues/try-again.ts";
import { ACCEPTED_FOR, type MeteredSession, meteredSession } from "./metered-session.ts";

const DAY = 86_400_000;
/** A day more: an id is never forgotten while its message is on its way to the table, whatever the clocks say. */
const KEPT_FOR = ACCEPTED_FOR + DAY;
/** Ids that one statement forgets: the database answers in time, and others come in between. */
const FORGOTTEN_AT_ONCE = 20_000;
/** Statements of one run of the cron, every five minutes: 1333 ids a second, more than the database can take in. */
const STATEMENTS_AT_MOST = 20;

const KEY = `value ->> 'finishedAt' / ${DAY} AS day, unhex(value ->> 'id', '-') AS id`;

/** Those whose ids are not there. One row for all of a batch that are alike. */
const COUNT = `WITH message AS (SELECT value, ${KEY} FROM json_each(?))
  INSERT INTO usage (month, party, kind, flow, level, result, sessions)
  SELECT strftime('%Y-%m', value ->> 'finishedAt' / 1000, 'unixepoch'), value ->> 'party', value ->> 'kind', value ->> 'flow',
    value ->> 'level', value ->> 'result', count(*)
  FROM message WHERE NOT EXISTS (SELECT 1 FROM counted_sessions AS counted WHERE counted.day = message.day AND counted.id = message.id)
  GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (month, party, kind, flow, level, result) DO UPDATE SET sessions = sessions + excluded.sessions`;

/** `ON CONFLICT` on the key alone: `OR IGNORE` would swallow every other fault, and with it sessions. */
const REMEMBER = `INSERT INTO counted_sessions (day, id) SELECT ${KEY} FROM json_each(?) WHERE true ON CONFLICT (day, id) DO NOTHING`;

const FORGET = `DELETE FROM counted_sessions WHERE (day, id) IN (SELECT day, id FROM counted_sessions WHERE day < ? LIMIT ?)`;

/**
 * All or nothing for what can be counted. What cannot be read, and what the database did not take, comes again after a while, a limited
 * number of times, and is a dead letter then; what is too old to tell whether it was counted is dropped, and said.
 */
export async function countSessions(batch: MessageBatch, { DATABASE }: Pick<Environment, "DATABASE">): Promise<void> {
  const now = Date.now();
  const readable = batch.messages.flatMap((message) => {
    const session = read(message, now);
    return session === undefined ? [] : [{ message, session }];
  });
  const countable = readable.filter(({ message, session }) => {
    if (now - session.finishedAt <= ACCEPTED_FOR) return true;
    console.error(`metering: session ${session.id} of party ${session.party} is too old to be counted`);
    message.ack();
    return false;
  });
  if (countable.length === 0) return;
  try {
    const sessions = onceEach(countable.map(({ session }) => session));
    // One transaction, and D1 runs one at a time: neither is ever there without the other.
    await DATABASE.batch([COUNT, REMEMBER].map((statement) => DATABASE.prepare(statement).bind(sessions)));
  } catch (error) {
    console.error("metering: the database did not take a batch:", error);
    for (const { message } of countable) tryAgain(message);
  }
}

/** As JSON. The statement that counts does not yet see the ids of its own batch. */
const onceEach = (sessions: readonly MeteredSession[]): string =>
  JSON.stringify([...new Map(sessions.map((session) => [session.id, session])).values()]);

/** Never says what stands in it: it is not known what that is. */
function read(message: Message, now: number): MeteredSession | undefined {
  const parsed = meteredSession.safeParse(message.body);
  if (parsed.success && parsed.data.finishedAt <= now + DAY) return parsed.data;
  console.error(`metering: message ${message.id} is no session that is over`);
  // Newer objects may send what only a newer consumer reads: there is time for it to come.
  tryAgain(message);
  return undefined;
}

/** Ids whose messages would not be accepted any more, by whole days. What they counted stays. */
export async function forgetCountedSessions({ DATABASE }: Pick<Environment, "DATABASE">): Promise<void> {
  const firstKept = Math.floor((Date.now() - KEPT_FOR) / DAY);
  for (let statements = 0; statements < STATEMENTS_AT_MOST; statements++) {
    const { meta } = await DATABASE.prepare(FORGET).bind(firstKept, FORGOTTEN_AT_ONCE).run();
    if (meta.changes < FORGOTTEN_AT_ONCE) return;
  }
}
