import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import { assertIdentity, makeKeys } from "../../src/authenticator/enrolment.ts";
import type { DeviceKey } from "../../src/authenticator/device-record.ts";
import { makeKey } from "../../src/authenticator/key-making.ts";
import { makeMask, maskShare, randomBytes, sealContribution } from "../../src/authenticator/pin-key.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { type CertificateEntry, findCertificates } from "../../src/certificates/certificate-index.ts";
import { serialNumberHex } from "../../src/certificates/serial-number.ts";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { proofMessage } from "../../src/protocol/proof-message.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { generatePooledShare } from "../../src/split-key/rsa/pooled-share.ts";
import { accountSecrets } from "../../durable/account/account-context.ts";
import { refillSharePool, withPooledShare } from "../../durable/share-pool/share-pool.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import {
  accountStub,
  applyingDevice,
  claimOnly,
  deviceOn,
  type HeadlessDevice,
  identifiedDevice,
  openedDevice,
  PERSON,
  PINS,
  pinOf,
  server,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { dumpAccount } from "../support/handmade-messages.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

const HOUR = 3_600_000;
const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };

beforeAll(seedDemoParty);
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const state = async (device: HeadlessDevice) => {
  const answer = await device.client.call("getKeyState", () => ({}));
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  return answer.value;
};

const suitesAre = (device: HeadlessDevice, suites: string) =>
  runInDurableObject(accountStub(device.storage.record), (instance) => {
    (instance as unknown as { env: { KEY_SUITES: string } }).env.KEY_SUITES = suites;
  });

async function indexEntries(device: HeadlessDevice): Promise<readonly CertificateEntry[]> {
  const { key_pair: keys } = await dumpAccount(device.storage.record);
  return (keys as { index_entry: string }[]).map(({ index_entry: entry }) => JSON.parse(entry) as CertificateEntry);
}

describe("the order of an enrolment", () => {
  it("refuses keys before an identity", async () => {
    const device = await openedDevice();
    expect(await device.client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }))).toEqual({
      ok: false,
      failure: { code: "wrong_state" },
    });
  });

  it("takes the same identity twice, another one never, and none for another channel", async () => {
    const device = await identifiedDevice();
    expect(await assertIdentity(server, device.storage, PERSON)).toBeUndefined();
    expect(await assertIdentity(server, device.storage, { ...PERSON, givenName: "KATI" })).toMatchObject({ status: 409 });
    const record = device.storage.record;
    if (record === undefined) throw new Error("no record");
    const foreign = new MemoryStorage({ ...record, transcriptHash: "A".repeat(43) });
    expect(await assertIdentity(server, foreign, PERSON)).toMatchObject({ status: 404 });
  });

  it("keeps the date of birth that was stated, from which no PIN may be made", async () => {
    const born = { country: "FI", personalCode: "131052-308T", dateOfBirth: "1952-10-13" };
    const device = await identifiedDevice({ ...PERSON, ...born });
    const { givenName, surname } = PERSON;
    const semanticsIdentifier = "PNOFI-131052-308T";
    expect(device.storage.record?.owner).toEqual({ givenName, surname, semanticsIdentifier, dateOfBirth: "1952-10-13" });
  });

  it("asks for no signature and issues nothing before both keys are proven", async () => {
    const device = await identifiedDevice();
    expect((await device.client.call("listTransactions", () => ({}))).ok).toBe(false);
    expect((await state(device)).status).toBe("identified");
  });

  it("becomes active with PIN2 typed again, not before, and counts a wrong one", async () => {
    const device = await applyingDevice();
    const application = await claimOnly(device);
    expect(application).toMatchObject({
      kind: "application",
      purpose: "sign",
      givenName: "MARI",
      surname: "TAMM",
      level: "QUALIFIED",
    });
    expect(await approveTransaction(device.client, application, pinOf(WRONG_PINS.sign))).toMatchObject({
      failure: { code: "wrong_pin", attemptsLeft: 2 },
    });
    expect((await state(device)).status).toBe("applying");
    expect((await approveTransaction(device.client, application, pins.sign)).ok).toBe(true);
    const active = await state(device);
    expect(active).toMatchObject({ status: "active", level: "QUALIFIED", pins: { sign: { attemptsLeft: 3 } } });
    expect(active.documentNumber).toMatch(/^PNOEE-50001029996-[0-9A-Z]{4}-Q$/);
  });

  it("signs no application in another person's name, whatever the server says", async () => {
    const device = await applyingDevice();
    const application = await claimOnly(device);
    if (application.kind !== "application") throw new Error("no application");
    for (const change of [{ givenName: "KATI" }, { surname: "KASK" }, { semanticsIdentifier: "PNOEE-40504040001" }]) {
      const forged = { ...application, ...change };
      expect(await approveTransaction(device.client, forged, pins.sign)).toEqual({
        ok: false,
        failure: { code: "not_presentable" },
      });
    }
  });

  it("proves each key once: a key that is proven cannot be asked again", async () => {
    const device = await applyingDevice();
    const again = await device.client.call("provePossession", () => ({ purpose: "auth", keyVersion: 1, envelope: "" }));
    expect(again).toEqual({ ok: false, failure: { code: "wrong_state" } });
  });
});

