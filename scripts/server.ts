// A whole local server as a function, for `npm start`, the demo and tests. It runs in a process group of its own, so that Ctrl-C
// reaches the caller alone and the server's children end in order instead of each on its own; it ends when its caller dies.
import { fork } from "node:child_process";
import { join, resolve } from "node:path";
import { StartFailure } from "./start-failure.ts";

const STOP_WITHIN_MILLISECONDS = 5_000;

export interface LocalServer {
  /** Without a trailing slash. */
  readonly url: string;
  /** Absolute. */
  readonly stateFolder: string;
  /** Resolves when the server and its children have ended, with the reason where the server gave one. */
  readonly ended: Promise<string>;
  /** Idempotent; resolves when every child process is gone. */
  readonly stop: () => Promise<void>;
}

/** What the server's process says: ready under this address; or why it ends, before or after that. */
export type ServerReport = { readonly url: string } | { readonly failure: string };

/**
 * Ready to use when it resolves. Port 0 picks a free one. `onOutput` gets what the server prints, in place of the terminal.
 * `variables` of the Worker replace those of wrangler.toml. Throws StartFailure where the reason is the user's to remove.
 */
export async function startServer(input: {
  readonly port: number;
  readonly stateFolder: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string) => void;
}): Promise<LocalServer> {
  const stateFolder = resolve(input.stateFolder);
  const options = [String(input.port), stateFolder, JSON.stringify(input.variables ?? {})];
  const server = fork(join(import.meta.dirname, "server-process.ts"), options, {
    detached: true,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: input.onOutput === undefined ? ["ignore", "inherit", "inherit", "ipc"] : ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk: Buffer) => input.onOutput?.(chunk.toString()));
  let reason = "the server stopped unexpectedly";
  server.on("message", (message) => {
    const said = message as ServerReport;
    if ("failure" in said) reason = said.failure;
  });
  const ended = new Promise<string>((resolveEnded) => {
    server.once("exit", () => {
      // The runtime outlives a server that was killed, and would keep the port and the databases.
      killGroup(server.pid);
      resolveEnded(reason);
    });
  });
  const stop = async () => {
    if (server.connected) server.disconnect();
    const timer = setTimeout(() => killGroup(server.pid), STOP_WITHIN_MILLISECONDS);
    await ended;
    clearTimeout(timer);
  };
  // A caller that ends by itself takes the server along: the channel closes.
  const report = await new Promise<ServerReport>((resolveReport) => {
    server.once("message", (message) => resolveReport(message as ServerReport));
    server.once("error", (error) => resolveReport({ failure: error.message }));
    void ended.then(() => resolveReport({ failure: "its process ended without a word" }));
  });
  if ("failure" in report) {
    await stop();
    throw new StartFailure(report.failure);
  }
  return { url: report.url, stateFolder, ended, stop };
}

/** The server and all that it started. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}
