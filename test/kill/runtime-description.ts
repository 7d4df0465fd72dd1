// How the runtime is to be started for the built Worker with the bindings of wrangler.toml: Miniflare describes it, and goes on serving what
// lies outside of the runtime. The processes are started elsewhere: Miniflare would start the next one before anybody has looked at what the
// last one left.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare, Response, type V4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { nextServerShare } from "./ready-keys.ts";
import { until } from "./until.ts";

const PROJECT = join(import.meta.dirname, "../..");
const { default: RUNTIME } = createRequire(import.meta.url)("workerd") as { default: string };

/**
 * In place of the runtime that Miniflare starts: keeps what it was given, runs it, and stays when it is gone, so that Miniflare takes
 * it for alive.
 */
const KEEPER = `#!/bin/sh
cat > "$KEPT/configuration"
printf '%s\\n' "$@" > "$KEPT/arguments"
"$RUNTIME" "$@" < "$KEPT/configuration" &
echo $! > "$KEPT/first-process"
exec sleep 1000000
`;

export interface RuntimeDescription {
  readonly command: string;
  readonly arguments: readonly string[];
  /** File for its standard input. */
  readonly configuration: string;
  dispose(): Promise<void>;
}

/** The script, as an operator would upload it. */
export async function bundle(folder: string): Promise<string> {
  // What browsers load is not needed, and may not be built.
  const assets = join(folder, "assets");
  mkdirSync(assets);
  const options = ["deploy", "--dry-run", "--minify", "--outdir", join(folder, "bundle"), "--assets", assets];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
  await promisify(execFile)(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...options], { cwd: PROJECT, env });
  return readFileSync(join(folder, "bundle/index.js"), "utf8");
}

/** Not while a server runs on that folder: one is started there, and killed. `variables`: in place of those of wrangler.toml. */
export async function describeRuntime(input: {
  readonly folder: string;
  readonly port: number;
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
}): Promise<RuntimeDescription> {
  const kept = mkdtempSync(join(input.folder, "runtime-"));
  const keeper = join(kept, "keeper.sh");
  writeFileSync(keeper, KEEPER);
  chmodSync(keeper, 0o700);
  Object.assign(process.env, { MINIFLARE_WORKERD_PATH: keeper, KEPT: kept, RUNTIME });
  const miniflare = new Miniflare(optionsOf(input));
  try {
    await miniflare.ready;
  } finally {
    for (const name of ["MINIFLARE_WORKERD_PATH", "KEPT", "RUNTIME"]) delete process.env[name];
  }
  const first = Number(readFileSync(join(kept, "first-process"), "utf8"));
  process.kill(first, "SIGKILL");
  await until("the runtime of the description ends", () => !isAlive(first));
  const given = readFileSync(join(kept, "arguments"), "utf8").trimEnd().split("\n");
  return {
    command: RUNTIME,
    // Nobody listens to what it says of itself.
    arguments: given.filter((each) => !each.startsWith("--control-fd")),
    configuration: join(kept, "configuration"),
    dispose: () => miniflare.dispose(),
  };
}

function optionsOf({ folder, port, script, variables }: Parameters<typeof describeRuntime>[0]) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(PROJECT, "wrangler.toml"));
  const { assets: _, bindings, ...worker } = workerOptions;
  return convertV4MiniflareOptions({
    ...worker,
    name: "tally",
    host: "localhost",
    port,
    modules: [{ type: "ESModule", path: "index.js", contents: script }],
    bindings: { ...(bindings as object), ...variables },
    serviceBindings: { SHARE_MAKER: async () => new Response(await nextServerShare()) },
    resourcePersistencePath: join(folder, "v3"),
  } as unknown as V4MiniflareOptions);
}

function isAlive(number: number): boolean {
  try {
    // A zombie stays until its parent looks, and that is asleep.
    return !/\) Z /.test(readFileSync(`/proc/${number}/stat`, "utf8"));
  } catch {
    return false;
  }
}
