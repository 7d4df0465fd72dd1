// Every event that revokes certificates, from what a person or an operator does to what OCSP and the CRL say of it: at once, and also
// when the certificate index could not be reached meanwhile and the account's object was out of memory.
import { AsnConvert } from "@peculiar/asn1-schema";
import { CertificateList, CRLReason, CRLReasons } from "@peculiar/asn1-x509";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { OutboxStore } from "../../durable/account/outbox-store.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { answerChallenge, approveTransaction, refuseTransaction } from "../../src/authenticator/transactions.ts";
import type { CertificateEntry } from "../../src/certificates/certificate-index.ts";
import { toHexadecimal } from "../../src/certificates/hexadecimal.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { startLogin, startSignature } from "../support/demo-party.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  enrol,
  type HeadlessDevice,
  PERSON,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";
import { bytes, checkedAnswer, post, requestFor } from "./ocsp-client.ts";

type Purpose = "auth" | "sign";
type Row = Record<string, SqlStorageValue>;

let device: HeadlessDevice & { documentNumber: string };
let handle = "";
/** Of the account as it was when it had just become active. */
let tables: Readonly<Record<string, readonly Row[]>>;
/** Of every suite. */
let entries: Readonly<Record<Purpose, readonly [CertificateEntry, CertificateEntry]>>;

const TABLES = ["account", "key_pair", "lockout", "clone_watch", "outbox", "notice"];
const stub = () => accountStub(device.storage.record);
const person = () => env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`));
const delivered = () =>
  vi.waitFor(async () => expect(await query(handle, "SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
  handle = (await device.storage.read())?.handle ?? "";
  await delivered();
  const saved = await Promise.all(TABLES.map(async (table) => [table, await query(handle, `SELECT * FROM ${table}`)] as const));
  tables = Object.fromEntries(saved);
  const entriesOf = (purpose: Purpose) =>
    tables["key_pair"]!.filter((row) => row["purpose"] === purpose).map(
      (row) => JSON.parse(row["index_entry"] as string) as CertificateEntry,
    ) as [CertificateEntry, CertificateEntry];
  entries = { auth: entriesOf("auth"), sign: entriesOf("sign") };
  if (entries.auth.length !== 2 || entries.sign.length !== 2) throw new Error("an account has keys of two suites");
});
beforeEach(bringBack);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The account as it was, with everything that others were told of its end forgotten: making keys anew would take longer. */
async function bringBack(): Promise<void> {
  await delivered();
  await runInDurableObject(stub(), async (_, { storage }) => {
    const { one_time_password: password } = storage.sql.exec("SELECT one_time_password FROM account").one();
    for (const [table, rows] of Object.entries(tables)) {
      storage.sql.exec(`DELETE FROM ${table}`);
      for (const row of rows) {
        const places = Object.keys(row)
          .map(() => "?")
          .join(", ");
        storage.sql.exec(`INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${places})`, ...Object.values(row));
      }
    }
    storage.sql.exec("UPDATE account SET one_time_password = ?", password ?? "");
    storage.sql.exec("DELETE FROM pending_transaction");
    await storage.deleteAlarm();
  });
  await runInDurableObject(person(), (_, { storage }) => {
    storage.sql.exec("UPDATE account SET state = 'active'");
    storage.sql.exec("UPDATE account_epoch SET epoch = ?", tables["account"]?.[0]?.["epoch"] ?? 0);
  });
  await env.DATABASE.exec("UPDATE certificates SET revoked_at = NULL, reason = NULL, revocation_order = NULL");
  await env.DATABASE.exec("DELETE FROM revocation_lists WHERE authority <> 'root'");
  await evictDurableObject(stub());
}

/** What OCSP says now, as `good` or `reason at second`. */
async function statusOf({ serialNumberHex, issuer }: CertificateEntry): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const { data } = await checkedAnswer(await bytes(await post(await requestFor([{ serialNumberHex, issuer }], nonce))), issuer);
  const { good, revoked } = data.responses[0]!.certStatus;
  if (good !== undefined) return "good";
  return `${CRLReasons[revoked?.revocationReason?.reason ?? 0]} at ${revoked?.revocationTime.toISOString()}`;
}

/** The same out of the CRL. */
async function listed({ serialNumberHex, issuer }: CertificateEntry): Promise<string> {
  const response = await exports.default.fetch(`http://localhost:8787/pki/crl/${issuer}.crl`);
  const { revokedCertificates = [] } = AsnConvert.parse(await bytes(response), CertificateList).tbsCertList;
  const entry = revokedCertificates.find((each) => toHexadecimal(new Uint8Array(each.userCertificate)) === serialNumberHex);
  if (entry === undefined) return "good";
  const [reason] = (entry.crlEntryExtensions ?? []).map(({ extnValue }) => AsnConvert.parse(extnValue.buffer, CRLReason).reason);
  return `${CRLReasons[reason ?? 0]} at ${entry.revocationDate.getTime().toISOString()}`;
}

