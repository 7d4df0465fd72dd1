// Data that cannot be served with the secrets that are there is refused in one line, and neither repaired nor deleted.
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LocalSecrets, makeLocalSecrets, SECRET_BINDINGS } from "../../scripts/local-secrets.ts";
import { StartFailure } from "../../scripts/start-failure.ts";
import { checkStoredData } from "../../scripts/stored-data.ts";

const state = await makeLocalSecrets({ pkiBaseUrl: "http://localhost:8787/pki", now: Date.now() });
const others = await makeLocalSecrets({ pkiBaseUrl: "http://localhost:8787/pki", now: Date.now() });

let folder = "";
let database = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-data-"));
  database = join(folder, "v3/d1/miniflare-D1DatabaseObject", `${"ab".repeat(32)}.sqlite`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function makeDatabase(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const made = new DatabaseSync(file);
  made.exec("CREATE TABLE numbers (value TEXT); CREATE INDEX by_value ON numbers (value)");
  const insert = made.prepare("INSERT INTO numbers VALUES (?)");
  made.exec("BEGIN");
  for (let row = 0; row < 500; row++) insert.run(randomBytes(20).toString("hex"));
  made.exec("COMMIT");
  made.close();
}

/** The one line that says why not. */
function refusal(secrets: LocalSecrets = state): string {
  try {
    checkStoredData(folder, secrets);
  } catch (error) {
    expect(error).toBeInstanceOf(StartFailure);
    const { message } = error as StartFailure;
    expect(message).not.toContain("\n");
    return message;
  }
  return "none";
}

describe("stored data", () => {
  beforeEach(() => {
    checkStoredData(folder, state);
    makeDatabase(database);
    makeDatabase(join(folder, "v3/do/tally-AccountObject", `${"cd".repeat(32)}.sqlite`));
  });

  it("is accepted with the secrets that it was made with", () => {
    expect(refusal()).toBe("none");
  });

  it.each(SECRET_BINDINGS)("is refused with another %s, which is named and not shown", (binding) => {
    const secrets = { ...state.secrets, [binding]: others.secrets[binding] };
    const said = refusal({ ...state, secrets });
    expect(said).toContain(`was made with other secrets (${binding} in ${join(folder, "secrets.json")} is not the same)`);
    expect(said).not.toContain(others.secrets[binding]);
  });

  it("is refused where it was brought from another server's folder", () => {
    expect(refusal(others)).toContain("KEK, ISSUER_KEY_QUALIFIED");
  });

  it("keeps nothing of the secrets beside it", () => {
    const content = readFileSync(join(folder, "v3/made-with.json"), "utf8");
    for (const value of Object.values(state.secrets)) expect(content).not.toContain(value);
  });

  describe("of before there were pushes, or OCSP", () => {
    const file = () => join(folder, "v3/made-with.json");
    const recorded = () => JSON.parse(readFileSync(file(), "utf8")) as Record<string, string>;
    const forget = (binding: string) => {
      const { [binding]: _forgotten, ...left } = recorded();
      writeFileSync(file(), JSON.stringify(left));
    };

    it.each(["VAPID_PRIVATE_KEY", "OCSP_KEY_QUALIFIED", "OCSP_KEY_NON_QUALIFIED"] as const)(
      "is accepted with a %s, and from then on with that one only",
      (binding) => {
        const before = recorded();
        forget(binding);
        expect(refusal()).toBe("none");
        expect(recorded()).toEqual(before);
        const secrets = { ...state.secrets, [binding]: others.secrets[binding] };
        expect(refusal({ ...state, secrets })).toContain(`${binding} in`);
      },
    );

    it("is refused with another secret all the same, and nothing is recorded", () => {
      forget("VAPID_PRIVATE_KEY");
      const before = recorded();
      expect(refusal({ ...state, secrets: { ...state.secrets, KEK: others.secrets.KEK } })).toContain("(KEK in");
      expect(recorded()).toEqual(before);
    });

    it("is refused where any other secret is not recorded", () => {
      forget("KEK");
      expect(refusal()).toContain("made-with.json is damaged");
    });
  });

  it("is refused where what it was made with is not readable", () => {
    writeFileSync(join(folder, "v3/made-with.json"), "{}");
    expect(refusal()).toContain("made-with.json is damaged");
  });

  it("is refused where accounts are there and the database is gone", () => {
    rmSync(join(folder, "v3/d1"), { recursive: true });
    expect(refusal()).toContain("is gone, but accounts are there");
    // What the runtime keeps beside its databases is none.
    makeDatabase(join(dirname(database), "metadata.sqlite"));
    expect(refusal()).toContain("is gone, but accounts are there");
    writeFileSync(database, "");
    expect(refusal()).toContain("is gone, but accounts are there");
    expect(readFileSync(database).length).toBe(0);
    // Nor does the demo bank's stand in for it.
    const bank = new DatabaseSync(join(dirname(database), `${"ef".repeat(32)}.sqlite`));
    bank.exec("CREATE TABLE bank_entries (id TEXT PRIMARY KEY); CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY)");
    bank.close();
    expect(refusal()).toContain("is gone, but accounts are there");
  });

  it.each([
    ["from its first byte on", 0],
    ["in the middle", 8192],
  ])("is refused where the database is overwritten %s", (_, offset) => {
    const damaged = readFileSync(database);
    randomBytes(4096).copy(damaged, offset);
    writeFileSync(database, damaged);
    expect(refusal()).toBe(
      `the database in ${database} is damaged: restore a copy of ${folder}, or delete it to start afresh (local accounts are lost)`,
    );
    expect(readFileSync(database).equals(damaged)).toBe(true);
  });
});

it("is accepted in a copy of the whole folder", () => {
  checkStoredData(folder, state);
  makeDatabase(database);
  const copy = join(folder, "copy");
  cpSync(join(folder, "v3"), join(copy, "v3"), { recursive: true });
  expect(() => checkStoredData(copy, state)).not.toThrow();
});
