// Customers, their accounts and what was booked on them. At the first login the bank invents accounts and a little history.
import type { VerifiedPerson } from "../../client/index.ts";
import { newAccountNumber } from "../payment/account-number.ts";

export interface Customer {
  readonly id: string;
  readonly semantics_identifier: string;
  readonly given_name: string;
  readonly surname: string;
  /** Of the device with which this browser was logged in: the person may have others. */
  readonly document_number: string;
}

export interface Account {
  readonly number: string;
  readonly name: string;
  /** Cents. */
  readonly balance: number;
}

export interface Entry {
  readonly id: string;
  readonly account: string;
  readonly account_name: string;
  readonly booked_at: number;
  /** Cents; negative for what was paid. */
  readonly amount: number;
  readonly counterparty: string;
  readonly reference: string;
  /** Id of the payment that it came from. */
  readonly payment: string | null;
}

const DAY = 24 * 60 * 60_000;
const ACCOUNTS = ["Everyday account", "Rainy-day savings"] as const;
/** Account, days ago, cents from and to, counterparty, reference. */
const OPENINGS = [
  [0, 27, 210_000, 390_000, "Hazel & Birch Workshop", "Salary"],
  [0, 21, -64_000, -41_000, "Linden Housing", "Rent"],
  [0, 12, -8_900, -2_100, "Corner Grocer", "Weekly shop"],
  [0, 6, -3_600, -900, "City Trams", "Monthly pass"],
  [0, 2, -1_900, -420, "Café Alder", ""],
  [1, 90, 180_000, 940_000, "Own transfer", "For a rainy day"],
  [1, 9, 310, 1_900, "Rowan Bank", "Interest"],
] as const;

/** Keeps what the certificate says today, and gives accounts to a customer who is new. Idempotent, also at the same time. */
export async function welcomeCustomer(
  database: D1Database,
  person: VerifiedPerson,
  now: number,
): Promise<{ readonly customer: string; readonly documentNumber: string }> {
  const { semanticsIdentifier, givenName, surname, documentNumber } = person;
  const customer = await database
    .prepare(
      `INSERT INTO bank_customers (id, semantics_identifier, given_name, surname, since) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (semantics_identifier) DO UPDATE SET given_name = excluded.given_name, surname = excluded.surname RETURNING id`,
    )
    .bind(crypto.randomUUID(), semanticsIdentifier, givenName, surname, now)
    .first<{ id: string }>();
  if (customer === null) throw new Error("the customer was not kept");
  await database.batch([
    ...ACCOUNTS.map((name, position) =>
      database
        .prepare("INSERT OR IGNORE INTO bank_accounts (number, customer, name, position) VALUES (?, ?, ?, ?)")
        .bind(newAccountNumber(), customer.id, name, position),
    ),
    ...OPENINGS.map(([position, daysAgo, from, to, counterparty, reference], index) =>
      database
        .prepare(
          `INSERT OR IGNORE INTO bank_entries (id, account, booked_at, amount, counterparty, reference)
           SELECT ?, number, ?, ?, ?, ? FROM bank_accounts WHERE customer = ? AND position = ?`,
        )
        .bind(`${customer.id}:${index}`, now - daysAgo * DAY, between(from, to), counterparty, reference, customer.id, position),
    ),
  ]);
  return { customer: customer.id, documentNumber };
}

/** Both ends included; a play amount, nothing that must not be guessed. */
const between = (from: number, to: number): number => from + Math.floor(Math.random() * (to - from + 1));

export async function accountsOf(database: D1Database, customer: string): Promise<readonly Account[]> {
  const { results } = await database
    .prepare(
      `SELECT a.number, a.name, COALESCE(SUM(e.amount), 0) AS balance FROM bank_accounts a
       LEFT JOIN bank_entries e ON e.account = a.number WHERE a.customer = ? GROUP BY a.number ORDER BY a.position`,
    )
    .bind(customer)
    .all<Account>();
  return results;
}

/** Newest first. */
export async function entriesOf(database: D1Database, customer: string, limit: number): Promise<readonly Entry[]> {
  const { results } = await database
    .prepare(
      `SELECT e.*, a.name AS account_name FROM bank_entries e JOIN bank_accounts a ON a.number = e.account
       WHERE a.customer = ? ORDER BY e.booked_at DESC, e.id LIMIT ?`,
    )
    .bind(customer, limit)
    .all<Entry>();
  return results;
}
