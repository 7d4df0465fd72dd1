// Amounts of money, exact: decimal text to 6 places, computed as whole millionths. Never a floating-point number. No I/O.

const PLACES = 6;
const CENT = 10n ** BigInt(PLACES - 2);

export const DECIMAL = /^\d{1,9}(\.\d{1,6})?$/;

/** `0.05` → 50000n. The text matches DECIMAL. */
export function toMillionths(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(PLACES, "0"));
}

/** As many places as it takes, two at least. */
export function fromMillionths(millionths: bigint): string {
  const digits = millionths.toString().padStart(PLACES + 1, "0");
  const fraction = digits.slice(-PLACES).replace(/0{1,4}$/, "");
  return `${digits.slice(0, -PLACES)}.${fraction}`;
}

/** To two places; half a cent goes up. */
export const toCents = (millionths: bigint): bigint => ((millionths + CENT / 2n) / CENT) * CENT;
