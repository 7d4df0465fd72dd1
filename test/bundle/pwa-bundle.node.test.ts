// What browsers would load, as the build makes it: what is in it, what is not, and how heavy it is.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageOf } from "../../scripts/client-build/licences.ts";
import type { Published } from "../../scripts/client-build/published.ts";
import { SUITES } from "../../src/account/purpose.ts";
import { LANGUAGES } from "../../src/pwa/language/languages.ts";

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

/** The one script whose path begins like this, or the one file of another kind. */
function script(beginning: string, kind = "js"): string {
  const found = globSync(`**/*.${kind}`, { cwd: folder }).filter((path) => path.startsWith(beginning));
  expect(found, beginning).toHaveLength(1);
  return found[0]!;
}
const page = (): string => script("assets/index-");
const keyWorker = (): string => script("assets/key-worker-");
/** Loaded by the page when home is shown: the settings, the history, and what else is seldom opened. */
const seldom = (): string => script("assets/seldom-screens-");
/** Loaded by those when the person begins to scan. */
const pictureDecoder = (): string => script("assets/picture-decoder-");
/** Runs before the page's own script is there, and asks for the words that are most likely wanted. */
const firstWords = (): string => script("assets/first-words-");
/** Fetched when the app speaks that language. */
const languages = (): readonly string[] => Object.keys(LANGUAGES).map((code) => script(`assets/${code}-`, "json"));

