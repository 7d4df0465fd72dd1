// Runs the wrangler of this project, for its D1 and its secrets store: in the operator's account or in a folder of this machine. A secret
// goes in by standard input alone; wrangler asks nothing where that is no terminal.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

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

/** The operator's account, or a folder of this machine. */
export type Target = { readonly kind: "remote" } | { readonly kind: "local"; readonly folder: string };

export interface WranglerInput {
  readonly target: Target;
  /** Path of wrangler.toml. */
  readonly configuration: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** It did not do what it was asked for: one sentence, with its own words. */
export class WranglerFailure extends Error {}

/** What it printed. WranglerFailure with its own words where it failed, unless they contain `accept`. */
export async function runWrangler(
  { target, configuration, environment }: WranglerInput,
  parameters: readonly string[],
  { input = "", accept }: { readonly input?: string; readonly accept?: string } = {},
): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...parameters, "--config", configuration], {
    env: { ...withoutOurs(environment), ...SETTINGS, ...(target.kind === "local" && LOCAL_SETTINGS) },
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
  throw new WranglerFailure(`wrangler ${what} failed: ${reasonIn(error) ?? reasonIn(out) ?? `exit code ${code}`}`);
}

/** The line that says what is wrong, or the error in JSON. */
function reasonIn(said: string): string | undefined {
  const text = stripVTControlCharacters(said);
  return (/\[ERROR\]\s*(.+)/.exec(text)?.[1] ?? /"text":\s*"(.+?)"/.exec(text)?.[1])?.trim();
}

/** Passphrases and PINs are among the variables of this project: they are nothing for another program. */
export const withoutOurs = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("TALLY_")));
