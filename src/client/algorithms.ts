// What can be asked for, one name for each sound combination. SHA-3 is left out: WebCrypto cannot verify with it everywhere, and
// what cannot be verified must not be asked for.

/** RSASSA-PSS (RFC 8017 §8.1; MGF1 with the same hash, salt as long as the hash), or RSASSA-PKCS1-v1_5 (§8.2). */
export type Algorithm =
  | "rsassa-pss/SHA-256"
  | "rsassa-pss/SHA-384"
  | "rsassa-pss/SHA-512"
  | "sha256WithRSAEncryption"
  | "sha384WithRSAEncryption"
  | "sha512WithRSAEncryption";

export type HashAlgorithm = "SHA-256" | "SHA-384" | "SHA-512";

export const DEFAULT_ALGORITHM: Algorithm = "rsassa-pss/SHA-512";

export interface AlgorithmNames {
  /** As the API spells it. */
  readonly signatureAlgorithm: string;
  readonly scheme: "RSA-PSS" | "RSASSA-PKCS1-v1_5";
  readonly hashAlgorithm: HashAlgorithm;
  /** Bytes of the hash, and of the salt where there is one. */
  readonly hashLength: number;
}

const pss = (hashAlgorithm: HashAlgorithm, hashLength: number): AlgorithmNames => ({
  signatureAlgorithm: "rsassa-pss",
  scheme: "RSA-PSS",
  hashAlgorithm,
  hashLength,
});
const pkcs1 = (signatureAlgorithm: string, hashAlgorithm: HashAlgorithm, hashLength: number): AlgorithmNames => ({
  signatureAlgorithm,
  scheme: "RSASSA-PKCS1-v1_5",
  hashAlgorithm,
  hashLength,
});

export const ALGORITHMS: Readonly<Record<Algorithm, AlgorithmNames>> = {
  "rsassa-pss/SHA-256": pss("SHA-256", 32),
  "rsassa-pss/SHA-384": pss("SHA-384", 48),
  "rsassa-pss/SHA-512": pss("SHA-512", 64),
  sha256WithRSAEncryption: pkcs1("sha256WithRSAEncryption", "SHA-256", 32),
  sha384WithRSAEncryption: pkcs1("sha384WithRSAEncryption", "SHA-384", 48),
  sha512WithRSAEncryption: pkcs1("sha512WithRSAEncryption", "SHA-512", 64),
};
