// Another configuration of KEKs for the Worker under test, as a deployment brings one: objects are loaded anew, and nothing that an isolate
// had read is left.
import { abortAllDurableObjects, adminSecretsStore, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { accountSecrets } from "../../durable/account/account-context.ts";
import type { Environment } from "../../src/environment.ts";
import { vaultOf } from "../../src/vault/configuration.ts";
import { kekIdOf } from "../../src/vault/wrapping.ts";
import { query } from "./server-vault.ts";

/** 32 bytes, base64, by the id's last digit. */
export const keyFor = (id: string): string => btoa(String.fromCharCode(...new Uint8Array(32).fill(id.charCodeAt(id.length - 1))));
export const wordsFor = (...ids: readonly string[]): string => ids.map((id) => `${id}:${keyFor(id)}`).join("\n");

export async function deployKeks(input: { readonly current: string; readonly secret: string }): Promise<void> {
  await setSecret(input.secret);
  (env as { KEK_ID: string }).KEK_ID = input.current;
  await forgetRead(env);
  await abortAllDurableObjects();
  const objects = env.ACCOUNTS as unknown as DurableObjectNamespace;
  for (const id of await listDurableObjectIds(objects)) {
    await runInDurableObject(objects.get(id), (instance) => forgetRead((instance as unknown as { env: Environment }).env));
  }
}

/** No isolate is told. */
export async function setSecret(secret: string): Promise<void> {
  using store = adminSecretsStore(env.KEK);
  const named = (await store.list()).find(({ name }) => name === "kek");
  await store.update(secret, named?.metadata?.uuid ?? "");
}

async function forgetRead(environment: Environment): Promise<void> {
  Object.assign(await accountSecrets(environment), { vault: vaultOf(environment) });
}

/** Every table and column that holds something wrapped. A new one belongs here, and into durable/account/wrapped-store.ts. */
export const WRAPPED_COLUMNS = {
  account: "channel_keys",
  "key_pair server_share": "server_share",
  "key_pair proof_nonce": "proof_nonce",
  push_subscription: "wrapped",
  answer: "secret",
  pending_transaction: "nonce",
} as const;

/** What each table's wrapped values name, by table and column; empty lists where there is none. */
export async function keksIn(handle: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = Object.entries(WRAPPED_COLUMNS).map(async ([place, column]) => {
    const rows = await query(handle, `SELECT ${column} AS wrapped FROM ${place.split(" ")[0]} WHERE ${column} IS NOT NULL`);
    const ids = rows.map((row) => kekIdOf(new Uint8Array(row["wrapped"] as ArrayBuffer)) ?? "none");
    return [place, [...new Set(ids)].toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** What the index says of an account: ids in order. */
export async function indexed(handle: string): Promise<readonly string[]> {
  const rows = await env.DATABASE.prepare("SELECT kek_id FROM wrapped_accounts WHERE handle = ? ORDER BY kek_id")
    .bind(handle)
    .all();
  return rows.results.map((row) => row["kek_id"] as string);
}
