// What `npm run vault -- add` and `remove` do to the secret KEK and its backup, when a KEK may not go, and what the job does with what a
// server answers.
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { outputFor } from "../../scripts/authenticator/output.ts";
import { openBackup, sealBackup } from "../../scripts/secrets/backup.ts";
import { rewrapAll } from "../../scripts/vault/rewrap-all.ts";
import { addKek, removeKek, type Surroundings, whyNot } from "../../scripts/vault/rotation.ts";
import type { Answer, Order } from "../../src/protocol/operator-orders.ts";
import { parseKeyWords } from "../../src/vault/key-words.ts";
import { checkValueOf } from "../../src/vault/local-key.ts";

const PASSPHRASE = "three blind mice";
const FIRST = Buffer.alloc(32, 7).toString("base64");
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "tally-rotation-"));
const file = join(folder, "backup.jwe");
afterAll(() => rmSync(folder, { recursive: true }));

let stored: string;
let fails: boolean;
beforeEach(async () => {
  stored = FIRST;
  fails = false;
  writeFileSync(file, await sealBackup({ store: "a store", secrets: { KEK: FIRST }, stored: ["KEK"] }, PASSPHRASE, 1000));
});

const opened = (path = file) => openBackup(readFileSync(path, "utf8"), PASSPHRASE);
const surroundings = (store = "a store", path = file): Surroundings => ({
  store: {
    name: store,
    names: () => Promise.resolve(new Set(["kek"])),
    add: () => Promise.reject(new Error("it is there")),
    replace: async (_name, value) => {
      // Before it is stored, its backup is on the disk.
      expect((await opened(path)).secrets.KEK).toBe(value);
      if (fails) throw new Error("out of reach");
      stored = value;
    },
  },
  places: new Map([["KEK", "kek"]]),
  file: path,
  asking: { environment: { TALLY_SECRETS_PASSPHRASE: PASSPHRASE }, terminal: undefined },
  note: () => undefined,
  iterations: 1000,
});

type Status = Answer<"vaultStatus">;
const status = (more: Partial<Status> = {}): Status => ({
  current: "kek-2",
  configured: ["kek-1", "kek-2"],
  checkValues: [],
  problem: "",
  uses: [{ id: "kek-2", accounts: 5, pooledShares: 1, lastCurrentAt: Date.now() }],
  accountsUntoldSince: 0,
  ...more,
});

/** Of a server that has what the store has. */
async function served(more: Partial<Status> = {}, secret = stored): Promise<Status> {
  const words = parseKeyWords(secret).map(async ([id, key]) => ({ id, value: await checkValueOf(key) }));
  const checkValues = await Promise.all(words);
  return status({ checkValues, configured: checkValues.map(({ id }) => id), uses: [], ...more });
}
const FIRST_IS_CURRENT = { current: "kek-1", uses: [{ id: "kek-1", accounts: 5, pooledShares: 1, lastCurrentAt: 1 }] };

async function add(id: string, more: Partial<Status> = {}, path = file): Promise<string> {
  return addKek(id, surroundings("a store", path), await served(more));
}
async function remove(id: string, more: Partial<Status> = {}, path = file): Promise<string> {
  return removeKek(id, surroundings("a store", path), await served(more), false);
}

test("a KEK is added beside the others, once, also where the store was out of reach in between", async () => {
  fails = true;
  await expect(add("kek-2", FIRST_IS_CURRENT)).rejects.toThrow("out of reach");
  expect(stored).toBe(FIRST);
  fails = false;
  const said = await add("kek-2", FIRST_IS_CURRENT);
  expect(said).toContain("beside kek-1");
  expect(said).toContain("deploy as it is");
  expect(stored).toBe((await opened()).secrets.KEK);
  const [first, second, ...more] = stored.split("\n");
  expect([first, more]).toEqual([`kek-1:${FIRST}`, []]);
  expect(second).toMatch(/^kek-2:[A-Za-z0-9+/]{43}=$/);
  const before = stored;
  await add("kek-2", FIRST_IS_CURRENT);
  expect(stored).toBe(before);
});

test("one that goes stays in the backup, and comes back as it was, not as the current one", async () => {
  await add("kek-2", FIRST_IS_CURRENT);
  const both = stored;
  fails = true;
  await expect(remove("kek-1")).rejects.toThrow("out of reach");
  fails = false;
  await remove("kek-1");
  expect(stored).toBe(both.split("\n")[1]);
  expect(await opened()).toMatchObject({ secrets: { KEK: stored }, retiredKeks: `kek-1:${FIRST}` });
  const uses = [{ id: "kek-1", accounts: 1, pooledShares: 0, lastCurrentAt: 1 }];
  fails = true;
  await expect(add("kek-1", { uses })).rejects.toThrow("out of reach");
  fails = false;
  const said = await add("kek-1", { uses });
  expect(said).toContain("as it was before");
  expect(said).toContain("leave KEK_ID as it is");
  expect(stored.split("\n").toSorted()).toEqual(both.split("\n"));
});

