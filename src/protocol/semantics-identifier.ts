// Semantics identifier of a natural person (ETSI EN 319 412-1 §5.1.3), for example `PNOEE-40504040001`. Says only whether one
// is well-formed; check digits are a matter of registration.

/** Personal number, passport, identity card. */
export const IDENTITY_TYPES = ["PNO", "PAS", "IDC"] as const;
export type IdentityType = (typeof IDENTITY_TYPES)[number];

export interface SemanticsIdentifier {
  readonly type: IdentityType;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** As the country writes it, upper case: `40504040001`, `050405-10009`. */
  readonly identifier: string;
}

/** The identifier part has 1 to 32 characters of `A-Z`, `0-9` and, inside, `-`. */
export const SEMANTICS_IDENTIFIER_PATTERN = "^(PNO|PAS|IDC)([A-Z]{2})-([A-Z0-9](?:[A-Z0-9-]{0,30}[A-Z0-9])?)$";
const PATTERN = new RegExp(SEMANTICS_IDENTIFIER_PATTERN);

/** Undefined for anything that is not well-formed. */
export function parseSemanticsIdentifier(text: string): SemanticsIdentifier | undefined {
  const [, type, country, identifier] = PATTERN.exec(text) ?? [];
  if (type === undefined || country === undefined || identifier === undefined) return undefined;
  return { type: type as IdentityType, country, identifier };
}

export const formatSemanticsIdentifier = ({ type, country, identifier }: SemanticsIdentifier): string =>
  `${type}${country}-${identifier}`;
