// Which PINs a person may choose. Applied where a PIN is chosen, on the device; never where one is entered for use, and
// never sent anywhere: a server that knew that a PIN was refused would know something of the PIN.
import type { Purpose } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";

/** How many digits a PIN of each purpose has. */
export const PIN_LENGTHS: Readonly<Record<Purpose, { readonly least: number; readonly most: number }>> = {
  auth: { least: 4, most: 12 },
  sign: { least: 5, most: 12 },
};

export type PinRefusal =
  | "not_digits"
  | "too_short"
  | "too_long"
  | "same_as_other_pin"
  | "one_repeated_digit"
  | "run_of_digits"
  | "birth_date"
  | "part_of_personal_code"
  | "well_known";

/**
 * The PINs that leaked lists and surveys of four-digit codes put first (DataGenetics 2012; Bonneau, Preibusch and Anderson,
 * "A birthday present every eleven wallets?", 2012) and their longer likes: keypad columns and figures, pairs, years, words.
 * Runs and repeated digits have rules of their own.
 */
const WELL_KNOWN: ReadonlySet<string> = new Set(
  (
    "2580 0852 1470 0741 3690 0963 1590 3570 1397 1379 1793 2468 8642 1357 7531 1212 2121 1313 1414 1515 2323 2424 2525 3434 " +
    "4545 5656 6565 6767 6969 7878 8787 8989 9898 1010 2020 3030 1122 1133 2211 2233 3344 4455 5566 7788 8899 9988 1001 1221 2112 " +
    "1331 4554 1004 1007 0007 5683 4711 1984 1999 2000 2001 2010 2012 2020 2021 2022 2023 2024 2025 2026 1230 1231 1235 1236 1243 " +
    "4320 12321 12312 12121 13579 24680 97531 86420 11223 12341 14789 25800 00852 36987 54345 123123 321321 121212 131313 101010 " +
    "696969 112233 332211 223344 445566 111222 222333 123321 147258 258369 147852 159753 159357 753159 789456 456123 123654 456852 " +
    "258456 520131 520520 142536 102030 246810 135790 135791 1123581 314159 271828 5201314 1472583 1234321 7894561 14725836 " +
    "12341234 11223344 12121212 12344321 87878787 69696969 10203040 31415926 147258369 123123123 789456123 112233445 1020304050 " +
    "1212121212 1122334455 3141592653 112233445566 123412341234 121212121212 123123123123"
  ).split(" "),
);

/**
 * The same PIN, or why it may not be chosen. `otherPin`: of the account's other purpose. `dateOfBirth`: `YYYY-MM-DD`.
 * `personalCode`: in any spelling, of which the digits count.
 */
export function checkPin(input: {
  readonly pin: string;
  readonly purpose: Purpose;
  readonly otherPin?: string | undefined;
  readonly dateOfBirth?: string | undefined;
  readonly personalCode?: string | undefined;
}): Result<string, PinRefusal> {
  const { pin, purpose, otherPin, dateOfBirth, personalCode } = input;
  if (!/^[0-9]*$/.test(pin)) return failed("not_digits");
  if (pin.length < PIN_LENGTHS[purpose].least) return failed("too_short");
  if (pin.length > PIN_LENGTHS[purpose].most) return failed("too_long");
  if (pin === otherPin) return failed("same_as_other_pin");

  if (isEvenlyStepped(pin, 0)) return failed("one_repeated_digit");
  if (isEvenlyStepped(pin, 1) || isEvenlyStepped(pin, 9)) return failed("run_of_digits");
  if (dateOfBirth !== undefined && spellingsOfDate(dateOfBirth).has(pin)) return failed("birth_date");
  if (personalCode?.replaceAll(/\D/g, "").includes(pin)) return failed("part_of_personal_code");
  if (WELL_KNOWN.has(pin)) return failed("well_known");
  return success(pin);
}

/** Each digit is the one before plus `step`, 9 going on with 0: a step of 9 counts down. */
function isEvenlyStepped(pin: string, step: number): boolean {
  return [...pin].every((digit, index) => index === 0 || Number(digit) === (Number(pin[index - 1]) + step) % 10);
}

/** Day, month and year, or two of them, or the year, in any order, with and without leading zeros and century. */
function spellingsOfDate(date: string): ReadonlySet<string> {
  const [year = "", month = "", day = ""] = date.split("-");
  const orders = ["D M", "M D", "D Y", "Y D", "M Y", "Y M", "Y", "D M Y", "D Y M", "M D Y", "M Y D", "Y M D", "Y D M"];
  const spellings = new Set<string>();
  for (const order of orders) {
    for (const shownYear of [year, year.slice(-2)]) {
      for (const shown of [String, (part: string) => String(Number(part))]) {
        spellings.add(order.replace("D", shown(day)).replace("M", shown(month)).replace("Y", shownYear).replaceAll(" ", ""));
      }
    }
  }
  return spellings;
}
