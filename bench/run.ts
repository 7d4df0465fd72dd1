// `npm run bench`: everything, one table. `-- --markdown` prints it for bench/README.md, `-- --only ocsp` measures one part alone.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LocalServer, startServer } from "../scripts/server.ts";
import { authenticationSections } from "./authentication.ts";
import { startBenchWorker } from "./bench-worker.ts";
import { browserSections } from "./browser.ts";
import { flowSections } from "./flows.ts";
import { loadSections } from "./load.ts";
import { markdownTable, type Section, textTable } from "./measurement.ts";
import { ocspSections } from "./ocsp.ts";
import { splitKeySections } from "./split-key.ts";

const PARTS = ["split-key", "authentication", "flows", "ocsp", "load", "browser"] as const;

const options = { markdown: { type: "boolean" }, only: { type: "string" } } as const;
const { markdown = false, only } = parseArgs({ options }).values;
const parts = PARTS.filter((part) => only === undefined || part === only);
if (parts.length === 0) {
  console.error(`--only takes one of ${PARTS.join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "tally-bench-"));
const worker = await startBenchWorker(join(folder, "bench"));
let server: LocalServer | undefined;
try {
  const sections: Section[] = [];
  for (const part of parts) sections.push(...(await measure(part)));
  const print = markdown ? markdownTable : textTable;
  console.log(`${print(sections)}\n\n${machine()}`);
} finally {
  await server?.stop();
  await worker.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(0);

async function measure(part: (typeof PARTS)[number]): Promise<readonly Section[]> {
  if (part === "split-key") return splitKeySections(worker);
  // Not before it is needed: it fills its pool of key shares first.
  server ??= await startServer({ port: 0, stateFolder: join(folder, "state") });
  switch (part) {
    case "authentication":
      return authenticationSections(server.url, worker);
    case "flows":
      return flowSections(server.url);
    case "ocsp":
      return ocspSections(server.url);
    case "load":
      return loadSections(server.url, server.stateFolder, worker);
    case "browser":
      return browserSections(server.url);
  }
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? "?"}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}
