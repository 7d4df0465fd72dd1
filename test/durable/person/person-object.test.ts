import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { PERSON_MIGRATIONS } from "../../../durable/person/person-migrations.ts";
import { migrate } from "../../../durable/storage/migrations.ts";
import type { Environment } from "../../../src/environment.ts";
import { parseDocumentNumber } from "../../../src/protocol/document-number.ts";

type Person = ReturnType<Environment["PERSONS"]["get"]>;

let count = 0;
const identifier = "PNOEE-40504040001";
const newPerson = (): Person => env.PERSONS.get(env.PERSONS.idFromName(`${identifier}${count++}`));
const tablesOf = (person: Person): Promise<number> =>
  runInDurableObject(person, (_instance, state) => state.storage.sql.exec("SELECT 1 FROM sqlite_master").toArray().length);

describe("a person", () => {
  test("whom nobody registered has no accounts, no epochs and no storage", async () => {
    const person = newPerson();
    expect(await person.accounts()).toEqual([]);
    expect(await person.epoch("a")).toBe(0);
    await person.close("a");
    expect(await tablesOf(person)).toBe(0);
  });

  test("gets a document number that tells the level", async () => {
    const person = newPerson();
    expect(parseDocumentNumber(await person.reserveDocumentNumber(identifier, "a", "QUALIFIED"))).toMatchObject({
      semanticsIdentifier: identifier,
      qualified: true,
    });
    expect(await person.reserveDocumentNumber(identifier, "b", "ADVANCED")).toMatch(/^PNOEE-40504040001-[0-9A-Z]{4}-NQ$/);
  });

  test("gets the same number for the same account, and another one for another", async () => {
    const person = newPerson();
    const first = await person.reserveDocumentNumber(identifier, "a", "QUALIFIED");
    await evictDurableObject(person);
    expect(await person.reserveDocumentNumber(identifier, "a", "QUALIFIED")).toBe(first);
    const numbers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => person.reserveDocumentNumber(identifier, `other ${index}`, "QUALIFIED")),
    );
    expect(new Set([first, ...numbers]).size).toBe(13);
  });

  test("gets the suffix that is wished for once, and a random one where an account of the same person ever had it", async () => {
    const person = newPerson();
    expect(await person.reserveDocumentNumber(identifier, "a", "QUALIFIED", "MOCK")).toBe(`${identifier}-MOCK-Q`);
    expect(await person.reserveDocumentNumber(identifier, "a", "QUALIFIED", "DEM0")).toBe(`${identifier}-MOCK-Q`);
    await person.close("a");
    const other = parseDocumentNumber(await person.reserveDocumentNumber(identifier, "b", "ADVANCED", "MOCK"));
    expect(other).toMatchObject({ semanticsIdentifier: identifier, qualified: false });
    expect(other?.suffix).not.toBe("MOCK");
  });

  test("is asked for nothing before an account is active, and lists active accounts oldest first", async () => {
    const person = newPerson();
    const numbers: Record<string, string> = {};
    for (const handle of ["b", "a", "c"]) numbers[handle] = await person.reserveDocumentNumber(identifier, handle, "QUALIFIED");
    expect(await person.accounts()).toEqual([]);
    for (const handle of ["c", "a", "b"]) await person.activate(handle, []);
    await person.activate("a", []);
    await evictDurableObject(person);
    expect(await person.accounts()).toEqual(
      ["b", "a", "c"].map((handle) => ({ handle, documentNumber: numbers[handle], level: "QUALIFIED" })),
    );
  });

  test("keeps a closed account closed, and its number from being given again", async () => {
    const person = newPerson();
    const number = await person.reserveDocumentNumber(identifier, "a", "QUALIFIED");
    await person.activate("a", []);
    await person.close("a");
    await person.close("a");
    await person.activate("a", []);
    expect(await person.accounts()).toEqual([]);
    const suffix = parseDocumentNumber(number)?.suffix;
    await runInDurableObject(person, (_instance, state) => {
      const rows = state.storage.sql.exec("SELECT state FROM account WHERE suffix = ?", suffix).toArray();
      expect(rows).toEqual([{ state: "closed" }]);
    });
  });

  test("keeps the serial numbers of every account's certificates, also when it is closed, and has none of older accounts", async () => {
    const person = newPerson();
    const record = { level: "QUALIFIED", state: "closed" } as const;
    const older = { ...record, handle: "older", documentNumber: `${identifier}-0000-Q`, serialNumbers: [] };
    await runInDurableObject(person, (_instance, { storage }) => {
      migrate(storage, PERSON_MIGRATIONS.slice(0, 2));
      storage.sql.exec(
        "INSERT INTO account (handle, suffix, document_number, level, state) VALUES ('older', '0000', ?, 'QUALIFIED', 'closed')",
        older.documentNumber,
      );
    });
    await evictDurableObject(person);
    const documentNumber = await person.reserveDocumentNumber(identifier, "a", "QUALIFIED");
    for (const serialNumbers of [["1", "2"], ["1", "2"], ["3"]]) await person.activate("a", serialNumbers);
    await person.close("a");
    await person.activate("a", ["4"]);
    await evictDurableObject(person);
    expect(await person.history()).toEqual([
      older,
      { ...record, handle: "a", documentNumber, serialNumbers: ["1", "2", "3", "4"] },
    ]);
  });

  test("keeps the highest epoch seen, through evictions and in any order", async () => {
    const person = newPerson();
    for (const epoch of [3, 7, 5]) await person.raiseEpoch("a", epoch);
    await evictDurableObject(person);
    await person.raiseEpoch("a", 6);
    expect(await person.epoch("a")).toBe(7);
    expect(await person.epoch("b")).toBe(0);
  });
});