const look = () => device.client.call("getKeyState", () => ({}));

interface Event {
  readonly name: string;
  readonly happen: () => Promise<unknown>;
  /** What becomes of each certificate. */
  readonly revoked: Readonly<Partial<Record<Purpose, string>>>;
}

const EVENTS: readonly Event[] = [
  {
    name: "an owner's deletion",
    happen: async () => expect((await device.client.call("revokeKey", () => ({}))).ok).toBe(true),
    revoked: { auth: "cessationOfOperation", sign: "cessationOfOperation" },
  },
  {
    name: "a PIN that is locked for ever",
    async happen() {
      await query(handle, "INSERT OR REPLACE INTO lockout VALUES ('auth', 8, 0)");
      await startLogin(device.documentNumber);
      const wrong = await approveTransaction(device.client, await claimOnly(device), pinOf(WRONG_PINS.auth));
      expect(wrong).toMatchObject({ failure: { code: "pin_dead" } });
    },
    revoked: { auth: "cessationOfOperation" },
  },
  {
    name: "a copy of the device that knows PIN1",
    async happen() {
      const copy = deviceOn(device.storage.copy());
      await look();
      const drawn = await copy.client.call("getKeyState", () => ({}));
      if (drawn.ok || drawn.failure.code !== "out_of_step" || drawn.failure.challenge === undefined) throw new Error("in step");
      expect((await answerChallenge(copy.client, drawn.failure.challenge, pinOf(PINS.auth))).ok).toBe(true);
    },
    revoked: { auth: "keyCompromise", sign: "keyCompromise" },
  },
  {
    name: "rows that were brought back from before a payment",
    async happen() {
      await person().raiseEpoch(handle, 1_000_000);
      expect(await look()).toMatchObject({ value: { closedReason: "rolled_back" } });
    },
    revoked: { auth: "keyCompromise", sign: "keyCompromise" },
  },
  {
    name: "rows that were brought back from before the certificates were announced",
    async happen() {
      await query(handle, "UPDATE account SET status = 'applying', opened_at = 0, applied_at = 0, document_number = ''");
      await query(handle, "UPDATE key_pair SET state = 'proven', certificate = NULL, index_entry = NULL");
      await person().raiseEpoch(handle, 1_000_000);
      expect(await look()).toMatchObject({ value: { closedReason: "rolled_back" } });
      // An operator finds them, too.
      const described = (await stub().describe())?.certificates.map(({ serialNumber }) => serialNumber);
      expect(described).toHaveLength(4);
      const every = [...entries.auth, ...entries.sign].map(({ serialNumberHex }) => serialNumberHex);
      expect(new Set(described)).toEqual(new Set(every));
    },
    revoked: { auth: "keyCompromise", sign: "keyCompromise" },
  },
  {
    name: "the end of its time",
    async happen() {
      await query(handle, "UPDATE account SET expires_at = ?", Date.now());
      expect(await look()).toMatchObject({ value: { closedReason: "expired" } });
    },
    revoked: { auth: "superseded", sign: "superseded" },
  },
  {
    name: "an operator's order",
    happen: () => stub().closeByOperator("privilegeWithdrawn", crypto.randomUUID()),
    revoked: { auth: "privilegeWithdrawn", sign: "privilegeWithdrawn" },
  },
];

/** A table that is not there makes every statement on it fail. */
async function withoutIndex(work: () => Promise<void>): Promise<void> {
  await env.DATABASE.prepare("ALTER TABLE certificates RENAME TO missing").run();
  try {
    await work();
  } finally {
    await env.DATABASE.prepare("ALTER TABLE missing RENAME TO certificates").run();
  }
}

/** Each certificate as OCSP has it and as the CRL has it, with the second left out if it is between those two times. */
async function expectRevoked(revoked: Event["revoked"], [before, after]: readonly [number, number]): Promise<void> {
  for (const purpose of ["auth", "sign"] as const) {
    for (const entry of entries[purpose]) {
      const status = await statusOf(entry);
      expect(await listed(entry)).toBe(status);
      const [reason, second = ""] = status.split(" at ");
      expect(reason).toBe(revoked[purpose] ?? "good");
      if (reason === "good") continue;
      expect(Date.parse(second)).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
      expect(Date.parse(second)).toBeLessThanOrEqual(after);
    }
  }
}

