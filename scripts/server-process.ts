// The process behind startServer: state folder, storage, Worker, background work. Arguments: port, state folder, the Worker's variables
// that the caller sets, as JSON. Reports over the channel to its parent, and ends when that closes.
import { createServer } from "node:net";
import { join } from "node:path";
import { copyClient } from "./client-build.ts";
import { demoBankVariables } from "./demo-bank-variables.ts";
import { reserveStateFolder } from "./folder-reservation.ts";
import { holdOutput } from "./held-output.ts";
import { localVariables } from "./local-secrets.ts";
import type { ServerReport } from "./server.ts";
import { StartFailure } from "./start-failure.ts";
import { openStateFolder } from "./state-folder.ts";
import { checkStoredData } from "./stored-data.ts";
import { untilSilent } from "./watchdog.ts";

const REFILL_EVERY_MILLISECONDS = 60_000;
const STOP_WITHIN_MILLISECONDS = 4_000;
const WATCH = { everyMilliseconds: 5_000, timeoutMilliseconds: 5_000, failures: 3 };

const [portText = "0", stateFolder = ".state", variablesText = "{}"] = process.argv.slice(2);
const stopping = new Promise<void>((resolve) => {
  for (const event of ["disconnect", "SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(event as "disconnect", resolve);
});
const output = holdOutput();

try {
  await serve(Number(portText), stateFolder);
  process.exit(0);
} catch (error) {
  if (error instanceof StartFailure) output.discard();
  else {
    output.pass();
    console.error(error);
  }
  await report({ failure: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

async function serve(wantedPort: number, folder: string): Promise<void> {
  const reservation = await reserveStateFolder(folder);
  try {
    const port = await freePort(wantedPort);
    reservation.announce(port);
    const url = `http://localhost:${port}`;
    const pkiBaseUrl = `${url}/pki`;
    const state = await openStateFolder(folder, pkiBaseUrl);
    checkStoredData(folder, state);
    keepWranglerQuiet();
    const assets = join(folder, "client");
    await copyClient(assets);
    // Loaded only now: it takes a second or two, and what is checked above should fail at once.
    const { prepareStorage, runWorker } = await import("./local-runtime.ts");
    await prepareStorage(folder, state);
    const own = {
      LOCAL_MODE: "true",
      DEVICE_LINK_BASE: `${url}/device-link`,
      PKI_BASE_URL: pkiBaseUrl,
      ...localVariables(state),
      ...demoBankVariables(state.authorities, url),
    };
    const variables = { ...own, ...(JSON.parse(variablesText) as Record<string, string>) };
    const worker = await runWorker({ folder, assets, port, variables });
    output.pass();
    await report({ url });
    // The cron trigger of wrangler.toml, by hand. Nothing waits for it.
    let [over, refilling] = [false, false];
    const refill = async () => {
      if (refilling) return;
      refilling = true;
      await worker.scheduled().catch((error: unknown) => over || console.error("refill:", error));
      refilling = false;
    };
    void refill();
    setInterval(() => void refill(), REFILL_EVERY_MILLISECONDS);
    const silent = untilSilent({ url: `${url}/health`, ...WATCH }).then(() => true);
    const broken = await Promise.race([silent, stopping.then(() => false)]);
    over = true;
    // Its children end with this process: who does not answer does not stop in order either.
    if (broken)
      throw new StartFailure("the server does not answer any more (its runtime broke down or was killed): start it again");
    await Promise.race([worker.stop(), new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MILLISECONDS))]);
  } finally {
    reservation.release();
  }
}

/** Resolves when it is on its way: a process that exits at once would take the message along. */
async function report(message: ServerReport): Promise<void> {
  if (process.connected) await new Promise<void>((resolve) => process.send?.(message, () => resolve()));
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
