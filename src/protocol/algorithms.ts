// The algorithm names of the relying-party API, spelled as its clients insist on, and the hash functions behind them.
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";

export const HASH_ALGORITHMS = ["SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512"] as const;
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];

/**
 * RSASSA-PSS with a separate hash name, or PKCS#1 v1.5 whose name carries its hash (RFC 8017 §8.1, §8.2). `ed25519`, an extension of
 * this server: plain Ed25519 (RFC 8032 §5.1.6) whose message is the digest itself, with a separate hash name.
 */
export const SIGNATURE_ALGORITHMS = [
  "rsassa-pss",
  "sha256WithRSAEncryption",
  "sha384WithRSAEncryption",
  "sha512WithRSAEncryption",
  "ed25519",
] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Whose keys make such a signature. */
export const SUITE_OF: Readonly<Record<SignatureAlgorithm, "rsa" | "ed25519">> = {
  "rsassa-pss": "rsa",
  sha256WithRSAEncryption: "rsa",
  sha384WithRSAEncryption: "rsa",
  sha512WithRSAEncryption: "rsa",
  ed25519: "ed25519",
};

/** The hash that a PKCS#1 v1.5 algorithm name fixes; undefined where the name leaves it open. */
export const IMPLIED_HASH: Readonly<Record<SignatureAlgorithm, HashAlgorithm | undefined>> = {
  "rsassa-pss": undefined,
  sha256WithRSAEncryption: "SHA-256",
  sha384WithRSAEncryption: "SHA-384",
  sha512WithRSAEncryption: "SHA-512",
  ed25519: undefined,
};

const HASH_FUNCTIONS: Readonly<Record<HashAlgorithm, (message: Uint8Array) => Uint8Array>> = {
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
  "SHA3-256": sha3_256,
  "SHA3-384": sha3_384,
  "SHA3-512": sha3_512,
};

/** Output length in bytes. */
export const HASH_LENGTHS: Readonly<Record<HashAlgorithm, 32 | 48 | 64>> = {
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
  "SHA3-256": 32,
  "SHA3-384": 48,
  "SHA3-512": 64,
};

/** Synchronous: WebCrypto has no SHA-3, and an attempt is evaluated without an await. */
export const hash = (algorithm: HashAlgorithm, message: Uint8Array): Uint8Array => HASH_FUNCTIONS[algorithm](message);
