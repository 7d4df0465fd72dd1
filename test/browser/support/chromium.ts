// A Chromium to test in. By default the one inside an npm package (Linux, x64), so that nothing has to be installed; elsewhere
// an installed Chrome; or whichever TALLY_TEST_BROWSER names. Never one that is downloaded.
import sparticuz, { inflate } from "@sparticuz/chromium";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type LaunchOptions } from "playwright-core";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { acquireLock } from "../../../scripts/process-lock.ts";

const VARIABLE = "TALLY_TEST_BROWSER";
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache/chromium");
const PACKAGE = fileURLToPath(new URL("..", import.meta.resolve("@sparticuz/chromium")));
/** Unpacking 200 MB on a busy machine. */
const PATIENCE_MILLISECONDS = 120_000;

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Throws where no Chromium can be had, and says what to set. `more`: arguments besides those that all tests need. */
export const launchChromium = (more: readonly string[] = []): Promise<Browser> =>
  firstThatStarts(({ args = [], ...options }) => chromium.launch({ ...options, args: [...args, ...more] }));

/** One context whose profile lies in the folder. `more`: arguments besides those that all tests need. */
export const launchWithProfile = (
  folder: string,
  context: BrowserContextOptions,
  more: readonly string[] = [],
): Promise<BrowserContext> =>
  firstThatStarts(({ args = [], ...options }) =>
    chromium.launchPersistentContext(folder, { ...context, ...options, args: [...args, ...more] }),
  );

async function firstThatStarts<Started>(start: (options: LaunchOptions) => Promise<Started>): Promise<Started> {
  const failures: string[] = [];
  for (const options of await candidates()) {
    try {
      return await start({ args: ARGUMENTS, ...options });
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(
    `no Chromium starts here: set ${VARIABLE} to the path of a Chromium or Chrome, or install Google Chrome\n${failures.join("\n")}`,
  );
}

async function candidates(): Promise<readonly LaunchOptions[]> {
  const named = process.env[VARIABLE];
  if (named !== undefined && named !== "") return [{ executablePath: named }];
  const installed = { channel: "chrome" };
  if (process.platform !== "linux" || process.arch !== "x64") return [installed];
  const folder = await unpack();
  const executablePath = join(folder, "chromium");
  const env = { ...environment(), ...(existsSync("/etc/fonts") ? {} : { FONTCONFIG_FILE: join(folder, "fonts.conf") }) };
  // The package brings the shared libraries that small images lack; where the system has its own, those fit better.
  const bundledLibraries = { ...env, LD_LIBRARY_PATH: join(folder, "al2023", "lib") };
  return [{ executablePath, env }, { executablePath, env: bundledLibraries }, installed];
}

const environment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Once for each version of the package; safe in several processes at once. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  const folder = join(CACHE, version);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const lock = await acquireLock(join(CACHE, "lock"), PATIENCE_MILLISECONDS);
  if (lock === undefined) throw new Error("another process has been unpacking Chromium for two minutes");
  try {
    if (!existsSync(folder)) await unpackInto(folder);
    return folder;
  } finally {
    lock.release();
  }
}

/** The package unpacks into the folder for temporary files, and takes whatever lies there under these names for its own. */
async function unpackInto(folder: string): Promise<void> {
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = fresh;
  try {
    await sparticuz.executablePath();
    await inflate(join(PACKAGE, "bin", "al2023.tar.br"));
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  const directories = [join(folder, "fonts"), "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`).join("");
  writeFileSync(
    join(fresh, "fonts.conf"),
    `<?xml version="1.0"?><fontconfig>${directories}<cachedir>${join(folder, "fonts-cache")}</cachedir></fontconfig>\n`,
  );
  renameSync(fresh, folder);
}