describe("the bundle for browsers", () => {
  it("is one file for each script; the page loads its seldom screens, which load what reads QR codes", () => {
    const own = [page(), keyWorker(), seldom(), pictureDecoder(), firstWords(), "demo/waiting.js", "service-worker.js"];
    expect(scripts()).toEqual(own.toSorted());
    expect(Object.keys(modules).toSorted()).toEqual(scripts());
    const imports = /\bimport\s*[("'{*`][^)]*\)?|\bimport\s+\w+\s+from\b/g;
    const loads: Record<string, readonly string[]> = {
      [page()]: [firstWords(), seldom()],
      [seldom()]: [page(), pictureDecoder()],
    };
    for (const path of scripts()) {
      const found = (read(path).match(imports) ?? []).map((call) => /["'`]\.\/([\w.-]+)/.exec(call)?.[1] ?? call);
      const wanted = loads[path] ?? [];
      expect(found.toSorted(), path).toEqual(wanted.map((name) => name.slice("assets/".length)).toSorted());
    }
    expect(modules[firstWords()]?.filter((module) => !module.startsWith("src/pwa/language/"))).toEqual([]);
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

  it("carries no dead weight: of zod only the small one and no languages, no parser of messages, no tools of development", () => {
    const all = Object.values(modules).flat();
    const weight = /zod\/(v3|v4\/(classic|locales))\/|preact\/(debug|devtools|compat)|\/vite\/(?!preload-helper)/;
    expect(all.filter((module) => weight.test(module))).toEqual([]);
    const messages = modules[page()]?.filter((module) => module.includes("/icu-"));
    expect(messages).toEqual(["node_modules/@formatjs/icu-messageformat-parser/no-parser.js"]);
  });

  it("loads at first the page, its script with the small one beside it, one sheet of style and one language: less than 120 kB of them compressed in any", () => {
    const html = read("index.html");
    const loaded = [...html.matchAll(/<(?:script|link rel="(?:stylesheet|modulepreload)")[^>]*(?:src|href)="\/([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
    expect(loaded).toEqual([page(), firstWords(), expect.stringMatching(/^assets\/index-.*\.css$/)]);
    // By itself, and not when the page's script is there.
    expect(html).toContain(`<script type="module" async crossorigin src="/${firstWords()}"></script>`);
    const bytes = (path: string): number => gzipSync(read(path)).length;
    // Nothing of the app is shown before the words of its language are there.
    const ofPage = bytes(page()) + bytes(firstWords());
    expect(ofPage + Math.max(...languages().map(bytes))).toBeLessThan(FIRST_LOAD_BYTES);
    expect(modules[seldom()]).toContain("src/pwa/views/settings.tsx");
  });

  it("has in the page itself what is said in each language where the app, or every file of words, does not come", () => {
    for (const code of Object.keys(LANGUAGES)) {
      const { "app.notLoaded": said, "app.loadAnew": again } = JSON.parse(
        readFileSync(join(PROJECT, `src/pwa/language/catalogs/${code}.json`), "utf8"),
      ) as Record<string, string>;
      expect(read("index.html")).toContain(`<p lang="${code}"><span>${said}</span> <a href="">${again}</a></p>`);
    }
  });

  it("has the words of each language in that language's file, and in no script", () => {
    for (const path of languages()) {
      const messages = JSON.parse(read(path)) as Record<string, unknown>;
      const [code] = basename(path).split("-");
      const { "app.noScript": words, ...catalog } = JSON.parse(
        readFileSync(join(PROJECT, `src/pwa/language/catalogs/${code}.json`), "utf8"),
      ) as Record<string, string>;
      expect(messages["app.noScript"]).toBe(words);
      expect(Object.keys(messages).toSorted()).toEqual(["app.noScript", ...Object.keys(catalog)].toSorted());
      for (const name of scripts()) expect(read(name).includes(words ?? ""), `${path} in ${name}`).toBe(false);
    }
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
    const manifest = JSON.parse(read("manifest/en.webmanifest")) as { icons: { src: string; sizes: string; purpose?: string }[] };
    const linked = [...html.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, path]) => path);
    for (const path of [...linked, ...manifest.icons.map(({ src }) => src)]) {
      expect(existsSync(join(folder, path ?? "")), path).toBe(true);
    }
    const plain = manifest.icons.filter(({ purpose }) => purpose === undefined).map(({ sizes }) => sizes);
    expect(plain).toEqual(expect.arrayContaining(["192x192", "512x512"]));
    expect(manifest.icons.map(({ purpose }) => purpose)).toContain("maskable");
  });

  it("is described by the installed system, with its shortcuts, in each language", () => {
    for (const code of Object.keys(LANGUAGES)) {
      const catalog = JSON.parse(readFileSync(join(PROJECT, `src/pwa/language/catalogs/${code}.json`), "utf8")) as Record<
        string,
        string
      >;
      expect(JSON.parse(read(`manifest/${code}.webmanifest`))).toMatchObject({
        id: "/",
        lang: code,
        description: catalog["welcome.words"],
        shortcuts: [
          { name: catalog["home.scan"], url: "/?scan" },
          { name: catalog["home.check"], url: "/?check" },
        ],
      });
    }
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

  it("publishes the digest of every file that is given out, and the one of the app that browsers show", () => {
    const published = JSON.parse(read(".well-known/tally-client.json")) as Published;
    const digestOf = (path: string): string =>
      createHash("sha256")
        .update(readFileSync(join(folder, path)))
        .digest("hex");
    const there = globSync("**/*", { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
    const all = Object.fromEntries(
      there.map((entry) => join(entry.parentPath, entry.name).slice(folder.length)).map((path) => [path, digestOf(path)]),
    );
    const { "/": start = "", ...files } = published.files;
    expect({ "/index.html": start, ...files, ...published.others }).toEqual(all);
    const shell = [...read("service-worker.js").matchAll(/"(\/[^"]*)":["`]sha256-/g)].map(([, path = ""]) => path);
    expect(Object.keys(published.files).toSorted()).toEqual(shell.toSorted());
    // As `sha256sum` writes it, and by nothing of this project.
    const lines = Object.entries(published.files).toSorted(([left], [right]) =>
      Buffer.compare(Buffer.from(left), Buffer.from(right)),
    );
    const app = createHash("sha256").update(lines.map(([path, digest]) => `${digest}  ${path}\n`).join(""));
    expect(published).toMatchObject({ algorithm: "SHA-256", app: app.digest("hex") });
    const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string };
    expect(published.version).toBe(version);
    expect([`"${version}"`, `\`${version}\``].some((literal) => read(page()).includes(literal))).toBe(true);
  });

  it("comes with the licence of every package that is in it", () => {
    const licences = read("licences.txt");
    const packages = new Set(
      Object.values(modules)
        .flat()
        .flatMap((module) => packageOf(module) ?? []),
    );
    expect(packages.size).toBeGreaterThan(5);
    for (const name of packages) expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"));
    // What belongs to no package is ours.
    const foreign = Object.values(modules)
      .flat()
      .filter((module) => packageOf(module) === undefined && !module.startsWith("src/"));
    expect(foreign).toEqual([]);
    expect(licences.length).toBeLessThan(60_000);
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
