// Document number: the public id of an account, `PNOEE-40504040001-K2GN-Q`. It contains the personal code, so it never stands in
// a log, and on the device channel an account is named by its handle instead.
import { randomCharacters } from "./random-characters.ts";
import { parseSemanticsIdentifier, SEMANTICS_IDENTIFIER_PATTERN } from "./semantics-identifier.ts";

export interface DocumentNumber {
  readonly semanticsIdentifier: string;
  /** Four characters of `0-9A-Z` that tell apart the accounts of one person. */
  readonly suffix: string;
  /** `-Q` or `-NQ`: whether the certificates are qualified. */
  readonly qualified: boolean;
}

const SUFFIX_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PATTERN = /^(.{1,64})-([0-9A-Z]{4})-(Q|NQ)$/;
/** The whole of it, for those who are told. */
export const DOCUMENT_NUMBER_PATTERN = SEMANTICS_IDENTIFIER_PATTERN.replace(/\$$/, "-([0-9A-Z]{4})-(Q|NQ)$");

/** Undefined for anything that is not well-formed. */
export function parseDocumentNumber(text: string): DocumentNumber | undefined {
  const [, semanticsIdentifier, suffix, quality] = PATTERN.exec(text) ?? [];
  if (semanticsIdentifier === undefined || suffix === undefined) return undefined;
  if (parseSemanticsIdentifier(semanticsIdentifier) === undefined) return undefined;
  return { semanticsIdentifier, suffix, qualified: quality === "Q" };
}

export const formatDocumentNumber = ({ semanticsIdentifier, suffix, qualified }: DocumentNumber): string =>
  `${semanticsIdentifier}-${suffix}-${qualified ? "Q" : "NQ"}`;

/** Every suffix equally likely. Whether it is free is for the person's object to say. */
export const randomSuffix = (random: (length: number) => Uint8Array): string => randomCharacters(SUFFIX_ALPHABET, 4, random);
