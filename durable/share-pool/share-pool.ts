// The pool of server shares made in advance, so that an enrolment does not wait for a prime. A row is taken by deleting it,
// once, before its share is used; the account re-wraps it under a place of its own.
import { SUITES, type Suite } from "../../src/account/purpose.ts";
import type { Environment } from "../../src/environment.ts";
import { pooledShareGenerators } from "../../src/split-key/server-halves.ts";
import { type KeyEncryptionKey, unwrap, wrap, type WrappedPlace } from "../../src/vault/wrapping.ts";
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
 * A share that nobody else has had, unwrapped. From the pool, or made on the spot where the pool is empty. Undefined for suites whose
 * shares are not made ahead.
 */
export async function takePooledShare(
  environment: Environment,
  kek: KeyEncryptionKey,
  suite: Suite,
): Promise<Uint8Array | undefined> {
  if (pooledShareGenerators[suite] === undefined) return undefined;
  const row = await environment.DATABASE.prepare(
    `DELETE FROM server_share_pool WHERE id = (SELECT id FROM server_share_pool WHERE suite = ? LIMIT 1) RETURNING id, wrapped`,
  )
    .bind(suite)
    .first<{ id: string; wrapped: ArrayBuffer | number[] }>();
  const share = row === null ? undefined : await unwrap(kek, place(row.id, suite), new Uint8Array(row.wrapped));
  return share ?? makeShare(environment, suite);
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
  const { kek } = await accountSecrets(environment);
  for (const suite of SUITES.filter((each) => pooledShareGenerators[each] !== undefined)) {
    for (let missing = Number(environment.SHARE_POOL_SIZE) - (await countOf(environment, suite)); missing > 0; missing--) {
      const id = crypto.randomUUID();
      const share = await makeShare(environment, suite);
      const wrapped = await wrap(kek, place(id, suite), share);
      share.fill(0);
      await environment.DATABASE.prepare("INSERT INTO server_share_pool (id, suite, wrapped) VALUES (?, ?, ?)")
        .bind(id, suite, wrapped.buffer)
        .run();
    }
  }
}

async function countOf(environment: Environment, suite: Suite): Promise<number> {
  const row = await environment.DATABASE.prepare("SELECT count(*) AS count FROM server_share_pool WHERE suite = ?")
    .bind(suite)
    .first<{ count: number }>();
  return row?.count ?? 0;
}
