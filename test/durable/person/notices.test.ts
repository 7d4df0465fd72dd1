// How a Person object tells accounts of each other: each once, repeated until it was heard, across failures and evictions.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../../durable/account/account-object.ts";
import { PERSON_MIGRATIONS } from "../../../durable/person/person-migrations.ts";
import { migrate } from "../../../durable/storage/migrations.ts";
import type { Environment } from "../../../src/environment.ts";
import { type AccountNotice, MAXIMUM_NOTICES } from "../../../src/protocol/device-messages.ts";
import { randomIdentifier } from "../../support/raw-device.ts";

type Person = ReturnType<Environment["PERSONS"]["get"]>;

const SEMANTICS_IDENTIFIER = "PNOEE-40504040001";
let person: Person;
/** Active: phone, tablet, laptop. */
let handles: string[];
/** Who heard which notice, in order. */
let heard: [string, string][];
/** Whom it was tried to tell, in order. */
let tried: string[];
/** The same, as they were told. */
let told: AccountNotice[];
/** Whom nobody reaches. */
let unreachable: string[];
/** Who answers only when this has come. */
let silent: { readonly handle: string; readonly until: Promise<void> } | undefined;

let log: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  log = vi.spyOn(console, "error").mockReturnValue();
  [heard, told, tried] = [[], [], []];
  [unreachable, silent] = [[], undefined];
  vi.spyOn(AccountObject.prototype, "notice").mockImplementation(async function (this: AccountObject, notice) {
    const handle = (this as unknown as { ctx: DurableObjectState }).ctx.id.toString();
    if (handles.includes(handle)) tried.push(handle);
    if (unreachable.includes(handle)) throw new Error("out of reach");
    if (silent?.handle === handle) await silent.until;
    // Other tests' people are still being told.
    if (!handles.includes(handle)) return;
    heard.push([handle, notice.id]);
    told.push(notice);
  });
  person = env.PERSONS.get(env.PERSONS.idFromName(crypto.randomUUID()));
  handles = [];
  for (let number = 0; number < 3; number++) handles.push(await newAccount());
  await allHeard();
});
afterEach(() => void vi.restoreAllMocks());

async function newAccount(isActive = true): Promise<string> {
  const handle = env.ACCOUNTS.newUniqueId().toString();
  await person.reserveDocumentNumber(SEMANTICS_IDENTIFIER, handle, "QUALIFIED");
  if (isActive) await person.activate(handle, []);
  return handle;
}

const allTold = () => vi.waitFor(async () => expect(await undelivered()).toBe(0), { timeout: 20_000 });

/** Of what was told until now, each account being news to the others. */
async function allHeard(): Promise<void> {
  await allTold();
  [heard, told, tried] = [[], [], []];
}

const noticeOf = (part: Partial<AccountNotice> = {}): AccountNotice =>
  ({ kind: "closed", reason: "owner", id: randomIdentifier(), documentNumber: "", at: 1, ...part }) as AccountNotice;
/** Each hearer in order; among them there is none. */
const byHearer = (pairs: [string, string][]) => pairs.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)));
const expectHeard = (expected: [string, string][]) =>
  vi.waitFor(() => expect(byHearer(heard)).toEqual(byHearer(expected)), { timeout: 20_000 });
const hearers = () => heard.map(([hearer]) => hearer).toSorted();
const alarmAt = () => runInDurableObject(person, (_, { storage }) => storage.getAlarm());
const undelivered = () =>
  runInDurableObject(person, (_, { storage }) => storage.sql.exec("SELECT handle FROM notice_delivery").toArray().length);

describe("an account that closes", () => {
  it("is told to each other active account, and to nobody else", async () => {
    await newAccount(false);
    await allHeard();
    const [phone, tablet, laptop] = handles as [string, string, string];
    const notice = noticeOf();
    await person.close(phone, notice);
    await expectHeard([
      [tablet, notice.id],
      [laptop, notice.id],
    ]);
    const next = noticeOf();
    await person.close(tablet, next);
    await vi.waitFor(() => expect(heard.slice(2)).toEqual([[laptop, next.id]]), { timeout: 20_000 });
    await vi.waitFor(async () => expect(await alarmAt()).toBeNull(), { timeout: 20_000 });
  });

  it("is told once, however often the account says so", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    const notice = noticeOf();
    for (let time = 0; time < 2; time++) {
      await person.tellOthers(phone, notice);
      await vi.waitFor(async () => expect(await undelivered()).toBe(0), { timeout: 20_000 });
      await evictDurableObject(person);
    }
    expect(byHearer(heard)).toEqual(
      byHearer([
        [tablet, notice.id],
        [laptop, notice.id],
      ]),
    );
  });

  it("without a notice is told to nobody", async () => {
    await person.close(handles[0]!);
    expect(await undelivered()).toBe(0);
    expect(heard).toEqual([]);
  });
});

