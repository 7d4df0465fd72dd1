// What browsers hold: sessions, remembered devices. A token is 32 random bytes that only the cookie has; here lies its hash, so
// that nobody who reads the database can use it.
import { randomBytes, sha256, toBase64Url, utf8 } from "../bytes.ts";
import type { Customer } from "./customers.ts";

const MINUTE = 60_000;
export const SESSION_MILLISECONDS = 30 * MINUTE;
export const DEVICE_MILLISECONDS = 90 * 24 * 60 * MINUTE;
const TOKEN_BYTES = 32;

type Table = "bank_sessions" | "bank_devices";

export const newToken = (): string => toBase64Url(randomBytes(TOKEN_BYTES));

/** Undefined for what is no token: nothing is looked up for it. */
export async function tokenHash(token: string | undefined): Promise<string | undefined> {
  return token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? toBase64Url(await sha256(utf8(token))) : undefined;
}

/** Whom the token stands for; undefined where it is unknown or over. */
export async function customerByToken(
  database: D1Database,
  table: Table,
  token: string | undefined,
  now: number,
): Promise<Customer | undefined> {
  const hash = await tokenHash(token);
  if (hash === undefined) return undefined;
  const statement = `SELECT c.*, t.document_number FROM ${table} t JOIN bank_customers c ON c.id = t.customer
    WHERE t.token_hash = ? AND t.expires_at > ?`;
  return (await database.prepare(statement).bind(hash, now).first<Customer>()) ?? undefined;
}

/** The token of this browser, for the cookie. `session`: token of the session that is to be remembered. */
export async function rememberDevice(database: D1Database, session: string, now: number): Promise<string> {
  const token = newToken();
  const insert = database.prepare(
    `INSERT INTO bank_devices (token_hash, customer, document_number, expires_at)
     SELECT ?, customer, document_number, ? FROM bank_sessions WHERE token_hash = ?`,
  );
  await insert.bind(await tokenHash(token), now + DEVICE_MILLISECONDS, await tokenHash(session)).run();
  return token;
}

export async function forget(database: D1Database, table: Table, token: string | undefined): Promise<void> {
  const hash = await tokenHash(token);
  if (hash !== undefined) await database.prepare(`DELETE FROM ${table} WHERE token_hash = ?`).bind(hash).run();
}
