// What Vite makes, as a program: one build for the pages, one for the demo bank, and one for the service worker, which must know the
// files of the first. Argument: the folder to fill. Runs at the root of the project, with NODE_ENV=production. Prints as JSON which
// modules went into which script; a failure is one line on stderr. The same sources give the same bytes, wherever they lie.
import { createHash } from "node:crypto";
import { copyFileSync, globSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build, type InlineConfig, type Plugin } from "vite";

const PROJECT = process.cwd();
const PWA = join(PROJECT, "src/pwa");
const HEADERS = "_headers";
const LINK_PAGE = "device-link.html";

/** Loading these does nothing: where none of their functions is used, as in the page, they and the libraries under them are left out. */
const ARITHMETIC = { test: /[\\/]src[\\/]split-key[\\/]/, sideEffects: false };

/** Script → paths of its modules, from the root of the project. */
const modules: Record<string, string[]> = {};

const [, , output = ""] = process.argv;
try {
  await bundle();
  process.stdout.write(JSON.stringify(modules));
} catch (error) {
  process.stderr.write(`${inOneLine(error)}\n`);
  process.exit(1);
}

async function bundle(): Promise<void> {
  await build({
    ...common(PWA),
    worker: { format: "es", plugins: () => [recordModules()] },
    build: {
      outDir: output,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { treeshake: { moduleSideEffects: [ARITHMETIC] } },
    },
  });
  // The app at the address of device links. The service worker knows one page for both.
  copyFileSync(join(output, "index.html"), join(output, LINK_PAGE));
  const shell = shellFiles();
  await buildScript(join(PWA, "service-worker/service-worker.ts"), "service-worker.js", {
    SHELL: JSON.stringify(Object.fromEntries(shell.map((path) => [path === "/index.html" ? "/" : path, integrityOf(path)]))),
    SHELL_VERSION: JSON.stringify(versionOf([...shell, `/${HEADERS}`])),
  });
  await buildScript(join(PROJECT, "src/demo-bank/browser/waiting.ts"), "demo/waiting.js", {});
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
    plugins: [recordModules()],
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
  return globSync("**/*", { cwd: output, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== HEADERS && entry.name !== LINK_PAGE)
    .map((entry) => `/${relative(output, join(entry.parentPath, entry.name)).split(sep).join("/")}`)
    .toSorted();
}

/** In the form of Subresource Integrity. */
function integrityOf(path: string): string {
  const content = readFileSync(join(output, path));
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
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
