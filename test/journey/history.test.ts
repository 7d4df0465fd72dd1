// The person's history: every end of a request once, on whichever of their devices, and nobody else's; what the person did not start is in
// the audit log; and a relying party whose notifications they refuse hears nothing but a refusal.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { PersonObject } from "../../durable/person/person-object.ts";
import { PERSON_MIGRATIONS } from "../../durable/person/person-migrations.ts";
import { migrate } from "../../durable/storage/migrations.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { AccountObject } from "../../durable/account/account-object.ts";
import type { Disowning, PastTransaction } from "../../src/account/past-transaction.ts";
import type { AuditMessage } from "../../src/audit/chain.ts";
import type { SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import { askHistory } from "../../src/authenticator/history.ts";
import {
  approveTransaction,
  claimTransaction,
  confirmCertificateChoice,
  listTransactions,
  openDeviceLink,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import {
  HISTORY_LIFETIME,
  type HistoryEntry,
  MAXIMUM_CONFIRMED,
  MAXIMUM_DISOWNED,
  MAXIMUM_NOT_CONFIRMED,
  MAXIMUM_REFUSED_OF_LEVEL,
} from "../../src/protocol/history.ts";
import { endResult, LOGIN_TEXT, sessionStatus, startLogin, startSignature } from "../support/demo-party.ts";
import { linkOf, startAuthenticationLink, startCertificateChoiceLink } from "../support/device-links.ts";
import { claimOnly, enrol, forPin, type HeadlessDevice, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { newBrowser, pushService } from "../support/push-service.ts";
import { anAuthentication, aSignature, DEMO, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

type Device = HeadlessDevice & { readonly documentNumber: string };
type Entry = Partial<HistoryEntry>;

const STRANGER: SelfAssertedIdentity = { ...PERSON, personalCode: "40504040001", givenName: "KATI" };
const NAME = `PNOEE-${PERSON.personalCode}`;
const person = (name = NAME) => env.PERSONS.get(env.PERSONS.idFromName(name));
let phone: Device;
let tablet: Device;
let stranger: Device;
/** What the audit queue took. */
const audited: AuditMessage[] = [];

beforeAll(async () => {
  await seedDemoParty();
  [phone, tablet, stranger] = [await enrol(), await enrol(), await enrol(STRANGER)];
});
beforeEach(async () => {
  await sql(NAME, "DELETE FROM past_transaction");
  await sql(NAME, "DELETE FROM refused_party");
  audited.length = 0;
  vi.spyOn(Object.getPrototypeOf(env.AUDIT) as Queue, "send").mockImplementation(async (message) => {
    if (typeof message === "object" && message !== null && "chain" in message) audited.push(message as AuditMessage);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
});
afterEach(() => void vi.restoreAllMocks());

const sql = (name: string, statement: string, ...bindings: SqlStorageValue[]) =>
  runInDurableObject(person(name), (_, { storage }) => storage.sql.exec(statement, ...bindings).toArray());

async function page(of: HeadlessDevice, limit = 40, before?: Pick<HistoryEntry, "at" | "id">) {
  const answer = await of.client.call("getHistory", () => ({ limit, ...(before && { before }) }));
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value;
}
const historyOf = async (of: HeadlessDevice): Promise<HistoryEntry[]> => (await page(of)).entries;
/** What an account tells travels behind its answer. */
const eventually = (of: HeadlessDevice, expected: readonly Entry[]) =>
  vi.waitFor(async () => expect(await historyOf(of)).toMatchObject(expected), { timeout: 20_000 });

const handleOf = ({ storage }: HeadlessDevice): string => storage.record!.handle;
const accountOf = (device: HeadlessDevice) => env.ACCOUNTS.get(env.ACCOUNTS.idFromString(handleOf(device)));
const past = (part: Partial<PastTransaction> = {}): PastTransaction => ({
  id: crypto.randomUUID(),
  at: Date.now(),
  kind: "authentication",
  flow: "Notification",
  result: "confirmed",
  relyingPartyUUID: DEMO.relyingPartyUUID,
  relyingPartyName: "DEMO",
  claimed: true,
  ...part,
});

/** "I did not start this", and its party is refused. */
const saying = (transactionId: string, since = Date.now()): Disowning => ({
  transactionId,
  refusal: { id: crypto.randomUUID(), since },
});
const tellAll = (name: string, handle: string, many: number, each: (index: number) => PastTransaction) =>
  runInDurableObject(person(name), async (object: PersonObject) => {
    for (let index = 0; index < many; index++) await object.recordTransaction(handle, each(index), 0);
  });

async function approved(sessionID: string, device: Device = phone): Promise<string> {
  const claimed = await claimOnly(device);
  expect((await approveTransaction(device.client, claimed, pinOf(PINS[claimed.purpose]))).ok).toBe(true);
  expect(await endResult(sessionID)).toBe("OK");
  return claimed.transactionId;
}

describe("the history", () => {
  it("has each request once with how it ended and which way it came, for every device of the person and nobody else", async () => {
    const login = await approved(await startLogin(phone.documentNumber));
    const signature = await approved(await startSignature(phone.documentNumber, new Uint8Array(9)));
    await startLogin(phone.documentNumber);
    const { transactionId: refused } = await claimOnly(phone);
    expect((await refuseTransaction(phone.client, refused, "USER_REFUSED")).ok).toBe(true);
    const opened = await openDeviceLink(tablet.client, linkOf(await startAuthenticationLink()));
    if (!opened.ok) throw new Error(opened.failure.code);
    expect((await approveTransaction(tablet.client, forPin(opened.value), pinOf(PINS.auth))).ok).toBe(true);
    const choice = await openDeviceLink(tablet.client, linkOf(await startCertificateChoiceLink()));
    if (!choice.ok) throw new Error(choice.failure.code);
    expect((await confirmCertificateChoice(tablet.client, choice.value.transactionId)).ok).toBe(true);
    await tablet.client.call("stopWaiting", () => ({}));
    // A link that nobody opens is in nobody's history.
    await startAuthenticationLink();
    const common = { relyingPartyName: "DEMO", disowned: false, partyRefused: false };
    const expected = (on: Device): Entry[] => [
      {
        id: choice.value.transactionId,
        kind: "certificate-choice",
        flow: "QR",
        result: "confirmed",
        here: on === tablet,
        ...common,
      },
      { id: opened.value.transactionId, kind: "authentication", flow: "QR", result: "confirmed", here: on === tablet, ...common },
      { id: refused, kind: "authentication", flow: "Notification", result: "refused", here: on === phone, ...common },
      { id: signature, kind: "signature", flow: "Notification", result: "confirmed", here: on === phone, ...common },
      { id: login, kind: "authentication", flow: "Notification", result: "confirmed", here: on === phone, ...common },
    ];
    await eventually(phone, expected(phone));
    // With the epochs of the PINs' payments, which nobody tells by a call of their own.
    const epochs = await Promise.all([phone, tablet].map((device) => query(handleOf(device), "SELECT epoch FROM account")));
    const told = await Promise.all([phone, tablet].map((device) => person().epoch(handleOf(device))));
    expect(told).toEqual(epochs.map(([account]) => account?.["epoch"]));
    expect(await historyOf(tablet)).toMatchObject(expected(tablet));
    expect(await historyOf(stranger)).toEqual([]);
    const stored = JSON.stringify(await sql(NAME, "SELECT * FROM past_transaction"));
    for (const shown of ["Log in", LOGIN_TEXT, "127.0.0.1", PERSON.surname]) expect(stored).not.toContain(shown);
    expect((await historyOf(phone)).every((entry) => !JSON.stringify(entry).includes(DEMO.relyingPartyUUID))).toBe(true);
  });

  it("has a refusal for all devices from the one that it was said on, though one of a lower level tells that nobody answered", async () => {
    expect((await post(`/authentication/notification/etsi/${NAME}`, anAuthentication())).status).toBe(200);
    const listed = await listTransactions(tablet.client);
    const { transactionId: id = "" } = (listed.ok && listed.value[0]) || {};
    expect((await refuseTransaction(tablet.client, id, "USER_REFUSED_CERT_CHOICE")).ok).toBe(true);
    const refused = [{ id, result: "refused", here: true } as const];
    await eventually(tablet, refused);
    const setLevel = (level: string) => sql(NAME, "UPDATE account SET level = ? WHERE handle = ?", level, handleOf(phone));
    await setLevel("ADVANCED");
    await person().recordTransaction(handleOf(phone), past({ id, result: "timed_out", claimed: false }), 0);
    const told = await historyOf(tablet);
    await setLevel("QUALIFIED");
    expect(told).toMatchObject(refused);
  });

  it("has what nobody answered once, though two devices were asked, and what one of them answered whatever the other says", async () => {
    const both = `/authentication/notification/etsi/${NAME}`;
    expect((await post(both, anAuthentication())).status).toBe(200);
    for (const device of [phone, tablet]) {
      await query(handleOf(device), "UPDATE pending_transaction SET expires_at = 1");
      await runDurableObjectAlarm(accountOf(device));
    }
    await eventually(phone, [{ result: "timed_out", kind: "authentication", flow: "Notification" }]);
    const [timedOut] = await historyOf(phone);

    const id = crypto.randomUUID();
    const asked = past({ id, at: timedOut!.at + 5, result: "failed", claimed: false });
    const answered = { ...asked, at: timedOut!.at + 9, result: "confirmed", claimed: true } as const;
    for (const each of [asked, answered, asked, { ...answered, result: "failed" } as const]) {
      await person().recordTransaction(handleOf(each.claimed ? tablet : phone), each, 0);
    }
    expect(await historyOf(tablet)).toMatchObject([{ id, result: "confirmed", here: true }, { result: "timed_out" }]);
  });

  it("says that a request of this device failed whose session somebody ended with a forged link", async () => {
    const started = await startAuthenticationLink();
    const opened = await openDeviceLink(phone.client, linkOf(started));
    if (!opened.ok) throw new Error(opened.failure.code);
    expect((await openDeviceLink(phone.client, linkOf(started, "QR", { forged: true }))).ok).toBe(false);
    await eventually(phone, [{ id: opened.value.transactionId, result: "failed", kind: "authentication" }]);
  });

  it("has a request whose session is over when it is claimed", async () => {
    await startLogin(phone.documentNumber);
    const listed = await phone.client.call("listTransactions", () => ({}));
    const { transactionId } = (listed.ok ? listed.value.transactions[0] : undefined)!;
    vi.spyOn(SessionObject.prototype, "claim").mockResolvedValue({ ok: false, failure: "over" });
    expect(await claimTransaction(phone.client, transactionId)).toMatchObject({ failure: { code: "no_such_transaction" } });
    await eventually(tablet, [{ id: transactionId, result: "timed_out" }]);
  });

  it("loses and doubles nothing when the Person object cannot be told, or the account's object breaks off before it is", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { recordTransaction: real } = PersonObject.prototype as unknown as Record<
      string,
      (...told: unknown[]) => Promise<void>
    >;
    const tell = vi.spyOn(PersonObject.prototype, "recordTransaction").mockRejectedValue(new Error("out of reach"));
    const id = await approved(await startLogin(phone.documentNumber));
    const waiting = () => query(handleOf(phone), "SELECT * FROM outbox WHERE kind = 'transaction'");
    await vi.waitFor(() => expect(tell).toHaveBeenCalled(), { timeout: 20_000 });
    expect(await waiting()).toHaveLength(1);
    expect(await historyOf(tablet)).toEqual([]);
    await evictDurableObject(accountOf(phone));
    // It is heard, and its acknowledgement is lost.
    tell.mockImplementationOnce(async function (this: PersonObject, ...told) {
      await real!.apply(this, told);
      throw new Error("the acknowledgement is lost");
    });
    await runDurableObjectAlarm(accountOf(phone));
    await eventually(tablet, [{ id, result: "confirmed" }]);
    expect(await waiting()).toHaveLength(1);
    tell.mockRestore();
    await runDurableObjectAlarm(accountOf(phone));
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 20_000 });
    expect(await historyOf(tablet)).toHaveLength(1);
  });

  it("is given in pages, and keeps the newest", async () => {
    const own = "pages";
    const { handle } = await listedAccount(own, "QUALIFIED");
    const [start, all] = [Date.now() - 1_000_000, MAXIMUM_CONFIRMED + 3];
    await tellAll(own, handle, all, (index) => past({ at: start + index }));
    const first = await person(own).transactions(handle, 150);
    expect(first).toMatchObject({ more: true });
    const rest = await person(own).transactions(handle, 150, first.entries.at(-1));
    expect(rest).toMatchObject({ more: false });
    const times = [...first.entries, ...rest.entries].map(({ at }) => at);
    expect(times).toEqual(Array.from({ length: MAXIMUM_CONFIRMED }, (_, index) => start + all - 1 - index));
  });

  it("loses nothing that the person confirmed or disowned to a flood of requests, nor to what accounts of another level do", async () => {
    const own = "floods";
    const [high, low] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "ADVANCED")];
    const now = Date.now();
    const confirmed = past({ at: now - 1_000_000 });
    const strange = past({ at: now - 999_999 });
    const refused = past({ at: now - 999_998, result: "refused" });
    for (const each of [confirmed, strange, refused]) await person(own).recordTransaction(high.handle, each, 0);
    await person(own).disown(high.handle, { transactionId: strange.id });
    const kept = async () => {
      const rows = await sql(own, "SELECT id FROM past_transaction WHERE handle = ? ORDER BY at", high.handle);
      return rows.map(({ id }) => id);
    };
    await tellAll(own, low.handle, MAXIMUM_CONFIRMED + 1, (index) => past({ at: now + index }));
    await tellAll(own, low.handle, MAXIMUM_NOT_CONFIRMED + 1, (index) => past({ at: now + index, result: "timed_out" }));
    expect(await kept()).toEqual([confirmed.id, strange.id, refused.id]);
    // Taken by a device that looked on, and left unanswered.
    await tellAll(own, high.handle, MAXIMUM_NOT_CONFIRMED, (index) => past({ at: now + index, result: "timed_out" }));
    expect((await kept()).slice(0, 3)).not.toContain(refused.id);
    expect(await kept()).toHaveLength(MAXIMUM_NOT_CONFIRMED + 2);
    await tellAll(own, high.handle, MAXIMUM_CONFIRMED, (index) => past({ at: now + index }));
    expect((await kept())[0]).toBe(strange.id);
    const all = (await kept()).slice(1, MAXIMUM_DISOWNED + 1) as string[];
    for (const transactionId of all) await person(own).disown(high.handle, { transactionId });
    const [{ count } = {}] = await sql(own, "SELECT count(*) AS count FROM past_transaction WHERE disowned = 1");
    expect(count).toBe(MAXIMUM_DISOWNED);
    expect(await kept()).not.toContain(strange.id);
  });

  it("says whose account each entry was of, to a device that asks; one of before hears what it knows", async () => {
    const own = "whose";
    const [high, low] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "ADVANCED")];
    for (const { handle } of [low, high]) await person(own).recordTransaction(handle, past({ at: Date.now() + 1 }), 0);
    const whose = async (handle: string, withAccounts: boolean) =>
      (await person(own).transactions(handle, 9, undefined, withAccounts)).entries.map(
        ({ here, account }) => [here, account] as const,
      );
    expect(new Map(await whose(high.handle, true))).toEqual(
      new Map([
        [true, high.documentNumber],
        [false, low.documentNumber],
      ]),
    );
    // The number of an account of a higher level is nobody's below.
    expect(await whose(low.handle, true)).toEqual([[true, low.documentNumber]]);
    expect((await person(own).transactions(high.handle, 9)).entries.every((entry) => !("account" in entry))).toBe(true);

    await approved(await startLogin(phone.documentNumber));
    await eventually(tablet, [{ here: false }]);
    const asked = await askHistory(tablet.client, { limit: 1 });
    expect(asked).toMatchObject({ ok: true, value: { entries: [{ here: false, account: phone.documentNumber }] } });
    expect((await historyOf(tablet))[0]).not.toHaveProperty("account");
  });

  it("keeps the newest refusals of each level, whatever is refused on accounts of the other", async () => {
    const own = "refusals";
    const [high, low] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "ADVANCED")];
    const refuse = (handle: string, many: number) =>
      runInDurableObject(person(own), async (object: PersonObject) => {
        for (let index = 0; index < many; index++) {
          const told = past({ relyingPartyUUID: crypto.randomUUID(), relyingPartyName: `${handle === high.handle}${index}` });
          await object.recordTransaction(handle, told, 0);
          await object.disown(handle, saying(told.id, Date.now() + index));
        }
      });
    const seen = async (by: string) => (await person(own).refusedParties(by)).map(({ relyingPartyName }) => relyingPartyName);
    await refuse(high.handle, 2);
    await refuse(low.handle, MAXIMUM_REFUSED_OF_LEVEL + 1);
    const below = await seen(low.handle);
    expect(below).toHaveLength(MAXIMUM_REFUSED_OF_LEVEL);
    expect(below).not.toContain("false0");
    expect(new Set(await seen(high.handle))).toEqual(new Set([...below, "true0", "true1"]));
  });

  it("has what nobody answered for every device that was asked, whichever tells first", async () => {
    const own = "unanswered";
    const [high, low] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "ADVANCED")];
    for (const order of [
      [high, low],
      [low, high],
    ]) {
      const asked = past({ claimed: false, result: "timed_out" });
      for (const { handle } of order) await person(own).recordTransaction(handle, asked, 0);
      for (const { handle } of order) {
        expect((await person(own).transactions(handle, 1)).entries).toMatchObject([
          { id: asked.id, here: handle === low.handle },
        ]);
      }
      // What one of them took is that one's.
      await person(own).recordTransaction(high.handle, { ...asked, claimed: true }, 0);
      await person(own).recordTransaction(low.handle, asked, 0);
      expect((await person(own).transactions(low.handle, 9)).entries).toEqual([]);
    }
  });

  it("holds no payment back: an entry that it cannot take raises the epoch all the same", async () => {
    const own = "broken";
    const { handle } = await listedAccount(own, "QUALIFIED");
    const broken = { ...past(), relyingPartyName: null as unknown as string };
    await runInDurableObject(person(own), (object: PersonObject) =>
      expect(object.recordTransaction(handle, broken, 5)).rejects.toThrow("NOT NULL"),
    );
    expect(await person(own).epoch(handle)).toBe(5);
  });

  it("forgets what is 13 months old by the alarm, and gives it to nobody before", async () => {
    const own = "age";
    const { handle } = await listedAccount(own, "QUALIFIED");
    const soon = past({ at: Date.now() - HISTORY_LIFETIME + 60_000 });
    await person(own).recordTransaction(handle, soon, 0);
    const alarmAt = () => runInDurableObject(person(own), (_, { storage }) => storage.getAlarm());
    expect(await alarmAt()).toBe(soon.at + HISTORY_LIFETIME);
    await sql(own, "UPDATE past_transaction SET at = at - 60000");
    expect(await person(own).transactions(handle, 9)).toEqual({ entries: [], more: false });
    expect(await person(own).transaction(handle, soon.id)).toBeUndefined();
    await person(own).disown(handle, saying(soon.id));
    expect(await person(own).refusedParties(handle)).toEqual([]);
    await person(own).recordTransaction(handle, past({ at: 2_000_000_000_000 }), 0);
    await runDurableObjectAlarm(person(own));
    expect(await sql(own, "SELECT at FROM past_transaction")).toEqual([{ at: 2_000_000_000_000 }]);
    expect(await alarmAt()).toBe(2_000_000_000_000 + HISTORY_LIFETIME);
  });

  it("is gone with the person's last account, refused parties and all, and what is told late does not bring it back", async () => {
    const own = "closing";
    const [first, second] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "QUALIFIED")];
    const told = past();
    await person(own).recordTransaction(first.handle, told, 0);
    await person(own).disown(first.handle, saying(told.id));
    await person(own).close(first.handle);
    expect((await person(own).transactions(second.handle, 9)).entries).toMatchObject([{ id: told.id, here: false }]);
    await person(own).close(second.handle);
    await person(own).recordTransaction(second.handle, past(), 7);
    for (const table of ["past_transaction", "refused_party"]) expect(await sql(own, `SELECT * FROM ${table}`)).toEqual([]);
    expect(await person(own).epoch(second.handle)).toBe(7);
  });

  it("shows no account what accounts of a higher level did, nor lets it say anything of it", async () => {
    const own = "levels";
    const [high, low] = [await listedAccount(own, "QUALIFIED"), await listedAccount(own, "ADVANCED")];
    const [done, other] = [
      past({ at: 1_900_000_000_000 }),
      past({ at: 1_900_000_000_001, relyingPartyUUID: crypto.randomUUID() }),
    ];
    await person(own).recordTransaction(high.handle, done, 0);
    await person(own).recordTransaction(low.handle, other, 0);
    const idsFor = async (handle: string) => (await person(own).transactions(handle, 9)).entries.map(({ id }) => id);
    expect(await idsFor(high.handle)).toEqual([other.id, done.id]);
    expect(await idsFor(low.handle)).toEqual([other.id]);
    expect(await person(own).transaction(low.handle, done.id)).toBeUndefined();
    await person(own).disown(low.handle, saying(done.id));
    expect((await person(own).transactions(high.handle, 9)).entries.some(({ disowned }) => disowned)).toBe(false);
    expect(await person(own).refusedParties(high.handle)).toEqual([]);
    // A refusal by the lower account is not the higher one's, and one by the higher account is both's.
    await person(own).disown(low.handle, saying(other.id));
    const refusedFor = async (uuid: string) => (await person(own).accountsFor(uuid)).map(({ refusesParty }) => refusesParty);
    expect(await refusedFor(other.relyingPartyUUID)).toEqual([false, true]);
    await person(own).disown(high.handle, saying(done.id));
    expect(await refusedFor(done.relyingPartyUUID)).toEqual([true, true]);
    const ids = (await person(own).refusedParties(high.handle)).map(({ id }) => id);
    const seenBelow = await Promise.all(ids.map((id) => person(own).refusedParty(low.handle, id)));
    expect(new Set(seenBelow)).toEqual(new Set([undefined, other.relyingPartyUUID]));
    for (const id of ids) await person(own).allowParty(low.handle, id);
    expect(await refusedFor(done.relyingPartyUUID)).toEqual([true, true]);
    expect(await refusedFor(other.relyingPartyUUID)).toEqual([false, false]);
    expect(await person(own).transactions("nobody's handle", 9)).toEqual({ entries: [], more: false });
  });

  it("begins empty for a person of the schema before", async () => {
    const own = "earlier";
    await runInDurableObject(person(own), (_, { storage }) => {
      migrate(storage, PERSON_MIGRATIONS.slice(0, 4));
      storage.sql.exec(
        "INSERT INTO account (handle, suffix, document_number, level, state) VALUES ('h', 's', 'd', 'QUALIFIED', 'active')",
      );
    });
    expect(await person(own).accountsFor(DEMO.relyingPartyUUID)).toMatchObject([{ handle: "h", refusesParty: false }]);
    const told = past();
    await person(own).recordTransaction("h", told, 3);
    expect((await person(own).transactions("h", 1)).entries).toMatchObject([{ id: told.id }]);
  });
});

