// The process behind startServer: state folder, storage, Worker, background work. Arguments: port and state folder. Reports once over
// the channel to its parent, and ends when that closes.
import { createServer } from "node:net";
import type { ServerReport } from "./server.ts";
import { StartFailure } from "./start-failure.ts";
import { openStateFolder, reserveStateFolder } from "./state-folder.ts";

const REFILL_EVERY_MILLISECONDS = 60_000;
const STOP_WITHIN_MILLISECONDS = 4_000;

const [portText = "0", stateFolder = ".state"] = process.argv.slice(2);
const stopping = new Promise<void>((resolve) => {
  for (const event of ["disconnect", "SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(event as "disconnect", resolve);
});

try {
  await serve(Number(portText), stateFolder);
  process.exit(0);
} catch (error) {
  if (!(error instanceof StartFailure)) console.error(error);
  const failure = error instanceof Error ? error.message : String(error);
  report({ failure });
  process.exit(1);
}

async function serve(wantedPort: number, folder: string): Promise<void> {
  const port = await freePort(wantedPort);
  const url = `http://localhost:${port}`;
  const pkiBaseUrl = `${url}/pki`;
  const release = await reserveStateFolder(folder, port);
  try {
    const state = await openStateFolder(folder, pkiBaseUrl);
    keepWranglerQuiet();
    // Loaded only now: it takes a second or two, and what is checked above should fail at once.
    const { prepareStorage, runWorker } = await import("./local-runtime.ts");
    await prepareStorage(folder, state);
    const worker = await runWorker({ folder, port, variables: { LOCAL_MODE: "true", PKI_BASE_URL: pkiBaseUrl } });
    let over = false;
    report({ url });
    // The cron trigger of wrangler.toml, by hand. Nothing waits for it.
    const refill = () => void worker.scheduled().catch((error: unknown) => over || console.error("refill:", error));
    refill();
    setInterval(refill, REFILL_EVERY_MILLISECONDS);
    await stopping;
    over = true;
    await Promise.race([worker.stop(), new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MILLISECONDS))]);
  } finally {
    release();
  }
}

function report(message: ServerReport): void {
  if (process.connected) process.send?.(message);
}

/** The port that was asked for, or a free one for 0. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EACCES" ? "is reserved for the administrator" : "is in use";
      reject(new StartFailure(`port ${wanted} ${reason}; choose another: npm start -- --port 8788`));
    });
    probe.listen(wanted, "localhost", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}

/** No measurements sent, no request for the address of this machine, no log files in the home folder. */
function keepWranglerQuiet(): void {
  Object.assign(process.env, {
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_WRITE_LOGS: "false",
    WRANGLER_LOG: "warn",
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
  });
}
