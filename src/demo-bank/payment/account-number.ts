// Account numbers of the form that ISO 13616 gives to IBANs: country, two check digits, up to 30 letters and digits.

/** XT is left to users by ISO 3166-1: no country's numbers begin with it. */
const PREFIX = "XT";
const BANK_CODE = "ROWN";
const OWN_DIGITS = 12;

/** Without spaces, upper case; undefined for a number whose shape or check digits are wrong. */
export function readAccountNumber(text: string): string | undefined {
  const number = text.replaceAll(/\s/g, "").toUpperCase();
  return /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(number) && remainder(number) === 1 ? number : undefined;
}

/** In groups of four, as people read it. */
export const formatAccountNumber = (number: string): string => (number.match(/.{1,4}/g) ?? []).join(" ");

/** One of this bank's own, at random. */
export function newAccountNumber(): string {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(OWN_DIGITS)), (byte) => byte % 10).join("");
  return withCheckDigits(`${BANK_CODE}${digits}`);
}

/** Of whom to pay when trying it out. */
export const EXAMPLE_ACCOUNT_NUMBER = withCheckDigits(`${BANK_CODE}000044550066`);

function withCheckDigits(body: string): string {
  const digits = String(98 - remainder(`${PREFIX}00${body}`)).padStart(2, "0");
  return `${PREFIX}${digits}${body}`;
}

/** ISO 7064 MOD 97-10: the first four characters at the end, letters as two digits. 1 for a right number. */
function remainder(number: string): number {
  const rotated = `${number.slice(4)}${number.slice(0, 4)}`;
  let value = 0;
  for (const character of rotated) {
    for (const digit of String(Number.parseInt(character, 36))) value = (value * 10 + Number(digit)) % 97;
  }
  return value;
}
