// The payment as it is signed: JSON with its names in order, without spaces, in UTF-8. The same payment always makes the same
// bytes, so that the bank keeps no second copy of what was signed that could differ from what it booked.
import { utf8 } from "../bytes.ts";
import { BANK_NAME } from "../bank.ts";
import type { Payment } from "../storage/payments.ts";
import { formatAccountNumber } from "./account-number.ts";
import { plainAmount } from "./amount.ts";

type DocumentFields = Pick<
  Payment,
  "id" | "account" | "holder" | "recipient" | "recipient_account" | "amount" | "reference" | "created_at"
>;

export function paymentDocument(payment: DocumentFields): Uint8Array<ArrayBuffer> {
  const { id, account, holder, recipient, recipient_account, amount, reference, created_at } = payment;
  const document = {
    amount: plainAmount(amount),
    bank: BANK_NAME,
    created: new Date(created_at).toISOString(),
    currency: "EUR",
    from: { account, name: holder },
    kind: "payment order",
    payment: id,
    reference,
    to: { account: recipient_account, name: recipient },
    version: 1,
  };
  return utf8(JSON.stringify(document));
}

/** What the device shows, in at most 200 characters: nothing that somebody typed can push amount or account off it. */
export const confirmationText = ({ amount, recipient, recipient_account }: DocumentFields): string =>
  `Pay ${plainAmount(amount)} EUR to ${recipient}, account ${formatAccountNumber(recipient_account)}`;
