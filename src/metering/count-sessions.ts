// The consumer of the metering queue: a message may come twice, late, in any order and half acknowledged, and counts once. The id of each
// counted session is kept for longer than its message is accepted; the monthly figures are kept for ever, by a trigger (migration 0007).
import type { Environment } from "../environment.ts";
import { type MeteredSession, meteredSession } from "./metered-session.ts";

const DAY = 86_400_000;
/** A queue keeps a message for up to 14 days, the queue of dead letters for 14 more. */
const ACCEPTED_FOR = 34 * DAY;
/** A day more than that: an id is never forgotten while its message is on its way to the table, whatever the clocks say. */
const KEPT_FOR = 35 * DAY;
/** Ids that one run of the cron forgets: the database answers in time, and a backlog shrinks. */
const FORGOTTEN_AT_ONCE = 20_000;

const FIRST_DELAY_SECONDS = 30;
/** The platform takes no more. */
const LONGEST_DELAY_SECONDS = 43_200;

/** `ON CONFLICT` on the id alone: `OR IGNORE` would swallow every other fault, and with it sessions. */
const COUNT = `INSERT INTO metered_sessions (id, party, kind, flow, level, result, finished_at)
  SELECT value ->> 'id', value ->> 'party', value ->> 'kind', value ->> 'flow', value ->> 'level', value ->> 'result',
    value ->> 'finishedAt'
  FROM json_each(?) WHERE true ON CONFLICT (id) DO NOTHING`;

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
    await DATABASE.prepare(COUNT)
      .bind(JSON.stringify(countable.map(({ session }) => session)))
      .run();
  } catch (error) {
    console.error("metering: the database did not take a batch:", error);
    for (const { message } of countable) tryAgain(message);
  }
}

/** Never says what stands in it: it is not known what that is. */
function read(message: Message, now: number): MeteredSession | undefined {
  const parsed = meteredSession.safeParse(message.body);
  if (parsed.success && parsed.data.finishedAt <= now + DAY) return parsed.data;
  console.error(`metering: message ${message.id} is no session that is over`);
  tryAgain(message);
  return undefined;
}

/** Newer objects may send what only a newer consumer reads: there is time for it to come. */
function tryAgain(message: Message): void {
  const delaySeconds = Math.min(FIRST_DELAY_SECONDS * 2 ** (message.attempts - 1), LONGEST_DELAY_SECONDS);
  message.retry({ delaySeconds });
}

/** Ids whose messages would not be accepted any more. What they counted stays. */
export async function forgetCountedSessions({ DATABASE }: Pick<Environment, "DATABASE">): Promise<void> {
  await DATABASE.prepare(
    `DELETE FROM metered_sessions WHERE id IN
     (SELECT id FROM metered_sessions WHERE finished_at < ? ORDER BY finished_at LIMIT ?)`,
  )
    .bind(Date.now() - KEPT_FOR, FORGOTTEN_AT_ONCE)
    .run();
}
