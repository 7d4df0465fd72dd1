// Each schema of the Account object from the one before it, with an account's life in it.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ACCOUNT_MIGRATIONS } from "../../../durable/account/account-migrations.ts";
import { migrate, schemaVersion } from "../../../durable/storage/migrations.ts";
import { approveTransaction } from "../../../src/authenticator/transactions.ts";
import { endResult, startLogin } from "../../support/demo-party.ts";
import { accountStub, claimOnly, enrol, openedDevice, PINS, pinOf } from "../../support/headless-device.ts";
import { openLive } from "../../support/live-socket.ts";
import { RawDevice } from "../../support/raw-device.ts";
import { seedDemoParty } from "../../support/relying-party.ts";
import { query } from "../../support/server-vault.ts";
import { dumpObject } from "../../support/storage-dump.ts";

/** Takes the additions of all newer schemas away again. */
const BACK_TO_1 = [
  "DROP TABLE disowned",
  "DROP TABLE repeated_event",
  "DROP TABLE audit",
  "DROP TABLE notice",
  "ALTER TABLE pending_transaction DROP COLUMN push_owed",
  "ALTER TABLE account DROP COLUMN told_keks",
  "ALTER TABLE account DROP COLUMN told_version",
  "DROP TABLE awaited",
  "DROP TABLE re_key",
  "ALTER TABLE key_pair DROP COLUMN proof_nonce",
  "ALTER TABLE key_pair DROP COLUMN grant_hash",
  "ALTER TABLE pending_transaction DROP COLUMN nonce",
  "DROP TABLE push_subscription",
  "DROP TABLE test_push",
  "DROP TABLE live_ticket",
  "ALTER TABLE answer DROP COLUMN secret",
  "UPDATE schema_version SET version = 1",
];

function columnsOf({ sql }: DurableObjectStorage): object {
  const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").toArray();
  const own = tables.filter(({ name }) => !/^(_cf|sqlite)_/.test(name));
  return Object.fromEntries(own.map(({ name }) => [name, sql.exec(`PRAGMA table_info("${name}")`).toArray()]));
}

