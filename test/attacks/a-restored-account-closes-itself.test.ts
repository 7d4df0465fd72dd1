import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { Attempts } from "../support/attempts.ts";
import { startLogin } from "../support/demo-party.ts";
import { accountStub, claimOnly, enrol, type HeadlessDevice, PERSON, pinOf, WRONG_PINS } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let device: HeadlessDevice & { documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});

const state = async () => {
  const answer = await device.client.call("getKeyState", () => ({}));
  return answer.ok ? answer.value : answer.failure;
};

/** What point-in-time recovery would bring back of one account: its counters, while its channel goes on. */
const restore = (epoch: number) =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) => {
    storage.sql.exec("UPDATE account SET epoch = ?", epoch);
    storage.sql.exec("DELETE FROM lockout");
  });

const epoch = () =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) =>
    Number(storage.sql.exec("SELECT epoch FROM account").one()["epoch"]),
  );

describe("an account whose rows were brought back from before a payment", () => {
  it("goes on when nothing was lost, however often it is loaded", async () => {
    await abortAllDurableObjects();
    expect(await state()).toMatchObject({ status: "active" });
  });

  it("stays closed when rows from before its closing are brought back", async () => {
    const other = await enrol({ ...PERSON, personalCode: "40504040001" });
    const stub = accountStub(other.storage.record);
    const delivered = async () =>
      vi.waitFor(
        async () => {
          const outbox = await runInDurableObject(stub, (_, { storage }) => storage.sql.exec("SELECT * FROM outbox").toArray());
          expect(outbox).toEqual([]);
        },
        { timeout: 20_000 },
      );
    await delivered();
    const rows = await runInDurableObject(stub, (_, { storage }) => ({
      account: storage.sql.exec("SELECT epoch FROM account").one(),
      keys: storage.sql.exec("SELECT purpose, key_version, state, server_share FROM key_pair").toArray(),
    }));
    expect((await other.client.call("revokeKey", () => ({}))).ok).toBe(true);
    await delivered();
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE account SET status = 'active', closed_reason = '', epoch = ?", rows.account["epoch"] ?? 0);
      for (const { purpose, key_version: version, state: before, server_share: share } of rows.keys) {
        storage.sql.exec(
          "UPDATE key_pair SET state = ?, server_share = ? WHERE purpose = ? AND key_version = ?",
          before ?? "",
          share ?? null,
          purpose ?? "",
          version ?? 0,
        );
      }
    });
    await abortAllDurableObjects();
    const after = await other.client.call("getKeyState", () => ({}));
    expect(after).toMatchObject({ ok: true, value: { status: "closed", closedReason: "rolled_back" } });
  });

  it("closes itself when it is loaded with fewer payments than its Person object was told of, and uses no nonce again", async () => {
    const before = await epoch();
    const account = new Attempts(device);
    const { claimed } = await account.wait("ed25519");
    const [row = {}] = await account.query("SELECT * FROM pending_transaction");
    // Another signature under the commitment that is used up by then: both together would give the server's share away.
    const again = await account.contribution(claimed, "right");
    expect(await account.try(claimed, "right")).toBe("signed");
    await startLogin(device.documentNumber);
    await approveTransaction(device.client, await claimOnly(device), pinOf(WRONG_PINS.auth));
    // The payment is told to the person after the commit.
    await vi.waitFor(
      async () => {
        const outbox = await runInDurableObject(accountStub(device.storage.record), (_, { storage }) =>
          storage.sql.exec("SELECT * FROM outbox").toArray(),
        );
        expect(outbox).toEqual([]);
      },
      { timeout: 20_000 },
    );
    await restore(before);
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    await account.query(
      `INSERT INTO pending_transaction (${columns.join(", ")}) VALUES (${places})`,
      ...columns.map((column) => row[column] ?? null),
    );
    await abortAllDurableObjects();
    const evaluate = vi.spyOn(serverHalves.ed25519, "evaluate");
    expect(await account.send(claimed, again)).toBe("account_closed");
    expect(evaluate).not.toHaveBeenCalled();
    expect(await state()).toMatchObject({ status: "closed", closedReason: "rolled_back" });
    const keys = await runInDurableObject(accountStub(device.storage.record), (_, { storage }) =>
      storage.sql.exec("SELECT server_share FROM key_pair").toArray(),
    );
    expect(keys).toEqual(Array.from({ length: 4 }, () => ({ server_share: null })));
    // The person's list hears of it after the commit.
    await vi.waitFor(() => expect(startLogin(device.documentNumber)).rejects.toThrow("404"), { timeout: 20_000 });
  });
});