describe("an account that is being made", () => {
  const reserve = (handle: string) => person.reserveDocumentNumber(SEMANTICS_IDENTIFIER, handle, "ADVANCED");

  it("is told to each account that is not closed as soon as it has a number, also to one still being made, and not to itself", async () => {
    handles.push(await newAccount(false));
    const closed = await newAccount();
    await person.close(closed);
    handles.push(closed);
    await allHeard();
    const before = Date.now();
    const handle = env.ACCOUNTS.newUniqueId().toString();
    handles.push(handle);
    const documentNumber = await reserve(handle);
    await vi.waitFor(() => expect(hearers()).toEqual(handles.slice(0, 4).toSorted()), { timeout: 20_000 });
    expect(new Set(told.map((notice) => JSON.stringify(notice))).size).toBe(1);
    expect(told[0]).toEqual({ kind: "new_account", id: expect.stringMatching(/^[\w-]{22}$/), documentNumber, at: told[0]?.at });
    expect(told[0]?.at).toBeGreaterThanOrEqual(before);
  });

  it("is told once, however often its number is asked for, also where the object stopped in between, and when it is active", async () => {
    const handle = env.ACCOUNTS.newUniqueId().toString();
    for (let time = 0; time < 3; time++) {
      await reserve(handle);
      await vi.waitFor(async () => expect(await undelivered()).toBe(0), { timeout: 20_000 });
      await evictDurableObject(person);
    }
    await person.activate(handle, []);
    expect(hearers()).toEqual(handles.toSorted());
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  });

  it("is not told sooner, where nobody is reached, because its number is asked for again", async () => {
    unreachable = [...handles];
    const handle = env.ACCOUNTS.newUniqueId().toString();
    await reserve(handle);
    await reserve(handle);
    // What was begun before is over.
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(handles.length), { timeout: 20_000 });
    await runDurableObjectAlarm(person);
    expect(tried.toSorted()).toEqual([...handles, ...handles].toSorted());
  });

  it("is told although the object stopped before anybody heard of it", async () => {
    unreachable = [...handles];
    await reserve(env.ACCOUNTS.newUniqueId().toString());
    await evictDurableObject(person);
    expect(await alarmAt()).not.toBeNull();
    unreachable = [];
    await runDurableObjectAlarm(person);
    await vi.waitFor(() => expect(hearers()).toEqual(handles.toSorted()), { timeout: 20_000 });
  });
});

