// Whether the data in v3/ can be served with the secrets that are there: sound databases, all of them, and made with these secrets.
// Looks before the local runtime opens anything; repairs and deletes nothing. The first use of a secret is recorded here.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { diskFailure, onDisk } from "./disk-failure.ts";
import { type LocalSecrets, SECRET_BINDINGS, type SecretBinding } from "./local-secrets.ts";
import { StartFailure } from "./start-failure.ts";

/** Inside v3/, so that it is copied, restored and deleted together with the data. */
const FINGERPRINTS_FILE = "made-with.json";
/** Data may have been made before there was such a secret: it is recorded at the first start with it. */
const ADDED_LATER: readonly SecretBinding[] = ["VAPID_PRIVATE_KEY", "OCSP_KEY_QUALIFIED", "OCSP_KEY_NON_QUALIFIED"];
const fingerprintsSchema = z
  .partialRecord(z.enum(SECRET_BINDINGS), z.hex().length(64))
  .refine((found) => SECRET_BINDINGS.every((binding) => binding in found || ADDED_LATER.includes(binding)));

/** https://www.sqlite.org/rescode.html: SQLITE_CORRUPT, SQLITE_NOTADB; extended codes have them in the lowest byte. */
const DAMAGED = new Set([11, 26]);

/** What the runtime keeps for itself is no data, and the demo bank's database stands in for nothing. */
const OWN_TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'
  AND name NOT GLOB 'bank_*'`;

/** Throws StartFailure for what does not fit. Only for the one who has reserved the folder. */
export function checkStoredData(folder: string, { secrets }: LocalSecrets): void {
  const data = join(folder, "v3");
  checkFingerprints(folder, data, secrets);
  const files = onDisk(folder, () => databasesIn(data));
  const isObject = (file: string) => file.startsWith(join(data, "do"));
  let hasDatabase = false;
  // Objects are many, and a damaged one concerns one account only.
  for (const file of files.filter((name) => !isObject(name))) {
    const condition = inspect(folder, file);
    if (condition === "damaged") throw new StartFailure(`the database in ${file} is damaged: ${restore(folder)}`);
    hasDatabase ||= condition === "filled" && file.startsWith(join(data, "d1")) && !file.endsWith("metadata.sqlite");
  }
  if (hasDatabase || !files.some(isObject)) return;
  throw new StartFailure(`the database in ${join(data, "d1")} is gone, but accounts are there: ${restore(folder)}`);
}

const restore = (folder: string): string => `restore a copy of ${folder}, or delete it to start afresh (local accounts are lost)`;

function checkFingerprints(folder: string, data: string, secrets: LocalSecrets["secrets"]): void {
  const file = join(data, FINGERPRINTS_FILE);
  const text = onDisk(folder, () => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  if (text === undefined) return writeFingerprints(folder, data, secrets);
  const stored = fingerprintsSchema.safeParse(parseJson(text)).data;
  if (stored === undefined) throw new StartFailure(`${file} is damaged: ${restore(folder)}`);
  const recorded = SECRET_BINDINGS.filter((binding) => stored[binding] !== undefined);
  const others = recorded.filter((binding) => stored[binding] !== fingerprint(binding, secrets[binding]));
  if (others.length === 0) return recorded.length < SECRET_BINDINGS.length ? writeFingerprints(folder, data, secrets) : undefined;
  const which = `${others.join(", ")} in ${join(folder, "secrets.json")}`;
  throw new StartFailure(
    `the data in ${data} was made with other secrets (${which} ${are(others)} not the same): ${restore(folder)}`,
  );
}

function writeFingerprints(folder: string, data: string, secrets: LocalSecrets["secrets"]): void {
  const file = join(data, FINGERPRINTS_FILE);
  const fingerprints = SECRET_BINDINGS.map((binding) => [binding, fingerprint(binding, secrets[binding])] as const);
  onDisk(folder, () => {
    mkdirSync(data, { recursive: true });
    writeFileSync(`${file}.new`, `${JSON.stringify(Object.fromEntries(fingerprints), null, 2)}\n`);
    renameSync(`${file}.new`, file);
  });
}

const are = ({ length }: readonly unknown[]): string => (length === 1 ? "is" : "are");

/** Tells nothing about the secret: each has 256 random bits. */
const fingerprint = (binding: SecretBinding, secret: string): string =>
  createHash("sha256").update(`Tally local secret\0${binding}\0${secret}`).digest("hex");

const databasesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".sqlite"))
        .map((name) => join(folder, name))
    : [];

function inspect(folder: string, file: string): "filled" | "empty" | "damaged" {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    if (database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] !== "ok") return "damaged";
    return database.prepare(OWN_TABLES).get() === undefined ? "empty" : "filled";
  } catch (error) {
    const code = (error as { errcode?: unknown }).errcode;
    if (typeof code === "number" && DAMAGED.has(code & 0xff)) return "damaged";
    throw diskFailure(folder, error);
  } finally {
    database?.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