describe.each(EVENTS)("$name", ({ happen, revoked }) => {
  it("is in the answer to the next OCSP request, and in the next CRL", async () => {
    for (const entry of [...entries.auth, ...entries.sign]) expect(await statusOf(entry)).toBe("good");
    const before = Date.now();
    await happen();
    await expectRevoked(revoked, [before, Date.now()]);
  });

  it("is not lost while the index cannot be reached and the object is not in memory, and keeps its time", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const before = Date.now();
    let after = before;
    await withoutIndex(async () => {
      await happen();
      after = Date.now();
      await vi.waitFor(() => expect(log).toHaveBeenCalled(), { timeout: 20_000 });
      for (let outage = 0; outage < 2; outage++) {
        await evictDurableObject(stub());
        await runDurableObjectAlarm(stub());
      }
      await evictDurableObject(stub());
    });
    // So that the time at which it was told cannot be taken for the time at which it happened.
    await vi.waitFor(() => expect(Math.floor(Date.now() / 1000)).toBeGreaterThan(Math.floor(after / 1000)), {
      interval: 50,
      timeout: 20_000,
    });
    await runDurableObjectAlarm(stub());
    await delivered();
    await expectRevoked(revoked, [before, after]);
  });
});

it("a crash inside the commit of a closing closes nothing and revokes nothing", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const { post: real } = OutboxStore.prototype as Pick<OutboxStore, "post">;
  vi.spyOn(OutboxStore.prototype, "post").mockImplementation(function (this: OutboxStore, ...values) {
    real.apply(this, values);
    throw new Error("power cut");
  });
  await expect(device.client.call("revokeKey", () => ({}))).rejects.toThrow();
  vi.restoreAllMocks();
  expect(await device.client.settle()).toMatchObject({ received: false });
  expect(await look()).toMatchObject({ value: { status: "active" } });
  for (const entry of entries.auth) expect(await statusOf(entry)).toBe("good");
});

it("who closes an account is answered after the index has heard of it, but is not kept waiting for ever", async () => {
  const held = Promise.withResolvers<void>();
  // What is delivered after the revocations, by the same delivery.
  const telling = vi.spyOn(PersonObject.prototype, "raiseEpoch").mockReturnValue(held.promise);
  let isAnswered = false;
  const closing = device.client
    .call("revokeKey", () => ({}))
    .finally(() => {
      isAnswered = true;
    });
  try {
    await vi.waitFor(() => expect(telling).toHaveBeenCalled(), { timeout: 20_000 });
    await scheduler.wait(200);
    expect(isAnswered).toBe(false);
    expect((await closing).ok).toBe(true);
  } finally {
    held.resolve();
  }
});

describe("an account whose time is over", () => {
  const end = (time: number) => query(handle, "UPDATE account SET expires_at = ?", time);
  const status = async () => (await query(handle, "SELECT status, closed_reason FROM account"))[0];
  const EXPIRED = { status: "closed", closed_reason: "expired" };

  it("wakes at its end, to close itself: shares destroyed, the person's list without it", async () => {
    await look();
    const [row] = await query(handle, "SELECT expires_at FROM account");
    // The alarm of an account that was made before there was one, too: bringBack took it away.
    expect(await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm())).toBe(row?.["expires_at"]);
    await end(Date.now());
    await runDurableObjectAlarm(stub());
    expect(await status()).toEqual(EXPIRED);
    expect(await query(handle, "SELECT DISTINCT state, server_share FROM key_pair")).toEqual([
      { state: "destroyed", server_share: null },
    ]);
    expect(await person().accounts()).toEqual([]);
    expect(await runInDurableObject(stub(), (_, { storage }) => storage.getAlarm())).toBeNull();
  });

  it.each([
    ["a relying party asks it to log in", () => startLogin(device.documentNumber).catch(() => undefined)],
    ["a relying party asks for its certificate", () => stub().certificate("sign")],
    ["an operator looks at it", () => stub().describe()],
  ])("is closed when %s, with the time at which it ended, and not a moment before", async (_, ask) => {
    await end(Date.now() + 60_000);
    await ask();
    expect(await status()).toMatchObject({ status: "active" });
    const ended = Date.now() - 3_600_000;
    await end(ended);
    await ask();
    expect(await status()).toEqual(EXPIRED);
    await delivered();
    expect(await statusOf(entries.sign[0])).toBe(`superseded at ${new Date(Math.floor(ended / 1000) * 1000).toISOString()}`);
  });

  it("signs nothing with a PIN that was typed before and is looked at after", async () => {
    await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const ends = Date.now() + 60_000;
    await end(ends);
    // The account was looked at in time, and decides too late.
    const { find: real } = TransactionStore.prototype as Pick<TransactionStore, "find">;
    vi.spyOn(TransactionStore.prototype, "find").mockImplementation(function (this: TransactionStore, transactionId) {
      vi.useFakeTimers({ toFake: ["Date"], now: ends });
      return real.call(this, transactionId);
    });
    expect(await approveTransaction(device.client, claimed, pinOf(PINS.auth))).toMatchObject({
      failure: { code: "account_closed", reason: "expired" },
    });
  });
});

