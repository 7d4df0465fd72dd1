// The build of what browsers load, in a copy of the project: the same bytes wherever and by whomever, one at a time, one line where
// the sources are broken.
import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildClient, compareClient, copyClient } from "../../scripts/client-build.ts";
import { commitOf } from "../../scripts/client-build/commit.ts";
import { PUBLISHED, type Published } from "../../scripts/client-build/published.ts";
import { StartFailure } from "../../scripts/start-failure.ts";

const PROJECT = join(import.meta.dirname, "../..");
const MODULE = join(PROJECT, "scripts/client-build.ts");
const PAGE = "src/pwa/main.tsx";

const folder = mkdtempSync(join(tmpdir(), "tally-build-"));
const copy = join(folder, "copy");
const output = join(copy, "dist/client");

beforeAll(() => {
  mkdirSync(join(copy, "node_modules"), { recursive: true });
  for (const name of [
    "src",
    "scripts",
    "package.json",
    "package-lock.json",
    "LICENSE",
    ...globSync("tsconfig*.json", { cwd: PROJECT }),
  ]) {
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
  }
  // Each for itself: what is made under node_modules/.cache is the copy's own.
  for (const name of readdirSync(join(PROJECT, "node_modules")).filter((entry) => !entry.startsWith("."))) {
    symlinkSync(join(PROJECT, "node_modules", name), join(copy, "node_modules", name));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Path → content, of every file in the folder. */
const contentOf = (place: string): Record<string, string> =>
  Object.fromEntries(
    globSync(["**/*", ".well-known/*"], { cwd: place })
      .filter((name) => statSync(join(place, name)).isFile())
      .toSorted()
      .map((name) => [name, readFileSync(join(place, name)).toString("base64")]),
  );

const publishedOf = (content: Record<string, string>): Partial<Published> =>
  JSON.parse(Buffer.from(content[PUBLISHED] ?? "", "base64").toString()) as Published;

/** As another process, with this environment, whose files nobody else may read. */
async function buildElsewhere(environment: Record<string, string> = {}): Promise<number | null> {
  const program = `process.umask(0o077);
    const { buildClient } = await import(${JSON.stringify(MODULE)}); await buildClient(${JSON.stringify(copy)});`;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Another one for every build that was published. */
const folderIdentity = (): number => statSync(output).ino;

describe("the build of the client", () => {
  it("gives the same bytes in another folder, another environment, and elsewhere on earth", async () => {
    await buildClient();
    const elsewhere = { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", LANGUAGE: "tr" };
    expect(await buildElsewhere({ ...elsewhere, NODE_ENV: "development", VITE_ANYTHING: "1" })).toBe(0);
    const [built, first] = [contentOf(output), contentOf(join(PROJECT, "dist/client"))];
    // A copy is of no commit.
    const [published, firstPublished] = [built, first].map(publishedOf);
    expect(published).toEqual({ ...firstPublished, commit: undefined });
    expect({ ...built, [PUBLISHED]: "" }).toEqual({ ...first, [PUBLISHED]: "" });
  });

  it("does nothing where nothing changed, and mends what was deleted or changed in its output", async () => {
    const built = contentOf(output);
    const before = folderIdentity();
    await buildClient(copy);
    expect(folderIdentity()).toBe(before);
    rmSync(join(output, "service-worker.js"));
    await buildClient(copy);
    expect(contentOf(output)).toEqual(built);
    writeFileSync(join(output, "index.html"), "something else");
    await buildClient(copy);
    expect(contentOf(output)).toEqual(built);
  });

  it("is done once where two processes want it at the same time, and leaves nothing else behind", async () => {
    const built = contentOf(output);
    rmSync(join(copy, "dist"), { recursive: true });
    expect(await Promise.all([buildElsewhere(), buildElsewhere()])).toEqual([0, 0]);
    expect(contentOf(output)).toEqual(built);
    expect(readdirSync(join(copy, "dist"))).toEqual(["client"]);
    expect(readdirSync(join(copy, "node_modules/.cache/client-build")).toSorted()).toEqual(["lock", "stamp"]);
  });

  it("gives a server files of its own, which outlive dist/", async () => {
    const served = join(folder, "served");
    mkdirSync(served);
    writeFileSync(join(served, "of-an-older-version.js"), "");
    await copyClient(served, copy);
    const built = contentOf(output);
    rmSync(join(copy, "dist"), { recursive: true });
    expect(contentOf(served)).toEqual(built);
  });

  it("is compared with what a server publishes, and with the bytes and policies that it serves", async () => {
    await buildClient(copy);
    const served = join(folder, "of-a-server");
    cpSync(output, served, { recursive: true });
    const policies = readFileSync(join(served, "_headers"), "utf8").match(/(?<=^ {2}Content-Security-Policy: ).*$/gm);
    let policy = policies?.[0] ?? "";
    const server = createServer((request, response) => {
      const path = request.url === "/" ? "/index.html" : (request.url ?? "");
      if (path === "/device-link.html") return response.writeHead(307, { location: "/device-link" }).end();
      const file = join(served, path === "/device-link" ? "device-link.html" : path);
      if (path === "/_headers" || !existsSync(file)) return response.writeHead(404).end();
      return response.writeHead(200, { "content-security-policy": policy }).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    const site = new URL(`http://localhost:${(server.address() as AddressInfo).port}`);
    const differences = async (): Promise<readonly string[]> => (await compareClient(site, copy)).differences;
    try {
      expect(await differences()).toEqual([]);
      // Neither is in the digest that the app shows.
      appendFileSync(join(served, "service-worker.js"), "\n");
      expect(await differences()).toEqual(["/service-worker.js: other bytes are served"]);
      policy = "default-src *";
      expect(await differences()).toContain("/: served with another content security policy");
      const published = JSON.parse(readFileSync(join(served, PUBLISHED), "utf8")) as Published;
      const changed = { ...published, app: "0".repeat(64), others: { ...published.others, "/_headers": "1".repeat(64) } };
      writeFileSync(join(served, PUBLISHED), JSON.stringify(changed));
      expect(await differences()).toEqual(
        expect.arrayContaining([
          `the app: ${changed.app} is published, and these sources build ${published.app}`,
          "/_headers: another digest is published",
        ]),
      );
      writeFileSync(join(served, PUBLISHED), "{}");
      await expect(compareClient(site, copy)).rejects.toThrow(StartFailure);
    } finally {
      server.close();
    }
  });

  it("is of a commit where its sources are in one as they are, and of none otherwise", () => {
    const checkout = join(folder, "checkout");
    const sources = ["package.json", "src/{pwa,protocol}/**/*"];
    mkdirSync(join(checkout, "src/pwa"), { recursive: true });
    for (const name of ["package.json", "src/pwa/main.tsx", "README.md"]) writeFileSync(join(checkout, name), "{}");
    const git = (...options: string[]): string =>
      execFileSync("git", ["-C", checkout, "-c", "user.name=a", "-c", "user.email=a@a.test", ...options], { encoding: "utf8" });
    expect(commitOf(checkout, sources)).toBeUndefined();
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", "all");
    const commit = git("rev-parse", "HEAD").trim();
    expect(commitOf(checkout, sources)).toBe(commit);
    expect(commitOf(join(checkout, "src"), sources)).toBeUndefined();
    writeFileSync(join(checkout, "README.md"), "what is not built");
    expect(commitOf(checkout, sources)).toBe(commit);
    writeFileSync(join(checkout, "src/pwa/new.ts"), "");
    expect(commitOf(checkout, sources)).toBeUndefined();
    git("add", ".");
    expect(commitOf(checkout, sources)).toBeUndefined();
  });

  it.each([
    ["a syntax error", "const broken = ;", /: .*Unexpected token.* \(src\/pwa\/main\.tsx:\d+:\d+\)$/],
    ["a missing file", 'import "./nowhere.ts";', /: .*'\.\/nowhere\.ts'.* \(src\/pwa\/main\.tsx:\d+:\d+\)$/],
    ["a missing package", 'import "nowhere";', /: .*"nowhere"/],
  ])("says in one line, and where, that there is %s; what was built before stays", async (_, line, message) => {
    await buildClient(copy);
    const built = contentOf(output);
    const source = readFileSync(join(copy, PAGE), "utf8");
    writeFileSync(join(copy, PAGE), `${line}\n${source}`);
    const failure: unknown = await buildClient(copy).catch((error: unknown) => error);
    writeFileSync(join(copy, PAGE), source);
    expect(failure).toBeInstanceOf(StartFailure);
    expect((failure as StartFailure).message).toMatch(message);
    expect((failure as StartFailure).message).not.toMatch(/\n/);
    expect(contentOf(output)).toEqual(built);
    await buildClient(copy);
    expect(contentOf(output)).toEqual(built);
  });
});