describe("a signature request made again", () => {
  test("within 15 s is the same session; another request is another", async () => {
    const person = newPerson();
    expect(await person.repeatedSession("request", "first")).toBe("first");
    expect(await person.repeatedSession("request", "second")).toBe("first");
    expect(await person.repeatedSession("other request", "third")).toBe("third");
  });

  test("at the same moment is the same session", async () => {
    const person = newPerson();
    const sessions = await Promise.all(["first", "second"].map((sessionID) => person.repeatedSession("request", sessionID)));
    expect(sessions[0]).toBe(sessions[1]);
  });

  test("after 15 s is a new session, and nothing of the old one stays", async () => {
    const person = newPerson();
    await person.repeatedSession("request", "first");
    await runInDurableObject(person, (_instance, state) => {
      state.storage.sql.exec("UPDATE recent_request SET expires_at = expires_at - 15000");
    });
    expect(await person.repeatedSession("request", "second")).toBe("second");
    await runInDurableObject(person, (_instance, state) => {
      state.storage.sql.exec("UPDATE recent_request SET expires_at = expires_at - 15000");
    });
    expect(await runDurableObjectAlarm(person)).toBe(true);
    await runInDurableObject(person, (_instance, state) => {
      expect(state.storage.sql.exec("SELECT * FROM recent_request").toArray()).toEqual([]);
    });
    expect(await runDurableObjectAlarm(person)).toBe(false);
  });
});

test("an alarm that fails is followed by another one, and what waited is done when the fault is mended", async () => {
  const person = newPerson();
  await person.repeatedSession("request", "first");
  const change = (statement: string): Promise<unknown> =>
    runInDurableObject(person, (_instance, { storage }) => storage.sql.exec(statement).toArray());
  await change("UPDATE recent_request SET expires_at = 0");
  // As after a Worker was rolled back.
  await change("UPDATE schema_version SET version = version + 90");
  const log = vi.spyOn(console, "error").mockReturnValue();
  for (let alarms = 0; alarms < 8; alarms++) {
    await evictDurableObject(person);
    expect(await runDurableObjectAlarm(person)).toBe(true);
  }
  expect(log).toHaveBeenCalledTimes(8);
  expect(log).toHaveBeenLastCalledWith("a person's alarm will be repeated:", expect.anything());
  log.mockRestore();
  await change("UPDATE schema_version SET version = version - 90");
  expect(await runDurableObjectAlarm(person)).toBe(true);
  expect(await change("SELECT * FROM recent_request")).toEqual([]);
  expect(await runDurableObjectAlarm(person)).toBe(false);
});

test("the schema is made whole from an empty database, once", async () => {
  await runInDurableObject(newPerson(), (_instance, state) => {
    migrate(state.storage, PERSON_MIGRATIONS);
    migrate(state.storage, PERSON_MIGRATIONS);
    const tables = state.storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    const names = tables.toArray().map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["account", "account_epoch", "notice", "notice_delivery", "recent_request", "schema_version"]),
    );
    expect(state.storage.sql.exec("SELECT version FROM schema_version").one()).toEqual({ version: PERSON_MIGRATIONS.length });
  });
});
