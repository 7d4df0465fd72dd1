// What Vite makes, as a program: one build for the pages, one for the demo bank, and one for the service worker, which must know the
// files of the first. Arguments: the folder to fill; the commit that is built, where it is one. Runs at the root of the project, with NODE_ENV=production. Prints as JSON which
// modules went into which script; a failure is one line on stderr. The same sources give the same bytes, wherever they lie.
import { createHash } from "node:crypto";
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build, type InlineConfig, type Plugin } from "vite";
import type { Catalog } from "./catalog-check.ts";
import { catalogs, noticesIn } from "./catalogs.ts";
import { licencesOf } from "./licences.ts";
import { writeManifests } from "./manifests.ts";
import { PUBLISHED, publishedOf } from "./published.ts";

const PROJECT = process.cwd();
const PWA = join(PROJECT, "src/pwa");
const HEADERS = "_headers";
const LINK_PAGE = "device-link.html";
const LICENCES = "licences.txt";

/** Loading these does nothing: where none of their functions is used, as in the page, they and the libraries under them are left out. */
const ARITHMETIC = { test: /[\\/]src[\\/]split-key[\\/]/, sideEffects: false };

/** Script → paths of its modules, from the root of the project. */
const modules: Record<string, string[]> = {};
/** Language → messages of the app in it. */
const spoken = new Map<string, Catalog>();

const [, , output = "", commit] = process.argv;
try {
  await bundle();
  process.stdout.write(JSON.stringify(modules));
} catch (error) {
  process.stderr.write(`${inOneLine(error)}\n`);
  process.exit(1);
}

async function bundle(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string };
  await build({
    ...common(PWA),
    define: { TALLY_VERSION: JSON.stringify(version) },
    worker: { format: "es", plugins: () => [recordModules()] },
    build: {
      outDir: output,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: [join(PWA, "index.html"), join(PWA, "language/first-words.ts")],
        treeshake: { moduleSideEffects: [ARITHMETIC] },
      },
    },
  });
  // The app at the address of device links. The service worker knows one page for both.
  copyFileSync(join(output, "index.html"), join(output, LINK_PAGE));
  writeManifests(join(PWA, "manifest.json"), output, spoken);
  writeFileSync(join(output, LICENCES), licencesOf(PROJECT, Object.values(modules).flat()));
  const shell = shellFiles();
  await buildScript(join(PWA, "service-worker/service-worker.ts"), "service-worker.js", {
    SHELL: JSON.stringify(Object.fromEntries(shell.map((path) => [siteOf(path), integrityOf(path)]))),
    SHELL_VERSION: JSON.stringify(versionOf([...shell, `/${HEADERS}`])),
    NOTICES: JSON.stringify(noticesIn(spoken)),
  });
  await buildScript(join(PROJECT, "src/demo-bank/browser/waiting.ts"), "demo/waiting.js", {});
  publish(version, shell);
}

/** Last: of everything that is there. */
function publish(version: string, shell: readonly string[]): void {
  const digests = (paths: readonly string[]): Record<string, string> =>
    Object.fromEntries(paths.map((path) => [siteOf(path), digestOf(path).toString("hex")]));
  const others = allFiles().filter((path) => !shell.includes(path));
  mkdirSync(dirname(join(output, PUBLISHED)), { recursive: true });
  const published = publishedOf(version, commit, digests(shell), digests(others));
  writeFileSync(join(output, PUBLISHED), `${JSON.stringify(published, null, 2)}\n`);
}

function siteOf(path: string): string {
  return path === "/index.html" ? "/" : path;
}

/** Nothing but this file decides: no configuration is searched for in the folders above, no .env is read. */
function common(root: string): InlineConfig {
  return {
    configFile: false,
    envDir: false,
    root,
    logLevel: "silent",
    base: "/",
    css: { postcss: {} },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    plugins: [catalogs(spoken), recordModules()],
  };
}

/** One self-contained script under a fixed name, beside what is there already. */
async function buildScript(entry: string, name: string, define: Record<string, string>): Promise<void> {
  await build({
    ...common(join(entry, "..")),
    define,
    publicDir: false,
    build: {
      outDir: output,
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: { input: entry, output: { format: "es", entryFileNames: name, assetFileNames: "demo/bank[extname]" } },
    },
  });
}

/** Only what is left of a module after shaking counts. */
function recordModules(): Plugin {
  return {
    name: "record-modules",
    generateBundle(_, files) {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk") continue;
        const used = Object.entries(file.modules).filter(([, { renderedLength }]) => renderedLength > 0);
        modules[file.fileName] = used.map(([id]) => relative(PROJECT, id).split(sep).join("/")).toSorted();
      }
    },
  };
}

/** What the app needs without a network, as paths of the site. */
function shellFiles(): readonly string[] {
  return allFiles().filter((path) => path !== `/${HEADERS}` && path !== `/${LINK_PAGE}`);
}

/** As paths of the site. */
function allFiles(): readonly string[] {
  return globSync("**/*", { cwd: output, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `/${relative(output, join(entry.parentPath, entry.name)).split(sep).join("/")}`)
    .toSorted();
}

/** In the form of Subresource Integrity. */
function integrityOf(path: string): string {
  return `sha256-${digestOf(path).toString("base64")}`;
}

function digestOf(path: string): Buffer {
  return createHash("sha256")
    .update(readFileSync(join(output, path)))
    .digest();
}

/** Headers count: a cached page keeps the policy that it came with. */
function versionOf(paths: readonly string[]): string {
  const digest = createHash("sha256");
  for (const path of paths) digest.update(`${path}\0${integrityOf(path)}\0`);
  return digest.digest("hex").slice(0, 16);
}

/** What is wrong with the first thing that is, and where: the bundler draws pictures of several lines. */
function inOneLine(error: unknown): string {
  const [first = error] = (error as { errors?: unknown[] }).errors ?? [];
  const text = stripVTControlCharacters(first instanceof Error ? first.message : String(first));
  const [line = ""] = text.split("\n");
  const [, place] = /\[ (\S+:\d+:\d+) \]/.exec(text) ?? [];
  return place === undefined ? line : `${line} (${place})`;
}
