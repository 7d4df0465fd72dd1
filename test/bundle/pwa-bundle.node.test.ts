// What browsers would load, as the build makes it: what is in it, what is not, and how heavy it is.
import { execFile } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SUITES } from "../../src/account/purpose.ts";

const PROJECT = join(import.meta.dirname, "../..");
const FIRST_LOAD_BYTES = 120_000;

const folder = mkdtempSync(join(tmpdir(), "tally-pwa-bundle-"));
/** Script → its modules. */
let modules: Record<string, string[]>;

beforeAll(async () => {
  const bundler = join(PROJECT, "scripts/client-build/bundle.ts");
  const environment = { ...process.env, NODE_ENV: "production" };
  const { stdout } = await promisify(execFile)(process.execPath, [bundler, folder], { cwd: PROJECT, env: environment });
  modules = JSON.parse(stdout) as typeof modules;
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const scripts = (): readonly string[] => globSync("**/*.js", { cwd: folder }).toSorted();

/** The one script whose path begins like this. */
function script(beginning: string): string {
  const found = scripts().filter((path) => path.startsWith(beginning));
  expect(found, beginning).toHaveLength(1);
  return found[0]!;
}
const page = (): string => script("assets/index-");
const keyWorker = (): string => script("assets/key-worker-");
/** Loaded by the page when the person begins to scan. */
const pictureDecoder = (): string => script("assets/picture-decoder-");

describe("the bundle for browsers", () => {
  it("is five scripts, each of them one file; only the page loads another, and only the one that reads QR codes", () => {
    expect(scripts()).toEqual([page(), keyWorker(), pictureDecoder(), "demo/waiting.js", "service-worker.js"]);
    expect(Object.keys(modules).toSorted()).toEqual(scripts());
    const imports = /\bimport\s*[("'{*`][^)]*\)?|\bimport\s+\w+\s+from\b/g;
    for (const path of scripts()) {
      const [found, ...others] = read(path).match(imports) ?? [];
      expect(others, path).toEqual([]);
      if (path === page()) expect(found).toContain(pictureDecoder().slice("assets/".length));
      else expect(found, path).toBeUndefined();
    }
    expect(modules[page()]?.filter((module) => module.includes("/qr/"))).toEqual([]);
  });

  it("holds nothing of the server: no half of its, no certificates, no objects, no routes", () => {
    const all = Object.values(modules).flat();
    const foreign =
      /server-hal(f|ves)|^durable\/|^src\/(vault|certificates|device|http|relying-party|push|pki)\/|\/(hono|@peculiar|web-push|reflect-metadata)\//;
    expect(all.filter((module) => foreign.test(module))).toEqual([]);
    // What must be there, so that the patterns do not miss by a renaming.
    for (const suite of SUITES) expect(modules[keyWorker()]).toContain(`src/split-key/${suite}/device-half.ts`);
    expect(modules[keyWorker()]?.join()).toContain("/zod/");
  });

  it("keeps the key work out of the page, and everything but its own files out of the service worker", () => {
    const keyWork = /device-hal(f|ves)|exponentiation|pin-mask|\/split-key\/(rsa|ed25519)\/|@noble\/curves/;
    expect(modules[page()]?.filter((module) => keyWork.test(module))).toEqual([]);
    expect(modules["service-worker.js"]?.filter((module) => !module.startsWith("src/pwa/service-worker/"))).toEqual([]);
    expect(modules["demo/waiting.js"]?.filter((module) => !module.startsWith("src/demo-bank/browser/"))).toEqual([]);
  });

  it("carries no dead weight: of zod only the small one and no languages, no tools of development", () => {
    const all = Object.values(modules).flat();
    const weight = /zod\/(v3|v4\/(classic|locales))\/|preact\/(debug|devtools|compat)|\/vite\/(?!preload-helper)/;
    expect(all.filter((module) => weight.test(module))).toEqual([]);
  });

  it("loads at first the page, one script and one sheet of style: less than 120 kB of compressed script", () => {
    const html = read("index.html");
    const loaded = [...html.matchAll(/<(?:script|link rel="(?:stylesheet|modulepreload)")[^>]*(?:src|href)="\/([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
    expect(loaded).toEqual([page(), expect.stringMatching(/^assets\/index-.*\.css$/)]);
    const bytes = Object.fromEntries(["index.html", ...loaded].map((path) => [path, gzipSync(read(path)).length]));
    expect(bytes[page()]).toBeLessThan(FIRST_LOAD_BYTES);
  });

  it("tells nothing of the machine that built it, and writes nothing to the console", () => {
    for (const path of globSync("**/*.{js,css,html,webmanifest}", { cwd: folder })) {
      const text = read(path);
      for (const secret of [PROJECT, homedir(), tmpdir(), "file://", "sourceMappingURL", "node_modules/"]) {
        if (secret.length > 1) expect(text.includes(secret), `${secret} in ${path}`).toBe(false);
      }
      // What is left of libraries' own warnings says which option is wrong.
      expect(text, path).not.toMatch(/console\s*\.\s*(log|debug|info|dir|table|trace)\b/);
    }
    expect(globSync("**/*.map", { cwd: folder })).toEqual([]);
  });

  it("can be installed: the page names the manifest and the icons, and every file that these name is there", () => {
    const html = read("index.html");
    for (const relation of ["manifest", "icon", "apple-touch-icon"]) expect(html).toContain(`<link rel="${relation}" `);
    const manifest = JSON.parse(read("manifest.webmanifest")) as { icons: { src: string; sizes: string; purpose?: string }[] };
    const linked = [...html.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, path]) => path);
    for (const path of [...linked, ...manifest.icons.map(({ src }) => src)]) {
      expect(existsSync(join(folder, path ?? "")), path).toBe(true);
    }
    const plain = manifest.icons.filter(({ purpose }) => purpose === undefined).map(({ sizes }) => sizes);
    expect(plain).toEqual(expect.arrayContaining(["192x192", "512x512"]));
    expect(manifest.icons.map(({ purpose }) => purpose)).toContain("maskable");
  });

  it("gives the workers a policy of their own, under the names that they have", () => {
    const headers = read("_headers");
    expect(headers).toContain("\n/assets/key-worker-*\n");
    expect(headers).toContain("\n/service-worker.js\n");
    expect(keyWorker()).toMatch(/^assets\/key-worker-[\w-]{8}\.js$/);
  });

  it("is the same page at the address of device links", () => {
    expect(read("device-link.html")).toBe(read("index.html"));
  });

  it("has every file of the app, but no header and nothing of the demo bank, in the service worker's shell", () => {
    const text = read("service-worker.js");
    for (const path of globSync("**/*", { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())) {
      const name = join(path.parentPath, path.name).slice(folder.length);
      const shell = !["/_headers", "/service-worker.js", "/device-link.html"].includes(name) && !name.startsWith("/demo/");
      expect(text.includes(`"${name === "/index.html" ? "/" : name}":`), name).toBe(shell);
    }
  });
});
