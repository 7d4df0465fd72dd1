// `npm start` as a stranger meets it: processes, signals, exit codes, what is printed.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");
// Test people have tests of their own (test/simulator/), and make keys.
const COMMAND = ["--import", "./scripts/require-node.js", "scripts/start.ts", "--no-test-people"];
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

const start = (...options: string[]): Promise<Started> =>
  untilReady(spawn(process.execPath, [...COMMAND, "--port", "0", ...options], { cwd: PROJECT }));

/** Ready when the welcome is printed. */
async function untilReady(child: ChildProcessWithoutNullStreams): Promise<Started> {
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

/** What hangs is ended here, so that nothing is left running; a busy machine takes many seconds over a start. */
const HANGING_AFTER_MILLISECONDS = 50_000;

/** For a start that must fail: exit code and everything printed. */
function failToStart(...options: string[]): { code: number | null; lines: string[] } {
  const limits = { timeout: HANGING_AFTER_MILLISECONDS, killSignal: "SIGKILL" } as const;
  const run = spawnSync(process.execPath, [...COMMAND, ...options], { cwd: PROJECT, encoding: "utf8", ...limits });
  return { code: run.status, lines: (run.stdout + run.stderr).split("\n").filter((line) => line !== "") };
}

const answers = (url: string): Promise<boolean> => fetch(`${url}/health`).then(Boolean, () => false);

async function keysOf(url: string): Promise<unknown> {
  return (await fetch(`${url}/device/keys`)).json();
}

const secretsOf = (place: string): string => readFileSync(join(place, "secrets.json"), "utf8");

/** First column of the answer of D1's database file. */
function query(place: string, statement: string): unknown[] {
  const databases = join(place, "v3/d1/miniflare-D1DatabaseObject");
  const [name = ""] = readdirSync(databases).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
  const database = new DatabaseSync(join(databases, name));
  try {
    return database
      .prepare(statement)
      .all()
      .map((row) => Object.values(row)[0]);
  } finally {
    database.close();
  }
}

describe("npm start", () => {
  let keys: unknown;
  let secrets = "";

  it("makes everything it needs in a fresh folder, serves, and ends with Ctrl-C", async () => {
    const server = await start("--state", state);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    keys = await keysOf(server.url);
    secrets = secretsOf(state);
    expect(statSync(join(state, "secrets.json")).mode & 0o077).toBe(0);
    expect(readdirSync(join(state, "pki")).toSorted()).toEqual(["eid-nq.pem", "eid-q.pem", "root.pem"]);

    expect(query(state, "SELECT names FROM relying_parties")).toEqual(['["DEMO"]']);
    expect(query(state, "SELECT name FROM certificate_authorities ORDER BY level")).toEqual(["root", "eid-nq", "eid-q"]);
    await expect.poll(() => query(state, "SELECT suite FROM server_share_pool").length, { timeout: 20_000 }).toBeGreaterThan(0);

    const vault = (...command: readonly string[]): string =>
      spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", "scripts/vault.ts", ...command, "--state", state], {
        cwd: PROJECT,
        encoding: "utf8",
      }).stdout;
    expect(vault("status")).toMatch(/^kek-1 {2}0 accounts, [1-6] pooled shares, the current one\n$/);
    expect(vault("rewrap", "kek-1")).toBe("0 accounts are under kek-1 now; nothing names another KEK.\n");

    const second = failToStart("--port", "0", "--state", state);
    expect(second.lines).toEqual([expect.stringContaining("is in use by the server on")]);
    expect(second.code).toBe(1);

    server.child.kill("SIGINT");
    expect(await server.exitCode).toBe(0);
    expect(server.output.err).toBe("");
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it("keeps its secrets over a restart, and ends when npm is killed, which tells it nothing", async () => {
    const shell = spawn("sh", ["-c", `"${process.execPath}" ${COMMAND.join(" ")} --port 0 --state "${state}"; exit`], {
      cwd: PROJECT,
      env: { ...process.env, npm_lifecycle_event: "start" },
    });
    const server = await untilReady(shell);
    expect(await keysOf(server.url)).toEqual(keys);
    expect(secretsOf(state)).toBe(secrets);
    shell.kill("SIGKILL");
    await expect.poll(() => answers(server.url), { timeout: 15_000, interval: 200 }).toBe(false);
  });

  it("lets one of two that are started at once run, and leaves nothing running where it is killed", async () => {
    const place = join(folder, "raced");
    const both = [0, 1].map(() => spawn(process.execPath, [...COMMAND, "--port", "0", "--state", place], { cwd: PROJECT }));
    const outcomes = await Promise.allSettled(both.map(untilReady));
    const [server, ...more] = outcomes.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value);
    expect(more).toEqual([]);
    const refused = outcomes.find((outcome) => outcome.status === "rejected")?.reason as Error;
    expect(refused.message).toMatch(/^ended with 1: Tally: .* is in use by .*: stop it first\n$/);

    const { pid } = JSON.parse(readFileSync(join(place, "running.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    expect(await server?.exitCode).toBe(1);
    expect(server?.output.err).toBe("Tally: the server stopped unexpectedly\n");
    await expect.poll(() => answers(server?.url ?? ""), { timeout: 5_000, interval: 200 }).toBe(false);
  });

  it("says in one line that its database is damaged", () => {
    const damaged = join(folder, "damaged-database");
    cpSync(state, damaged, { recursive: true, filter: (name) => !name.endsWith("running.json") });
    const databases = join(damaged, "v3/d1/miniflare-D1DatabaseObject");
    for (const name of readdirSync(databases)) {
      if (name.endsWith(".sqlite")) writeFileSync(join(databases, name), randomBytes(8192));
    }
    const { code, lines } = failToStart("--port", "0", "--state", damaged);
    expect(lines).toEqual([expect.stringMatching(/^Tally: the database in .* is damaged: restore a copy of /)]);
    expect(code).toBe(1);
  });

  it("refuses the databases of a newer version", async () => {
    const newer = join(folder, "newer-database");
    cpSync(state, newer, { recursive: true, filter: (name) => !name.endsWith("running.json") });
    query(newer, "INSERT INTO d1_migrations (name) VALUES ('9999_from_the_future.sql')");
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

  it("when the secrets are damaged", () => {
    const place = join(folder, "damaged");
    mkdirSync(place);
    writeFileSync(join(place, "secrets.json"), "{ half");
    const { code, lines } = failToStart("--port", "0", "--state", place);
    expect(lines).toEqual([expect.stringContaining("secrets.json is damaged (not JSON)")]);
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
