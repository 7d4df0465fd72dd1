// Logins under way, from the request to the session that comes out of it. Every change is one conditional statement: of two tabs,
// or a reload and a long poll, the first one decides.
import type { BankFailure } from "../failure.ts";
import { newToken, SESSION_MILLISECONDS, tokenHash } from "./browsers.ts";

export interface Login {
  readonly id: string;
  readonly semantics_identifier: string;
  /** Of the one device that was asked; later of the one that answered. */
  readonly document_number: string | null;
  /** 1 or 0. */
  readonly remember: number;
  /** Base64. */
  readonly rp_challenge: string;
  readonly session_id: string;
  readonly started_at: number;
  /** "verified", a BankFailure, or null while nobody knows. */
  readonly outcome: string | null;
  readonly customer: string | null;
  readonly finished_at: number | null;
}

/** Logins older than this are of no use to anybody. */
const KEPT_MILLISECONDS = 60 * 60_000;

/** `token`: of the browser that it belongs to. Throws for a sessionID that stands for another login already. */
export async function addLogin(
  database: D1Database,
  token: string,
  login: Pick<Login, "semantics_identifier" | "document_number" | "remember" | "rp_challenge" | "session_id" | "started_at">,
): Promise<string> {
  const id = crypto.randomUUID();
  const insert = database.prepare(
    `INSERT INTO bank_logins (id, token_hash, semantics_identifier, document_number, remember, rp_challenge, session_id, started_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const { semantics_identifier, document_number, remember, rp_challenge, session_id, started_at } = login;
  const hash = await tokenHash(token);
  await database.batch([
    insert.bind(id, hash, semantics_identifier, document_number, remember, rp_challenge, session_id, started_at),
    database.prepare("DELETE FROM bank_logins WHERE started_at < ?").bind(started_at - KEPT_MILLISECONDS),
    database.prepare("DELETE FROM bank_sessions WHERE expires_at < ?").bind(started_at),
    database.prepare("DELETE FROM bank_devices WHERE expires_at < ?").bind(started_at),
  ]);
  return id;
}

/** Only for the browser that started it. */
export async function findLogin(database: D1Database, id: string, token: string | undefined): Promise<Login | undefined> {
  const hash = await tokenHash(token);
  if (hash === undefined) return undefined;
  const found = database.prepare("SELECT * FROM bank_logins WHERE id = ? AND token_hash = ?").bind(id, hash);
  return (await found.first<Login>()) ?? undefined;
}

/** The first outcome stands. */
export async function settleLogin(
  database: D1Database,
  id: string,
  outcome: BankFailure | { readonly customer: string; readonly documentNumber: string },
): Promise<void> {
  const decided = "WHERE id = ? AND outcome IS NULL";
  if (typeof outcome === "string") {
    await database.prepare(`UPDATE bank_logins SET outcome = ? ${decided}`).bind(outcome, id).run();
    return;
  }
  const update = `UPDATE bank_logins SET outcome = 'verified', customer = ?, document_number = ? ${decided}`;
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
