// What can be asked for, one name for each sound combination. SHA-3 is left out: WebCrypto cannot verify with it everywhere, and
// what cannot be verified must not be asked for.

/** RSASSA-PSS (RFC 8017 §8.1; MGF1 with the same hash, salt as long as the hash) or RSASSA-PKCS1-v1_5 (§8.2). */
export type RsaAlgorithm =
  | "rsassa-pss/SHA-256"
  | "rsassa-pss/SHA-384"
  | "rsassa-pss/SHA-512"
  | "sha256WithRSAEncryption"
  | "sha384WithRSAEncryption"
  | "sha512WithRSAEncryption";

/**
 * By an RSA key, which every account has, or Ed25519 (RFC 8032 §5.1) over the hash as its message: an extension of this project's
 * server, which not every account has a key for.
 */
export type Algorithm = RsaAlgorithm | "ed25519/SHA-256" | "ed25519/SHA-384" | "ed25519/SHA-512";

export type HashAlgorithm = "SHA-256" | "SHA-384" | "SHA-512";

export const DEFAULT_ALGORITHM: RsaAlgorithm = "rsassa-pss/SHA-512";

interface Names<Scheme extends string> {
  /** As the API spells it. */
  readonly signatureAlgorithm: string;
  readonly scheme: Scheme;
  readonly hashAlgorithm: HashAlgorithm;
  /** Bytes of the hash, and of the salt where there is one. */
  readonly hashLength: number;
}

export type RsaNames = Names<"RSA-PSS" | "RSASSA-PKCS1-v1_5">;
export type AlgorithmNames = RsaNames | Names<"Ed25519">;

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
const ed25519 = (hashAlgorithm: HashAlgorithm, hashLength: number): AlgorithmNames => ({
  signatureAlgorithm: "ed25519",
  scheme: "Ed25519",
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
  "ed25519/SHA-256": ed25519("SHA-256", 32),
  "ed25519/SHA-384": ed25519("SHA-384", 48),
  "ed25519/SHA-512": ed25519("SHA-512", 64),
};
