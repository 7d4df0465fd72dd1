// `npm start`: a Tally of one's own on this machine, with test people who answer by themselves. Options: --port N (or PORT), --state
// FOLDER, --test-people DOCUMENT,… for some of them, --no-test-people.
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import project from "../package.json" with { type: "json" };
import { type LocalServer, startServer } from "./server.ts";
import { everybody } from "./simulator/people-file.ts";
import { progressLines } from "./simulator/progress-lines.ts";
import { type Simulator, startSimulator } from "./simulator/start-simulator.ts";
import { StartFailure } from "./start-failure.ts";

interface Options {
  readonly port: number;
  /** Absolute. */
  readonly stateFolder: string;
  /** Document numbers; undefined for everybody, empty for nobody. */
  readonly testPeople: readonly string[] | undefined;
}

try {
  const options = readOptions();
  let asked = false;
  let simulator: Simulator | undefined;
  const starting = start();
  const stop = () => {
    asked = true;
    simulator?.stop();
    void starting.then((server) => server.stop()).catch(() => undefined);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (process.env["npm_lifecycle_event"] !== undefined) whenOrphaned(stop);
  const server = await starting;
  if (!asked) {
    console.log(welcome(server));
    simulator?.begin(server.url);
  }
  const reason = await server.ended;
  simulator?.stop();
  if (!asked) throw new StartFailure(reason);
  process.exit(0);

  async function start(): Promise<LocalServer> {
    if (options.testPeople?.length !== 0) {
      const onReport = progressLines(process.stdout, () => performance.now());
      simulator = await startSimulator({ stateFolder: options.stateFolder, people: options.testPeople, onReport });
    }
    const { service } = simulator ?? {};
    return startServer({ ...options, variables: service === undefined ? {} : { TEST_PEOPLE_SERVICE: service } });
  }
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

function readOptions(): Options {
  const text = { type: "string" } as const;
  let values: { port?: string; state?: string; "test-people"?: string; "no-test-people"?: boolean };
  try {
    const options = { port: text, state: text, "test-people": text, "no-test-people": { type: "boolean" } } as const;
    ({ values } = parseArgs({ options }));
  } catch {
    const usage = "npm start -- [--port N] [--state FOLDER] [--test-people DOCUMENT,… | --no-test-people]";
    throw new StartFailure(`unknown option; there are: ${usage}`);
  }
  const port = values.port ?? process.env["PORT"] ?? "8787";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw new StartFailure(`${port} is no port: give a number up to 65535`);
  const stateFolder = resolve(values.state ?? ".state");
  const nobody = values["no-test-people"] === true;
  if (nobody && values["test-people"] !== undefined) throw new StartFailure("either --test-people or --no-test-people, not both");
  const testPeople = nobody ? [] : chosenPeople(values["test-people"], stateFolder);
  return { port: Number(port), stateFolder, testPeople };
}

function chosenPeople(list: string | undefined, stateFolder: string): readonly string[] | undefined {
  if (list === undefined) return undefined;
  const chosen = list.split(",").map((documentNumber) => documentNumber.trim());
  const known = new Set(everybody(stateFolder).map(({ documentNumber }) => documentNumber));
  const stranger = chosen.find((documentNumber) => !known.has(documentNumber));
  if (stranger !== undefined) throw new StartFailure(`${stranger} is no test person: npm run simulator -- list tells who is one`);
  return chosen;
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
    `                 ${url}/docs   its reference: every field, example and error`,
    `  Trust anchors  ${folder}/pki/*.pem   (TEST certificates: they prove nothing about anybody)`,
    `  Its data       ${folder}   (delete the folder to start afresh)`,
    "",
  ].join("\n");
}
