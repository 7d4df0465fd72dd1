// The build of what browsers load, in a copy of the project: the same bytes wherever and by whomever, one at a time, one line where
// the sources are broken.
import { spawn } from "node:child_process";
import {
  cpSync,
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildClient, copyClient } from "../../scripts/client-build.ts";
import { StartFailure } from "../../scripts/start-failure.ts";

const PROJECT = join(import.meta.dirname, "../..");
const MODULE = join(PROJECT, "scripts/client-build.ts");
const PAGE = "src/pwa/main.tsx";

const folder = mkdtempSync(join(tmpdir(), "tally-build-"));
const copy = join(folder, "copy");
const output = join(copy, "dist/client");

beforeAll(() => {
  mkdirSync(join(copy, "node_modules"), { recursive: true });
  for (const name of ["src", "scripts", "package.json", "package-lock.json", ...globSync("tsconfig*.json", { cwd: PROJECT })]) {
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
    globSync("**/*", { cwd: place })
      .filter((name) => statSync(join(place, name)).isFile())
      .toSorted()
      .map((name) => [name, readFileSync(join(place, name)).toString("base64")]),
  );

/** As another process, with this environment. */
async function buildElsewhere(environment: Record<string, string> = {}): Promise<number | null> {
  const program = `const { buildClient } = await import(${JSON.stringify(MODULE)}); await buildClient(${JSON.stringify(copy)});`;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Another one for every build that was published. */
const folderIdentity = (): number => statSync(output).ino;

describe("the build of the client", () => {
  it("gives the same bytes in another folder and another environment", async () => {
    await buildClient();
    expect(await buildElsewhere({ NODE_ENV: "development", VITE_ANYTHING: "1" })).toBe(0);
    const built = contentOf(output);
    expect(Object.keys(built)).toContain("index.html");
    expect(built).toEqual(contentOf(join(PROJECT, "dist/client")));
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
