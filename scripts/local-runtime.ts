// The one place that drives wrangler and Miniflare: fills the local secrets store and D1, and runs the Worker just as wrangler.toml
// describes it (what `wrangler dev` does, without a process for each step). Knows nothing about where secrets come from.
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unstable_DevEnv, unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler";
import { INSERT_AUTHORITY } from "../src/certificates/authority.ts";
import { INSERT_ISSUED, issuedParameters } from "../src/certificates/certificate-entry.ts";
import { INSERT_OCSP_SIGNER } from "../src/certificates/ocsp/signer-certificate.ts";
import { broughtListParameters, SAVE_REVOCATION_LIST } from "../src/certificates/revocation-list/stored-list.ts";
import { DEMO_PARTY_SQL } from "../src/relying-party/demo-party.ts";
import { type LocalSecrets, SECRET_BINDINGS } from "./local-secrets.ts";
import { makeServerShare } from "./share-maker.ts";
import { timeStampSignerEntry } from "./local-time-stamp-signer.ts";
import { StartFailure } from "./start-failure.ts";
import { newerState } from "./state-folder.ts";

const PROJECT = join(import.meta.dirname, "..");
const CONFIGURATION = join(PROJECT, "wrangler.toml");
/** Where `wrangler d1 migrations apply` keeps count too, so that either may follow the other. */
const MIGRATIONS_TABLE = "d1_migrations";
const READY_WITHIN_MILLISECONDS = 30_000;
/** Keys are made meanwhile, on slow machines too. */
const CRON_WITHIN_MILLISECONDS = 300_000;

type StartOptions = Parameters<unstable_DevEnv["startWorker"]>[0];
type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** Everything that must be in storage before the Worker runs. Idempotent. */
export async function prepareStorage(folder: string, state: LocalSecrets): Promise<void> {
  const { d1Databases, secretsStoreSecrets } = unstable_getMiniflareWorkerOptions(CONFIGURATION).workerOptions;
  const storage = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default {}",
      resourcePersistencePath: join(folder, "v3"),
      d1Databases,
      secretsStoreSecrets,
    } as V4MiniflareOptions),
  );
  try {
    await Promise.all(SECRET_BINDINGS.map((binding) => putSecret(storage, binding, state.secrets[binding])));
    const database = await storage.getD1Database("DATABASE");
    await applyMigrations(folder, database);
    await database.prepare(DEMO_PARTY_SQL).run();
    await seedCertificates(database, state);
  } finally {
    await storage.dispose();
  }
}

async function putSecret(storage: Miniflare, binding: string, value: string): Promise<void> {
  const secret = (await storage.getSecretsStoreSecretAPI(binding))();
  // Replaces what is there under the name.
  await secret.create(value);
}

async function applyMigrations(folder: string, database: Database): Promise<void> {
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS ${MIGRATIONS_TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
       applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run();
  const { results } = await database.prepare(`SELECT name FROM ${MIGRATIONS_TABLE}`).all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const files = readdirSync(join(PROJECT, "migrations")).toSorted();
  if (![...applied].every((name) => files.includes(name))) throw newerState(folder);
  for (const name of files.filter((file) => !applied.has(file))) {
    const statements = unstable_splitSqlQuery(readFileSync(join(PROJECT, "migrations", name), "utf8"));
    const record = database.prepare(`INSERT INTO ${MIGRATIONS_TABLE} (name) VALUES (?)`).bind(name);
    await database.batch([...statements.map((statement) => database.prepare(statement)), record]);
  }
}

/** What is there already stays as it is. */
async function seedCertificates(database: Database, state: LocalSecrets): Promise<void> {
  const insertAuthority = database.prepare(INSERT_AUTHORITY);
  const insertSigner = database.prepare(INSERT_OCSP_SIGNER);
  const insertList = database.prepare(SAVE_REVOCATION_LIST);
  await database.batch([
    ...state.authorities.map(({ name, level, certificate }) => insertAuthority.bind(name, level, certificate)),
    ...state.ocspSigners.map(({ authority, certificate }) => insertSigner.bind(authority, certificate)),
    ...state.revocationLists.map((brought) => insertList.bind(...broughtListParameters(brought))),
    database.prepare(INSERT_ISSUED).bind(...issuedParameters(timeStampSignerEntry(state))),
  ]);
}

export interface RunningWorker {
  /** Runs the Worker's cron handler, which nothing does by itself on one machine. Rejects where it takes too long. */
  scheduled(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves once GET /health answers 200 on the port of localhost. */
export async function runWorker(input: {
  readonly folder: string;
  /** Folder of static files, in place of the one that wrangler.toml names. */
  readonly assets: string;
  readonly port: number;
  /** Variables that have another value on a developer's machine, or exist there only. */
  readonly variables: Readonly<Record<string, string>>;
}): Promise<RunningWorker> {
  const environment = new unstable_DevEnv();
  const failure = Promise.withResolvers<never>();
  // Without a listener an early error, for example of the bundler, would leave `ready` pending for ever.
  environment.on("error", (event: unknown) => failure.reject(new StartFailure(`the Worker does not run: ${reasonOf(event)}`)));
  failure.promise.catch(() => undefined);
  const deadline = new StartFailure(`the Worker was not ready within ${READY_WITHIN_MILLISECONDS / 1000} s`);
  const timer = setTimeout(() => failure.reject(deadline), READY_WITHIN_MILLISECONDS);
  try {
    const worker = await Promise.race([environment.startWorker(workerOptions(input)), failure.promise]);
    await Promise.race([worker.ready.then(() => checkHealth(input.port)), failure.promise]);
    return { scheduled: () => triggerCron(input.port), stop: () => worker.dispose() };
  } catch (error) {
    await environment.teardown();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function checkHealth(port: number): Promise<void> {
  const response = await fetch(`http://localhost:${port}/health`);
  if (response.status === 200) return;
  const { problem } = (await response.json().catch(() => ({}))) as { readonly problem?: unknown };
  const reason = typeof problem === "string" ? problem : `GET /health answers ${response.status}`;
  throw new StartFailure(`the Worker runs, but cannot serve: ${reason}`);
}

/** The local runtime's own path for it; `worker.scheduled()` does not find the Worker. */
async function triggerCron(port: number): Promise<void> {
  const { status } = await fetch(`http://localhost:${port}/cdn-cgi/handler/scheduled`, {
    signal: AbortSignal.timeout(CRON_WITHIN_MILLISECONDS),
  });
  if (status !== 200) throw new Error(`the cron handler answered ${status}`);
}

function workerOptions({ folder, assets, port, variables }: Parameters<typeof runWorker>[0]): StartOptions {
  const values = Object.entries(variables).map(([name, value]) => [name, { type: "plain_text", value }] as const);
  return {
    config: CONFIGURATION,
    assets,
    bindings: {
      ...Object.fromEntries(values),
      DEMO_BANK: { type: "d1", database_id: "demo-bank" },
      SHARE_MAKER: { type: "fetcher", fetcher: makeServerShare },
    },
    dev: {
      server: { hostname: "localhost", port },
      persist: folder,
      logLevel: "warn",
      watch: false,
      inspector: false,
    },
  };
}

function reasonOf(event: unknown): string {
  const cause = event instanceof Error ? event : (event as { cause?: unknown }).cause;
  return cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
}
