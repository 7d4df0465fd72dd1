// Money as whole cents, so that no sum is ever rounded.

/** Euros: a little less than a hundred million, which a number holds exactly as cents. */
const AMOUNT = /^(\d{1,8})(?:[.,](\d{1,2}))?$/;

/** Cents from what somebody typed (`12`, `12.5`, `12,50`); undefined for anything else, and for nothing at all. */
export function readAmount(text: string): number | undefined {
  const [, euros, cents = ""] = AMOUNT.exec(text.trim()) ?? [];
  if (euros === undefined) return undefined;
  const amount = Number(euros) * 100 + Number(cents.padEnd(2, "0"));
  return amount > 0 ? amount : undefined;
}

/** `1234.50`: the one spelling that stands in documents. */
export const plainAmount = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;

const readable = new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR" });

/** `€1,234.50`, `-€3.20`: for people. */
export const formatAmount = (cents: number): string => readable.format(cents / 100);
