// The folder of one deployment: pki.json (public), keys/ (keys of issuing authorities and OCSP signers, encrypted), root-key.pem (encrypted, or
// somewhere else). It is made whole by one rename; later pki.json alone is replaced, as the last step of every change, so that a
// change that was cut off never happened. What such a one leaves in keys/ belongs to nothing.
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { z } from "zod";
import { acquireLock } from "../process-lock.ts";
import { firstProblem } from "./configuration.ts";
import { type Deployment, DEPLOYMENT_VERSION, deploymentSchema } from "./deployment.ts";
import { PkiFailure } from "./pki-failure.ts";
import { addFile, replaceFile, saying, syncFolder, writeThrough } from "./whole-file.ts";

const PROJECT = realpathSync(join(import.meta.dirname, "../.."));
const FILE = "pki.json";
const LOCK_FILE = "running.lock";
export const ROOT_KEY_FILE = "root-key.pem";

export const keyPath = (folder: string, keyFile: string): string => join(folder, "keys", keyFile);

/** PkiFailure where it is inside the project, whose folder is copied, published and deleted without a thought for keys. */
export function refuseInsideProject(path: string): void {
  if (isWithin(path, PROJECT)) {
    throw new PkiFailure(`${path} is inside the folder of this project: keys of a real deployment are kept elsewhere`);
  }
}

/** Absolute paths, where symbolic links lead; the first need not exist. */
export function isWithin(path: string, folder: string): boolean {
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  const within = relative(realpathSync(folder), resolve(realpathSync(existing), relative(existing, path)));
  return !/^\.\.(?:[\\/]|$)/.test(within) && !isAbsolute(within);
}

/** Before anything is asked or made. */
export function checkNewFolder(folder: string): void {
  refuseInsideProject(folder);
  if (existsSync(join(folder, FILE))) throw new PkiFailure(`${folder} holds a hierarchy already: init makes new ones only`);
  const found = saying(folder, () => (existsSync(folder) ? readdirSync(folder) : []));
  if (found.length > 0) throw new PkiFailure(`${folder} is not empty: name a folder that does not exist yet`);
}

export interface NewKeys {
  /** Name in keys/, PEM. */
  readonly keys: ReadonlyMap<string, string>;
}

/** All or nothing. `rootKeyFile`: where the root's key goes, inside the folder or not. */
export function createFolder(
  folder: string,
  { deployment, keys, rootKeyFile, rootKey }: NewKeys & { deployment: Deployment; rootKeyFile: string; rootKey: string },
): void {
  const making = `${folder}.${randomBytes(4).toString("hex")}.new`;
  const inside = dirname(rootKeyFile) === folder;
  // Under its final name only when the hierarchy exists: until then it is the key of nothing.
  const madeRootKey = inside ? join(making, basename(rootKeyFile)) : `${rootKeyFile}.${randomBytes(4).toString("hex")}.new`;
  try {
    saying(folder, () => {
      mkdirSync(dirname(folder), { recursive: true });
      mkdirSync(making, { mode: 0o700 });
      mkdirSync(join(making, "keys"), { mode: 0o700 });
      for (const [name, pem] of keys) writeThrough(keyPath(making, name), pem);
      writeThrough(join(making, FILE), toText(deployment));
      syncFolder(join(making, "keys"));
      syncFolder(making);
    });
    saying(rootKeyFile, () => writeThrough(madeRootKey, rootKey));
    // The key's name lasts before there is a hierarchy that needs it.
    if (!inside) syncFolder(dirname(rootKeyFile));
    saying(folder, () => renameSync(making, folder));
  } catch (error) {
    for (const made of [making, madeRootKey]) rmSync(made, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(folder));
  if (inside) return;
  saying(rootKeyFile, () => renameSync(madeRootKey, rootKeyFile));
  syncFolder(dirname(rootKeyFile));
}

export function readDeployment(folder: string): Deployment {
  const file = join(folder, FILE);
  if (!existsSync(file))
    throw new PkiFailure(`there is no ${FILE} in ${folder}: init makes one, or --folder names another folder`);
  let content: unknown;
  try {
    content = JSON.parse(saying(file, () => readFileSync(file, "utf8")));
  } catch (error) {
    if (error instanceof PkiFailure) throw error;
    throw new PkiFailure(`${file} is damaged (not JSON): restore it from a copy`);
  }
  const { version } = z.looseObject({ version: z.number().optional() }).safeParse(content).data ?? {};
  if (version !== undefined && version > DEPLOYMENT_VERSION) throw new PkiFailure(`${file} was made by a newer version of Tally`);
  const parsed = deploymentSchema.safeParse(content);
  if (!parsed.success) throw new PkiFailure(`${file} is damaged (${firstProblem(parsed.error)}): restore it from a copy`);
  return parsed.data;
}

/** Keys first, then pki.json, which makes them count. */
export function saveDeployment(folder: string, deployment: Deployment, { keys }: NewKeys = { keys: new Map() }): void {
  for (const [name, pem] of keys) addFile(keyPath(folder, name), pem);
  replaceFile(join(folder, FILE), toText(deployment));
}

const toText = (deployment: Deployment): string => `${JSON.stringify(deploymentSchema.parse(deployment), null, 2)}\n`;

/** Names of files in keys/. */
export function keyFilesIn(folder: string): string[] {
  const keys = join(folder, "keys");
  return existsSync(keys) ? saying(keys, () => readdirSync(keys)).toSorted() : [];
}

/** PEM. Names what an init that was cut off at its very end may have left, where the key is not there. */
export function readRootKeyFile(path: string): string {
  if (existsSync(path)) return readKeyFile(path);
  const siblings = existsSync(dirname(path)) ? saying(path, () => readdirSync(dirname(path))) : [];
  const remains = siblings.find((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(".new"));
  const advice =
    remains === undefined ? "say where it is with --root-key" : `rename ${remains} beside it, left by an init that was cut off`;
  throw new PkiFailure(`the root key is not in ${path}: ${advice}`);
}

/** PEM. */
export function readKeyFile(path: string): string {
  if (existsSync(path) && lstatSync(path).size > 64 * 1024) throw new PkiFailure(`${path} is too large for a key`);
  return saying(path, () => readFileSync(path, "utf8"));
}

/** Runs an action that changes the folder, one at a time. */
export async function alone<Value>(folder: string, action: () => Promise<Value>): Promise<Value> {
  if (!existsSync(join(folder, FILE))) readDeployment(folder);
  const lock = await acquireLock(join(folder, LOCK_FILE), 0).catch(() => {
    throw new PkiFailure(`cannot use ${folder}: it cannot be written`);
  });
  if (lock === undefined) throw new PkiFailure(`${folder} is in use by another command: wait until it has ended`);
  try {
    return await action();
  } finally {
    lock.releaseAndDelete();
  }
}
