// The pool of server shares made in advance, so that an enrolment does not wait for a prime. A row is taken by deleting it,
// once, before anything that was made with its share is stored or sent; the account re-wraps it under a place of its own. Only rows
// under the current KEK are taken: others go with the job that re-wraps (src/operator/vault.ts), and where that KEK cannot be asked none is.
import { SUITES, type Suite } from "../../src/account/purpose.ts";
import type { Environment } from "../../src/environment.ts";
import { pooledShareGenerators } from "../../src/split-key/server-halves.ts";
import { VaultUnavailable } from "../../src/vault/key-encryption-key.ts";
import type { Vault } from "../../src/vault/vault.ts";
import type { WrappedPlace } from "../../src/vault/wrapping.ts";
import { accountSecrets } from "../account/account-context.ts";

const place = (id: string, suite: Suite): WrappedPlace => ({
  kind: "pooled-share",
  account: id,
  purpose: "",
  suite,
  keyVersion: 0,
  publicKey: new Uint8Array(0),
});

/**
 * What `work` makes of a share that nobody else has had, from the pool, or made on the spot where the pool is empty; undefined for suites
 * whose shares are not made ahead. `work` stores and sends nothing: its share is taken when it is done, and where somebody else was first
 * it runs again, with another. Where it throws for want of a vault, the share stays for the next. Overwritten afterwards.
 */
export async function withPooledShare<Value>(
  environment: Environment,
  vault: Vault,
  suite: Suite,
  work: (share: Uint8Array | undefined) => Promise<Value>,
): Promise<Value> {
  if (pooledShareGenerators[suite] === undefined) return work(undefined);
  for (;;) {
    const ready = await readyShare(environment, vault, suite);
    const share = ready?.share ?? (await makeShare(environment, suite));
    try {
      const value = await work(share);
      if (ready === undefined || (await take(environment, ready.id))) return value;
    } catch (error) {
      // A share that nothing can be made of would stop the next one too.
      if (ready !== undefined && !(error instanceof VaultUnavailable)) await take(environment, ready.id);
      throw error;
    } finally {
      share.fill(0);
    }
  }
}

/** Undefined where the pool is empty. Throws VaultUnavailable. */
async function readyShare(
  environment: Environment,
  vault: Vault,
  suite: Suite,
): Promise<{ readonly id: string; readonly share: Uint8Array } | undefined> {
  // Any of them, so that those who come together do not all want the same.
  const choose = environment.DATABASE.prepare(
    "SELECT id, wrapped FROM server_share_pool WHERE suite = ? AND kek_id = ? ORDER BY random() LIMIT 1",
  ).bind(suite, vault.currentId);
  for (;;) {
    const row = await choose.first<{ id: string; wrapped: ArrayBuffer | number[] }>();
    if (row === null) return undefined;
    const share = await vault.unwrap(place(row.id, suite), new Uint8Array(row.wrapped));
    if (share !== undefined) return { id: row.id, share };
    // Damaged.
    await take(environment, row.id);
  }
}

/** Whose deletion it was has it. */
async function take({ DATABASE }: Environment, id: string): Promise<boolean> {
  const { meta } = await DATABASE.prepare("DELETE FROM server_share_pool WHERE id = ?").bind(id).run();
  return meta.changes === 1;
}

async function makeShare({ SHARE_MAKER }: Environment, suite: Suite): Promise<Uint8Array> {
  const make = pooledShareGenerators[suite];
  if (make === undefined) throw new Error(`shares of suite ${suite} are not made ahead`);
  if (SHARE_MAKER === undefined) return make();
  const response = await SHARE_MAKER.fetch(`http://share-maker/${suite}`);
  if (!response.ok) throw new Error(`the share maker answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Brings the pool of each suite back to its target, one share after the other. */
export async function refillSharePool(environment: Environment): Promise<void> {
  const { vault } = await accountSecrets(environment);
  for (const suite of SUITES.filter((each) => pooledShareGenerators[each] !== undefined)) {
    for (let missing = Number(environment.SHARE_POOL_SIZE) - (await countOf(environment, vault, suite)); missing > 0; missing--) {
      const id = crypto.randomUUID();
      // A share takes seconds, and could not be kept while the vault is out of reach.
      await vault.wrap(place(id, suite), new Uint8Array(1));
      const share = await makeShare(environment, suite);
      const wrapped = await vault.wrap(place(id, suite), share).finally(() => share.fill(0));
      await environment.DATABASE.prepare("INSERT INTO server_share_pool (id, suite, wrapped, kek_id) VALUES (?, ?, ?, ?)")
        .bind(id, suite, wrapped.buffer, vault.currentId)
        .run();
    }
  }
}

async function countOf({ DATABASE }: Environment, { currentId }: Vault, suite: Suite): Promise<number> {
  const row = await DATABASE.prepare("SELECT count(*) AS count FROM server_share_pool WHERE suite = ? AND kek_id = ?")
    .bind(suite, currentId)
    .first<{ count: number }>();
  return row?.count ?? 0;
}