describe("the account's newest schema", () => {
  it("takes over an account of schema 1, which goes on where it was", async () => {
    await seedDemoParty();
    const device = await enrol();
    const handle = (await device.storage.read())?.handle ?? "";
    const login = await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const raw = new RawDevice(device.storage.record);
    const known = raw.request("getKeyState", {});
    const answered = await raw.send(known);

    for (const statement of BACK_TO_1) await query(handle, statement);
    // An account that outlives its certificates.
    const [certified] = await query(handle, "SELECT min(json_extract(index_entry, '$.notAfter')) AS not_after FROM key_pair");
    await query(handle, "UPDATE account SET expires_at = expires_at + 31536000000");
    // A closing that was told together with its notice.
    await query(handle, `INSERT INTO outbox (kind, target, payload) VALUES ('closed', 'somebody', '{"id":"1"}')`);
    const before = await dumpObject(accountStub(device.storage.record));
    const fresh = env.ACCOUNTS.get(env.ACCOUNTS.newUniqueId());
    const schema1 = await runInDurableObject(fresh, (_, { storage }) => {
      migrate(storage, ACCOUNT_MIGRATIONS.slice(0, 1));
      return columnsOf(storage);
    });
    expect(await runInDurableObject(accountStub(device.storage.record), (_, { storage }) => columnsOf(storage))).toEqual(schema1);

    await evictDurableObject(accountStub(device.storage.record));
    await accountStub(device.storage.record).withdraw("");
    const { outbox: posted, alarm: _later, ...after } = await dumpObject(accountStub(device.storage.record));
    const answers = (before["answer"] as object[]).map((row) => ({ ...row, secret: null }));
    const transactions = (before["pending_transaction"] as object[]).map((row) => ({ ...row, push_owed: 0, nonce: null }));
    const keys = (before["key_pair"] as object[]).map((row) => ({ ...row, proof_nonce: null, grant_hash: null }));
    const changed = {
      answer: answers,
      pending_transaction: transactions,
      key_pair: keys,
      schema_version: [{ version: ACCOUNT_MIGRATIONS.length }],
    };
    const expiresAt = (certified?.["not_after"] as number) + 1000;
    const accounts = (before["account"] as object[]).map((row) => ({
      ...row,
      expires_at: expiresAt,
      // Nobody knew under which KEKs its values are: it says so as soon as it is loaded.
      told_keks: '["kek-1"]',
      told_version: expect.any(Number) as number,
    }));
    const [closing] = before["outbox"] as { id: number }[];
    const outbox = [
      { ...closing, payload: "null" },
      { id: closing!.id + 1, kind: "notice", target: "somebody", payload: '{"id":"1"}' },
    ];
    const sequences = before["sqlite_sequence"] as { name: string; seq: number }[];
    const counted = sequences.map(({ name, seq }) => ({ name, seq: name === "outbox" ? seq + 2 : seq }));
    const added = {
      ...changed,
      sqlite_sequence: counted,
      account: accounts,
      push_subscription: [],
      test_push: [],
      live_ticket: [],
      notice: [],
      awaited: [],
      re_key: [],
      audit: [],
      repeated_event: [],
      disowned: [],
    };
    const { outbox: _closing, alarm: _alarm, ...rest } = before;
    expect(after).toEqual({ ...rest, ...added });
    // What it says of its KEKs may have arrived by now.
    expect((posted as { kind: string }[]).filter(({ kind }) => kind !== "vault")).toEqual(outbox);

    // The last answer is repeated byte for byte, and what was claimed is signed.
    expect(await raw.send(known)).toEqual(answered);
    await device.storage.write({ ...(await device.storage.read())!, oneTimePassword: raw.oneTimePassword });
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(login)).toBe("OK");
    (await openLive(device)).socket.close();
  });

  it("names the keys of an application that waits one by one", async () => {
    const [auth, sign] = ["A".repeat(43), "B".repeat(43)];
    const details = { kind: "application", nonce: "C", publicKeyHashes: { auth, sign }, level: "QUALIFIED" };
    const migrated = await runInDurableObject(env.ACCOUNTS.get(env.ACCOUNTS.newUniqueId()), (_, { storage }) => {
      migrate(storage, ACCOUNT_MIGRATIONS.slice(0, 6));
      storage.sql.exec(
        "INSERT INTO pending_transaction (transaction_id, purpose, expires_at, details, offer) VALUES ('1', 'sign', 1, ?, '{}')",
        JSON.stringify(details),
      );
      migrate(storage, ACCOUNT_MIGRATIONS);
      return storage.sql.exec<{ details: string }>("SELECT details FROM pending_transaction").one().details;
    });
    const keys = [
      { purpose: "auth", suite: "rsa", publicKeyHash: auth },
      { purpose: "sign", suite: "rsa", publicKeyHash: sign },
    ];
    expect(JSON.parse(migrated)).toEqual({ kind: "application", nonce: "C", keys, level: "QUALIFIED" });
  });

  it("is the same however it was come to", async () => {
    const versions = await Promise.all(
      ACCOUNT_MIGRATIONS.map((_, index) => index + 1).map((first) =>
        runInDurableObject(env.ACCOUNTS.get(env.ACCOUNTS.newUniqueId()), (_, { storage }) => {
          migrate(storage, ACCOUNT_MIGRATIONS.slice(0, first));
          migrate(storage, ACCOUNT_MIGRATIONS);
          return { version: schemaVersion(storage), columns: columnsOf(storage) };
        }),
      ),
    );
    for (const version of versions) expect(version).toEqual(versions[0]);
    expect(versions[0]?.version).toBe(ACCOUNT_MIGRATIONS.length);
  });
});

it("an account of a newer schema than the code answers nobody, and keeps its alarm until the code is back", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const device = await openedDevice();
  const stub = accountStub(device.storage.record);
  const handle = device.storage.record?.handle ?? "";
  const version = `UPDATE schema_version SET version = ${ACCOUNT_MIGRATIONS.length}`;
  await query(handle, `${version} + 1`);
  await evictDurableObject(stub);
  await expect(device.client.call("getKeyState", () => ({}))).rejects.toThrow();
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(log).toHaveBeenLastCalledWith("an alarm will be repeated:", expect.anything());
  expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBeLessThan(Date.now() + 60_000);
  await query(handle, version);
  expect(await stub.describe()).toMatchObject({ status: "opened" });
  vi.restoreAllMocks();
});
