// Distinguished names (X.501) as structures, never as text: a name that holds `,`, `+`, `=` or `#` stays one value.
import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from "@peculiar/asn1-x509";

/** Upper bound of common name, surname, given name and serial number in characters (X.520 annex "UpperBounds"). */
export const NAME_BOUND = 64;

const ATTRIBUTE_TYPES = {
  commonName: "2.5.4.3",
  surname: "2.5.4.4",
  serialNumber: "2.5.4.5",
  countryName: "2.5.4.6",
  organizationName: "2.5.4.10",
  givenName: "2.5.4.42",
  organizationIdentifier: "2.5.4.97",
} as const;

/** PrintableString by definition (X.520 §6.2.9, §6.3.1); every other attribute here is a DirectoryString in UTF-8. */
const PRINTABLE: ReadonlySet<AttributeName> = new Set<AttributeName>(["countryName", "serialNumber"]);

export type AttributeName = keyof typeof ATTRIBUTE_TYPES;

/** A name of single-valued RDNs in the order given. */
export function distinguishedName(attributes: readonly (readonly [AttributeName, string])[]): Name {
  return new Name(
    attributes.map(([attribute, text]) => {
      const value = new AttributeValue(
        PRINTABLE.has(attribute) ? { printableString: printable(attribute, text) } : { utf8String: cut(attribute, text) },
      );
      return new RelativeDistinguishedName([new AttributeTypeAndValue({ type: ATTRIBUTE_TYPES[attribute], value })]);
    }),
  );
}

/** DER. */
export const encodeName = (name: Name): ArrayBuffer => AsnConvert.serialize(name);

/** Identifiers are never cut: a cut one would name another person. */
function printable(attribute: AttributeName, text: string): string {
  if (attribute === "countryName" && !/^[A-Z]{2}$/.test(text)) throw new Error("countryName is not two upper-case letters");
  if (text.length > NAME_BOUND || !/^[A-Za-z0-9 '()+,\-./:=?]+$/.test(text)) {
    throw new Error(`${attribute} is longer than ${NAME_BOUND} characters or not a PrintableString`);
  }
  return text;
}

function cut(attribute: AttributeName, text: string): string {
  const remaining = cutToBound(text, NAME_BOUND);
  if (remaining === "") throw new Error(`${attribute} is empty`);
  return remaining;
}

/**
 * At most `bound` Unicode code points. The cut falls before a letter and its combining marks, never between them, so that what
 * remains is a prefix of the name as people read it; no white space and no joiner is left at the end.
 */
export function cutToBound(text: string, bound: number): string {
  const codePoints = [...text.toWellFormed()];
  if (codePoints.length <= bound) return codePoints.join("");
  let end = bound;
  while (end > 0 && joinsPrevious(codePoints, end)) end--;
  // Nothing but combining marks: no name, but still no empty value.
  if (end === 0) end = bound;
  return codePoints
    .slice(0, end)
    .join("")
    .replace(/[\s\u200c\u200d]+$/, "");
}

const ZERO_WIDTH_JOINER = "\u200d";

function joinsPrevious(codePoints: readonly string[], index: number): boolean {
  const next = codePoints[index] ?? "";
  return /^\p{Mark}$/u.test(next) || next === ZERO_WIDTH_JOINER || codePoints[index - 1] === ZERO_WIDTH_JOINER;
}
