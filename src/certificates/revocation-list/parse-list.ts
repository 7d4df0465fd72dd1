// What a CRL that was made elsewhere revokes. No I/O. Does not check its signature: that is for whoever relies on it.
import "reflect-metadata";
import { X509Crl } from "@peculiar/x509";

export interface ParsedList {
  /** The authority's distinguished name. */
  readonly issuer: string;
  /** Serial numbers. */
  readonly revoked: ReadonlySet<bigint>;
}

/** DER. Throws for what is no CRL. */
export function parseList(der: Uint8Array<ArrayBuffer>): ParsedList {
  const { issuer, entries } = new X509Crl(der);
  return { issuer, revoked: new Set(entries.map(({ serialNumber }) => numberOf(serialNumber))) };
}

/** Of a serial number in hexadecimal, with or without leading zeros. */
export const numberOf = (serialNumberHex: string): bigint => BigInt(`0x${serialNumberHex}`);
