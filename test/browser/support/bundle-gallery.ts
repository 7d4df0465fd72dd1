// Builds the gallery (test/browser/gallery) as the app is built, as a program, with NODE_ENV=production: Vite takes it for what it is in
// the caller. Argument: the folder to fill.
import { join } from "node:path";
import { build } from "vite";
import { catalogs } from "../../../scripts/client-build/catalogs.ts";

const [, , output = ""] = process.argv;
await build({
  configFile: false,
  envDir: false,
  root: join(import.meta.dirname, "../gallery"),
  logLevel: "error",
  css: { postcss: {} },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [catalogs(new Map())],
  define: { TALLY_VERSION: JSON.stringify("0.1.0") },
  build: { outDir: output, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
});
