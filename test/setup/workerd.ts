// Runs before every test file inside workerd: gives the secrets store its throw-away values, D1 its tables and the TEST
// authorities with what belongs to them. Again before every test, because `reset()` of "cloudflare:test" empties all of it.
import { adminSecretsStore, applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach } from "vitest";
import type { LocalSecrets, SecretBinding } from "../../scripts/local-secrets.ts";
import { INSERT_AUTHORITY } from "../../src/certificates/authority.ts";
import { INSERT_OCSP_SIGNER } from "../../src/certificates/ocsp/signer-certificate.ts";
import { broughtListParameters, SAVE_REVOCATION_LIST } from "../../src/certificates/revocation-list/stored-list.ts";

const { migrations, secrets, authorities, ocspSigners, revocationLists } = JSON.parse(env.TEST_SEED) as LocalSecrets & {
  migrations: D1Migration[];
};

async function seed(): Promise<void> {
  await applyD1Migrations(env.DATABASE, migrations);
  const [insertAuthority, insertSigner, insertList] = [INSERT_AUTHORITY, INSERT_OCSP_SIGNER, SAVE_REVOCATION_LIST].map((sql) =>
    env.DATABASE.prepare(sql),
  ) as [D1PreparedStatement, D1PreparedStatement, D1PreparedStatement];
  await env.DATABASE.batch([
    ...authorities.map(({ name, level, certificate }) => insertAuthority.bind(name, level, certificate)),
    ...ocspSigners.map(({ authority, certificate }) => insertSigner.bind(authority, certificate)),
    ...revocationLists.map((list) => insertList.bind(...broughtListParameters(list))),
  ]);
  using store = adminSecretsStore(env.KEK);
  if ((await store.list()).length === Object.keys(secrets).length) return;
  for (const [binding, value] of Object.entries(secrets)) {
    using secret = adminSecretsStore(env[binding as SecretBinding]);
    await secret.create(value);
  }
}

await seed();
beforeEach(seed);
