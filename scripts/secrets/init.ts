// Fills the secrets store with what it lacks. The backup comes first: what the store has and no file has cannot be had again.
import { existsSync, readFileSync } from "node:fs";
import { refuseInsideProject } from "../pki/folder.ts";
import { type Asking, knownPassphrase, newPassphrase } from "../pki/passphrase.ts";
import { replaceFile, saying } from "../pki/whole-file.ts";
import { PkiFailure } from "../pki/pki-failure.ts";
import { type Backup, openBackup, sealBackup } from "./backup.ts";
import { makeServerSecret, type ServerSecret } from "./server-secrets.ts";

/** By the names of the secrets. */
export interface SecretsStore {
  /** Which of all stores it is. */
  readonly name: string;
  names(): Promise<ReadonlySet<string>>;
  /** Of a secret that is not there. */
  add(name: string, value: string): Promise<void>;
}

interface Surroundings {
  readonly store: SecretsStore;
  /** Names in the store. */
  readonly places: ReadonlyMap<ServerSecret, string>;
  /** Path of the backup. */
  readonly file: string;
  /** Whether a backup of another store is wanted: that one was lost. */
  readonly another: boolean;
  readonly asking: Asking;
  readonly out: (line: string) => void;
  readonly note: (line: string) => void;
  /** Of the backup's PBKDF2. */
  readonly iterations?: number;
}

export async function initSecrets({ store, places, file, another, asking, out, note, iterations }: Surroundings): Promise<void> {
  refuseInsideProject(file);
  note("Looking at what is there …");
  const existing = await store.names();
  const missing = [...places].filter(([, name]) => !existing.has(name)).map(([secret]) => secret);
  const kept = existsSync(file) ? saying(file, () => readFileSync(file, "utf8")) : undefined;
  const passphrase = await (kept === undefined ? newPassphrase : knownPassphrase)(asking, "secrets");
  const found = kept === undefined ? undefined : await openBackup(kept, passphrase);
  const known = ofThisStore(found ?? { store: store.name, secrets: {}, stored: [] }, store.name, another);
  let backup = { ...known, secrets: await completed(known.secrets, missing) };
  const keep = async (): Promise<void> => replaceFile(file, `${await sealBackup(backup, passphrase, iterations)}\n`);
  // Before anything is stored: an interruption leaves nothing in the store that is nowhere else.
  if (missing.length > 0) await keep();
  for (const secret of missing) {
    const [name, value] = [places.get(secret), backup.secrets[secret]];
    if (name === undefined || value === undefined) throw new Error(`${secret} has no place or no value`);
    note(`Secrets store: ${name} …`);
    await store.add(name, value);
    backup = { ...backup, stored: [...backup.stored, secret] };
    await keep();
  }
  for (const [secret, name] of places) out(`${name.padEnd(24)}${stateOf(secret, missing, known)}`);
  if (missing.includes("KEK")) out(`Keep ${file} and its passphrase: without the KEK every account is lost.`);
}

/** Two deployments, or a trial and a real one, never share a key. */
function ofThisStore(backup: Backup, store: string, another: boolean): Backup {
  if (backup.store === store) return backup;
  if (another) return { store, secrets: backup.secrets, stored: [] };
  throw new PkiFailure(
    `the backup is that of the store ${backup.store}; --another-store if that one is lost, and this one takes its place`,
  );
}

/** With what had to be made. */
async function completed(known: Backup["secrets"], missing: readonly ServerSecret[]): Promise<Backup["secrets"]> {
  const unknown = missing.filter((secret) => known[secret] === undefined);
  const made = await Promise.all(unknown.map(async (secret) => [secret, await makeServerSecret(secret)] as const));
  return { ...known, ...Object.fromEntries(made) };
}

function stateOf(secret: ServerSecret, missing: readonly ServerSecret[], known: Backup): string {
  if (missing.includes(secret)) return known.secrets[secret] === undefined ? "made" : "put back from the backup";
  if (known.secrets[secret] === undefined) return "was there already, and is NOT in this backup";
  return known.stored.includes(secret)
    ? "was there already"
    : "was there already; whether it is the one of this backup NOBODY KNOWS";
}
