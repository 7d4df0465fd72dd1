// CertIDs (RFC 6960 §4.1.1): whose certificate a request is about, by hashes of the issuer's name and key, and its serial number.
// Both hashes must be those of one authority: a name alone is anybody's. No I/O.
import "reflect-metadata";
import type { CertID } from "@peculiar/asn1-ocsp";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import { equalBytes } from "../../protocol/encoding.ts";
import { toHexadecimal } from "../hexadecimal.ts";

/** SHA-1 here only names things (RFC 5019 §2.1.1); RFC 9919 wants SHA-256. */
const HASHES = { "1.3.14.3.2.26": "SHA-1", "2.16.840.1.101.3.4.2.1": "SHA-256" } as const;
type Hash = (typeof HASHES)[keyof typeof HASHES];

/** Of one authority, in each hash that clients name it with. */
export type IssuerHashes = Readonly<Record<Hash, { readonly name: Uint8Array; readonly key: Uint8Array }>>;

/** `certificate`: the authority's, DER. */
export async function issuerHashes(certificate: Uint8Array<ArrayBuffer>): Promise<IssuerHashes> {
  const { subject, subjectPublicKeyInfo } = AsnConvert.parse(certificate, Certificate).tbsCertificate;
  const name = AsnConvert.serialize(subject);
  const hashed = async (hash: Hash) => ({
    name: new Uint8Array(await crypto.subtle.digest(hash, name)),
    key: new Uint8Array(await crypto.subtle.digest(hash, subjectPublicKeyInfo.subjectPublicKey)),
  });
  return { "SHA-1": await hashed("SHA-1"), "SHA-256": await hashed("SHA-256") };
}

export const sha1 = (bytes: ArrayBuffer): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-1", bytes);

/** False as well for a hash that this server does not know, and for one with parameters, which none of them has. */
export function isIssuedBy(certificate: CertID, hashes: IssuerHashes): boolean {
  const { algorithm, parameters } = certificate.hashAlgorithm;
  const hash = HASHES[algorithm as keyof typeof HASHES] as Hash | undefined;
  if (hash === undefined || (parameters !== undefined && parameters !== null)) return false;
  return (
    equalBytes(new Uint8Array(certificate.issuerNameHash.buffer), hashes[hash].name) &&
    equalBytes(new Uint8Array(certificate.issuerKeyHash.buffer), hashes[hash].key)
  );
}

/** In lower-case hexadecimal, as the index spells it. */
export const serialNumberOf = ({ serialNumber }: CertID): string => toHexadecimal(new Uint8Array(serialNumber));
