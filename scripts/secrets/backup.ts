// The one copy of the Worker's secrets outside the secrets store, which gives none back: a JWE under a passphrase (RFC 7518 §4.8,
// PBES2), in a file of its own.
import { CompactEncrypt, compactDecrypt } from "jose";
import { z } from "zod";
import { PkiFailure } from "../pki/pki-failure.ts";
import { SERVER_SECRETS, type ServerSecret } from "./server-secrets.ts";

export interface Backup {
  /** Whose secrets these are. */
  readonly store: string;
  readonly secrets: Readonly<Partial<Record<ServerSecret, string>>>;
  /** Those of them that came to the store from here: it never says what it has. */
  readonly stored: readonly ServerSecret[];
  /** KEKs that were taken out of the store (`npm run vault -- remove`): words `id:key`. */
  readonly retiredKeks?: string | undefined;
}

const ALGORITHM = "PBES2-HS512+A256KW";
const ENCRYPTION = "A256GCM";
/** Of PBKDF2-HMAC-SHA-512; OWASP asks for 210 000. Some seconds each time that the file is opened do not matter. */
const ITERATIONS = 1_000_000;

const content = z.strictObject({
  store: z.string(),
  secrets: z.strictObject(Object.fromEntries(SERVER_SECRETS.map((name) => [name, z.string().min(1).optional()]))),
  stored: z.array(z.enum(SERVER_SECRETS)),
  retiredKeks: z.string().optional(),
});

export const sealBackup = (backup: Backup, passphrase: string, iterations = ITERATIONS): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(backup)))
    .setProtectedHeader({ alg: ALGORITHM, enc: ENCRYPTION })
    .setKeyManagementParameters({ p2c: iterations })
    .encrypt(new TextEncoder().encode(passphrase));

/** Throws a PkiFailure for another passphrase, and for what is no such file. */
export async function openBackup(text: string, passphrase: string): Promise<Backup> {
  const options = {
    keyManagementAlgorithms: [ALGORITHM],
    contentEncryptionAlgorithms: [ENCRYPTION],
    maxPBES2Count: ITERATIONS,
  };
  try {
    const { plaintext } = await compactDecrypt(text.trim(), new TextEncoder().encode(passphrase), options);
    return content.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    throw new PkiFailure("the backup does not open: another passphrase, or a damaged file");
  }
}
