// People to test with: each with a personal code that is valid in Estonia, and PINs that the app lets pass.
export interface Identity {
  readonly givenName: string;
  readonly surname: string;
  /** Estonian. */
  readonly personalCode: string;
  readonly pins: { readonly auth: string; readonly sign: string };
}

const NAMES = ["MARI", "JÜRI", "KADRI", "TOOMAS", "LIIS", "ANDRES", "PIRET", "MADIS", "TIINA", "REIN", "HELJU", "OTT"];

/** Everybody in a test file is somebody else: `number` from 0. */
export function identity(number: number, pins = { auth: "9026", sign: "70415" }): Identity {
  const givenName = NAMES[number];
  if (givenName === undefined) throw new Error("nobody of that number");
  return { givenName, surname: "TAMM", personalCode: personalCode(number), pins };
}

/** A man's born on 2 January 2000, with his check digit (EVS 585). */
function personalCode(serial: number): string {
  const digits = [...`5000102${String(serial + 100).padStart(3, "0")}`].map(Number);
  const remainder = (weights: readonly number[]): number =>
    digits.reduce((sum, digit, index) => sum + digit * (weights[index] ?? 0), 0) % 11;
  const first = remainder([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]);
  const check = first < 10 ? first : remainder([3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 10;
  return `${digits.join("")}${check}`;
}
