// Logins under way, from the request to the session that comes out of it. Every change is one conditional statement: of two tabs,
// or a reload and a long poll, the first one decides.
import type { StartedAuthentication } from "../../client/index.ts";
import type { BankFailure } from "../failure.ts";
import { newToken, SESSION_MILLISECONDS, tokenHash } from "./browsers.ts";

export interface Login {
  readonly id: string;
  /** What was asked, and what only this bank may know of it; forgotten as soon as the login is decided. */
  readonly started: StartedAuthentication | undefined;
  readonly flow: StartedAuthentication["flow"];
  /** The address at which this browser came back from the authenticator, if it did; its values fit this login. */
  readonly returned_to: string | null;
  /** 1 or 0. */
  readonly remember: number;
  readonly started_at: number;
  /** "verified", a BankFailure, or null while nobody knows. */
  readonly outcome: string | null;
  readonly customer: string | null;
  readonly finished_at: number | null;
}

/** Logins older than this are of no use to anybody. */
const KEPT_MILLISECONDS = 60 * 60_000;

/** What was secret about a login is of no use any more once it is decided. */
const FORGOTTEN = "started = NULL, returned_to = NULL";

/** Whoever has not answered by then is too late: three minutes, some more for which the service keeps a result, and some for us. */
const DECIDED_MILLISECONDS = 10 * 60_000;

/** Of a login to come: its addresses are part of what is asked. */
export const newLoginId = (): string => crypto.randomUUID();

/** `token`: of the browser that it belongs to. Throws for a sessionID that stands for another login already. */
export async function addLogin(
  database: D1Database,
  token: string,
  login: { readonly id: string; readonly started: StartedAuthentication; readonly remember: boolean },
): Promise<void> {
  const { id, started, remember } = login;
  const { sessionID, flow, receivedAt: now } = started;
  const insert = database.prepare(
    `INSERT INTO bank_logins (id, token_hash, session_id, flow, started, remember, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  await database.batch([
    insert.bind(id, await tokenHash(token), sessionID, flow, JSON.stringify(started), remember ? 1 : 0, now),
    database.prepare("DELETE FROM bank_logins WHERE started_at < ?").bind(now - KEPT_MILLISECONDS),
    database.prepare("DELETE FROM bank_sessions WHERE expires_at < ?").bind(now),
    database.prepare("DELETE FROM bank_devices WHERE expires_at < ?").bind(now),
  ]);
}

/** Only for the browser that started it. Whoever looks at one finds all decided that have become too old, with nothing secret left. */
export async function findLogin(database: D1Database, id: string, token: string | undefined): Promise<Login | undefined> {
  const hash = await tokenHash(token);
  if (hash === undefined) return undefined;
  const tooLate: BankFailure = "timed-out";
  const [, found] = await database.batch<Omit<Login, "started"> & { readonly started: string | null }>([
    database
      .prepare(`UPDATE bank_logins SET outcome = ?, ${FORGOTTEN} WHERE outcome IS NULL AND started_at < ?`)
      .bind(tooLate, Date.now() - DECIDED_MILLISECONDS),
    database.prepare("SELECT * FROM bank_logins WHERE id = ? AND token_hash = ?").bind(id, hash),
  ]);
  const row = found?.results[0];
  if (row === undefined) return undefined;
  return { ...row, started: row.started === null ? undefined : (JSON.parse(row.started) as StartedAuthentication) };
}

/** Whether this login has become a session of this customer, in whatever browser. */
export async function isFinishedFor(database: D1Database, id: string, customer: string): Promise<boolean> {
  const finished = "SELECT 1 FROM bank_logins WHERE id = ? AND customer = ? AND finished_at IS NOT NULL";
  return (await database.prepare(finished).bind(id, customer).first()) !== null;
}

/** Where the browser came back to; the first return counts. */
export async function keepReturn(database: D1Database, id: string, address: string): Promise<void> {
  const update = "UPDATE bank_logins SET returned_to = ? WHERE id = ? AND returned_to IS NULL AND outcome IS NULL";
  await database.prepare(update).bind(address, id).run();
}

/** The first outcome stands. */
export async function settleLogin(
  database: D1Database,
  id: string,
  outcome: BankFailure | { readonly customer: string; readonly documentNumber: string },
): Promise<void> {
  const decided = `${FORGOTTEN} WHERE id = ? AND outcome IS NULL`;
  if (typeof outcome === "string") {
    await database.prepare(`UPDATE bank_logins SET outcome = ?, ${decided}`).bind(outcome, id).run();
    return;
  }
  const update = `UPDATE bank_logins SET outcome = 'verified', customer = ?, document_number = ?, ${decided}`;
  await database.prepare(update).bind(outcome.customer, outcome.documentNumber, id).run();
}

/**
 * Turns a verified login into a session, once: the token of a session that nobody has seen before, so that a token that was
 * planted in the browser is worth nothing. Undefined where the login is not verified, or was used already.
 */
export async function openSession(database: D1Database, id: string, now: number): Promise<string | undefined> {
  const token = newToken();
  const usable = "id = ? AND outcome = 'verified' AND finished_at IS NULL";
  const [inserted] = await database.batch([
    database
      .prepare(
        `INSERT INTO bank_sessions (token_hash, customer, document_number, expires_at)
         SELECT ?, customer, document_number, ? FROM bank_logins WHERE ${usable}`,
      )
      .bind(await tokenHash(token), now + SESSION_MILLISECONDS, id),
    database.prepare(`UPDATE bank_logins SET finished_at = ? WHERE ${usable}`).bind(now, id),
  ]);
  return inserted?.meta.changes === 1 ? token : undefined;
}
