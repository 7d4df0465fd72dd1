// `npm start`: a Tally of one's own on this machine. Options: --port N (or PORT), --state FOLDER.
import { relative } from "node:path";
import { parseArgs } from "node:util";
import project from "../package.json" with { type: "json" };
import { type LocalServer, startServer } from "./server.ts";
import { StartFailure } from "./start-failure.ts";

try {
  const starting = startServer(readOptions());
  let asked = false;
  const stop = () => {
    asked = true;
    void starting.then((server) => server.stop()).catch(() => undefined);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (process.env["npm_lifecycle_event"] !== undefined) whenOrphaned(stop);
  const server = await starting;
  if (!asked) console.log(welcome(server));
  const reason = await server.ended;
  if (!asked) throw new StartFailure(reason);
  process.exit(0);
} catch (error) {
  if (!(error instanceof StartFailure)) throw error;
  console.error(`Tally: ${error.message}`);
  process.exit(1);
}

/** A signal sent to npm ends npm and its shell without ever reaching this process. */
function whenOrphaned(action: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    action();
  }, 500);
}

function readOptions(): { port: number; stateFolder: string } {
  let options: { port?: string; state?: string };
  try {
    options = parseArgs({ options: { port: { type: "string" }, state: { type: "string" } } }).values;
  } catch {
    throw new StartFailure("unknown option; there are: npm start -- [--port N] [--state FOLDER]");
  }
  const text = options.port ?? process.env["PORT"] ?? "8787";
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new StartFailure(`${text} is no port: give a number up to 65535`);
  return { port: Number(text), stateFolder: options.state ?? ".state" };
}

function welcome({ url, stateFolder }: LocalServer): string {
  const nearby = relative(process.cwd(), stateFolder);
  const folder = nearby.startsWith("..") ? stateFolder : nearby;
  return [
    "",
    `  Tally ${project.version} runs on ${url} (Ctrl-C stops it)`,
    "",
    `  Authenticator  ${url}        make an account: two PINs, no app store`,
    `  Demo bank      ${url}/demo   log in and pay with it`,
    `  API            ${url}/v3     for relying parties; try it: npm run demo (another terminal)`,
    `  Trust anchors  ${folder}/pki/*.pem   (TEST certificates: they prove nothing about anybody)`,
    `  Its data       ${folder}   (delete the folder to start afresh)`,
    "",
  ].join("\n");
}