test("nothing goes that the store does not have, nor the last one", async () => {
  await expect(remove("kek-1")).rejects.toThrow("does not have its current KEK");
  await expect(remove("kek-1", { current: "kms-1", configured: ["kek-1", "kms-1"] })).rejects.toThrow("the only key");
  await add("kek-2", FIRST_IS_CURRENT);
  await expect(remove("kms-1")).rejects.toThrow("goes out of EXTERNAL_KEKS");
});

test("an older copy of the backup takes no key out of the store, and gives no id to another key", async () => {
  const copy = join(folder, "copy.jwe");
  copyFileSync(file, copy);
  await add("kek-2", FIRST_IS_CURRENT);
  const both = stored;
  await expect(add("kek-3", {}, copy)).rejects.toThrow("The server has kek-2, and this backup does not");
  await expect(add("kek-2", {}, copy)).rejects.toThrow("The server has kek-2, and this backup does not");
  const other = { store: "a store", secrets: { KEK: `${both.split("\n")[0]}\nkek-2:${FIRST}` }, stored: ["KEK" as const] };
  writeFileSync(copy, await sealBackup(other, PASSPHRASE, 1000));
  for (const id of ["kek-2", "kek-3"]) await expect(add(id, {}, copy)).rejects.toThrow("The server has another key as kek-2");
  // From when kek-1 was removed, and before it was put back.
  await remove("kek-1");
  copyFileSync(file, copy);
  await add("kek-1");
  await expect(add("kek-3", {}, copy)).rejects.toThrow("The server has kek-1, which this backup counts as removed");
  expect(stored.split("\n").toSorted()).toEqual(both.split("\n"));
});

test("nothing is done on the word of a server that has other keys, or cannot say which", async () => {
  await add("kek-2", FIRST_IS_CURRENT);
  const both = stored;
  const staging = await served({ current: "kek-9" }, `kek-9:${FIRST}`);
  await expect(removeKek("kek-1", surroundings(), staging, false)).rejects.toThrow("The server has kek-9");
  await expect(addKek("kek-3", surroundings(), staging)).rejects.toThrow("The server has kek-9");
  const less = await served({}, both.split("\n")[0]);
  await expect(addKek("kek-3", surroundings(), less)).rejects.toThrow("give add kek-2 once more");
  const silent = status({ problem: "it is down", configured: [] });
  await expect(addKek("kek-3", surroundings(), silent)).rejects.toThrow("it is down");
  expect(stored).toBe(both);
});

test("no new key is made for an id that something may name, or that a KMS has", async () => {
  const use = { id: "kek-2", accounts: 0, pooledShares: 0, lastCurrentAt: 0 };
  for (const more of [{ accounts: 1 }, { pooledShares: 1 }, { lastCurrentAt: 1 }]) {
    await expect(add("kek-2", { current: "kek-1", uses: [{ ...use, ...more }] })).rejects.toThrow("There was a kek-2 before");
  }
  await expect(add("kek-2")).rejects.toThrow("There was a kek-2 before");
  await expect(add("kms-1", { configured: ["kek-1", "kms-1"] })).rejects.toThrow("a KMS keeps");
  expect(stored).toBe(FIRST);
});

test("a backup that is not known to be of this store is not touched", async () => {
  await expect(addKek("kek-2", surroundings("another store"), await served())).rejects.toThrow(
    "is the backup of the store a store",
  );
  const { store, ...rest } = surroundings();
  const empty = { ...store, names: () => Promise.resolve(new Set<string>()) };
  await expect(addKek("kek-2", { ...rest, store: empty }, await served())).rejects.toThrow("not known to have the KEK");
  writeFileSync(file, await sealBackup({ store: "a store", secrets: { KEK: FIRST }, stored: [] }, PASSPHRASE, 1000));
  await expect(add("kek-2")).rejects.toThrow("not known to have the KEK");
  expect(stored).toBe(FIRST);
});

test("a KEK does not go while anything may need it", () => {
  const now = Date.now();
  const use = { id: "kek-1", accounts: 0, pooledShares: 0, lastCurrentAt: now - 3 * HOUR };
  const reason = (more: Partial<Answer<"vaultStatus">>, evenUntold = false): string =>
    whyNot("kek-1", status({ uses: [use], ...more }), evenUntold, now) ?? "may go";
  expect(reason({})).toBe("may go");
  expect(reason({ current: "kek-1" })).toContain("is the current KEK");
  expect(reason({ problem: "it is down" })).toContain("it is down");
  expect(reason({ configured: ["kek-1"] })).toContain("does not have its current KEK");
  expect(reason({ uses: [{ ...use, accounts: 1 }] })).toContain("1 accounts");
  expect(reason({ uses: [{ ...use, pooledShares: 1 }] })).toContain("1 pooled shares");
  expect(reason({ uses: [{ ...use, lastCurrentAt: now - 2 * HOUR + 1 }] })).toContain("Try again then");
  expect(reason({ uses: [{ ...use, lastCurrentAt: now - 2 * HOUR }] })).toBe("may go");
  expect(reason({ accountsUntoldSince: 1 })).toContain("--accounts-from-before-are-gone");
  expect(reason({ accountsUntoldSince: 1 }, true)).toBe("may go");
});

