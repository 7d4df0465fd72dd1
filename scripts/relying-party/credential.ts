// The bearer token by which a party is known: shown once, never kept. Only its hash goes into the database; whoever reads that cannot
// come to a token of 256 random bits, so that no slow hash is needed.
import { createHash, randomBytes } from "node:crypto";

/** Bytes. */
const CREDENTIAL_LENGTH = 32;

export interface NewCredential {
  /** Base64url, 43 characters. */
  readonly token: string;
  /** Hexadecimal, as the server compares it. */
  readonly sha256: string;
}

export function makeCredential(): NewCredential {
  const token = randomBytes(CREDENTIAL_LENGTH).toString("base64url");
  return { token, sha256: createHash("sha256").update(token).digest("hex") };
}
