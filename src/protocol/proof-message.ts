// Messages that prove something about a key and are never anybody's signature: possession of a new key, the check of a
// suspected clone, the right to new keys, and the application for certificates. Each is built on the device from a prefix of its own,
// always hashed by the device, so that a digest sent by a relying party names one only by breaking the hash, and no ACSP_V2
// payload (which begins with a scheme name in ASCII) equals one (which begins with a zero byte).
import { sha512 } from "@noble/hashes/sha2.js";
import type { HashAlgorithm, SignatureAlgorithm } from "./algorithms.ts";
import type { ClaimedTransaction } from "./claimed-transaction.ts";
import type { SuiteName } from "./device-fields.ts";
import { lengthPrefixed } from "./encoding.ts";

interface Algorithms {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
}

interface Message extends Algorithms {
  readonly digest: Uint8Array;
}

/** Randomised, so that no two proofs share an encoded message. */
export const PROOF_ALGORITHMS: Readonly<Record<SuiteName, Algorithms>> = {
  rsa: { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512" },
  ed25519: { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-512" },
};

/** `nonce`: the server's, fresh for this proof. */
export function proofMessage(input: {
  readonly operation: "provePossession" | "answerChallenge" | "reKey";
  readonly handle: string;
  readonly purpose: "auth" | "sign";
  readonly suite: SuiteName;
  readonly keyVersion: number;
  readonly nonce: string;
}): Message {
  const { operation, handle, purpose, suite, keyVersion, nonce } = input;
  const bytes = lengthPrefixed("tally-proof-2", operation, handle, purpose, suite, keyVersion, nonce);
  return { ...PROOF_ALGORITHMS[suite], digest: sha512(bytes) };
}

/** What a person signs with PIN2, typed again, before anything is issued: who they are and which keys are theirs. */
export function applicationMessage(
  handle: string,
  application: Pick<
    Extract<ClaimedTransaction, { kind: "application" }>,
    "nonce" | "givenName" | "surname" | "semanticsIdentifier" | "level" | "keys" | "suite"
  >,
): Message {
  const { nonce, givenName, surname, semanticsIdentifier, level, keys, suite } = application;
  const named = keys.flatMap(({ purpose, suite: of, publicKeyHash }) => [purpose, of, publicKeyHash]);
  const bytes = lengthPrefixed(
    "tally-application-2",
    handle,
    nonce,
    givenName,
    surname,
    semanticsIdentifier,
    level,
    keys.length,
    ...named,
  );
  return { ...PROOF_ALGORITHMS[suite], digest: sha512(bytes) };
}
