// The audit log's command: on a database of SQLite itself, with chains made here, and with accounts that answer as they are told.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exportEvents } from "../../scripts/audit/export-events.ts";
import { HELP } from "../../scripts/audit/help.ts";
import { COMMANDS } from "../../scripts/audit/options.ts";
import { runAudit } from "../../scripts/audit/run.ts";
import type { Database } from "../../scripts/relying-party/database.ts";
import type { AuditEvent } from "../../src/audit/audit-event.ts";
import { BEGINNING, type ChainEvent, nextEvent } from "../../src/audit/chain.ts";

const PROJECT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "tally-audit-"));
const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const CHAINS = ["0a", "5b", "f0"].map((byte) => byte.repeat(32));
const [FIRST, SECOND, THIRD] = CHAINS as [string, string, string];
const made = new Map<string, ChainEvent[]>();

let sqlite: DatabaseSync;
const asked: string[] = [];
const database: Database = {
  query: (sql) => {
    asked.push(sql);
    return Promise.resolve([sqlite.prepare(sql).all()]);
  },
};

/** Where accounts say that their chains stand; `null`: they hold nothing. */
const standing = new Map<string, { readonly position: number; readonly hash: string } | null>();
let server: Server;
let url = "";
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { order } = decodeJwt<{ order: { chains: string[] } }>(body);
      const heads = order.chains.map((chain) => {
        const head = standing.get(chain);
        if (head === undefined) return { chain, state: "unreachable" };
        return head === null ? { chain, state: "lost" } : { chain, state: "found", ...head, taken: head.position };
      });
      response.setHeader("content-type", "application/json").end(JSON.stringify({ heads }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

let number = 0;
const newFile = (): string => join(folder, `${++number}.jsonl`);
const written = (lines: readonly string[]): string => {
  const file = newFile();
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  return file;
};
const linesIn = (file: string): string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
const count = (): number => Number(sqlite.prepare("SELECT count(*) AS count FROM audit_events").get()?.["count"]);

const blob = (hexadecimal: string): Buffer => Buffer.from(hexadecimal, "hex");
function insert(chain: string, { position, hash, at, kind, detail }: ChainEvent): void {
  sqlite.prepare("INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?)").run(blob(chain), position, blob(hash), at, kind, detail);
}
/** Recorded by the account, and in the table. */
function happen(chain: string, ...events: readonly AuditEvent[]): void {
  for (const event of events) {
    const before = made.get(chain) ?? [];
    const next = nextEvent(chain, before.at(-1) ?? BEGINNING, event, 1_795_000_000_000 + before.length);
    made.set(chain, [...before, next]);
    insert(chain, next);
    standing.set(chain, { position: next.position, hash: next.hash });
  }
}
const wrong = (times: number): AuditEvent => ({ kind: "challenge_wrong", detail: { wrong: times } });

beforeEach(() => {
  sqlite = new DatabaseSync(":memory:");
  sqlite.exec(readFileSync(join(PROJECT, "migrations/0008_audit.sql"), "utf8"));
  // Alone: its other lines change tables of before.
  const [index = ""] =
    /CREATE TABLE wrapped_accounts [^;]+;/.exec(readFileSync(join(PROJECT, "migrations/0009_vault.sql"), "utf8")) ?? [];
  sqlite.exec(index);
  made.clear();
  standing.clear();
  for (const chain of CHAINS) {
    happen(chain, { kind: "identified", detail: { level: "QUALIFIED", method: "self-asserted" } }, wrong(1), wrong(2));
  }
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}
async function audit(...parameters: readonly string[]): Promise<Outcome> {
  const said = { out: "", error: "" };
  const printer = {
    out: (text: string) => void (said.out += `${text}\n`),
    error: (text: string) => void (said.error += `${text}\n`),
  };
  const environment = { PATH: process.env["PATH"] };
  const code = await runAudit(parameters, { environment, printer, terminal: undefined, database, access: { url, key } });
  return { code, ...said };
}
async function done(...parameters: readonly string[]): Promise<string> {
  const outcome = await audit(...parameters);
  expect(outcome, outcome.error).toMatchObject({ code: 0, error: "" });
  return outcome.out;
}
async function exported(...options: readonly string[]): Promise<string> {
  const file = newFile();
  await done("export", file, ...options);
  return file;
}

describe("export", () => {
  test("takes every event out, in order, and deletes nothing unless it is told to", async () => {
    const file = await exported();
    expect(linesIn(file).map((line) => JSON.parse(line) as object)).toEqual(
      CHAINS.flatMap((chain) => made.get(chain)!.map((event) => ({ chain, ...event }))),
    );
    expect(count()).toBe(9);
    expect(asked.join("\n")).not.toMatch(/DELETE/);
    expect(await exported("--delete")).toSatisfy((other: string) => readFileSync(other, "utf8") === readFileSync(file, "utf8"));
    expect(count()).toBe(0);
    await done("verify", file);
  });

  test("deletes all that is in a file of before, however long it is, and says what came too late for it", async () => {
    const file = newFile();
    expect(await exportEvents(database, { file, deletes: false, page: 2 })).toEqual({ events: 9, taken: 9, deleted: 0, late: 0 });
    happen(FIRST, wrong(3));
    happen(THIRD, wrong(3));
    const whole = { events: 10, taken: 1, deleted: 10, late: 1 };
    expect(await exportEvents(database, { file, deletes: true, page: 2 })).toEqual(whole);
    expect(linesIn(await exported("--delete"))).toEqual([expect.stringContaining(made.get(FIRST)![3]!.hash)]);
    expect(await done("export", file, "--delete")).toMatch(/^10 events are in .*, 10 of them from before, and 0 are deleted/);
  });

  test("goes on where it was interrupted: in a page, in a line, between writing and deleting", async () => {
    const whole = readFileSync(await exported(), "utf8");
    for (const length of [0, 10, whole.length / 2, whole.length - 1, whole.length]) {
      const file = newFile();
      writeFileSync(file, whole);
      truncateSync(file, Math.floor(length));
      if (length === 10) expect((await audit("export", file)).error).toMatch(/no export/);
      else {
        await exportEvents(database, { file, deletes: false, page: 2 });
        expect(readFileSync(file, "utf8")).toBe(whole);
      }
    }
    const file = newFile();
    writeFileSync(file, whole.split("\n").slice(0, 4).join("\n") + "\n");
    expect(await exportEvents(database, { file, deletes: true, page: 4 })).toEqual({ events: 9, taken: 5, deleted: 9, late: 0 });
    expect(readFileSync(file, "utf8")).toBe(whole);
    expect(count()).toBe(0);
    expect((await audit("export", written(["{}"]))).code).toBe(1);
    // Nothing is deleted by a file of which anything is no export.
    happen(FIRST, wrong(3));
    for (const bad of [[...linesIn(file), "{}"], linesIn(file).toReversed()]) {
      expect((await audit("export", written(bad), "--delete")).code).toBe(1);
    }
    expect(count()).toBe(1);
  });

  test("deletes what is in the file, and nothing that came in between", async () => {
    const forgotten = { ...made.get(SECOND)![0]!, hash: "00".repeat(32) };
    const query = database.query.bind(database);
    const late: Database = {
      query: (sql) => {
        // One comes, and another one goes: as many as there were.
        if (sql.startsWith("DELETE") && count() === 9) {
          insert(SECOND, forgotten);
          sqlite.prepare("DELETE FROM audit_events WHERE chain = ? AND position = 1").run(blob(FIRST));
        }
        return query(sql);
      },
    };
    const file = newFile();
    expect(await exportEvents(late, { file, deletes: true })).toEqual({ events: 9, taken: 9, deleted: 8, late: 1 });
    expect(linesIn(file).join()).not.toContain(forgotten.hash);
    expect(linesIn(await exported())).toEqual([expect.stringContaining(forgotten.hash)]);
  });
});

describe("verify", () => {
  test("goes on from one export to the next by the heads, and says so", async () => {
    const [heads, later] = [newFile(), newFile()];
    const first = await exported("--delete");
    expect(await done("verify", first, "--write-heads", heads)).toBe("9 events in 3 chains: all is whole.\n");
    expect(linesIn(heads)).toEqual(
      CHAINS.map((chain) => JSON.stringify({ chain, position: 3, hash: made.get(chain)![2]!.hash })),
    );
    happen(SECOND, wrong(3));
    const second = await exported("--delete");
    expect(await done("verify", second, "--heads", heads, "--write-heads", later)).toMatch(/^1 events in 3 chains/);
    expect(linesIn(later)[1]).toContain('"position":4');
    await done("verify", second, first);
    // A message comes again when its row is gone: no gap, and told.
    insert(SECOND, made.get(SECOND)![1]!);
    const again = await exported("--delete");
    const repeated = await audit("verify", again, "--heads", later);
    expect(repeated).toMatchObject({
      code: 0,
      error: expect.stringMatching(new RegExp(`${SECOND}, event 2: this was not checked`)),
    });
    expect(JSON.parse(await done("verify", again, "--heads", later, "--json"))).toMatchObject({
      notes: [{ code: "unplaced", position: 2 }],
    });
    expect(await audit("verify", second)).toMatchObject({ code: 1, out: expect.stringMatching(/events 1 to 3 are missing/) });
    // What somebody keeps is not overwritten.
    expect((await audit("verify", second, "--heads", heads, "--write-heads", later)).code).toBe(1);
  });

  test("tells of each chain what is wrong with it, keeps its earlier head, and fails", async () => {
    const heads = newFile();
    await done("verify", await exported(), "--write-heads", heads);
    for (const chain of CHAINS) happen(chain, wrong(3), { kind: "closed", detail: { reason: "owner" } });
    sqlite.prepare("DELETE FROM audit_events WHERE chain = ? AND position = 4").run(blob(FIRST));
    sqlite.prepare("UPDATE audit_events SET detail = '{\"wrong\":1}' WHERE chain = ? AND position = 4").run(blob(SECOND));
    insert(THIRD, nextEvent(THIRD, made.get(THIRD)![3]!, { kind: "closed", detail: { reason: "expired" } }, 1));
    const file = await exported();
    const now = newFile();
    const { code, out, error } = await audit("verify", file, "--heads", heads, "--write-heads", now);
    expect(code).toBe(1);
    const lines = out.trim().split("\n");
    expect(lines[0]).toMatch(new RegExp(`^chain ${FIRST}, event 4: event 4 is missing`));
    expect(lines[1]).toMatch(new RegExp(`^chain ${SECOND}, event 4: its hash does not go with`));
    expect(lines[2]).toMatch(new RegExp(`^chain ${THIRD}, event 5: 2 different events .* set back`));
    expect(error).toBe("15 events in 3 chains, and 3 problems.\n");
    expect(readFileSync(now, "utf8")).toBe(readFileSync(heads, "utf8"));
    const json = JSON.parse((await audit("verify", file, "--json")).out) as object;
    expect(json).toMatchObject({
      ok: false,
      code: "not_whole",
      chains: 3,
      problems: [{ chain: FIRST, code: "missing" }, {}, {}],
    });
  });

  test("reads lines strictly: none that is no event, and none that was moved", async () => {
    const lines = linesIn(await exported());
    const bad = await audit("verify", written([...lines.slice(0, 3), "{}", ...lines.slice(3)]));
    expect(bad).toMatchObject({ code: 1, out: expect.stringMatching(/line 4: this is no event/) });
    expect((await audit("verify", written(lines.toReversed()))).error).toMatch(/lines were moved/);
    expect((await audit("verify", join(folder, "none"))).error).toMatch(/cannot be read/);
    expect((await audit("verify", written(lines), "--heads", written(["{}"]))).error).toMatch(/no head/);
    const { position, hash } = made.get(FIRST)![0]!;
    const head = JSON.stringify({ chain: FIRST, position, hash });
    expect((await audit("verify", written(lines), "--heads", written([head, head]))).error).toMatch(/two heads/);
  });
});

describe("heads", () => {
  test("asks every account of the exports, and finds what is missing at the end of a chain, or a whole one", async () => {
    const [heads, told] = [newFile(), newFile()];
    const first = await exported("--delete");
    await done("verify", first, "--write-heads", heads);
    happen(FIRST, wrong(3), wrong(4));
    happen(SECOND, wrong(3));
    standing.set(THIRD, null);
    expect(await done("heads", told, "--heads", heads, first)).toMatch(/^Where 3 chains stand/);
    sqlite.prepare("DELETE FROM audit_events WHERE chain = ? AND position = 5").run(blob(FIRST));
    sqlite.prepare("DELETE FROM audit_events WHERE chain = ?").run(blob(SECOND));
    const second = await exported("--delete");
    await done("verify", second, "--heads", heads);
    const { code, out } = await audit("verify", second, "--heads", heads, "--object-heads", told);
    expect(code).toBe(1);
    expect(out.split("\n").slice(0, 3)).toEqual([
      expect.stringMatching(new RegExp(`${FIRST}, event 5: event 5 is missing: the account's object has recorded`)),
      expect.stringMatching(new RegExp(`${SECOND}, event 4: event 4 is missing`)),
      expect.stringMatching(new RegExp(`${THIRD}, event 3: the account's object holds nothing`)),
    ]);
  });

  test("asks for many chains with few orders, and says which accounts did not answer", async () => {
    const names = Array.from({ length: 70 }, (_, index) => index.toString(16).padStart(64, "0"));
    const heads = written(
      names.map((chain) =>
        JSON.stringify({ chain, ...made.get(FIRST)!.at(-1), at: undefined, kind: undefined, detail: undefined }),
      ),
    );
    const told = newFile();
    expect(await done("heads", told, "--heads", heads)).toMatch(/^Where 70 chains .*\n70 of the accounts did not answer/);
    const verified = await audit("verify", written([]), "--heads", heads, "--object-heads", told);
    expect(verified).toMatchObject({ code: 0, error: expect.stringMatching(/^70 chains' ends were not compared/) });
  });

  test("asks for accounts that no export names, and for none that is over", async () => {
    const hidden = "77".repeat(32);
    happen(hidden, wrong(1), wrong(2));
    sqlite.prepare("DELETE FROM audit_events WHERE chain = ?").run(blob(hidden));
    for (const kek of ["kek-1", "kek-2"]) sqlite.prepare("INSERT INTO wrapped_accounts VALUES (?, ?, 1)").run(hidden, kek);
    happen(THIRD, { kind: "abandoned", detail: {} });
    standing.set(THIRD, null);
    const [heads, told] = [newFile(), newFile()];
    const file = await exported();
    await done("verify", file, "--write-heads", heads);
    expect(await done("heads", told, "--heads", heads, file)).toMatch(/^Where 3 chains stand/);
    expect(linesIn(told).map((line) => (JSON.parse(line) as { chain: string }).chain)).toEqual([FIRST, SECOND, hidden]);
    const { code, out, error } = await audit("verify", file, "--heads", heads, "--object-heads", told);
    expect([code, error]).toEqual([1, "10 events in 4 chains, and 1 problems.\n"]);
    expect(out).toMatch(new RegExp(`^chain ${hidden}, event 1: events 1 to 2 are missing`));
  });

  test("tell on which branch of a fork an account is, once somebody accepts the fork", async () => {
    const real = standing.get(FIRST)!;
    insert(FIRST, nextEvent(FIRST, made.get(FIRST)![1]!, wrong(9), 1));
    const [told, heads] = [newFile(), newFile()];
    const file = await exported();
    await done("heads", told, file);
    const call = ["verify", file, "--object-heads", told];
    expect((await audit(...call)).code).toBe(1);
    expect((await audit(...call, "--accept-fork", SECOND)).code).toBe(1);
    const accepted = await audit(...call, "--accept-fork", SECOND, "--accept-fork", FIRST, "--write-heads", heads);
    expect(accepted).toMatchObject({ code: 0, error: expect.stringMatching(/event 3: 2 different events/) });
    expect(linesIn(heads)[0]).toBe(JSON.stringify({ chain: FIRST, position: 3, hash: real.hash }));
  });
});

test("the help names every command and every option, and a wrong call says what is wrong", async () => {
  expect(await done("help")).toBe(`${HELP}\n`);
  for (const [name, options] of Object.entries(COMMANDS)) {
    expect(HELP).toContain(`  ${name} `);
    for (const option of options) if (option !== "help") expect(HELP).toContain(`--${option}`);
  }
  for (const call of [
    ["export"],
    ["export", "a", "b"],
    ["heads"],
    ["heads", "a", "--remote"],
    ["verify"],
    ["verify", "a", "--delete"],
    ["verify", "a", "--accept-fork", FIRST],
    ["verify", "a", "--object-heads", "b", "--accept-fork", "x"],
    ["sign"],
  ]) {
    expect((await audit(...call)).code, call.join(" ")).toBe(2);
  }
});
