// Messages that prove something about a key and are never anybody's signature: possession of a new key, the check of a
// suspected clone, and the application for certificates. Each is built on the device from a prefix of its own, always
// hashed by the device, so that a digest sent by a relying party names one only by breaking the hash, and no ACSP_V2
// payload (which begins with a scheme name in ASCII) equals one (which begins with a zero byte).
import { sha512 } from "@noble/hashes/sha2.js";
import type { HashAlgorithm, SignatureAlgorithm } from "./algorithms.ts";
import type { ClaimedTransaction } from "./claimed-transaction.ts";
import { lengthPrefixed } from "./encoding.ts";

interface Message {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
  readonly digest: Uint8Array;
}

/** Randomised, so that no two proofs share an encoded message. */
export const PROOF_ALGORITHMS = { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512" } as const;

/** `nonce`: the server's, fresh for this proof. */
export function proofMessage(input: {
  readonly operation: "provePossession" | "answerChallenge";
  readonly handle: string;
  readonly purpose: "auth" | "sign";
  readonly keyVersion: number;
  readonly nonce: string;
}): Message {
  const { operation, handle, purpose, keyVersion, nonce } = input;
  return { ...PROOF_ALGORITHMS, digest: sha512(lengthPrefixed("tally-proof-1", operation, handle, purpose, keyVersion, nonce)) };
}

/** What a person signs with PIN2, typed again, before anything is issued: who they are and which keys are theirs. */
export function applicationMessage(
  handle: string,
  application: Pick<
    Extract<ClaimedTransaction, { kind: "application" }>,
    "nonce" | "givenName" | "surname" | "semanticsIdentifier" | "level" | "publicKeyHashes"
  >,
): Message {
  const { nonce, givenName, surname, semanticsIdentifier, level, publicKeyHashes } = application;
  const bytes = lengthPrefixed(
    "tally-application-1",
    handle,
    nonce,
    givenName,
    surname,
    semanticsIdentifier,
    level,
    publicKeyHashes.auth,
    publicKeyHashes.sign,
  );
  return { ...PROOF_ALGORITHMS, digest: sha512(bytes) };
}
