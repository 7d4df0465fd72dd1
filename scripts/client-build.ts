// Builds what browsers load into dist/client: the authenticator, its service worker, the demo bank's script. Starting a server,
// the tests and a deployment all come through here; a build that is up to date costs a few milliseconds.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { onDisk } from "./disk-failure.ts";
import { commitOf } from "./client-build/commit.ts";
import { compareWithServer, type Comparison } from "./client-build/compare.ts";
import { PUBLISHED, type Published } from "./client-build/published.ts";
import { acquireLock } from "./process-lock.ts";
import { StartFailure } from "./start-failure.ts";

const PROJECT = join(import.meta.dirname, "..");
const BUNDLER = join(import.meta.dirname, "client-build/bundle.ts");
const SOURCES = [
  "package.json",
  "package-lock.json",
  "LICENSE",
  "tsconfig*.json",
  "scripts/client-build.ts",
  "scripts/client-build/*.ts",
  "src/{pwa,authenticator,channel,protocol,account,split-key,registration}/**/*",
  "src/demo-bank/browser/**/*",
];
/** Without being told, a pattern leaves out folders whose names begin with a dot. */
export const OUTPUT = ["**/*", ".well-known/*"];
const PATIENCE_MILLISECONDS = 60_000;

/**
 * Idempotent, and safe in several processes at once. Throws StartFailure, in one line, where the sources do not build.
 * `project`: another copy of this project, for tests.
 */
export const buildClient = (project = PROJECT): Promise<void> => afterBuild(project, () => undefined);

/**
 * Builds, and replaces the folder by a copy. The local runtime lists the files when it starts and reads them when they are asked for, so
 * that a server needs files which no later build changes under it.
 */
export const copyClient = (folder: string, project = PROJECT): Promise<void> =>
  afterBuild(project, (output) =>
    onDisk(folder, () => {
      rmSync(folder, { recursive: true, force: true });
      cpSync(output, folder, { recursive: true });
    }),
  );

export interface Verified extends Pick<Published, "app" | "commit"> {
  /** Two builds, byte for byte. */
  readonly same: boolean;
}

/** Builds once more, and says whether every byte is the same; the digest that the app shows, and the commit that it is of. */
export async function verifyClient(project = PROJECT): Promise<Verified> {
  const again = mkdtempSync(join(tmpdir(), "tally-build-"));
  try {
    await runBundler(project, again, commitOf(project, SOURCES));
    return await afterBuild(project, (output) => {
      const { app, commit } = JSON.parse(readFileSync(join(output, PUBLISHED), "utf8")) as Published;
      const same = digestOf(output, OUTPUT) === digestOf(again, OUTPUT);
      return { same, app, ...(commit !== undefined && { commit }) };
    });
  } finally {
    rmSync(again, { recursive: true, force: true });
  }
}

/** Builds, and looks whether the server at this address publishes and serves the same. Throws StartFailure where it cannot be asked. */
export async function compareClient(site: URL, project = PROJECT): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), "tally-build-"));
  try {
    await copyClient(folder, project);
    return await compareWithServer(folder, site);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    throw new StartFailure(`${site.origin} cannot be compared: ${(error as Error).message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** While `use` runs, nobody else builds. */
async function afterBuild<Value>(project: string, use: (output: string) => Value): Promise<Value> {
  const output = join(project, "dist", "client");
  // Everything unfinished is made outside of dist/, which may be deleted at any time; `npm ci` makes it all anew.
  const workshop = join(project, "node_modules", ".cache", "client-build");
  mkdirSync(workshop, { recursive: true });
  const lock = await acquireLock(join(workshop, "lock"), PATIENCE_MILLISECONDS);
  if (lock === undefined) throw new StartFailure("another process has been building the authenticator for a minute: end it");
  try {
    await bringUpToDate(project, workshop, output);
    return use(output);
  } finally {
    lock.release();
  }
}

async function bringUpToDate(project: string, workshop: string, output: string): Promise<void> {
  const stamp = join(workshop, "stamp");
  const commit = commitOf(project, SOURCES);
  const sources = `${digestOf(project, SOURCES)} ${commit ?? "uncommitted"}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === stampFor(sources, output)) return;
  for (const left of globSync("new-*", { cwd: workshop })) rmSync(join(workshop, left), { recursive: true, force: true });
  const fresh = mkdtempSync(join(workshop, "new-"));
  await runBundler(project, fresh, commit);
  publish(fresh, output);
  writeFileSync(stamp, stampFor(sources, output));
}

/** In a process of its own: Vite takes NODE_ENV for what it is in the caller (a test, say), and changes it. */
async function runBundler(project: string, output: string, commit: string | undefined): Promise<void> {
  const environment = { ...process.env, NODE_ENV: "production" };
  const options = commit === undefined ? [output] : [output, commit];
  try {
    await promisify(execFile)(process.execPath, [BUNDLER, ...options], { cwd: project, env: environment });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const [line = ""] = stderr.trim().split("\n");
    throw new StartFailure(`the authenticator does not build: ${line === "" ? "its bundler ended without a word" : line}`, {
      cause: error,
    });
  }
}

/** The folder is there at every time but between two renames. */
function publish(fresh: string, output: string): void {
  const old = `${fresh}-old`;
  mkdirSync(join(output, ".."), { recursive: true });
  if (existsSync(output)) renameSync(output, old);
  renameSync(fresh, output);
  rmSync(old, { recursive: true, force: true });
}

/** What it was made of and what came out: a file that somebody deleted or changed is made again. */
const stampFor = (sources: string, output: string): string => `${sources}\n${digestOf(output, OUTPUT)}\n`;

/** SHA-256 over the names and contents of all files that match. */
function digestOf(folder: string, patterns: readonly string[]): string {
  const digest = createHash("sha256");
  const files = globSync(patterns, { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map((entry) => join(entry.parentPath, entry.name)).toSorted()) {
    const content = readFileSync(file);
    digest.update(`${relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return digest.digest("hex");
}
