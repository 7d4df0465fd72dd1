// Runs before every test file inside workerd: gives the secrets store its throw-away values, D1 its tables and the TEST
// authorities. Again before every test, because `reset()` of "cloudflare:test" empties all of it.
import { adminSecretsStore, applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach } from "vitest";
import type { LocalSecrets, SecretBinding } from "../../scripts/local-secrets.ts";

const { migrations, secrets, authorities } = JSON.parse(env.TEST_SEED) as LocalSecrets & { migrations: D1Migration[] };

async function seed(): Promise<void> {
  await applyD1Migrations(env.DATABASE, migrations);
  const insert = env.DATABASE.prepare(
    "INSERT OR IGNORE INTO certificate_authorities (name, level, certificate) VALUES (?, ?, ?)",
  );
  await env.DATABASE.batch(authorities.map(({ name, level, certificate }) => insert.bind(name, level, certificate)));
  using store = adminSecretsStore(env.KEK);
  if ((await store.list()).length === Object.keys(secrets).length) return;
  for (const [binding, value] of Object.entries(secrets)) {
    using secret = adminSecretsStore(env[binding as SecretBinding]);
    await secret.create(value);
  }
}

await seed();
beforeEach(seed);