describe("while somebody cannot be reached", () => {
  const ends = { owner: EVENTS[0]!, pin: EVENTS[1]! };
  const runAlarm = () => runDurableObjectAlarm(stub());
  const alarmAt = () => runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
  const expectWaiting = (...kinds: string[]) =>
    vi.waitFor(async () => expect((await query(handle, "SELECT kind FROM outbox")).map(({ kind }) => kind)).toEqual(kinds), {
      timeout: 20_000,
    });
  let log: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    log = vi.spyOn(console, "error").mockReturnValue();
  });

  it("a session that never answers holds up no revocation, counts as failed when its time is over, and is told again", async () => {
    const never = Promise.withResolvers<void>();
    const deadline = Promise.withResolvers<void>();
    const wait = scheduler.wait.bind(scheduler);
    const timer = vi
      .spyOn(scheduler, "wait")
      .mockImplementation((time, options) => (time === 10_000 ? deadline.promise : wait(time, options)));
    const finish = vi.spyOn(SessionObject.prototype, "finish").mockReturnValue(never.promise);
    await startLogin(device.documentNumber);
    const { transactionId } = await claimOnly(device);
    expect(await refuseTransaction(device.client, transactionId, "USER_REFUSED")).toMatchObject({ ok: true });
    await startLogin(device.documentNumber);
    await ends.owner.happen();
    for (const entry of [...entries.auth, ...entries.sign]) expect(await statusOf(entry)).toMatch(/^cessation/);
    await expectWaiting("finish", "finish");
    expect(log).not.toHaveBeenCalled();
    deadline.resolve();
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(2), { timeout: 20_000 });
    finish.mockRestore();
    timer.mockRestore();
    await runAlarm();
    await expectWaiting();
    never.resolve();
  });

  it.each(Object.entries(ends))(
    "the alarm revokes (%s) though the Person object is out of reach",
    async (_, { happen, revoked }) => {
      await withoutIndex(async () => {
        await happen();
        await vi.waitFor(() => expect(log).toHaveBeenCalled(), { timeout: 20_000 });
        await evictDurableObject(stub());
      });
      const asked = vi.spyOn(PersonObject.prototype, "epoch").mockRejectedValue(new Error("out of reach"));
      await runAlarm();
      for (const entry of entries.auth) expect(await statusOf(entry)).toMatch(revoked.auth!);
      // Of a closed account nobody needs to be asked.
      expect((await look().catch(() => undefined))?.ok).toBe(revoked.sign === undefined ? undefined : true);
      asked.mockRestore();
      await device.client.settle();
    },
  );

  it("the person's other devices hear that everything is revoked when it is; the person's list is told at once", async () => {
    const told: string[] = [];
    vi.spyOn(PersonObject.prototype, "tellOthers").mockImplementation(async () => {
      told.push(await statusOf(entries.sign[1]).catch(() => "too early"));
    });
    await withoutIndex(async () => {
      await ends.owner.happen();
      await expectWaiting("revocation", "revocation", "revocation", "revocation", "notice");
      await runAlarm();
      expect(await person().accounts()).toEqual([]);
      expect(told).toEqual([]);
    });
    await runAlarm();
    await expectWaiting();
    expect(told).toEqual([expect.stringMatching(/^cessation/)]);
  });

  it("a device that asks again and again hurries nothing, is not kept waiting, and what is new is told all the same", async () => {
    await withoutIndex(async () => {
      await ends.pin.happen();
      for (let outage = 0; outage < 4; outage++) await runAlarm();
      const [tries, wakes] = [log.mock.calls.length, await alarmAt()];
      const waiting = vi.spyOn(scheduler, "wait");
      for (let time = 0; time < 2; time++) expect((await look()).ok).toBe(true);
      expect(waiting).not.toHaveBeenCalled();
      const finish = vi.spyOn(SessionObject.prototype, "finish");
      await startSignature(device.documentNumber, utf8("text"));
      const { transactionId } = await claimOnly(device);
      expect(await refuseTransaction(device.client, transactionId, "USER_REFUSED")).toMatchObject({ ok: true });
      await vi.waitFor(() => expect(finish).toHaveBeenCalledOnce(), { timeout: 20_000 });
      await expectWaiting("revocation", "revocation", "notice");
      expect(log).toHaveBeenCalledTimes(tries);
      await vi.waitFor(async () => expect(await alarmAt()).toBe(wakes), { timeout: 20_000 });
    });
    await runAlarm();
  });
});
