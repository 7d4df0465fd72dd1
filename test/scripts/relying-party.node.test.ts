// The operator's register of relying parties. On a database of SQLite itself, which is quick; and at the end on the local runtime's, through
// wrangler, which takes seconds for each call.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Database } from "../../scripts/relying-party/database.ts";
import { CONFIGURATION } from "../../scripts/relying-party/database.ts";
import { HELP } from "../../scripts/relying-party/help.ts";
import { COMMANDS } from "../../scripts/relying-party/options.ts";
import { runRelyingParty } from "../../scripts/relying-party/run.ts";
import { querySql } from "../../scripts/wrangler/database.ts";
import { sqlLiteral, withValues } from "../../scripts/wrangler/sql-values.ts";
import { isCallerOf } from "../../src/relying-party/caller.ts";
import { type RelyingParty, relyingPartyRow } from "../../src/relying-party/registration.ts";

const PROJECT = join(import.meta.dirname, "../..");
const UUID = "3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
const DEMO = "00000000-0000-4000-8000-000000000000";
const now = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "tally-relying-party-"));
afterAll(() => rmSync(folder, { recursive: true }));

const migration = (name: string): string => readFileSync(join(PROJECT, "migrations", `${name}.sql`), "utf8");
const TABLES = ["0001_relying_parties", "0005_flow_policy", "0006_rate_limit"].map(migration);

