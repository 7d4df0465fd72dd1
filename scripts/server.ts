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
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Idempotent; resolves when every child process is gone. */
  readonly stop: () => Promise<void>;
}

/** What the server's process says once: ready under this address, or why not. */
export type ServerReport = { readonly url: string } | { readonly failure: string };

/** Ready to use when it resolves. Port 0 picks a free one. Throws StartFailure where the reason is the user's to remove. */
export async function startServer(input: { readonly port: number; readonly stateFolder: string }): Promise<LocalServer> {
  const stateFolder = resolve(input.stateFolder);
  const server = fork(join(import.meta.dirname, "server-process.ts"), [String(input.port), stateFolder], {
    detached: true,
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = new Promise<void>((resolveEnded) => server.once("exit", () => resolveEnded()));
  const stop = async () => {
    if (server.connected) server.disconnect();
    const timer = setTimeout(() => process.kill(-(server.pid ?? 0), "SIGKILL"), STOP_WITHIN_MILLISECONDS);
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