describe("what the person did not start", () => {
  const disown = (of: Device, id: string, refuseParty?: boolean) =>
    of.client.call("disown", () => ({ id, ...(refuseParty !== undefined && { refuseParty }) }));
  const { disown: realDisown } = PersonObject.prototype as unknown as { disown: (...said: unknown[]) => Promise<void> };
  const refusedParties = async (of: Device) => {
    const answer = await of.client.call("listRefusedParties", () => ({}));
    if (!answer.ok) throw new Error(answer.failure.code);
    return answer.value.parties;
  };
  const eventsOf = (sought: string) =>
    audited.flatMap(({ chain, events }) => events.filter(({ kind }) => kind === sought).map((event) => ({ chain, ...event })));
  const disownedEvents = () => eventsOf("transaction_disowned");
  /** Chains and details. */
  const told = (sought: string) => eventsOf(sought).map(({ chain, detail }) => [chain, JSON.parse(detail)]);
  const isOver = async (response: Response) => {
    expect(response.status).toBe(200);
    const { sessionID } = await response.json<{ sessionID: string }>();
    return sessionStatus(sessionID);
  };

  it("is marked for every device and audited once; an entry of somebody else, or of nobody, changes nothing", async () => {
    const id = await approved(await startLogin(phone.documentNumber));
    await eventually(phone, [{ id, disowned: false }]);
    for (const [device, unknown] of [
      [stranger, id],
      [phone, crypto.randomUUID()],
    ] as const) {
      expect(await disown(device, unknown, true)).toEqual({ ok: false, failure: { code: "no_such_entry" } });
    }
    expect(await historyOf(phone)).toMatchObject([{ id, disowned: false, partyRefused: false }]);
    expect(await refusedParties(phone)).toEqual([]);
    // The answer waits for it: the app shows the history next.
    vi.spyOn(PersonObject.prototype, "disown").mockImplementationOnce(async function (this: PersonObject, ...said) {
      await scheduler.wait(500);
      await realDisown.apply(this, said);
    });
    for (let time = 0; time < 2; time++) {
      expect(await disown(phone, id)).toEqual({ ok: true, value: { disowned: true } });
      expect(await historyOf(tablet)).toMatchObject([{ id, disowned: true, partyRefused: false }]);
    }
    await vi.waitFor(() => expect(disownedEvents()).toHaveLength(1), { timeout: 20_000 });
    const [event] = disownedEvents();
    expect(event).toMatchObject({ chain: handleOf(phone) });
    expect(JSON.parse(event!.detail)).toEqual({ relyingParty: DEMO.relyingPartyUUID, transaction: "authentication" });
    expect(await query(handleOf(stranger), "SELECT * FROM disowned")).toEqual([]);
    expect(await refusedParties(phone)).toEqual([]);
  });

  it("is in the audit log and told until it is heard, also by an object that broke off or whose account is closed", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const id = await approved(await startLogin(phone.documentNumber));
    await eventually(phone, [{ id }]);
    const say = vi.spyOn(PersonObject.prototype, "disown").mockRejectedValue(new Error("out of reach"));
    expect(await disown(phone, id, true)).toEqual({ ok: true, value: { disowned: true } });
    expect(await historyOf(phone)).toMatchObject([{ id, disowned: false, partyRefused: false }]);
    await vi.waitFor(() => expect(disownedEvents()).toHaveLength(1), { timeout: 20_000 });
    expect(told("party_refused")).toEqual([[handleOf(phone), { relyingParty: DEMO.relyingPartyUUID }]]);
    await evictDurableObject(accountOf(phone));
    await sql(NAME, "UPDATE account SET state = 'closed' WHERE handle = ?", handleOf(phone));
    // It is heard, its acknowledgement is lost, and the refusal is taken back before it is told again.
    say.mockImplementationOnce(async function (this: PersonObject, ...said) {
      await realDisown.apply(this, said);
      throw new Error("the acknowledgement is lost");
    });
    await runDurableObjectAlarm(accountOf(phone));
    await eventually(tablet, [{ id, disowned: true, partyRefused: true }]);
    await sql(NAME, "UPDATE account SET state = 'active' WHERE handle = ?", handleOf(phone));
    const [refused] = await refusedParties(tablet);
    expect(await tablet.client.call("allowParty", () => ({ party: refused!.id }))).toMatchObject({ ok: true });
    say.mockRestore();
    const waiting = () => query(handleOf(phone), "SELECT * FROM outbox WHERE kind = 'disown'");
    expect(await waiting()).toHaveLength(1);
    await runDurableObjectAlarm(accountOf(phone));
    await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 20_000 });
    expect(await historyOf(phone)).toMatchObject([{ id, disowned: true, partyRefused: false }]);
  });

  it("can refuse its party's notifications: they end as the person's own refusal does, and no device is asked", async () => {
    const id = await approved(await startLogin(phone.documentNumber));
    // As the person refuses on one device, and on either of two.
    const byHand = await startLogin(phone.documentNumber);
    expect((await refuseTransaction(phone.client, (await claimOnly(phone)).transactionId, "USER_REFUSED")).ok).toBe(true);
    const refusal = await sessionStatus(byHand);
    expect(refusal).toEqual({ state: "COMPLETE", result: { endResult: "USER_REFUSED", documentNumber: phone.documentNumber } });
    const choicePath = `/signature/certificate-choice/notification/etsi/${NAME}`;
    const choice = await post(choicePath, { ...DEMO, nonce: "1" });
    const asked = await phone.client.call("listTransactions", () => ({}));
    const [waiting] = asked.ok ? asked.value.transactions : [];
    expect((await claimTransaction(phone.client, waiting?.transactionId ?? "")).ok).toBe(true);
    expect((await refuseTransaction(phone.client, waiting?.transactionId ?? "", "USER_REFUSED")).ok).toBe(true);
    const choiceRefusal = await isOver(choice);

    const { subscription } = await newBrowser();
    const deliveries = pushService();
    await phone.client.call("subscribePush", () => ({ subscription }));
    await eventually(phone, [{}, {}, { id }]);
    expect((await disown(tablet, id, true)).ok).toBe(true);
    const offer = vi.spyOn(AccountObject.prototype, "offer");
    const document = phone.documentNumber;
    expect(await isOver(await post(`/authentication/notification/document/${document}`, anAuthentication()))).toEqual(refusal);
    expect(await isOver(await post(`/authentication/notification/etsi/${NAME}`, anAuthentication()))).toEqual(refusal);
    const signature = `/signature/notification/document/${document}`;
    const nonce = "again";
    for (let time = 0; time < 2; time++) expect(await isOver(await post(signature, { ...aSignature(), nonce }))).toEqual(refusal);
    expect(await isOver(await post(choicePath, { ...DEMO, nonce: "2" }))).toEqual(choiceRefusal);
    expect(offer).not.toHaveBeenCalled();
    expect(deliveries).toEqual([]);
    expect(await phone.client.call("listTransactions", () => ({}))).toEqual({ ok: true, value: { transactions: [] } });
    await phone.client.call("subscribePush", () => ({ subscription: null }));
    // It says so of every entry of the party, and who else the party asks is asked.
    expect((await historyOf(phone)).map(({ partyRefused }) => partyRefused)).toEqual([true, true, true]);
    const other = await startLogin(stranger.documentNumber);
    await claimOnly(stranger);
    expect(await endResult(other)).toBe("RUNNING");
    await query(handleOf(stranger), "DELETE FROM pending_transaction");
  });

  it("ends a session that a crash left half asked, and takes it back from whoever was asked and did not take it", async () => {
    const waiting = async (of: Device) => {
      const rows = await query(handleOf(of), "SELECT details ->> '$.offered.session' AS session FROM pending_transaction");
      return rows.map(({ session }) => session as string);
    };
    for (const isTaken of [false, true]) {
      await sql(NAME, "DELETE FROM refused_party");
      await sql(NAME, "DELETE FROM recent_request");
      const start = () => post(`/signature/notification/etsi/${NAME}`, aSignature());
      expect((await start()).status).toBe(200);
      const [session] = await waiting(phone);
      if (isTaken) await claimOnly(tablet);
      await runInDurableObject(env.SESSIONS.get(env.SESSIONS.idFromName(session!)), (_, { storage }) =>
        storage.sql.exec("UPDATE session SET offered = 0"),
      );
      const entry = past();
      await person().recordTransaction(handleOf(phone), entry, 0);
      await person().disown(handleOf(phone), saying(entry.id));
      expect(await isOver(await start())).toMatchObject(
        isTaken ? { state: "RUNNING" } : { result: { endResult: "USER_REFUSED" } },
      );
      await vi.waitFor(async () => expect(await waiting(phone)).toEqual([]), { timeout: 20_000 });
      await vi.waitFor(async () => expect(await waiting(tablet)).toEqual(isTaken ? [session] : []), { timeout: 20_000 });
    }
    await query(handleOf(tablet), "DELETE FROM pending_transaction");
  });

  it("leaves the person their own device links to that party, and the signature that follows one; and can be taken back", async () => {
    const id = await approved(await startLogin(phone.documentNumber));
    await eventually(phone, [{ id }]);
    expect((await disown(phone, id, true)).ok).toBe(true);
    const link = await startAuthenticationLink(`document/${phone.documentNumber}`);
    const opened = await openDeviceLink(phone.client, linkOf(link));
    if (!opened.ok) throw new Error(opened.failure.code);
    expect((await approveTransaction(phone.client, forPin(opened.value), pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(link.sessionID)).toBe("OK");
    const begun = await startCertificateChoiceLink();
    const choice = await openDeviceLink(phone.client, linkOf(begun));
    if (!choice.ok) throw new Error(choice.failure.code);
    expect((await confirmCertificateChoice(phone.client, choice.value.transactionId)).ok).toBe(true);
    expect(await endResult(begun.sessionID)).toBe("OK");
    const linked = { ...aSignature(), linkedSessionID: begun.sessionID };
    const following = await post(`/signature/notification/linked/${phone.documentNumber}`, linked);
    await approved((await following.json<{ sessionID: string }>()).sessionID);

    expect(await startLogin(phone.documentNumber).then(endResult)).toBe("USER_REFUSED");
    const parties = await refusedParties(tablet);
    expect(parties).toMatchObject([{ relyingPartyName: "DEMO" }]);
    expect(JSON.stringify(parties)).not.toContain(DEMO.relyingPartyUUID);
    const allow = (of: Device, party: string) => of.client.call("allowParty", () => ({ party }));
    expect(await allow(stranger, parties[0]!.id)).toEqual({ ok: true, value: { allowed: true } });
    expect(await refusedParties(tablet)).toEqual(parties);
    await query(handleOf(tablet), "DELETE FROM repeated_event");
    for (let time = 0; time < 2; time++) expect((await allow(tablet, parties[0]!.id)).ok).toBe(true);
    expect(await refusedParties(phone)).toEqual([]);
    await vi.waitFor(() => expect(told("party_allowed")).toEqual([[handleOf(tablet), { relyingParty: DEMO.relyingPartyUUID }]]));
    // The second found nothing to take back.
    expect(await query(handleOf(tablet), "SELECT unrecorded FROM repeated_event")).toEqual([{ unrecorded: 0 }]);
    await approved(await startLogin(phone.documentNumber));
    expect((await historyOf(phone)).every(({ partyRefused }) => !partyRefused)).toBe(true);
  });

  it("is forgotten by the account itself after 13 months, by the alarm, and when it closes", async () => {
    const ids = async () => (await query(handleOf(stranger), "SELECT * FROM disowned")).map(({ transaction_id: id }) => id);
    const old = Date.now() - HISTORY_LIFETIME;
    await query(handleOf(stranger), "INSERT INTO disowned VALUES ('old', ?), ('new', ?)", old, old + 3_600_000);
    await startLogin(stranger.documentNumber);
    await query(handleOf(stranger), "UPDATE pending_transaction SET expires_at = 1");
    await runDurableObjectAlarm(accountOf(stranger));
    expect(await ids()).toEqual(["new"]);
    await vi.waitFor(async () => {
      const alarm = await runInDurableObject(accountOf(stranger), (_, { storage }) => storage.getAlarm());
      expect(alarm).toBe(old + 3_600_000 + HISTORY_LIFETIME);
    });
    await accountOf(stranger).closeByOperator("cessationOfOperation", crypto.randomUUID());
    expect(await ids()).toEqual([]);
  });
});
