import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { approveTransaction } from "../../../src/authenticator/transactions.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { endResult, PSS, startLogin, startSignature } from "../../support/demo-party.ts";
import { accountStub, claimOnly, enrol, type HeadlessDevice, PERSON, pinOf, WRONG_PINS } from "../../support/headless-device.ts";
import { seedDemoParty } from "../../support/relying-party.ts";
import { anAuthenticationStart } from "../../support/session-start.ts";

let device: HeadlessDevice & { documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
afterEach(async () => {
  vi.useRealTimers();
  await inStorage("DELETE FROM pending_transaction");
  await inStorage("DELETE FROM lockout");
});

const inStorage = (statement: string) =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) => storage.sql.exec(statement).toArray());

describe("what is offered to an account", () => {
  it("is refused beyond three at a time, so that a storm ends with the relying party", async () => {
    for (let number = 0; number < 3; number++) await startLogin(device.documentNumber);
    await expect(startLogin(device.documentNumber)).rejects.toThrow("429");
    expect(await inStorage("SELECT * FROM pending_transaction")).toHaveLength(3);
  });

  it("makes room when its time is over", async () => {
    for (let number = 0; number < 3; number++) await startLogin(device.documentNumber);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 180_000 });
    await startLogin(device.documentNumber);
    expect(await inStorage("SELECT * FROM pending_transaction")).toHaveLength(1);
  });

  it("ends with a lock of its PIN, claimed or not; what waits for the other PIN goes on", async () => {
    const claimedLogin = await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const waitingLogin = await startLogin(device.documentNumber);
    const signature = await startSignature(device.documentNumber, utf8("file"));
    for (let attempt = 0; attempt < 3; attempt++) await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth));
    expect(await endResult(claimedLogin)).toBe("DOCUMENT_UNUSABLE");
    expect(await endResult(waitingLogin)).toBe("DOCUMENT_UNUSABLE");
    expect(await endResult(signature)).toBe("RUNNING");
  });

  it("is a request of its own after a lock that has ended, unless it is the one that ended with it, asked for again at once", async () => {
    const first = await startSignature(device.documentNumber, utf8("contract"));
    const claimed = await claimOnly(device);
    for (let attempt = 0; attempt < 3; attempt++) await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.sign));
    await inStorage("UPDATE lockout SET wrong = 8, locked_until = 0");
    const again = await startSignature(device.documentNumber, utf8("contract"));
    expect([again, await endResult(again)]).toEqual([first, "DOCUMENT_UNUSABLE"]);
    expect(await endResult(await startSignature(device.documentNumber, utf8("another contract")))).toBe("RUNNING");
  });

  it("is not taken where it was withdrawn while it was on its way", async () => {
    const account = accountStub(device.storage.record);
    const offer = (transactionId: string) =>
      account.offer({
        ...anAuthenticationStart([]).transaction,
        signatureAlgorithm: PSS.signatureAlgorithm,
        transactionId,
        session: "s",
        expiresAt: Date.now() + 180_000,
        flowType: "Notification",
      });
    const [withdrawn, other] = [crypto.randomUUID(), crypto.randomUUID()];
    await account.withdraw(withdrawn);
    expect(await offer(withdrawn)).toEqual({ ok: false, failure: "unusable" });
    expect(await inStorage("SELECT * FROM pending_transaction")).toEqual([]);
    expect(await offer(other)).toEqual({ ok: true, value: undefined });
  });

  it("ends with the account", async () => {
    const other = await enrol();
    const login = await startLogin(other.documentNumber);
    expect((await other.client.call("revokeKey", () => ({}))).ok).toBe(true);
    expect(await endResult(login)).toBe("ACCOUNT_UNUSABLE");
  });

  it("is unusable from the account's end on, which closes it, also where the person's list does not know that end", async () => {
    const person = env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`));
    await runInDurableObject(person, (_, { storage }) => void storage.sql.exec("UPDATE account SET expires_at = 0"));
    const [row] = await inStorage("SELECT expires_at FROM account");
    vi.useFakeTimers({ toFake: ["Date"], now: Number(row?.["expires_at"]) - 1 });
    await startLogin(device.documentNumber);
    expect(await inStorage("SELECT * FROM pending_transaction")).toHaveLength(1);
    vi.setSystemTime(Number(row?.["expires_at"]));
    expect(await endResult(await startLogin(device.documentNumber))).toBe("DOCUMENT_UNUSABLE");
    await expect(startLogin(device.documentNumber)).rejects.toThrow("404");
  });
});
