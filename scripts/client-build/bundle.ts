// What Vite makes: one build for the pages, one for the demo bank, and last the service worker, which must know the others' files.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type InlineConfig } from "vite";

const common = (root: string): InlineConfig => ({
  configFile: false,
  root,
  logLevel: "warn",
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});

export async function bundle({ project, output }: { readonly project: string; readonly output: string }): Promise<void> {
  const pwa = join(project, "src/pwa");
  await build({
    ...common(pwa),
    worker: { format: "es" },
    build: { outDir: output, emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  });
  const shell = globSync("**/*", { cwd: output, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "_headers")
    .map((entry) => `/${relative(output, join(entry.parentPath, entry.name))}`)
    .toSorted();
  await buildScript(join(pwa, "service-worker/service-worker.ts"), output, "service-worker.js", {
    SHELL: JSON.stringify(shell.map((path) => (path === "/index.html" ? "/" : path))),
    SHELL_VERSION: JSON.stringify(versionOf(output, shell)),
  });
  await buildScript(join(project, "src/demo-bank/browser/waiting.ts"), output, "demo/waiting.js", {});
}

/** One self-contained script under a fixed name, beside what is there already. */
async function buildScript(entry: string, output: string, name: string, define: Record<string, string>): Promise<void> {
  await build({
    ...common(join(entry, "..")),
    define,
    publicDir: false,
    build: {
      outDir: output,
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: { input: entry, output: { format: "es", entryFileNames: name, assetFileNames: "demo/[name][extname]" } },
    },
  });
}

/** The same files, the same version: SHA-256 over names and contents, shortened. */
function versionOf(output: string, shell: readonly string[]): string {
  const digest = createHash("sha256");
  for (const path of shell) digest.update(`${path}\0`).update(readFileSync(join(output, path)));
  return digest.digest("hex").slice(0, 16);
}
