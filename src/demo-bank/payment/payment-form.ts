// What a customer typed, and what of it is a payment. Every field comes from a stranger until it has passed here.
import { readAccountNumber } from "./account-number.ts";
import { readAmount } from "./amount.ts";

export const PAYMENT_FIELDS = ["recipient", "account", "amount", "reference"] as const;
export type PaymentField = (typeof PAYMENT_FIELDS)[number];

/** As typed. */
export type PaymentForm = Readonly<Record<PaymentField, string>>;
export type PaymentProblems = Partial<Readonly<Record<PaymentField, string>>>;

export interface PaymentOrder {
  readonly recipient: string;
  /** Without spaces. */
  readonly account: string;
  /** Cents. */
  readonly amount: number;
  readonly reference: string;
}

const RECIPIENT_LIMIT = 70;
const REFERENCE_LIMIT = 140;
/**
 * Controls and invisible characters, line and paragraph separators, half a surrogate pair, heaps of marks, wide gaps: what is confirmed on
 * the device must be what is read there, in the order in which it is read.
 */
const UNREADABLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}|\p{M}{4}|[\s\u2800]{3}/u;

/** `balance`: what the account can pay, in cents. */
export function readPaymentForm(
  form: PaymentForm,
  balance: number,
): { readonly ok: true; readonly order: PaymentOrder } | { readonly ok: false; readonly problems: PaymentProblems } {
  const recipient = tidy(form.recipient);
  const reference = tidy(form.reference);
  const account = readAccountNumber(form.account);
  const amount = readAmount(form.amount);
  const problems = {
    ...problem("recipient", recipientProblem(recipient)),
    ...problem("account", account === undefined ? "This account number has a mistake: its check digits do not fit." : undefined),
    ...problem("amount", amountProblem(amount, balance)),
    ...problem("reference", textProblem(reference, REFERENCE_LIMIT)),
  };
  if (account === undefined || amount === undefined || Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, order: { recipient, account, amount, reference } };
}

/** One spelling of one text, and no spaces that nobody sees. */
const tidy = (text: string): string => text.normalize("NFC").trim().replaceAll(/ {2,}/g, " ");

const problem = (field: PaymentField, text: string | undefined): PaymentProblems => (text === undefined ? {} : { [field]: text });

const recipientProblem = (recipient: string): string | undefined =>
  recipient === "" ? "Say who is to be paid." : textProblem(recipient, RECIPIENT_LIMIT);

function textProblem(text: string, limit: number): string | undefined {
  if ([...text].length > limit) return `At most ${limit} characters.`;
  return UNREADABLE.test(text) ? "There is a character in it that cannot be shown." : undefined;
}

function amountProblem(amount: number | undefined, balance: number): string | undefined {
  if (amount === undefined) return "Write the amount in euros, for example 12.50.";
  return amount > balance ? "There is not that much on the account." : undefined;
}