describe("a key whose proof fails", () => {
  it("is destroyed at once: nobody can try PINs on an unproven key", async () => {
    const device = await identifiedDevice();
    const [purpose, keyVersion, subject] = ["auth", 1, "auth:1"] as const;
    await device.client.call("initiateKey", () => ({ purpose, suite: "rsa" }));
    const made = await deviceHalves.rsa.generate(randomBytes);
    const finished = made.finish(new Uint8Array());
    if (finished === undefined) throw new Error("suite rsa needs no answer");
    const name = { purpose, suite: "rsa", keyVersion } as const;
    const key = maskShare(name, finished, await makeMask(name, pins.auth));
    const joined = await device.client.call("submitClient2ndPart", async ({ handle, encryptionKey }, requestId) => {
      const binding = { handle, requestId, operation: "submitClient2ndPart", subject };
      const envelope = await sealSecondEnvelope(encryptionKey, binding, { secret: made.secret });
      return { purpose, keyVersion, device: toBase64Url(made.device), envelope };
    });
    if (!joined.ok) throw new Error(JSON.stringify(joined.failure));
    const { nonce, offer } = joined.value.proof;
    const grant = randomBytes(32);
    const prove = async (pin: string) => {
      const proven = await device.client.call("provePossession", async (record, requestId) => {
        const operation = "provePossession";
        const message = proofMessage({ operation, handle: record.handle, ...name, nonce });
        const input = { operation, message, offer };
        const envelope = await sealContribution(record, key, pinOf(pin), input, { requestId, operation, subject, grant });
        return { purpose, keyVersion, envelope };
      });
      return proven.ok ? "proven" : proven.failure.code;
    };
    expect(await prove(WRONG_PINS.auth)).toBe("possession_not_proven");
    expect(await prove(PINS.auth)).toBe("wrong_state");
    const { key_pair: keys } = await dumpAccount(device.storage.record);
    expect(keys).toMatchObject([{ state: "destroyed", server_share: null }]);
  });
});

