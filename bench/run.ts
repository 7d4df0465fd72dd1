// `npm run bench`: everything, one table. `-- --markdown` prints it for bench/README.md.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LocalServer, startServer } from "../scripts/server.ts";
import { authenticationSections } from "./authentication.ts";
import { startBenchWorker } from "./bench-worker.ts";
import { browserSections } from "./browser.ts";
import { markdownTable, textTable } from "./measurement.ts";
import { splitKeySections } from "./split-key.ts";

const { markdown = false } = parseArgs({ options: { markdown: { type: "boolean" } } }).values;
const folder = mkdtempSync(join(tmpdir(), "tally-bench-"));
const worker = await startBenchWorker(join(folder, "bench"));
let server: LocalServer | undefined;
try {
  const splitKey = await splitKeySections(worker);
  server = await startServer({ port: 0, stateFolder: join(folder, "state") });
  const authentication = await authenticationSections(server.url, worker);
  const browser = await browserSections(server.url);
  const print = markdown ? markdownTable : textTable;
  console.log(`${print([...splitKey, ...authentication, ...browser])}\n\n${machine()}`);
} finally {
  await server?.stop();
  await worker.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(0);

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? "?"}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}
