// A certification authority as the database keeps it and as the issuing code uses it. No I/O.
import type { CertificateLevel } from "../account/purpose.ts";

/** One row of the table `certificate_authorities`. */
export interface AuthorityRecord {
  /** Short name, lower case: part of the addresses inside certificates, for example `eid-q`. */
  readonly name: string;
  /** What it issues to people; null for a root. */
  readonly level: CertificateLevel | null;
  /** DER in base64. */
  readonly certificate: string;
}

/** Parameters: name, level, certificate. An authority that is there already stays as it is. */
export const INSERT_AUTHORITY =
  "INSERT INTO certificate_authorities (name, level, certificate) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING";

/** An authority together with its private key. */
export interface Issuer {
  readonly name: string;
  readonly level: CertificateLevel;
  /** DER. */
  readonly certificate: Uint8Array<ArrayBuffer>;
  /** ECDSA P-384, usage `sign`. */
  readonly privateKey: CryptoKey;
}

/** ECDSA with SHA-384 on P-384 (FIPS 186-5): what every authority here signs with. */
export const AUTHORITY_KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-384" } as const;
export const AUTHORITY_SIGNATURE_ALGORITHM = { name: "ECDSA", hash: "SHA-384" } as const;

/** The word that marks certificates that prove nothing about anybody; it stands in the issuer's name. */
export const TEST_MARK = "TEST";

/** TEST as a word of a name. */
export const isMarkedTest = (name: string): boolean => name.split(/[^A-Za-z]+/).includes(TEST_MARK);
