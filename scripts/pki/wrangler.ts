// Runs the wrangler of this project: its D1 and its secrets store, in the operator's account or in a folder of this machine. A secret goes
// in by standard input alone; wrangler asks nothing where that is no terminal.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import type { Target } from "./options.ts";
import { withoutPassphrases } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";

const PROGRAM = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");

/** It is started many times over, and loads in two thirds of the time from compiled code. */
const COMPILED = join(import.meta.dirname, "../../node_modules/.cache/wrangler");
/** No log files and no colours: both could hold or hide what is read here. */
const SETTINGS = {
  NODE_COMPILE_CACHE: COMPILED,
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_LOG: "log",
  WRANGLER_SEND_METRICS: "false",
  NO_COLOR: "1",
  FORCE_COLOR: "0",
};
const LOCAL_SETTINGS = { CLOUDFLARE_CF_FETCH_ENABLED: "false", X_LOCAL_OBSERVABILITY: "false", X_LOCAL_EXPLORER: "false" };

const SECRETS_ON_A_PAGE = 100;

/** Characters. Windows takes 32,767 with everything before them. */
const LONGEST_COMMAND = 24_000;

export interface WranglerInput {
  readonly target: Target;
  /** Path of wrangler.toml. */
  readonly configuration: string;
  readonly environment: NodeJS.ProcessEnv;
}

const answers = z.array(z.looseObject({ results: z.array(z.unknown()).default([]) }));

/** Runs SQL and gives the rows of each statement. */
export async function querySql(wrangler: WranglerInput, sql: string): Promise<readonly (readonly unknown[])[]> {
  const said = await run(wrangler, [
    "d1",
    "execute",
    "DATABASE",
    "--json",
    `--command=${sql}`,
    ...databaseTarget(wrangler.target),
  ]);
  try {
    return answers.parse(JSON.parse(said.slice(said.indexOf("[")))).map(({ results }) => results);
  } catch {
    throw new PkiFailure("wrangler d1 execute answered in a form that is not known here");
  }
}

/**
 * Runs statements, which are public: everybody here may read a command line. In one call, or a few where that is too long for one.
 * Not as a file, for which D1 answers nobody until it is imported.
 */
export async function runSql(wrangler: WranglerInput, statements: readonly string[]): Promise<void> {
  for (const sql of commandsOf(statements)) await querySql(wrangler, sql);
}

/** Statements in groups of a length that every operating system takes. */
export function commandsOf(statements: readonly string[], most = LONGEST_COMMAND): readonly string[] {
  const commands: string[] = [];
  for (const statement of statements) {
    const last = commands.at(-1);
    if (last === undefined || last.length + statement.length + 2 > most) commands.push(`${statement};`);
    else commands[commands.length - 1] = `${last}\n${statement};`;
  }
  return commands;
}

/** Ids of the secrets in a store, by name. */
export async function listSecrets(wrangler: WranglerInput, store: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let page = 1; ; page++) {
    const place = ["--per-page", String(SECRETS_ON_A_PAGE), "--page", String(page)];
    const list = ["secrets-store", "secret", "list", store, ...place, ...storeTarget(wrangler.target)];
    const said = await run(wrangler, list, { accept: "returned no secrets" });
    const rows = secretRows(said);
    for (const [name, id] of rows) found.set(name, id);
    // A local store always gives everything.
    if (rows.length < SECRETS_ON_A_PAGE || wrangler.target.kind === "local") return found;
  }
}

/** Rows of the table that wrangler draws: it has no other form of the list. */
export const secretRows = (said: string): readonly (readonly [name: string, id: string])[] =>
  [...said.matchAll(/^│ ([\w-]+) +│ ([0-9a-f]{32}) +│/gm)].map(([, name = "", id = ""]) => [name, id]);

/** `id`: of the secret with this name, where there is one. */
export async function putSecret(
  wrangler: WranglerInput,
  secret: { readonly store: string; readonly name: string; readonly id: string | undefined; readonly value: string },
): Promise<void> {
  const { store, name, id, value } = secret;
  const which =
    id === undefined ? ["create", store, "--name", name, "--scopes", "workers"] : ["update", store, "--secret-id", id];
  await run(wrangler, ["secrets-store", "secret", ...which, ...storeTarget(wrangler.target)], { input: value });
}

const databaseTarget = (target: Target): readonly string[] =>
  target.kind === "remote" ? ["--remote"] : ["--local", "--persist-to", target.folder];

const storeTarget = (target: Target): readonly string[] =>
  target.kind === "remote" ? ["--remote"] : ["--persist-to", target.folder];

/** What it printed. PkiFailure with its own words where it failed, unless they contain `accept`. */
async function run(
  { target, configuration, environment }: WranglerInput,
  parameters: readonly string[],
  { input = "", accept }: { readonly input?: string; readonly accept?: string } = {},
): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...parameters, "--config", configuration], {
    env: { ...withoutPassphrases(environment), ...SETTINGS, ...(target.kind === "local" && LOCAL_SETTINGS) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [out, error] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
  // One that ends without reading has its reason, which comes below.
  child.stdin.on("error", () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code === 0 || (accept !== undefined && (out + error).includes(accept))) return out;
  const what = parameters.slice(0, parameters[0] === "d1" ? 2 : 3).join(" ");
  throw new PkiFailure(`wrangler ${what} failed: ${reasonIn(error) ?? reasonIn(out) ?? `exit code ${code}`}`);
}

/** The line that says what is wrong, or the error in JSON. */
function reasonIn(said: string): string | undefined {
  const text = stripVTControlCharacters(said);
  return (/\[ERROR\]\s*(.+)/.exec(text)?.[1] ?? /"text":\s*"(.+?)"/.exec(text)?.[1])?.trim();
}
