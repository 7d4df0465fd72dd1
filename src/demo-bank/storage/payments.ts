// Payments: draft → signing → booked, or failed and signed anew. Every step is one conditional statement, so that a double
// submit, a second tab, a late answer of an earlier try or a repeated poll changes nothing.
import type { InteractionType, StartedNotificationSignature, VerifiedSignature } from "../../client/index.ts";
import type { BankFailure } from "../failure.ts";
import type { PaymentOrder } from "../payment/payment-form.ts";

export interface Payment {
  readonly id: string;
  readonly customer: string;
  readonly account: string;
  /** The customer's name when the payment was made up: it stands in the document. */
  readonly holder: string;
  readonly recipient: string;
  readonly recipient_account: string;
  /** Cents. */
  readonly amount: number;
  readonly reference: string;
  readonly created_at: number;
  readonly state: "draft" | "signing" | "failed" | "booked";
  /** A BankFailure, where the last try failed. */
  readonly failure: string | null;
  /** Counts the tries. */
  readonly attempt: number;
  readonly interaction_type: InteractionType | null;
  /** What was asked; undefined before the service has said that it asks, and after the outcome. */
  readonly started: StartedNotificationSignature | undefined;
  readonly started_at: number | null;
  readonly document_number: string | null;
  readonly signature: string | null;
  readonly certificate: string | null;
  readonly booked_at: number | null;
}

/** How long a payment may wait for its signature after it was made up. */
export const DRAFT_MILLISECONDS = 20 * 60_000;

export async function addPayment(
  database: D1Database,
  input: {
    readonly customer: string;
    readonly account: string;
    readonly holder: string;
    readonly order: PaymentOrder;
    readonly now: number;
  },
): Promise<string> {
  const id = crypto.randomUUID();
  const { customer, account, holder, order, now } = input;
  await database
    .prepare(
      `INSERT INTO bank_payments (id, customer, account, holder, recipient, recipient_account, amount, reference, created_at, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'draft')`,
    )
    .bind(id, customer, account, holder, order.recipient, order.account, order.amount, order.reference, now)
    .run();
  return id;
}

/** Only for the customer whose it is. */
export async function findPayment(database: D1Database, id: string, customer: string): Promise<Payment | undefined> {
  const row = await database
    .prepare("SELECT * FROM bank_payments WHERE id = ? AND customer = ?")
    .bind(id, customer)
    .first<Omit<Payment, "started"> & { readonly started: string | null }>();
  if (row === null) return undefined;
  return { ...row, started: row.started === null ? undefined : (JSON.parse(row.started) as StartedNotificationSignature) };
}

/** The number of the try; undefined where one is under way, or the payment is booked or too old. */
export async function beginSigning(
  database: D1Database,
  id: string,
  input: { readonly interactionType: InteractionType; readonly documentNumber: string; readonly now: number },
): Promise<number | undefined> {
  const begun = await database
    .prepare(
      `UPDATE bank_payments SET state = 'signing', failure = NULL, attempt = attempt + 1, session_id = NULL,
       started = NULL, interaction_type = ?, document_number = ?, started_at = ?
       WHERE id = ? AND state IN ('draft', 'failed') AND created_at > ? RETURNING attempt`,
    )
    .bind(input.interactionType, input.documentNumber, input.now, id, input.now - DRAFT_MILLISECONDS)
    .first<{ attempt: number }>();
  return begun?.attempt;
}

/** Throws for a sessionID that stands for another payment already. */
export async function keepSession(
  database: D1Database,
  id: string,
  attempt: number,
  started: StartedNotificationSignature,
): Promise<void> {
  await database
    .prepare("UPDATE bank_payments SET session_id = ?, started = ? WHERE id = ? AND attempt = ? AND state = 'signing'")
    .bind(started.sessionID, JSON.stringify(started), id, attempt)
    .run();
}

/** The first outcome of a try stands. */
export async function failPayment(database: D1Database, id: string, attempt: number, failure: BankFailure): Promise<void> {
  await database
    .prepare(
      "UPDATE bank_payments SET state = 'failed', started = NULL, failure = ? WHERE id = ? AND attempt = ? AND state = 'signing'",
    )
    .bind(failure, id, attempt)
    .run();
}

/**
 * Books a payment whose signature was verified, exactly once and never beyond what is on the account: the three statements are one
 * transaction. A payment that the account does not cover fails instead.
 */
export async function bookPayment(
  database: D1Database,
  { id, attempt }: Pick<Payment, "id" | "attempt">,
  { signature, certificate }: Pick<VerifiedSignature, "signature" | "certificate">,
  now: number,
): Promise<void> {
  const thisTry = "id = ? AND attempt = ? AND state = 'signing'";
  const booked = "EXISTS (SELECT 1 FROM bank_entries WHERE bank_entries.id = bank_payments.id)";
  await database.batch([
    database
      .prepare(
        `INSERT OR IGNORE INTO bank_entries (id, account, booked_at, amount, counterparty, reference, payment)
         SELECT id, account, ?, -amount, recipient, reference, id FROM bank_payments WHERE ${thisTry}
         AND amount <= (SELECT COALESCE(SUM(e.amount), 0) FROM bank_entries e WHERE e.account = bank_payments.account)`,
      )
      .bind(now, id, attempt),
    database
      .prepare(
        `UPDATE bank_payments SET state = 'booked', started = NULL, signature = ?, certificate = ?, booked_at = ? WHERE ${thisTry} AND ${booked}`,
      )
      .bind(signature, certificate, now, id, attempt),
    database
      .prepare(
        `UPDATE bank_payments SET state = 'failed', started = NULL, failure = 'insufficient-funds' WHERE ${thisTry} AND NOT ${booked}`,
      )
      .bind(id, attempt),
  ]);
}