let sqlite: DatabaseSync;
const asked = vi.fn<(sql: string) => void>();
const database: Database = {
  query: (sql) => {
    asked(sql);
    // No value has a semicolon: see "a value inside SQL".
    const statements = sql.split(";").filter((statement) => statement.trim() !== "");
    return Promise.resolve(statements.map((statement) => sqlite.prepare(statement).all()));
  },
};
beforeEach(() => {
  asked.mockReset();
  sqlite = new DatabaseSync(":memory:");
  for (const sql of [...TABLES, migration("0007_metering")]) sqlite.exec(sql);
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function command(parameters: readonly string[], on: Database | "local" = database, at = now): Promise<Outcome> {
  const said = { out: "", error: "" };
  const printer = {
    out: (text: string) => void (said.out += `${text}\n`),
    error: (text: string) => void (said.error += `${text}\n`),
  };
  const code = await runRelyingParty(parameters, {
    environment: { PATH: process.env["PATH"] },
    printer,
    now: at,
    ...(on !== "local" && { database: on }),
  });
  return { code, ...said };
}

/** The answer to a program. */
async function json(...parameters: readonly string[]): Promise<{ readonly credential?: string }> {
  return JSON.parse((await command([...parameters, "--json"])).out) as { readonly credential?: string };
}

const add = (...parameters: readonly string[]) => json("add", "--uuid", UUID, "--name", "Bank", ...parameters);
const stored = (): Record<string, unknown> => ({ ...sqlite.prepare("SELECT * FROM relying_parties WHERE uuid = ?").get(UUID) });
const party = (): RelyingParty => relyingPartyRow.parse(stored());
const isKnown = (token: string, at = now, address = "198.51.100.7"): boolean =>
  isCallerOf(party(), { address, authorization: `Bearer ${token}` }, false, at);

describe("a value inside SQL", () => {
  it.each([
    "",
    "Bank",
    "O'Neil",
    "'; DROP TABLE relying_parties; --",
    '["a","b"]',
    "Põhja -- Pank",
    "Bank -- x",
    "/* x */",
    "a\nb",
    "\u0000",
    "?1 ?",
    "\\",
    "%A",
  ])("%j comes back as it was, and is one value", (text) => {
    const sql = withValues("SELECT ? AS text, ?1 AS again, ? AS number, ? AS empty;", [text, 7, null]);
    // Text that could end anything is not to be seen at all.
    expect(sql).toMatch(/^SELECT (?:'[\w .:,/+=@-]*'|CAST\(x'[0-9a-f]*' AS TEXT\)) AS text, [^;]*;$/);
    expect(sql.slice(0, -1)).not.toMatch(/--|\/\*|[;"\\\n]/);
    expect({ ...sqlite.prepare(sql).get() }).toEqual({ text, again: text, number: 7, empty: null });
  });

  it("is whole where it is a number, and there for every place", () => {
    for (const number of [1.5, Number.NaN, Infinity]) expect(() => sqlLiteral(number)).toThrow(/whole/);
    expect(() => withValues("SELECT ?, ?", [1])).toThrow(/more places/);
  });
});

it("the migration gives parties of before the standard limit, and the one of developers none", () => {
  const old = new DatabaseSync(":memory:");
  for (const sql of TABLES.slice(0, -1)) old.exec(sql);
  old.exec(`INSERT INTO relying_parties (uuid, names) VALUES ('${UUID}', '["Bank"]'), ('${DEMO}', '["DEMO"]')`);
  old.exec(TABLES.at(-1) ?? "");
  const limits = old.prepare("SELECT rate_limit FROM relying_parties ORDER BY uuid DESC").all();
  expect(limits.map((row) => row["rate_limit"])).toEqual(["standard", "unlimited"]);
  expect(() => old.exec("UPDATE relying_parties SET rate_limit = 'none'")).toThrow(/CHECK/);
});

describe("add", () => {
  it("makes a UUID and a credential that the server knows the party by, and stores its hash alone", async () => {
    const { code, out } = await command(["add", "--name", "O'Neil; --", "--name", "Põhja"]);
    expect(code).toBe(0);
    const [, uuid = ""] = /relyingPartyUUID +([0-9a-f-]{36})\n/.exec(out) ?? [];
    const [, token = ""] = /Authorization +Bearer ([\w-]{43})\n/.exec(out) ?? [];
    const row = sqlite.prepare("SELECT * FROM relying_parties WHERE uuid = ?").get(uuid);
    const added = relyingPartyRow.parse(row);
    expect(added).toMatchObject({ names: ["O'Neil; --", "Põhja"], networks: [], rate_limit: "standard", enabled: 1 });
    const caller = { address: "198.51.100.7", authorization: `Bearer ${token}` };
    expect(isCallerOf(added, caller, false, now)).toBe(true);
    expect(isCallerOf(added, { ...caller, authorization: undefined }, false, now)).toBe(false);
    expect(JSON.stringify(row)).not.toContain(token);
    expect(asked.mock.calls.flat().join()).not.toContain(token);
  });

  it("writes what the options say, and leaves the rest as the table has it", async () => {
    const networks = ["--network", "192.0.2.0/24", "--network", "2001:db8::/32"];
    const permissions = [
      "--endpoint",
      "authentication",
      "--level",
      "qualified",
      "--flow",
      "device-link",
      "--capability",
      "agreed",
    ];
    const answer = await add(
      ...networks,
      ...permissions,
      "--no-credential",
      "--may-learn-client-address",
      "--rate-limit",
      "large",
    );
    expect(answer).toEqual({
      ok: true,
      baseUrl: "http://localhost:8787/v3",
      party: {
        uuid: UUID,
        enabled: true,
        names: ["Bank"],
        networks: ["192.0.2.0/24", "2001:db8::/32"],
        hasCredential: false,
        previousCredentialUntil: null,
        endpoints: ["authentication"],
        levels: ["QUALIFIED"],
        capabilities: ["agreed"],
        flows: ["device-link"],
        mayLearnClientAddress: true,
        rateLimit: "large",
      },
    });
    expect(isCallerOf(party(), { address: "192.0.2.7", authorization: undefined }, false, now)).toBe(true);
    expect(await add()).toMatchObject({ ok: false, code: "party_exists" });
    expect(party().networks).toHaveLength(2);
  });

  it.each([
    [["--name", "x"], 0, ""],
    [[], 2, "needs a name"],
    [["--name", "x", "--no-credential"], 2, "needs networks"],
    [["--name", ""], 2, "at least one character"],
    [["--name", "Ä".repeat(16)], 0, ""],
    [["--name", "Ä".repeat(17)], 2, "longer than 32 bytes"],
    [["--name", "Bank\nof"], 2, "cannot be shown"],
    [["--name", "\u202eknaB"], 2, "cannot be shown"],
    [["--name", "Ba\u0301nk"], 0, ""],
    [["--name", "Ba\u0301\u0301\u0301\u0301\u0301\u0301nk"], 2, "cannot be shown"],
    [["--name", "Ba\u200dnk"], 2, "cannot be shown"],
    [["--name", "Ba\u3164nk"], 2, "cannot be shown"],
    [["--name", "Bank\u034f"], 2, "cannot be shown"],
    [["--name", "Ba\u2800nk"], 2, "told apart"],
    [["--name", "Bank\ufe0f"], 2, "told apart"],
    [["--name", "Tally"], 2, "service's own"],
    [["--name", "Bank", "--name", "TALLY"], 2, "service's own"],
    [["--name", "\uff34ally"], 2, "service's own"],
    [["--name", "Tal l y"], 2, "service's own"],
    [["--name", "Tally Bank"], 0, ""],
    [["--name", " Bank"], 2, "space"],
    [["--name", "Bank", "--name", "bANK"], 2, "twice"],
    [["--name", "x", "--uuid", "x"], 2, "no UUID"],
    [["--name", "x", "--uuid", DEMO], 2, "DEMO"],
    [["--name", "x", "--uuid", "00000000-0000-0000-0000-000000000000"], 2, "nil UUID"],
    [["--name", "x", "--network", "192.0.2.0"], 2, "CIDR"],
    [["--name", "x", "--network", "0.0.0.0/0"], 2, "every address"],
    [["--name", "x", "--network", "::ffff:0:0/96"], 2, "every address"],
    [["--name", "x", "--network", "::/0"], 2, "every address"],
    [["--name", "x", "--network", "2a06:98c0::/29"], 2, "Workers share"],
    [["--name", "x", "--network", "2a06:98c0:3600::103/128"], 2, "Workers share"],
    [["--name", "x", "--endpoint", "everything"], 2, "--endpoint"],
    [["--name", "x", "--level", "QSCD"], 2, "--level"],
    [["--name", "x", "--flow", "fax"], 2, "--flow"],
    [["--name", "x", "--capability", "a b"], 2, "--capability"],
    [["--name", "x", "--rate-limit", "none"], 2, "--rate-limit"],
    [["--name", "x", "--no-network"], 2, "takes no --no-network"],
    [["--name", "x", "--state", "a", "--remote"], 2, "not both"],
    [["--name", "x", "more"], 2, 'takes no "more"'],
  ])("%j ends with %i: %s", async (parameters, code, reason) => {
    const outcome = await command(["add", ...parameters]);
    expect(outcome).toMatchObject({ code, error: expect.stringContaining(reason) });
    expect(sqlite.prepare("SELECT count(*) AS count FROM relying_parties").get()).toMatchObject({ count: code === 0 ? 1 : 0 });
  });
});

describe("set", () => {
  it("replaces what it names, and says what was there before and after", async () => {
    const { credential = "" } = await add("--capability", "agreed", "--network", "192.0.2.0/24");
    const changes = ["--name", "Pank", "--network", "198.51.100.0/24", "--no-capability", "--may-learn-client-address"];
    const { code, out } = await command(["set", UUID.toUpperCase(), ...changes, "--rate-limit", "small"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^names +Bank → Pank\nnetworks +192\.0\.2\.0\/24 → 198\.51\.100\.0\/24\ncapabilities +agreed → none\n/);
    expect(out).toMatch(/^rate limit +standard → small$/m);
    expect(party()).toMatchObject({ names: ["Pank"], capabilities: [], may_learn_client_address: 1, rate_limit: "small" });
    expect(isKnown(credential)).toBe(true);
    expect(await json("set", UUID, "--name", "Pank", "--no-may-learn-client-address")).toMatchObject({
      changed: true,
      before: { mayLearnClientAddress: true },
      party: { names: ["Pank"], mayLearnClientAddress: false },
    });
    asked.mockClear();
    expect(await json("set", UUID, "--name", "Pank")).toMatchObject({ ok: true, changed: false });
    expect(asked).toHaveBeenCalledOnce();
  });

  it("leaves no party that anybody could claim to be", async () => {
    await add();
    const { credential = "" } = await json("rotate-credential", UUID, "--keep-old", "1");
    expect(await json("set", UUID, "--no-credential")).toMatchObject({ ok: false, code: "nobody" });
    expect(await json("set", UUID, "--no-credential", "--network", "192.0.2.0/24")).toMatchObject({ ok: true });
    expect(await json("set", UUID, "--no-network")).toMatchObject({ ok: false, code: "nobody" });
    expect(party()).toMatchObject({ credential_sha256: null, previous_credential_sha256: null, networks: ["192.0.2.0/24"] });
    expect(isCallerOf(party(), { address: "198.51.100.7", authorization: `Bearer ${credential}` }, false, now)).toBe(false);
  });

  it("does not undo what another operator changed at the same moment", async () => {
    await add();
    const meanwhile: Database = {
      query: async (sql) => {
        const rows = await database.query(sql);
        sqlite.exec("UPDATE relying_parties SET networks = '[\"192.0.2.0/24\"]'");
        return rows;
      },
    };
    expect(await command(["set", UUID, "--rate-limit", "small"], meanwhile)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/same moment/),
    });
    expect(party().rate_limit).toBe("standard");
  });

  it.each([
    [["set", DEMO, "--name", "x"], 1, "There is no relying party"],
    [["show", DEMO], 1, "There is no relying party"],
    [["disable", DEMO], 1, "There is no relying party"],
    [["rotate-credential", DEMO], 1, "There is no relying party"],
    [["set", UUID], 2, "says what"],
    [["set"], 2, "needs the UUID"],
    [["show", "Bank"], 2, "no UUID"],
    [["set", UUID, "--network", "192.0.2.0/24", "--no-network"], 2, "not both"],
    [["rotate-credential", UUID, "--keep-old", "721"], 2, "from 0 to 720"],
    [["rotate-credential", UUID, "--keep-old", "1.5"], 2, "from 0 to 720"],
    [["list", "--wrangler-config", "x"], 2, "goes with --remote"],
  ])("%j ends with %i: %s", async (parameters, code, reason) => {
    expect(await command(parameters)).toMatchObject({ code, error: expect.stringContaining(reason) });
  });
});

describe("a name that people would take for another party's", () => {
  const OTHER = "4f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
  const addOther = (...parameters: readonly string[]) => json("add", "--uuid", OTHER, ...parameters);
  const parties = () => sqlite.prepare("SELECT count(*) AS count FROM relying_parties").get()?.["count"];

  it.each([
    ["Fresh Bank", "fresh BANK"],
    ["Fresh Bank", "Ｆｒｅｓｈ Bank"],
    ["Fresh Bank", "Fresh\u00a0 Bank"],
    ["Fresh Bank", "𝐅𝐫𝐞𝐬𝐡 Bank"],
    ["Fresh Bank", "Freſh Bank"],
    ["Groß", "GROSS"],
    ["Põhja", "Po\u0303hja"],
    ["Bink", "Bi\u0307nk"],
    ["Bink", "BİNK"],
    ["ΟΔΟΣ", "οδος"],
    ["DEMO", "demo"],
  ])("beside %j, %j is refused, and let through where that is asked for", async (name, alike) => {
    await json("add", "--uuid", UUID, "--name", name);
    // Whoever is disabled is enabled again one day.
    await json("disable", UUID);
    expect(await command(["add", "--name", "Other", "--name", alike])).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringContaining(`for the relying party ${UUID}`),
    });
    expect(parties()).toBe(1);
    expect(await addOther("--name", alike, "--allow-same-name")).toMatchObject({ ok: true, party: { names: [alike] } });
  });

  it.each([["Frеsh Bank"], ["Bank Α"], ["Βаnk"], ["Ваνк"], ["𝐅𝐫е𝐬𝐡"]])("%j mixes alphabets", async (name) => {
    expect(await addOther("--name", name)).toMatchObject({ ok: false, code: "mixed_alphabets" });
    expect(parties()).toBe(0);
    expect(await addOther("--name", name, "--allow-same-name")).toMatchObject({ ok: true });
  });

  it.each([["Банк №1"], ["Банк™ 24"], ["Τράπεζα 1"], ["Põhja & Co"], ["みずほ Bank"], ["Fresh Bank 2"]])(
    "%j does not",
    async (name) => {
      await add();
      expect(await addOther("--name", name)).toMatchObject({ ok: true });
    },
  );

  it("is refused in a change too; the names that a party has it keeps", async () => {
    await add("--name", "Pank");
    await addOther("--name", "Other");
    expect(await json("set", OTHER, "--name", "Other", "--name", "PANK")).toMatchObject({ ok: false, code: "name_taken" });
    expect(await json("set", OTHER, "--name", "Pаnk")).toMatchObject({ ok: false, code: "mixed_alphabets" });
    expect(await json("set", OTHER, "--name", "PANK", "--allow-same-name")).toMatchObject({ party: { names: ["PANK"] } });
    expect(await json("set", OTHER, "--name", "PANK", "--name", "More", "--flow", "device-link")).toMatchObject({ ok: true });
    expect(await json("set", UUID, "--name", "BANK")).toMatchObject({ ok: true });
  });

  it("is found in a row that is malformed otherwise, and a row without names hides none", async () => {
    sqlite.exec(`INSERT INTO relying_parties (uuid, names) VALUES ('a', 'by hand')`);
    await add();
    sqlite.exec(`UPDATE relying_parties SET networks = 'x' WHERE uuid = '${UUID}'`);
    expect(await addOther("--name", "bank")).toMatchObject({ ok: false, code: "name_taken" });
  });
});

describe("rotate-credential", () => {
  it("ends the one before at once, or keeps it for the hours that were asked, and no third one", async () => {
    const { credential: first = "" } = await add();
    const { credential: second = "" } = await json("rotate-credential", UUID, "--keep-old", "48");
    expect([isKnown(second), isKnown(first), isKnown(first, now + 48 * HOUR - 1), isKnown(first, now + 48 * HOUR)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect((await command(["show", UUID])).out).toMatch(/^credential +yes, and the one before until 2026-11-24T12:00:00Z$/m);
    const { credential: third = "" } = await json("rotate-credential", UUID, "--keep-old", "1");
    expect([isKnown(third), isKnown(second), isKnown(first)]).toEqual([true, true, false]);
    const { out } = await command(["rotate-credential", UUID]);
    const [, fourth = ""] = /^Authorization: Bearer ([\w-]{43})$/m.exec(out) ?? [];
    expect([isKnown(fourth), isKnown(third), isKnown(second)]).toEqual([true, false, false]);
    expect(new Set([first, second, third, fourth]).size).toBe(4);
  });

  it("gives one to a party that had none", async () => {
    await add("--network", "192.0.2.0/24", "--no-credential");
    const { credential = "" } = await json("rotate-credential", UUID, "--keep-old", "1");
    expect(isKnown(credential, now, "192.0.2.7")).toBe(true);
    expect(isKnown("", now, "192.0.2.7")).toBe(false);
  });
});

it("a party is disabled and enabled; neither list nor show nor any change tells a hash", async () => {
  await add();
  await json("rotate-credential", UUID, "--keep-old", "1");
  const outcomes = [
    await command(["disable", UUID]),
    await command(["list"]),
    await command(["enable", UUID]),
    await command(["show", UUID]),
  ];
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(outcomes[0]?.out).toMatch(/^enabled +yes → no$/m);
  expect(outcomes[1]?.out).toBe(`${UUID}  Bank, standard, DISABLED\n`);
  expect(party().enabled).toBe(1);
  const rotated = await command(["rotate-credential", UUID, "--keep-old", "1"]);
  const answers = await Promise.all(["list", "show"].map((name) => json(name, ...(name === "show" ? [UUID] : []))));
  const { credential_sha256: hash, previous_credential_sha256: before } = party();
  const said = JSON.stringify([outcomes, rotated, answers]);
  for (const secret of [hash, before]) expect(said).not.toContain(secret);
});

it("a row that was written by hand and is malformed is shown, disabled and put right, and hides no other", async () => {
  await add();
  sqlite.exec("INSERT INTO relying_parties (uuid, names, networks) VALUES ('b', '[\"Shop\"]', 'x\u001b[2J')");
  sqlite.exec(`UPDATE relying_parties SET networks = '["192.0.2.0"]' WHERE uuid = '${UUID}'`);
  const listed = await command(["list"]);
  expect(listed.out).toMatch(/^b +MALFORMED$/m);
  expect(await command(["show", UUID])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/MALFORMED[^]*CIDR[^]*networks +192\.0\.2\.0\n/),
  });
  expect(await json("set", UUID, "--rate-limit", "small")).toMatchObject({ ok: false, code: "malformed_row" });
  expect(await json("disable", UUID)).toMatchObject({ ok: true, party: { enabled: false } });
  expect(await json("set", UUID, "--network", "192.0.2.0/24")).toMatchObject({ ok: true, party: { networks: ["192.0.2.0/24"] } });
});

it("usage is the command wherever it stands among its options", async () => {
  const words = ["--format", "json", "--party", UUID, "usage", "--month", "2026-10"];
  await add();
  for (const first of [0, 2, 4]) {
    const { code, out } = await command([...words.slice(first), ...words.slice(0, first)]);
    expect({ code, ...(JSON.parse(out) as object) }).toMatchObject({ code: 0, ok: true, month: "2026-10" });
  }
});

it("the help names every command and every option", async () => {
  expect(await command(["--help"])).toEqual({ code: 0, out: `${HELP}\n`, error: "" });
  for (const name of Object.keys(COMMANDS)) expect(HELP).toMatch(new RegExp(`^  npm run relying-party -- ${name}\\b`, "m"));
  for (const option of new Set(Object.values(COMMANDS).flat()))
    expect(option === "help" || HELP.includes(`--${option}`)).toBe(true);
  for (const line of HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(140);
});

describe("on the database of a local server", () => {
  const state = join(folder, "state");
  const local = (...parameters: string[]) => command([...parameters, "--state", state], "local");

  it("says what is missing, and registers under any name", { timeout: 120_000 }, async () => {
    expect(await local("list")).toMatchObject({ code: 1, error: expect.stringContaining("no local server") });
    mkdirSync(join(state, "v3/d1"), { recursive: true });
    expect(await local("list")).toMatchObject({ code: 1, error: expect.stringContaining("older Tally: start its server") });
    const wrangler = {
      target: { kind: "local" as const, folder: state },
      configuration: CONFIGURATION,
      environment: { PATH: process.env["PATH"] },
    };
    await querySql(wrangler, TABLES.join("\n"));
    const name = `'); DROP TABLE "x" --/*`;
    expect(await local("add", "--uuid", UUID, "--name", name)).toMatchObject({ code: 0 });
    const { out } = await local("show", UUID, "--json");
    expect(JSON.parse(out)).toMatchObject({ ok: true, party: { names: [name], hasCredential: true, rateLimit: "standard" } });
  });
});
