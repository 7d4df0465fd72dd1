// `npm start` as a stranger meets it: processes, signals, exit codes, what is printed.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
const COMMAND = ["--import", "./scripts/require-node.js", "scripts/start.ts"];
const folder = mkdtempSync(join(tmpdir(), "tally-start-"));
const state = join(folder, "state");
const running: ChildProcess[] = [];

afterAll(() => {
  for (const child of running) child.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: { out: string; err: string };
  readonly exitCode: Promise<number | null>;
}

/** Ready when the welcome is printed. */
async function start(...options: string[]): Promise<Started> {
  const child = spawn(process.execPath, [...COMMAND, "--port", "0", ...options], { cwd: PROJECT });
  running.push(child);
  const output = { out: "", err: "" };
  child.stderr.on("data", (text: Buffer) => (output.err += text.toString()));
  const exitCode = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      output.out += text.toString();
      const [found] = /http:\/\/localhost:\d+/.exec(output.out) ?? [];
      if (found !== undefined) resolve(found);
    });
    void exitCode.then((code) => reject(new Error(`ended with ${code}: ${output.err}`)));
  });
  return { child, url, output, exitCode };
}

/** For a start that must fail: exit code and everything printed. */
function failToStart(...options: string[]): { code: number | null; lines: string[] } {
  const run = spawnSync(process.execPath, [...COMMAND, ...options], { cwd: PROJECT, encoding: "utf8", timeout: 20_000 });
  return { code: run.status, lines: (run.stdout + run.stderr).split("\n").filter((line) => line !== "") };
}

async function keysOf(url: string): Promise<unknown> {
  return (await fetch(`${url}/device/keys`)).json();
}

const secretsOf = (place: string): string => readFileSync(join(place, "secrets.json"), "utf8");

/** A copy of the folder's secrets, changed. */
function spoilt(name: string, change: (content: { version: number; secrets: Record<string, unknown> }) => void): string {
  const place = join(folder, name);
  mkdirSync(place);
  const content = JSON.parse(secretsOf(state)) as Parameters<typeof change>[0];
  change(content);
  writeFileSync(join(place, "secrets.json"), JSON.stringify(content));
  return place;
}

describe("npm start", () => {
  let keys: unknown;
  let secrets = "";

  it("makes everything it needs in a fresh folder, serves, and ends with Ctrl-C", { timeout: 60_000 }, async () => {
    const server = await start("--state", state);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    keys = await keysOf(server.url);
    secrets = secretsOf(state);
    expect(statSync(join(state, "secrets.json")).mode & 0o077).toBe(0);
    expect(readdirSync(join(state, "pki")).toSorted()).toEqual(["eid-nq.pem", "eid-q.pem", "root.pem"]);

    const second = failToStart("--port", "0", "--state", state);
    expect(second.lines).toEqual([expect.stringContaining("is in use by the server on")]);
    expect(second.code).toBe(1);

    server.child.kill("SIGINT");
    expect(await server.exitCode).toBe(0);
    expect(server.output.err).toBe("");
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it("keeps its secrets over a restart, and ends when it is killed", { timeout: 60_000 }, async () => {
    const server = await start("--state", state);
    expect(await keysOf(server.url)).toEqual(keys);
    expect(secretsOf(state)).toBe(secrets);
    server.child.kill("SIGKILL");
    const answers = () => fetch(`${server.url}/health`).then(Boolean, () => false);
    await expect.poll(answers, { timeout: 15_000, interval: 200 }).toBe(false);
  });

  it("refuses the databases of a newer version", { timeout: 30_000 }, async () => {
    const newer = join(folder, "newer-database");
    cpSync(state, newer, { recursive: true, filter: (name) => !name.endsWith("running.json") });
    const databases = join(newer, "v3/d1/miniflare-D1DatabaseObject");
    const [name = ""] = readdirSync(databases).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
    const database = new DatabaseSync(join(databases, name));
    database.exec("INSERT INTO d1_migrations (name) VALUES ('9999_from_the_future.sql')");
    database.close();
    const { code, lines } = failToStart("--port", "0", "--state", newer);
    expect(lines).toEqual([expect.stringContaining("was made by a newer version of Tally")]);
    expect(code).toBe(1);
  });
});

describe("npm start says in one line why it does not start", () => {
  it("when the port is in use", async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "localhost", () => resolve((other.address() as { port: number }).port));
    });
    const { code, lines } = failToStart("--port", String(port), "--state", join(folder, "port"));
    other.close();
    expect(lines).toEqual([expect.stringContaining(`port ${port} is in use`)]);
    expect(code).toBe(1);
  });

  it.each([
    [
      "the secrets are no JSON",
      "no-json",
      (place: string) => writeFileSync(join(place, "secrets.json"), "{ half"),
      "secrets.json is damaged",
    ],
    [
      "the secrets are empty",
      "empty",
      (place: string) => writeFileSync(join(place, "secrets.json"), ""),
      "secrets.json is damaged",
    ],
    [
      "the secrets are gone and data is there",
      "gone",
      (place: string) => mkdirSync(join(place, "v3")),
      "secrets.json is missing",
    ],
  ])("when %s", (_, name, spoil, message) => {
    const place = join(folder, name);
    mkdirSync(place);
    spoil(place);
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining(message)]);
    expect(code).toBe(1);
  });

  it("when a secret is missing", () => {
    const place = spoilt("no-kek", ({ secrets }) => delete secrets["KEK"]);
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining("secrets.KEK: is missing")]);
    expect(code).toBe(1);
  });

  it("when a secret is too short, without showing it", () => {
    const place = spoilt("short-kek", (content) => (content.secrets["KEK"] = "c2hvcnQ="));
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining("secrets.KEK: is not 32 bytes in base64")]);
    expect(lines.join()).not.toContain("c2hvcnQ=");
    expect(code).toBe(1);
  });

  it("when a newer version made the secrets", () => {
    const place = spoilt("newer", (content) => (content.version = 99));
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining("was made by a newer version of Tally")]);
    expect(code).toBe(1);
  });

  it("when the state folder is a file", () => {
    const place = join(folder, "file");
    writeFileSync(place, "");
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining("cannot use the state folder")]);
    expect(code).toBe(1);
  });

  it.each([
    ["a port that is none", ["--port", "99999"], "99999 is no port"],
    ["an option that is none", ["--prot", "1"], "unknown option"],
  ])("for %s", (_, options, message) => {
    const { code, lines } = failToStart(...options);
    expect(lines).toEqual([expect.stringContaining(message)]);
    expect(code).toBe(1);
  });
});