describe("an account that cannot be reached", () => {
  it("holds nobody up, and hears it by the alarm, after the object was out of memory too", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    unreachable = [tablet];
    const notice = noticeOf();
    await person.close(phone, notice);
    await expectHeard([[laptop, notice.id]]);
    for (let outage = 0; outage < 2; outage++) {
      await evictDurableObject(person);
      await runDurableObjectAlarm(person);
      expect(await undelivered()).toBe(1);
      expect(await alarmAt()).not.toBeNull();
    }
    unreachable = [];
    await runDurableObjectAlarm(person);
    await expectHeard([
      [laptop, notice.id],
      [tablet, notice.id],
    ]);
    await vi.waitFor(async () => expect(await alarmAt()).toBeNull(), { timeout: 20_000 });
  });

  it("because it never answers, holds nobody up either, nor is it told anything twice at a time", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    const answer = Promise.withResolvers<void>();
    silent = { handle: tablet, until: answer.promise };
    const [first, second] = [noticeOf(), noticeOf()];
    await person.tellOthers(phone, first);
    await expectHeard([[laptop, first.id]]);
    await person.tellOthers(phone, second);
    await expectHeard([
      [laptop, first.id],
      [laptop, second.id],
    ]);
    expect(tried.filter((handle) => handle === tablet)).toHaveLength(1);
    answer.resolve();
    await allTold();
    expect(heard.filter(([hearer]) => hearer === tablet)).toEqual([
      [tablet, first.id],
      [tablet, second.id],
    ]);
  });

  it("because it never answers, is given up after a while, and told again by the alarm", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    const [answer, deadline] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const wait = scheduler.wait.bind(scheduler);
    const patience = vi
      .spyOn(scheduler, "wait")
      .mockImplementation((time, options) => (time === 10_000 ? deadline.promise : wait(time, options)));
    silent = { handle: tablet, until: answer.promise };
    const notice = noticeOf();
    await person.close(phone, notice);
    await expectHeard([[laptop, notice.id]]);
    expect(log).not.toHaveBeenCalled();
    deadline.resolve();
    await vi.waitFor(() => expect(log).toHaveBeenCalledOnce(), { timeout: 20_000 });
    patience.mockRestore();
    silent = undefined;
    await runDurableObjectAlarm(person);
    await expectHeard([
      [tablet, notice.id],
      [laptop, notice.id],
    ]);
    answer.resolve();
    await allTold();
  });

  it("does not move the alarm of what comes earlier, nor is it forgotten over it", async () => {
    unreachable = handles;
    await person.repeatedSession("request", "session");
    await person.close(handles[0]!, noticeOf());
    await vi.waitFor(async () => expect(await undelivered()).toBe(2), { timeout: 20_000 });
    expect(await alarmAt()).toBeLessThan(Date.now() + 10_000);
    unreachable = [];
    await runDurableObjectAlarm(person);
    await vi.waitFor(async () => expect(await undelivered()).toBe(0), { timeout: 20_000 });
    // The remembered session is still to be cleared away.
    expect(await alarmAt()).toBeGreaterThan(Date.now() + 5_000);
  });

  it("and is closed is not waited for; and of very many only the newest are", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    unreachable = [tablet, laptop];
    for (let number = 0; number < MAXIMUM_NOTICES + 5; number++) await person.tellOthers(phone, noticeOf());
    expect(await undelivered()).toBe(2 * MAXIMUM_NOTICES);
    await person.close(tablet);
    expect(await undelivered()).toBe(MAXIMUM_NOTICES);
  });

  it("hears of an end in spite of any number of accounts that were made since, and of a new one after any number of ends", async () => {
    const [phone, tablet, laptop] = handles as [string, string, string];
    for (let number = 0; number < MAXIMUM_NOTICES; number++) await person.tellOthers(phone, noticeOf());
    await allHeard();
    unreachable = [tablet, laptop];
    const notice = noticeOf();
    await person.close(phone, notice);
    for (let number = 0; number < MAXIMUM_NOTICES + 1; number++) await newAccount(false);
    const newest = await person.reserveDocumentNumber(SEMANTICS_IDENTIFIER, env.ACCOUNTS.newUniqueId().toString(), "QUALIFIED");
    unreachable = [];
    await runDurableObjectAlarm(person);
    await allTold();
    expect(heard).toEqual(
      expect.arrayContaining([
        [tablet, notice.id],
        [laptop, notice.id],
      ]),
    );
    expect(told.map(({ documentNumber }) => documentNumber)).toContain(newest);
  });
});

it("a person of the schema before goes on, accounts and all", async () => {
  const earlier = env.PERSONS.get(env.PERSONS.idFromName(crypto.randomUUID()));
  handles = [env.ACCOUNTS.newUniqueId().toString(), env.ACCOUNTS.newUniqueId().toString()];
  const [one, other] = handles as [string, string];
  await runInDurableObject(earlier, (_, { storage }) => {
    migrate(storage, PERSON_MIGRATIONS.slice(0, 1));
    for (const [suffix, handle] of [one, other].entries()) {
      storage.sql.exec("INSERT INTO account VALUES (NULL, ?, ?, ?, 'QUALIFIED', 'active')", handle, String(suffix), handle);
    }
  });
  const notice = noticeOf();
  await earlier.close(one, notice);
  await expectHeard([[other, notice.id]]);
  expect((await earlier.accounts()).map(({ handle }) => handle)).toEqual([other]);
});
