// What a key pair is for, and the suites it may be made in.

/** `auth` is unlocked by PIN1 and logs in; `sign` is unlocked by PIN2 and signs. */
export const PURPOSES = ["auth", "sign"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The algorithm family of a split key pair. */
export const SUITES = ["rsa", "ed25519"] as const;
export type Suite = (typeof SUITES)[number];
/** Every account has it: its certificates are the ones that are given before anything is signed, and it proves the PIN. */
export const MAIN_SUITE = "rsa" satisfies Suite;

/**
 * Reads KEY_SUITES, names apart by commas: in which the keys of new accounts are made. Where there is none, as in a configuration of
 * before, in the main suite alone. Throws for what no account can have.
 */
export function parseSuites(text: string = MAIN_SUITE): readonly Suite[] {
  const names = new Set(text.split(",").map((name) => name.trim()));
  const suites = SUITES.filter((suite) => names.has(suite));
  if (suites.length !== names.size || !suites.includes(MAIN_SUITE)) {
    throw new Error(
      `KEY_SUITES must name ${MAIN_SUITE}, and may name ${SUITES.filter((suite) => suite !== MAIN_SUITE).join(", ")}`,
    );
  }
  return suites;
}

/** Ordered: a `QUALIFIED` account also serves requests for `ADVANCED`, never the other way round. */
export const CERTIFICATE_LEVELS = ["ADVANCED", "QUALIFIED"] as const;
export type CertificateLevel = (typeof CERTIFICATE_LEVELS)[number];

/** Whether an account of that level does for what the other one does. */
export const isAtLeast = (level: CertificateLevel, other: CertificateLevel): boolean =>
  CERTIFICATE_LEVELS.indexOf(level) >= CERTIFICATE_LEVELS.indexOf(other);