describe("an enrolment that is interrupted", () => {
  it("while keys are made goes on with new keys, and throws the half-made ones away", async () => {
    const device = await identifiedDevice();
    await device.client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }));
    const early = { purpose: "auth", suite: "ed25519", pin: pins.auth, grant: randomBytes(32) } as const;
    expect((await makeKey(device.client, { ...early, keep: (keys, key) => [...keys, key] }, () => undefined)).ok).toBe(true);
    const restarted = deviceOn(device.storage);
    // Proven, but of a suite that is not made any more: it is not applied for.
    await suitesAre(device, "rsa");
    expect((await makeKeys(restarted.client, pins)).ok).toBe(true);
    await suitesAre(device, "rsa,ed25519");
    expect((await approveTransaction(restarted.client, await claimOnly(restarted), pins.sign)).ok).toBe(true);
    expect((await state(restarted)).status).toBe("active");
    const { key_pair: keys } = await dumpAccount(device.storage.record);
    expect(keys).toMatchObject([
      { purpose: "auth", suite: "rsa", key_version: 1, state: "destroyed", server_share: null },
      { purpose: "auth", suite: "ed25519", key_version: 2, state: "destroyed", server_share: null },
      { purpose: "auth", suite: "rsa", key_version: 3, state: "certified" },
      { purpose: "sign", suite: "rsa", key_version: 1, state: "certified" },
    ]);
  });

  it("by another run of it, in another window perhaps, ends in keys of one run: they may be under other PINs", async () => {
    const device = await identifiedDevice();
    const keep = (keys: readonly DeviceKey[], key: DeviceKey) => [...keys, key];
    const [first, second] = [randomBytes(32), randomBytes(32)];
    for (const purpose of ["auth", "sign"] as const) {
      for (const suite of SUITES) {
        const grant = purpose === "sign" && suite === "ed25519" ? second : first;
        expect((await makeKey(device.client, { purpose, suite, pin: pins[purpose], grant, keep }, () => undefined)).ok).toBe(
          true,
        );
      }
    }
    expect((await state(device)).status).toBe("identified");
    const last = { purpose: "sign", suite: "ed25519", pin: pins.sign, grant: first, keep } as const;
    expect((await makeKey(device.client, last, () => undefined)).ok).toBe(true);
    expect((await state(device)).status).toBe("applying");
    const { key_pair: keys, account } = await dumpAccount(device.storage.record);
    // Of another run, and of the same: only what is applied for gets a certificate.
    expect((keys as { state: string }[]).map(({ state: of }) => of).toSorted()).toEqual([
      "destroyed",
      ...Array(4).fill("proven"),
    ]);
    // Each key raises it when it is announced, joined and proven.
    expect(account).toMatchObject([{ epoch: 15 }]);
  });

  it("while certificates are issued is finished by the alarm, with the same serial numbers", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    vi.spyOn(PersonObject.prototype, "activate").mockRejectedValue(new Error("out of reach"));
    const device = await applyingDevice();
    expect((await approveTransaction(device.client, await claimOnly(device), pins.sign)).ok).toBe(true);
    expect((await state(device)).status).toBe("issuing");
    const notice = {
      kind: "closed",
      reason: "owner",
      id: "A".repeat(22),
      documentNumber: "PNOEE-50001029996-ABCD-Q",
      at: 1,
    } as const;
    await accountStub(device.storage.record).notice(notice);
    await query(device.storage.record?.handle ?? "", "UPDATE account SET expires_at = expires_at + 31536000000");
    vi.restoreAllMocks();
    await abortAllDurableObjects();
    await runDurableObjectAlarm(accountStub(device.storage.record));
    const active = await state(device);
    expect(active.status).toBe("active");
    const entries = await indexEntries(device);
    // The person's list had it: what it was told meanwhile is told to nobody again.
    expect(active.notices).toContainEqual(notice);
    // Whatever cut its certificates short ends the account with them.
    expect(active.expiresAt).toBe(Math.min(...entries.map(({ notAfter }) => notAfter)) + 1000);
    const known = await env.DATABASE.prepare("SELECT serial_number FROM certificates").all<{ serial_number: string }>();
    const serials = known.results.map((row) => row.serial_number);
    for (const entry of entries) expect(serials.filter((serial) => serial === entry.serialNumberHex)).toHaveLength(1);
  });

  it("while certificates are issued, until another authority issues them, takes new serial numbers, and revokes the first", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const rename = (from: string, to: string) =>
      env.DATABASE.prepare("UPDATE certificate_authorities SET name = ? WHERE name = ?").bind(to, from).run();
    const device = await applyingDevice();
    const stub = accountStub(device.storage.record);
    const activating = vi.spyOn(PersonObject.prototype, "activate").mockRejectedValue(new Error("out of reach"));
    await rename("eid-q", "eid-q-1");
    expect((await approveTransaction(device.client, await claimOnly(device), pins.sign)).ok).toBe(true);
    await rename("eid-q-1", "eid-q");
    expect(activating).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
    const first = await indexEntries(device);
    for (let round = 0; round < 2; round++) await runDurableObjectAlarm(stub);
    expect((await state(device)).status).toBe("active");
    const found = await findCertificates(
      env.DATABASE,
      [...first, ...(await indexEntries(device))].map(({ serialNumberHex: serial }) => serial),
    );
    const revoked = { issuer: "eid-q-1", revocation: { reason: "superseded" } };
    expect([...found.values()]).toHaveLength(8);
    for (const { serialNumberHex: serial } of first) expect(found.get(serial)).toMatchObject(revoked);
    for (const { serialNumberHex: serial } of await indexEntries(device)) expect(found.get(serial)).toEqual({ issuer: "eid-q" });
  });

  it("for good is forgotten, but not while the application is signed, nor is it signed a moment later", async () => {
    const device = await applyingDevice();
    const stub = accountStub(device.storage.record);
    const application = await claimOnly(device);
    const anHourPasses = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR });
    const { find: real } = TransactionStore.prototype as Pick<TransactionStore, "find">;
    vi.spyOn(TransactionStore.prototype, "find").mockImplementation(function (this: TransactionStore, transactionId) {
      anHourPasses();
      return real.call(this, transactionId);
    });
    expect(await approveTransaction(device.client, application, pins.sign)).toEqual({
      ok: false,
      failure: { code: "unknown_channel" },
    });
    vi.restoreAllMocks();
    vi.useRealTimers();
    expect((await state(device)).status).toBe("applying");

    await evictDurableObject(stub);
    const asking = vi.spyOn(PersonObject.prototype, "epoch").mockImplementationOnce(async () => {
      expect((await approveTransaction(device.client, application, pins.sign)).ok).toBe(true);
      anHourPasses();
      return 0;
    });
    await runDurableObjectAlarm(stub);
    expect(asking).toHaveBeenCalled();
    vi.useRealTimers();
    expect((await state(device)).status).toBe("active");
  });

  it("because no certificates can be issued is tried again by the alarm, however often the device asks meanwhile", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const trying = vi.spyOn(PersonObject.prototype, "activate").mockRejectedValue(new Error("out of reach"));
    const device = await applyingDevice();
    const stub = accountStub(device.storage.record);
    await approveTransaction(device.client, await claimOnly(device), pins.sign);
    expect(trying).toHaveBeenCalledOnce();
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBeGreaterThan(Date.now() - 60_000);
    await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now() + HOUR));
    for (let asking = 0; asking < 5; asking++) {
      expect((await state(device)).status).toBe("issuing");
      if (asking === 2) await evictDurableObject(stub);
    }
    expect(trying).toHaveBeenCalledOnce();
    await runDurableObjectAlarm(stub);
    expect(trying).toHaveBeenCalledTimes(2);
    vi.restoreAllMocks();
    // Nor by an authority whose certificate begins later: nothing is issued that is not valid yet.
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await query(device.storage.record?.handle ?? "", "UPDATE account SET applied_at = 1");
    vi.useFakeTimers({ toFake: ["Date"], now: 1 });
    await runDurableObjectAlarm(stub);
    expect((await state(device)).status).toBe("issuing");
    vi.useRealTimers();
    // An alarm only hurries: where it is late, the device that asks is reason enough.
    vi.restoreAllMocks();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR });
    await state(device);
    expect((await state(device)).status).toBe("active");
  });

  it("by its owner, before anything was signed, is forgotten after an hour too", async () => {
    const device = await openedDevice();
    expect((await device.client.call("revokeKey", () => ({}))).ok).toBe(true);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR });
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await dumpAccount(device.storage.record)).toEqual({});
  });

  it("by a closing while certificates are issued leaves none that is good, and no account in the person's list, even in a crash", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const device = await applyingDevice();
    const person = env.PERSONS.get(env.PERSONS.idFromName("PNOEE-50001029996"));
    const before = (await person.accounts()).length;
    const { activate: real } = PersonObject.prototype as Pick<PersonObject, "activate">;
    vi.spyOn(PersonObject.prototype, "activate").mockImplementation(async function (this: PersonObject, ...values) {
      await accountStub(device.storage.record).closeByOperator("cessationOfOperation", crypto.randomUUID());
      await real.apply(this, values);
      throw new Error("power cut");
    });
    expect((await approveTransaction(device.client, await claimOnly(device), pins.sign)).ok).toBe(true);
    vi.restoreAllMocks();
    await evictDurableObject(accountStub(device.storage.record));
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await state(device)).toMatchObject({ status: "closed" });
    expect(await person.accounts()).toHaveLength(before);
    const { key_pair: keys } = await dumpAccount(device.storage.record);
    for (const { serial_number: serial } of keys as { serial_number: string }[]) {
      const hexadecimal = serialNumberHex(fromBase64Url(serial) ?? new Uint8Array(0));
      const row = env.DATABASE.prepare("SELECT reason FROM certificates WHERE serial_number = ?").bind(hexadecimal);
      expect(await row.first("reason")).toBe("cessationOfOperation");
    }
  });

  it("for good is forgotten after an hour, and its channel with it, even when the alarm is late", async () => {
    const device = await identifiedDevice();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR });
    expect(await device.client.call("getKeyState", () => ({}))).toEqual({ ok: false, failure: { code: "unknown_channel" } });
    await runDurableObjectAlarm(accountStub(device.storage.record));
    const tables = await runInDurableObject(accountStub(device.storage.record), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'account'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("the pool of server shares", () => {
  it("gives each share once, and forgets it when it is taken", async () => {
    const pooled = { ...env, SHARE_POOL_SIZE: "2" };
    await refillSharePool(pooled);
    await refillSharePool(pooled);
    const count = () => env.DATABASE.prepare("SELECT count(*) AS count FROM server_share_pool").first("count");
    expect(await count()).toBe(2);
    const { vault } = await accountSecrets(env);
    const use = (suite: Suite = "rsa") => withPooledShare(env, vault, suite, (share) => Promise.resolve(share?.slice()));
    const taken = await Promise.all([use(), use()]);
    expect(await count()).toBe(0);
    expect(taken[0]).not.toEqual(taken[1]);
    // Empty: made on the spot.
    expect((await use())?.length).toBeGreaterThan(1000);
    // Made by the two that enrol, ahead of nothing.
    expect(await use("ed25519")).toBeUndefined();
  });

  it("is filled by the share maker where there is one, which also helps out when it is empty", async () => {
    const made = await generatePooledShare();
    const paths: string[] = [];
    const maker: Fetcher["fetch"] = (address) => {
      paths.push(new URL(new Request(address).url).pathname);
      return Promise.resolve(new Response(made));
    };
    const served = { ...env, SHARE_POOL_SIZE: "1", SHARE_MAKER: { fetch: maker } };
    await refillSharePool(served);
    const { vault } = await accountSecrets(env);
    const use = (from: typeof served) => withPooledShare(from, vault, "rsa", (share) => Promise.resolve(share?.slice()));
    for (const _ of ["from the pool", "on the spot"]) expect(await use(served)).toEqual(made);
    expect(paths).toEqual(["/rsa", "/rsa"]);
    const broken = () => Promise.resolve(new Response(null, { status: 500 }));
    await expect(use({ ...served, SHARE_MAKER: { fetch: broken } })).rejects.toThrow("500");
  });
});
