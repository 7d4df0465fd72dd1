// Runs the Worker of bench/worker/ as `npm start` runs Tally: the same local runtime, the same proxy in front, a folder of its own.
import { join } from "node:path";

export interface BenchWorker {
  /** Without a trailing slash. */
  readonly url: string;
  /** The JSON that it answers. */
  post(path: string, input?: object): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export async function startBenchWorker(folder: string): Promise<BenchWorker> {
  Object.assign(process.env, {
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_WRITE_LOGS: "false",
    WRANGLER_LOG: "warn",
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
  });
  // Reads its environment when it is loaded.
  const { unstable_startWorker } = await import("wrangler");
  const worker = await unstable_startWorker({
    config: join(import.meta.dirname, "worker/wrangler.toml"),
    dev: { server: { hostname: "localhost", port: 0 }, persist: folder, logLevel: "warn", watch: false, inspector: false },
  });
  await worker.ready;
  const url = (await worker.url).href.replace(/\/$/, "");
  return {
    url,
    async post(path, input = {}) {
      const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(input) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Record<string, unknown>;
    },
    stop: () => worker.dispose(),
  };
}
