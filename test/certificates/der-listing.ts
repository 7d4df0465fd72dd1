// DER as one line of text, read by jsrsasign: its ASN.1 code has nothing in common with the library that the certificates are written
// by. Everything that is there is listed, bytes included: what a table of expected listings does not say is not in the certificate.
import { ASN1HEX, hextoutf8, KJUR } from "jsrsasign";

/** Hexadecimal, as jsrsasign takes DER. Throws where it finds bytes to spare, lengths or integers that are not DER. */
export function strictHex(der: Uint8Array): string {
  const hex = Buffer.from(der).toString("hex");
  // Without the second parameter, which the types do not know, it looks at nothing.
  (ASN1HEX.checkStrictDER as (hex: string, at: number) => void)(hex, 0);
  return hex;
}

const STRINGS: Readonly<Record<string, string>> = {
  "0c": "UTF8",
  "13": "Printable",
  "16": "IA5",
  "17": "UTCTime",
  "18": "GeneralizedTime",
};
const BYTES: Readonly<Record<string, string>> = { "02": "INTEGER", "03": "BITS", "04": "OCTETS", "0a": "ENUM" };

/** The whole of one TLV: `(…)` a SEQUENCE, `{…}` a SET, `[n](…)` constructed and `[n]:…` primitive with a tag of its own. */
export function listing(hex: string, at = 0): string {
  const tag = hex.slice(at, at + 2);
  const value = ASN1HEX.getV(hex, at);
  const inside = () =>
    value === ""
      ? ""
      : ASN1HEX.getChildIdx(hex, at)
          .map((child) => listing(hex, child))
          .join(" ");
  const number = Number.parseInt(tag, 16);
  if (tag === "30") return `(${inside()})`;
  if (tag === "31") return `{${inside()}}`;
  if (number >= 0xa0) return `[${number - 0xa0}](${inside()})`;
  if (number >= 0x80) return `[${number - 0x80}]:${value}`;
  if (tag === "01") return value === "ff" ? "TRUE" : "FALSE";
  if (tag === "05") return "NULL";
  if (tag === "06") return KJUR.asn1.ASN1Util.oidHexToInt(value);
  if (tag in STRINGS) return `${STRINGS[tag]}:${hextoutf8(value)}`;
  if (tag in BYTES) return `${BYTES[tag]}:${value}`;
  throw new Error(`tag ${tag}`);
}

/** Hexadecimal of what stands directly inside, TLV by TLV. */
export const partsOf = (hex: string): string[] => ASN1HEX.getChildIdx(hex, 0).map((at) => ASN1HEX.getTLV(hex, at));

/** Hexadecimal of a TLV without its tag and length. */
export const valueOf = (hex: string): string => ASN1HEX.getV(hex, 0);

/** By object identifier, `critical ` before the value where it is. Throws for an extension that is there twice. */
export function listExtensions(extensions: string): Record<string, string> {
  const listed: Record<string, string> = {};
  for (const extension of partsOf(extensions)) {
    const parts = partsOf(extension);
    const [oid = "", critical] = parts.map((part) => listing(part));
    // FALSE is the default, which DER leaves out.
    if (parts.length > 2 && critical !== "TRUE") throw new Error(`${oid}: ${critical}`);
    if (oid in listed) throw new Error(`${oid} twice`);
    listed[oid] = `${parts.length > 2 ? "critical " : ""}${listing(valueOf(parts.at(-1)!))}`;
  }
  return listed;
}

/** Every field of a certificate in the words of RFC 5280; extensions by object identifier. */
export function listCertificate(der: Uint8Array): Record<string, string> {
  const [certificate = "", outerAlgorithm = "", signature = ""] = partsOf(strictHex(der));
  const [version, serialNumber, algorithm, issuer, validity, subject, publicKey, extensions, ...more] = partsOf(certificate);
  // Neither unique identifiers nor anything behind the extensions.
  if (extensions === undefined || more.length > 0) throw new Error("not the eight fields");
  const list = (part: string | undefined) => listing(part ?? "");
  return {
    version: list(version),
    serialNumber: list(serialNumber),
    signature: list(algorithm),
    issuer: list(issuer),
    validity: list(validity),
    subject: list(subject),
    publicKeyAlgorithm: list(partsOf(publicKey ?? "")[0]),
    signatureAlgorithm: list(outerAlgorithm),
    signatureValue: list(signature).split(":")[0] ?? "",
    ...listExtensions(valueOf(extensions)),
  };
}
