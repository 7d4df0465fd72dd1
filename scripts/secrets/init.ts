// Fills the secrets store with what it lacks. The backup comes first: what the store has and no file has cannot be had again.
import { existsSync, readFileSync } from "node:fs";
import { refuseInsideProject } from "../pki/folder.ts";
import { type Asking, knownPassphrase, newPassphrase } from "../pki/passphrase.ts";
import { replaceFile, saying } from "../pki/whole-file.ts";
import { openBackup, sealBackup, type Secrets } from "./backup.ts";
import { makeServerSecret, type ServerSecret } from "./server-secrets.ts";

/** By the names of the secrets. */
export interface SecretsStore {
  names(): Promise<ReadonlySet<string>>;
  /** Of a secret that is not there. */
  add(name: string, value: string): Promise<void>;
}

interface Surroundings {
  readonly store: SecretsStore;
  /** Names in the store. */
  readonly places: ReadonlyMap<ServerSecret, string>;
  /** Path of the backup. */
  readonly backup: string;
  readonly asking: Asking;
  readonly out: (line: string) => void;
  readonly note: (line: string) => void;
  /** Of the backup's PBKDF2. */
  readonly iterations?: number;
}

export async function initSecrets({ store, places, backup, asking, out, note, iterations }: Surroundings): Promise<void> {
  refuseInsideProject(backup);
  note("Looking at what is there …");
  const existing = await store.names();
  const missing = [...places].filter(([, name]) => !existing.has(name)).map(([secret]) => secret);
  const kept = existsSync(backup);
  const passphrase = await (kept ? knownPassphrase : newPassphrase)(asking, "secrets");
  const text = kept && saying(backup, () => readFileSync(backup, "utf8"));
  const known = text === false ? {} : await openBackup(text, passphrase);
  const secrets = await completed(known, missing);
  if (secrets !== known) replaceFile(backup, `${await sealBackup(secrets, passphrase, iterations)}\n`);
  for (const secret of missing) {
    const [name, value] = [places.get(secret), secrets[secret]];
    if (name === undefined || value === undefined) throw new Error(`${secret} has no place or no value`);
    note(`Secrets store: ${name} …`);
    await store.add(name, value);
  }
  for (const [secret, name] of places) out(`${name.padEnd(24)}${stateOf(secret, { missing, known, secrets })}`);
  if (missing.includes("KEK")) out(`Keep ${backup} and its passphrase: without the KEK every account is lost.`);
}

/** The very same where nothing had to be made. */
async function completed(known: Secrets, missing: readonly ServerSecret[]): Promise<Secrets> {
  const unknown = missing.filter((secret) => known[secret] === undefined);
  if (unknown.length === 0) return known;
  const made = await Promise.all(unknown.map(async (secret) => [secret, await makeServerSecret(secret)] as const));
  return { ...known, ...Object.fromEntries(made) };
}

function stateOf(
  secret: ServerSecret,
  { missing, known, secrets }: { missing: readonly ServerSecret[]; known: Secrets; secrets: Secrets },
): string {
  if (missing.includes(secret)) return known[secret] === undefined ? "made" : "put back from the backup";
  return secrets[secret] === undefined ? "was there already, and is NOT in this backup" : "was there already";
}