/** Runs the job against a server that answers with these, one after the other. Gives its orders, its exit code and what it said. */
async function job(...answers: readonly (Status | Partial<Answer<"rewrap">>)[]) {
  const orders: Order[] = [];
  const step = { current: "kek-2", done: 0, failed: [], next: "", pooledSharesDropped: 0 };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const [, claims = ""] = body.split(".");
      orders.push((JSON.parse(Buffer.from(claims, "base64url").toString()) as { order: Order }).order);
      const answer = answers[orders.length - 1] ?? {};
      response.setHeader("connection", "close").end(JSON.stringify("uses" in answer ? answer : { ...step, ...answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const said: string[] = [];
  const output = outputFor(false, { out: (line) => said.push(line), error: () => undefined }, "vault");
  const code = await rewrapAll("kek-2", { url, key }, output).catch((error: unknown) => String(error));
  await new Promise((resolve) => server.close(resolve));
  return { orders, code, said: said.join("\n") };
}
const named = (accounts: number) => status({ uses: [{ id: "kek-1", accounts, pooledShares: 0, lastCurrentAt: 1 }] });
const handles = (...digits: readonly string[]): readonly string[] => digits.map((digit) => digit.repeat(64));

test("the job names the KEK that everything goes under, some accounts an order, and ends with what is named then", async () => {
  const [after = ""] = handles("a");
  const { orders, code, said } = await job(named(11), { done: 10, next: after }, { done: 1 }, named(0));
  const order = { kind: "rewrap", kek: "kek-1", target: "kek-2", limit: 10 };
  expect(orders.slice(1, 3)).toEqual([
    { ...order, after: "" },
    { ...order, after },
  ]);
  expect([code, said]).toEqual([0, "11 accounts are under kek-2 now; nothing names another KEK."]);
  // What an account tells may arrive later; and one may have come from a version of before.
  const late = await job(named(1), { done: 1 }, named(2));
  expect(late.code).toBe(1);
  expect(late.said).toContain("2 accounts and 0 pooled shares name kek-1 still");
});

test("the job asks nothing of a version that has another current KEK, and says so where it meets one on its way", async () => {
  const before = { ...named(0), current: "kek-1", uses: [{ id: "kek-2", accounts: 9, pooledShares: 3, lastCurrentAt: 1 }] };
  const { orders, code } = await job(before);
  expect(orders).toEqual([{ kind: "vaultStatus" }]);
  expect(code).toContain("finish the deployment");
  expect((await job(named(1), { done: 1 }, before)).code).toContain("finish the deployment");
});

test("what the job could not move is tried once more; what is left then is named, and the job has failed", async () => {
  const [handle = ""] = handles("a");
  // Another account of the same order was moved: that KEK can be asked.
  const once = await job(named(2), { done: 1, failed: [{ handle, reason: "unavailable" }] }, { done: 1 }, named(0));
  expect([once.code, once.said]).toEqual([0, "2 accounts are under kek-2 now; nothing names another KEK."]);
  const failed = [{ handle, reason: "unreachable" as const }];
  const twice = await job(named(1), { failed }, { failed }, named(0));
  expect([twice.orders.length, twice.code]).toEqual([4, 1]);
  expect(twice.said).toContain(`${handle}  its object did not answer`);
});

test("the job stops where the KEKs cannot be asked", async () => {
  const failed = handles("a", "b").map((handle) => ({ handle, reason: "unavailable" as const }));
  const { orders, code } = await job(named(20), { failed, next: failed[1]?.handle ?? "" });
  expect([orders.length, code]).toEqual([2, expect.stringContaining("cannot be asked")]);
});

test("a database that was in use may have accounts that nobody counted, a new one has none; kek-1 rests in both", () => {
  const migrations = readdirSync("migrations")
    .toSorted()
    .filter((name) => name <= "0009_vault.sql");
  const uses = [
    "",
    "INSERT INTO server_share_pool (id, suite, wrapped) VALUES ('a', 'rsa', x'00')",
    "INSERT INTO certificates (serial_number, issuer, not_before, not_after) VALUES ('a', 'b', 1, 2)",
    "INSERT INTO certificate_authorities (name, certificate) VALUES ('a', 'b')",
    "INSERT INTO relying_parties (uuid, names) VALUES ('a', '[]')",
  ];
  for (const use of uses) {
    const database = new DatabaseSync(":memory:");
    for (const name of migrations) {
      if (name === migrations.at(-1)) database.exec(use);
      database.exec(readFileSync(join("migrations", name), "utf8"));
    }
    const [current] = database.prepare("SELECT kek_id, last_at FROM current_keks").all();
    expect([current?.["kek_id"], Number(current?.["last_at"]) > Date.now() - HOUR]).toEqual(["kek-1", true]);
    expect(database.prepare("SELECT since FROM untold_accounts").all()).toHaveLength(use === "" ? 0 : 1);
    database.close();
  }
});
