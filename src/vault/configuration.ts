// Which KEKs a deployment has, out of its secrets and variables. Says what is wrong and where, never what stands there.
import { z } from "zod";
import { isKekId } from "../protocol/kek-id.ts";
import { externalKey } from "./external-key.ts";
import { type KeyEncryptionKey, VaultUnavailable } from "./key-encryption-key.ts";
import { parseKeyWords, wordsOf } from "./key-words.ts";
import { importKeyEncryptionKey } from "./local-key.ts";
import { type Keys, openVault, type Vault } from "./vault.ts";

/** Of src/environment.ts. */
export interface VaultEnvironment {
  readonly KEK: { get(): Promise<string> };
  readonly KEK_ID: string;
  readonly EXTERNAL_KEKS?: string;
  readonly EXTERNAL_KEK_TOKENS?: string;
  readonly LOCAL_MODE: string;
}

/** Nothing is read yet. */
export const vaultOf = (environment: VaultEnvironment): Vault =>
  openVault({ currentId: environment.KEK_ID, load: () => loadKeys(environment) });

async function loadKeys(environment: VaultEnvironment): Promise<Keys> {
  const keys = new Map<string, KeyEncryptionKey>();
  for (const key of [...(await localKeys(environment)), ...externalKeys(environment)]) {
    if (keys.has(key.id)) throw new VaultUnavailable(`the KEK ${key.id} is there twice`);
    keys.set(key.id, key);
  }
  return keys;
}

async function localKeys({ KEK }: VaultEnvironment): Promise<readonly KeyEncryptionKey[]> {
  const secret = await KEK.get().catch(() => {
    throw new VaultUnavailable("the secret KEK could not be read");
  });
  return Promise.all(parseKeyWords(secret).map(([id, key]) => importLocal(id, key)));
}

const externalKeySchema = z.strictObject({
  id: z.string().refine(isKekId),
  url: z.url().refine((url) => !url.endsWith("/")),
  key: z.string().min(1).max(128),
});

function externalKeys({
  EXTERNAL_KEKS = "",
  EXTERNAL_KEK_TOKENS = "",
  LOCAL_MODE,
}: VaultEnvironment): readonly KeyEncryptionKey[] {
  const described = z.array(externalKeySchema).safeParse(parseJson(EXTERNAL_KEKS === "" ? "[]" : EXTERNAL_KEKS)).data;
  if (described === undefined) throw new VaultUnavailable("EXTERNAL_KEKS is no JSON list of {id, url, key}");
  const tokens = new Map(wordsOf(EXTERNAL_KEK_TOKENS));
  return described.map(({ id, url, key }) => {
    const token = tokens.get(id);
    if (token === undefined) return unusableKey(id, `EXTERNAL_KEK_TOKENS has no token for the KEK ${id}`);
    if (!isEncrypted(url, LOCAL_MODE === "true")) return unusableKey(id, `EXTERNAL_KEKS: the url of the KEK ${id} is not https`);
    return externalKey({ id, url, key, token });
  });
}

/** Fails where it is used: what is wrong with one KEK is no reason to do nothing under the others. */
function unusableKey(id: string, problem: string): KeyEncryptionKey {
  const fail = (): Promise<never> => Promise.reject(new VaultUnavailable(problem));
  return { id, problem, encrypt: fail, decrypt: fail };
}

/** A developer may have one on this machine. */
function isEncrypted(text: string, isLocal: boolean): boolean {
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== "") return false;
  return protocol === "https:" || (isLocal && protocol === "http:" && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function importLocal(id: string, key: string): Promise<KeyEncryptionKey> {
  try {
    return await importKeyEncryptionKey(id, key);
  } catch {
    throw new VaultUnavailable(
      `the secret KEK is no list of words id:base64 of 32 bytes, nor one bare key (at ${printable(id)})`,
    );
  }
}

/** Where somebody forgot the colon, a key may stand in the place of an id. */
const printable = (id: string): string => (isKekId(id) && id.length < 40 ? id : "a word without an id");
