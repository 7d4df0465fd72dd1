// RSA keys for test/setup/ready-keys*.ts, made once for a checkout: they belong to people who exist in tests alone.
import { generateKeyPair, type JsonWebKey } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** Of all that were made, as a list of JWKs. */
export const READY_KEYS_CACHE = join(import.meta.dirname, "../../node_modules/.cache/test-keys.json");
const MODULUS_BITS = 3072;

/** Private keys, no two alike. */
export async function makeReadyKeys(count: number): Promise<readonly JsonWebKey[]> {
  const made = stored().slice(0, count);
  const missing = Array.from({ length: count - made.length }, async () => {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: MODULUS_BITS });
    return privateKey.export({ format: "jwk" });
  });
  if (missing.length === 0) return made;
  const keys = [...made, ...(await Promise.all(missing))];
  mkdirSync(dirname(READY_KEYS_CACHE), { recursive: true });
  // Another run may do the same: whoever reads finds all of one's or all of the other's.
  const fresh = `${READY_KEYS_CACHE}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(keys), { mode: 0o600 });
  renameSync(fresh, READY_KEYS_CACHE);
  return keys;
}

function stored(): readonly JsonWebKey[] {
  try {
    return JSON.parse(readFileSync(READY_KEYS_CACHE, "utf8")) as JsonWebKey[];
  } catch {
    return [];
  }
}
