// What a key pair is for, and the suites it may be made in.

/** `auth` is unlocked by PIN1 and logs in; `sign` is unlocked by PIN2 and signs. */
export const PURPOSES = ["auth", "sign"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The algorithm family of a split key pair. */
export const SUITES = ["rsa"] as const;
export type Suite = (typeof SUITES)[number];

/** Ordered: a `QUALIFIED` account also serves requests for `ADVANCED`, never the other way round. */
export const CERTIFICATE_LEVELS = ["ADVANCED", "QUALIFIED"] as const;
export type CertificateLevel = (typeof CERTIFICATE_LEVELS)[number];
