// Builds what browsers load into dist/client: the authenticator, its service worker, the demo bank's script. Starting a server,
// the tests and a deployment all come through here; a build that is up to date costs a few milliseconds.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquireLock } from "./process-lock.ts";

const PROJECT = join(import.meta.dirname, "..");
const OUTPUT = join(PROJECT, "dist", "client");
/** Beside the output: what lies in it is served. */
const STAMP = join(PROJECT, "dist", "client.sha256");
const SOURCES = [
  "package-lock.json",
  "scripts/client-build.ts",
  "scripts/client-build/*.ts",
  "src/{pwa,authenticator,channel,protocol,account,split-key}/**/*",
  "src/demo-bank/browser/**/*",
];
const PATIENCE_MILLISECONDS = 60_000;

/** Idempotent, and safe in several processes at once. */
export async function buildClient(): Promise<void> {
  mkdirSync(join(PROJECT, "dist"), { recursive: true });
  const lock = await acquireLock(join(PROJECT, "dist", "client.lock"), PATIENCE_MILLISECONDS);
  if (lock === undefined) throw new Error("another process has been building the client for a minute");
  try {
    const digest = sourceDigest();
    if (existsSync(OUTPUT) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === digest) return;
    // Loaded only when something is to be built: it takes a good part of a second.
    const { bundle } = await import("./client-build/bundle.ts");
    const fresh = `${OUTPUT}.new`;
    rmSync(fresh, { recursive: true, force: true });
    await bundle({ project: PROJECT, output: fresh });
    rmSync(STAMP, { force: true });
    rmSync(OUTPUT, { recursive: true, force: true });
    renameSync(fresh, OUTPUT);
    writeFileSync(STAMP, digest);
  } finally {
    lock.release();
  }
}

/** SHA-256 over the names and contents of everything that goes in. */
function sourceDigest(): string {
  const digest = createHash("sha256");
  const files = globSync(SOURCES, { cwd: PROJECT, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map((entry) => join(entry.parentPath, entry.name)).toSorted()) {
    const content = readFileSync(file);
    digest.update(`${file.slice(PROJECT.length)}\0${content.length}\0`).update(content);
  }
  return digest.digest("hex");
}
