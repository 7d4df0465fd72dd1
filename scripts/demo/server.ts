// The server of the demo: the one that runs, or one of its own that ends with it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../server.ts";

export interface DemoServer {
  readonly url: string;
  /** Whether it was there before. */
  readonly found: boolean;
  readonly stop: () => Promise<void>;
}

/** A Tally server that answers there, or a new one on that port with that state folder. */
export async function findOrStartServer(url: string, stateFolder: string): Promise<DemoServer> {
  if (await isTally(url)) {
    if (!existsSync(join(stateFolder, "pki", "root.pem"))) {
      throw new Error(`${url} runs with another state folder than ${stateFolder}: say with --state which one it is`);
    }
    return { url, found: true, stop: async () => undefined };
  }
  const { hostname, port } = new URL(url);
  if (hostname !== "localhost") throw new Error(`no Tally server answers on ${url}`);
  const server = await startServer({ port: Number(port || 80), stateFolder });
  return { url: server.url, found: false, stop: server.stop };
}

async function isTally(url: string): Promise<boolean> {
  try {
    const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    const { status, version } = (await health.json()) as { status?: unknown; version?: unknown };
    return health.ok && status === "ok" && typeof version === "string";
  } catch {
    return false;
  }
}
