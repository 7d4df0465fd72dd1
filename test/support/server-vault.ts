// What the server's storage holds under its wrapping, unwrapped with the deployment's KEK: for tests that must know the secrets
// in order to show where they are not, and what they are not good for.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { MAIN_SUITE, type Purpose, type Suite } from "../../src/account/purpose.ts";
import { channelKeysPlace, sharePlace } from "../../durable/account/wrapped-places.ts";
import { fromBase64Url } from "../../src/protocol/encoding.ts";
import { openServerShare as openFrostShare, type ServerShare as FrostShare } from "../../src/split-key/ed25519/server-records.ts";
import { openServerShare, type ServerShare } from "../../src/split-key/rsa/server-share.ts";
import type { KeyEncryptionKey } from "../../src/vault/key-encryption-key.ts";
import { importKeyEncryptionKey } from "../../src/vault/local-key.ts";
import { unwrap, type WrappedPlace } from "../../src/vault/wrapping.ts";
import { accountStub } from "./headless-device.ts";

export const keyEncryptionKey = async (id = env.KEK_ID): Promise<KeyEncryptionKey> =>
  importKeyEncryptionKey(id, await env.KEK.get());

/** One row of `key_pair`. */
export interface StoredKey {
  readonly purpose: Purpose;
  readonly suite: Suite;
  readonly keyVersion: number;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Wrapped. */
  readonly serverShare: Uint8Array<ArrayBuffer>;
}

type Row = Record<string, SqlStorageValue>;

/** Runs one statement on an account's storage. */
export function query(handle: string, statement: string, ...values: SqlStorageValue[]): Promise<readonly Row[]> {
  return runInDurableObject(accountOf(handle), (_instance, { storage }) => storage.sql.exec<Row>(statement, ...values).toArray());
}

export const accountOf = (handle: string) => accountStub({ handle } as Parameters<typeof accountStub>[0]);

const bytesIn = (value: SqlStorageValue | undefined): Uint8Array<ArrayBuffer> =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);

/** The newest key of a purpose and suite. */
export async function storedKey(handle: string, purpose: Purpose, suite: Suite = MAIN_SUITE): Promise<StoredKey> {
  const newest = "SELECT * FROM key_pair WHERE purpose = ? AND suite = ? ORDER BY key_version DESC LIMIT 1";
  const [row] = await query(handle, newest, purpose, suite);
  if (row === undefined) throw new Error(`no key for ${purpose}`);
  const keyVersion = row["key_version"] as number;
  return { purpose, suite, keyVersion, publicKey: bytesIn(row["public_key"]), serverShare: bytesIn(row["server_share"]) };
}

export const placeOf = (handle: string, key: StoredKey): WrappedPlace => sharePlace(handle, key);

/** The share's bytes as they lie under the wrapping. */
export async function unwrappedShare(
  handle: string,
  purpose: Purpose,
  suite: Suite = MAIN_SUITE,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await storedKey(handle, purpose, suite);
  const unwrapped = await unwrap(await keyEncryptionKey(), placeOf(handle, key), key.serverShare);
  if (unwrapped === undefined) throw new Error("the share does not unwrap");
  return unwrapped;
}

export async function openedShare(handle: string, purpose: Purpose): Promise<ServerShare> {
  const share = openServerShare(await unwrappedShare(handle, purpose));
  if (share === undefined) throw new Error("the share is damaged");
  return share;
}

/** Of suite `ed25519`. */
export async function openedFrostShare(handle: string, purpose: Purpose): Promise<FrostShare> {
  const share = openFrostShare(await unwrappedShare(handle, purpose, "ed25519"));
  if (share === undefined) throw new Error("the share is damaged");
  return share;
}

/** Both directions, 64 bytes. */
export async function openedChannelKeys(handle: string): Promise<Uint8Array<ArrayBuffer>> {
  const [row] = await query(handle, "SELECT channel_keys FROM account");
  const unwrapped = await unwrap(await keyEncryptionKey(), channelKeysPlace(handle), bytesIn(row?.["channel_keys"]));
  if (unwrapped === undefined) throw new Error("the channel keys do not unwrap");
  return unwrapped;
}

/** n, d, p, q and the rest of an RSA private key, each in bytes. */
export async function partsOfPrivateKey(pkcs8: Uint8Array): Promise<Readonly<Record<string, Uint8Array<ArrayBuffer>>>> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", Uint8Array.from(pkcs8), algorithm, true, ["sign"]);
  const jwk = (await crypto.subtle.exportKey("jwk", key)) as JsonWebKey;
  const parts = (["n", "d", "p", "q", "dp", "dq", "qi"] as const).map((name) => [
    name,
    fromBase64Url(jwk[name] ?? "") ?? new Uint8Array(),
  ]);
  return Object.fromEntries(parts) as Record<string, Uint8Array<ArrayBuffer>>;
}
