// The secret KEK with one key more or less. The backup comes first: what the store has and no file has cannot be had again. What is taken
// out of the store stays in the backup: a value that turns up after all is not lost.
import { readFileSync } from "node:fs";
import type { Answer } from "../../src/protocol/operator-orders.ts";
import { parseKeyWords } from "../../src/vault/key-words.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { formatTime } from "../authenticator/explain.ts";
import { type Asking, knownPassphrase } from "../pki/passphrase.ts";
import { replaceFile, saying } from "../pki/whole-file.ts";
import { type Backup, openBackup, sealBackup } from "../secrets/backup.ts";
import type { SecretsStore } from "../secrets/init.ts";
import { makeServerSecret, type ServerSecret } from "../secrets/server-secrets.ts";
import { type Kept, whyNoNewKey, whyOtherKeys, type Words } from "./same-keys.ts";

/** After a KEK was the current one: enrolments of that time are over (an hour), and what was to be told has been told. */
const REST_MS = 2 * 3_600_000;

export interface Surroundings {
  readonly store: SecretsStore & { replace(name: string, value: string): Promise<void> };
  /** Names in the store. */
  readonly places: ReadonlyMap<ServerSecret, string>;
  /** Path of the backup. */
  readonly file: string;
  readonly asking: Asking;
  readonly note: (line: string) => void;
  /** Of the backup's PBKDF2. */
  readonly iterations?: number;
}

type Status = Answer<"vaultStatus">;

/** Gives what became of it, in sentences. `status`: of the server that has the store's secrets. */
export async function addKek(id: string, surroundings: Surroundings, status: Status): Promise<string> {
  const opened = await open(surroundings);
  await refuseOtherKeys(id, opened, status);
  const { words, retired } = opened;
  const known = words.find(([each]) => each === id);
  const kept = retired.find(([each]) => each === id);
  const reason = (known ?? kept) === undefined ? whyNoNewKey(id, status) : undefined;
  if (reason !== undefined) throw new CommandFailure("in_use", reason);
  const key = known?.[1] ?? kept?.[1] ?? (await makeServerSecret("KEK"));
  const added = known === undefined ? [...words, [id, key] as const] : words;
  await write(surroundings, opened, { words: added, retired: retired.filter(([each]) => each !== id) });
  const where = `in the backup and in the store, beside ${names(words.filter(([each]) => each !== id))}`;
  if (id === status.current) return `${id} is ${where}. It is the current KEK.`;
  const wasCurrent = (status.uses.find((use) => use.id === id)?.lastCurrentAt ?? 0) > 0;
  return kept !== undefined || wasCurrent
    ? // Were it stolen, to make it the current one again would undo everything.
      `${id} is ${where}, as it was before. What names it can be read again within seconds; leave KEK_ID as it is.`
    : `${id} is ${where}. Next: deploy as it is, so that every copy of the Worker can read what it wraps. Only then KEK_ID = "${id}", and deploy again.`;
}

export async function removeKek(id: string, surroundings: Surroundings, status: Status, evenUntold: boolean): Promise<string> {
  const reason = whyNot(id, status, evenUntold, Date.now());
  if (reason !== undefined) throw new CommandFailure("in_use", reason);
  const opened = await open(surroundings);
  await refuseOtherKeys(id, opened, status);
  const { words, retired } = opened;
  const rest = words.filter(([each]) => each !== id);
  const taken = words.filter(([each]) => each === id);
  if (taken.length === 0 && !retired.some(([each]) => each === id)) {
    throw new CommandFailure(
      "unknown_kek",
      `${id} is not in the secret KEK. One that a KMS keeps goes out of EXTERNAL_KEKS; nothing names it.`,
    );
  }
  if (rest.length === 0) throw new CommandFailure("in_use", `${id} is the only key of the secret KEK, which cannot be empty.`);
  await write(surroundings, opened, { words: rest, retired: [...retired, ...taken] });
  return `${id} is out of the store; ${names(rest)} stay. The backup keeps it: add puts it back. Next: deploy.`;
}

/** Why a KEK may not go, in a sentence; undefined where it may. `now`: milliseconds since the epoch. */
export function whyNot(id: string, status: Status, evenUntold: boolean, now: number): string | undefined {
  const { current, configured, problem, uses, accountsUntoldSince } = status;
  const use = uses.find((each) => each.id === id);
  if (id === current) return `${id} is the current KEK (KEK_ID): nothing can be wrapped without it.`;
  if (problem !== "") return `The server cannot use its KEKs: ${problem}. Mend that first.`;
  if (!configured.includes(current)) return `The server does not have its current KEK, ${current}. Mend that first.`;
  if (use !== undefined && use.accounts + use.pooledShares > 0) {
    return `${use.accounts} accounts and ${use.pooledShares} pooled shares name ${id}: npm run vault -- rewrap ${current}`;
  }
  const until = (use?.lastCurrentAt ?? 0) + REST_MS;
  if (now < until)
    return `${id} was the current KEK not long ago: what was begun then is over at ${formatTime(until)}. Try again then.`;
  if (accountsUntoldSince === 0 || evenUntold) return undefined;
  return `Accounts from before ${formatTime(accountsUntoldSince)} tell only when they are used what they name, and some may not have been used since. Keep ${id}, which costs nothing; or, where they may be lost: --accounts-from-before-are-gone`;
}

interface Opened extends Kept {
  readonly backup: Backup;
  readonly passphrase: string;
}

async function refuseOtherKeys(id: string, kept: Kept, status: Status): Promise<void> {
  const reason = await whyOtherKeys(id, kept, status);
  if (reason !== undefined) throw new CommandFailure("other_keys", reason);
}

async function open({ store, places, file, asking }: Surroundings): Promise<Opened> {
  const text = saying(file, () => readFileSync(file, "utf8"));
  const passphrase = await knownPassphrase(asking, "secrets");
  const backup = await openBackup(text, passphrase);
  const { KEK } = backup.secrets;
  if (backup.store !== store.name) {
    throw new CommandFailure("another_store", `${file} is the backup of the store ${backup.store}, not of ${store.name}.`);
  }
  if (KEK === undefined || !backup.stored.includes("KEK") || !(await store.names()).has(places.get("KEK") ?? "")) {
    throw new CommandFailure("no_backup", `${file} is not known to have the KEK of this store: npm run secrets -- init`);
  }
  return { backup, passphrase, words: parseKeyWords(KEK), retired: parseRetired(backup.retiredKeks) };
}

const parseRetired = (text: string | undefined): Words => (text === undefined || text === "" ? [] : parseKeyWords(text));
const asText = (words: Words): string => words.map(([id, key]) => `${id}:${key}`).join("\n");
const names = (words: Words): string => words.map(([id]) => id).join(", ");

async function write(
  { store, places, file, note, iterations }: Surroundings,
  { backup, passphrase }: Opened,
  { words, retired }: Kept,
): Promise<void> {
  const KEK = asText(words);
  const changed = { ...backup, secrets: { ...backup.secrets, KEK }, retiredKeks: asText(retired) };
  replaceFile(file, `${await sealBackup(changed, passphrase, iterations)}\n`);
  const name = places.get("KEK");
  if (name === undefined) throw new Error("KEK has no place");
  note(`Secrets store: ${name} …`);
  await store.replace(name, KEK);
}
