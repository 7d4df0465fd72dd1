// `npm run demo [-- FILE]`: see it work, from a new account to a signature that openssl accepts. Exits with 1 where anything is off.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkOpenssl, runDemo } from "./demo/run.ts";
import { findOrStartServer } from "./demo/server.ts";
import { makeSteps } from "./demo/steps.ts";

const PROJECT = join(import.meta.dirname, "..");
const USAGE = "npm run demo -- [FILE] [--server http://localhost:8787] [--state FOLDER OF THE SERVER]";

/** npm runs scripts in the project's folder and says here where it was called. */
const here = process.env["INIT_CWD"] ?? process.cwd();
const scratch = mkdtempSync(join(tmpdir(), "tally-demo-"));
const steps = makeSteps(
  (line) => console.log(line),
  () => performance.now(),
);
let stopServer = async (): Promise<void> => undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void end(1, "interrupted"));

try {
  const { file, server: url, stateFolder } = readOptions();
  await checkOpenssl(steps);
  const server = await steps.run("server", "answers", async () => {
    const value = await findOrStartServer(url, stateFolder);
    return { value, line: `${value.url}${value.found ? "" : ", started for this demo"}` };
  });
  stopServer = server.stop;
  const summary = await runDemo({ server, file, stateFolder, scratch, here, steps });
  await end(0, `\n${summary.join("\n")}`);
} catch (error) {
  await end(1, `Demo failed: ${error instanceof Error ? error.message : String(error)}`);
}

async function end(code: 0 | 1, lastWords: string): Promise<never> {
  rmSync(scratch, { recursive: true, force: true });
  await stopServer();
  if (code === 0) console.log(lastWords);
  else console.error(lastWords);
  process.exit(code);
}

function readOptions(): { readonly file: string; readonly server: string; readonly stateFolder: string } {
  const { values, positionals } = parse();
  const [name, ...more] = positionals;
  if (more.length > 0) throw new Error(`one file at a time: ${USAGE}`);
  const file = name === undefined ? join(PROJECT, "README.md") : resolve(here, name);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`there is no file ${file}`);
  const server = URL.parse(values.server ?? "http://localhost:8787");
  if (server === null) throw new Error(`${values.server} is no address: ${USAGE}`);
  const stateFolder = values.state === undefined ? join(PROJECT, ".state") : resolve(here, values.state);
  return { file, server: server.origin, stateFolder };
}

function parse() {
  try {
    return parseArgs({ options: { server: { type: "string" }, state: { type: "string" } }, allowPositionals: true });
  } catch {
    throw new Error(`unknown option: ${USAGE}`);
  }
}
