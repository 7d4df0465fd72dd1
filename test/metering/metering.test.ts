import {
  abortAllDurableObjects,
  createExecutionContext,
  createMessageBatch,
  evictDurableObject,
  getQueueResult,
  type QueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { MeteringOutbox } from "../../durable/session/metering-outbox.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { SESSION_MIGRATIONS } from "../../durable/session/session-migrations.ts";
import { migrate } from "../../durable/storage/migrations.ts";
import type { AccountSummary, OfferFailure } from "../../src/account/objects.ts";
import { failed, success } from "../../src/account/result.ts";
import type { TransactionOutcome } from "../../src/account/transaction.ts";
import type { Environment } from "../../src/environment.ts";
import worker from "../../src/index.ts";
import { forgetCountedSessions } from "../../src/metering/count-sessions.ts";
import { type MeteredSession, RESULTS } from "../../src/metering/metered-session.ts";
import type { EndResult } from "../../src/protocol/session-status.ts";
import { DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import { sessionName } from "../../src/relying-party/session-name.ts";
import {
  CALLBACK,
  linkOf,
  startAuthenticationLink,
  startCertificateChoiceLink,
  type StartedLink,
  startSignatureLink,
} from "../support/device-links.ts";
import { anAuthentication, aSignature, DEMO, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { anAuthenticationStart, signedBy } from "../support/session-start.ts";
import { dumpObject } from "../support/storage-dump.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Session = ReturnType<Environment["SESSIONS"]["get"]>;
const named = (name: string): Session => env.SESSIONS.get(env.SESSIONS.idFromName(name));
const sessionOf = async (sessionID: string): Promise<Session> => named(await sessionName(env, sessionID));

/** What the queue was given, in that order. */
const sent: MeteredSession[] = [];
let queueIs: "working" | "broken" | "silent";
let log: string;

beforeEach(async () => {
  vi.restoreAllMocks();
  await seedDemoParty();
  await env.DATABASE.exec("DELETE FROM counted_sessions; DELETE FROM usage");
  sent.length = 0;
  queueIs = "working";
  log = "";
  vi.spyOn(console, "error").mockImplementation((...words: unknown[]) => void (log += `${words.join(" ")}\n`));
  vi.spyOn(Object.getPrototypeOf(env.METERING) as Queue, "send").mockImplementation(async (message) => {
    if (queueIs === "broken") throw new Error("the queue is out of reach");
    sent.push(message as MeteredSession);
    if (queueIs === "silent") await new Promise(() => undefined);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
  answerOffers("accepted");
  vi.spyOn(AccountObject.prototype, "withdraw").mockResolvedValue();
});

const answerOffers = (verdict: "accepted" | OfferFailure): void =>
  void vi
    .spyOn(AccountObject.prototype, "offer")
    .mockResolvedValue(verdict === "accepted" ? success(undefined) : failed(verdict));

let count = 0;
const newPerson = (): string => `PNOEE-${40504040001 + count++}`;

/** A session of somebody who has one account, asked by notification. */
async function startedSession(): Promise<{ session: Session; account: AccountSummary }> {
  const account = {
    handle: env.ACCOUNTS.newUniqueId().toString(),
    documentNumber: `${newPerson()}-MOCK-Q`,
    level: "QUALIFIED",
  } as const;
  const name = crypto.randomUUID();
  const session = named(name);
  await session.start(name, anAuthenticationStart([account]));
  return { session, account };
}

const endedWith = (endResult: EndResult, { documentNumber }: AccountSummary) =>
  ({ endResult, documentNumber }) as TransactionOutcome;

/** Behind an answer work goes on: until it is done, on a busy machine too. */
const eventually = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 20_000 });

/** Moves what is stored into the past: the clock is the runtime's. */
const age = (session: Session, milliseconds: number): Promise<void> =>
  runInDurableObject(session, (_instance, { storage }) => {
    storage.sql.exec(
      `UPDATE session SET completed_at = completed_at - ?1,
       transaction_offered = json_set(transaction_offered, '$.expiresAt', transaction_offered ->> '$.expiresAt' - ?1)`,
      milliseconds,
    );
    storage.sql.exec("UPDATE unmetered SET retry_at = retry_at - ?", milliseconds);
  });

/** When a session's object wakes, in minutes from now. */
const wakesIn = async (session: Session): Promise<number> =>
  Math.round((((await dumpObject(session))["alarm"] as number) - Date.now()) / 60_000);

const waiting = (session: Session): Promise<Record<string, unknown>[]> =>
  runInDurableObject(session, (_instance, { storage }) => storage.sql.exec("SELECT * FROM unmetered").toArray());

const settled = (session: Session): Promise<void> => eventually(async () => expect(await waiting(session)).toEqual([]));

interface Delivered extends QueueResult {
  readonly ids: readonly string[];
  /** In seconds, of those that come again. */
  readonly delays: readonly (number | undefined)[];
}

async function deliver(bodies: readonly unknown[], attempts = 1): Promise<Delivered> {
  const messages = bodies.map((body, index) => ({ id: `message-${index}`, timestamp: new Date(), attempts, body }));
  const batch = createMessageBatch("tally-metering", messages);
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  await worker.queue(batch, env);
  const result = await getQueueResult(batch, createExecutionContext());
  const delays = retries.flatMap(({ mock }) => mock.calls.map(([options]) => options?.delaySeconds));
  return { ...result, ids: messages.map(({ id }) => id), delays };
}

async function counted(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DATABASE.prepare("SELECT * FROM usage ORDER BY month, kind, flow, result").all();
  return results;
}
const total = async (): Promise<number> => (await counted()).reduce((sum, { sessions }) => sum + (sessions as number), 0);

/** Gives the rows that D1 wrote since it was last asked. */
function countWritten(): () => Promise<number> {
  const run = vi.spyOn(Object.getPrototypeOf(env.DATABASE.prepare("SELECT 1")) as D1PreparedStatement, "run");
  const batch = vi.spyOn(Object.getPrototypeOf(env.DATABASE) as D1Database, "batch");
  return async () => {
    const calls = [run, batch].flatMap(({ mock }) => mock.results.map(({ value }) => value as Promise<D1Result | D1Result[]>));
    const results = (await Promise.all(calls)).flat();
    run.mockClear();
    batch.mockClear();
    return results.reduce((rows, { meta }) => rows + meta.rows_written, 0);
  };
}

const aMessage = (changes: Partial<MeteredSession> = {}): MeteredSession => ({
  id: crypto.randomUUID(),
  party: DEMO_PARTY_UUID,
  kind: "authentication",
  flow: "QR",
  level: "QUALIFIED",
  result: "OK",
  finishedAt: Date.now(),
  ...changes,
});

describe("what is counted of a session", () => {
  const followedBy = (account: AccountSummary) => async (start: Promise<StartedLink>, type: "QR" | "Web2App" | "App2App") => {
    const started = await start;
    const session = named(started.sessionToken);
    expect(await session.openLink(account, linkOf(started, type))).toMatchObject({ ok: true });
    await session.finish(account.handle, signedBy(account));
    return started.sessionID;
  };
  const told = async (path: string, body: object, account: AccountSummary): Promise<void> => {
    const { sessionID } = await (await post(path, body)).json<{ sessionID: string }>();
    await (await sessionOf(sessionID)).finish(account.handle, signedBy(account));
  };

  test("is its party, kind, flow, level and result, for every flow; and nothing about the person", async () => {
    const person = newPerson();
    const account = await listedAccount(person, "QUALIFIED");
    const { documentNumber } = account;
    const back = { initialCallbackUrl: CALLBACK };
    const follow = followedBy(account);
    await told(`/authentication/notification/etsi/${person}`, anAuthentication(), account);
    await told(`/signature/notification/document/${documentNumber}`, { ...aSignature(), certificateLevel: "QSCD" }, account);
    await told(`/signature/certificate-choice/notification/etsi/${person}`, { ...DEMO, certificateLevel: "ADVANCED" }, account);
    await follow(startAuthenticationLink("anonymous", { certificateLevel: "ADVANCED" }), "QR");
    await follow(startSignatureLink(`document/${documentNumber}`, back), "Web2App");
    // The capability asks for more than the level does.
    const choice = { ...back, certificateLevel: "ADVANCED", capabilities: ["QUALIFIED"] };
    const linkedSessionID = await follow(startCertificateChoiceLink(choice), "App2App");
    const linked = { ...aSignature(), linkedSessionID, certificateLevel: "ADVANCED" };
    await told(`/signature/notification/linked/${documentNumber}`, linked, account);
    await eventually(() => expect(sent).toHaveLength(7));

    const known = { id: expect.any(String), party: DEMO_PARTY_UUID, result: "OK", finishedAt: expect.any(Number) };
    const expected = [
      { ...known, kind: "authentication", flow: "Notification", level: "QUALIFIED" },
      { ...known, kind: "signature", flow: "Notification", level: "QUALIFIED" },
      { ...known, kind: "certificate-choice", flow: "Notification", level: "ADVANCED" },
      { ...known, kind: "authentication", flow: "QR", level: "ADVANCED" },
      { ...known, kind: "signature", flow: "Web2App", level: "QUALIFIED" },
      { ...known, kind: "certificate-choice", flow: "App2App", level: "QUALIFIED" },
      { ...known, kind: "signature", flow: "Notification", level: "ADVANCED" },
    ];
    expect(sent).toEqual(expect.arrayContaining(expected));
    await deliver(sent);
    const { results } = await env.DATABASE.prepare("SELECT * FROM counted_sessions").all();
    expect(results).toHaveLength(7);
    // To the second it would be found in the party's own log.
    for (const { finishedAt } of sent) expect(finishedAt % HOUR).toBe(0);
    expect(Date.now() - sent[0]!.finishedAt).toBeLessThan(HOUR + 60_000);
    const everything = JSON.stringify([sent, results, await counted()]);
    const name = await sessionName(env, linkedSessionID);
    for (const secret of [person, person.slice(6), documentNumber, account.handle, linkedSessionID, name, "192.0.2.7"]) {
      expect(everything).not.toContain(secret);
    }
  });

  test.each([
    ["none", "names its person"],
    ["Web2App", "is for anybody"],
  ])("has the flow %s where a link that %s was opened and not answered", async (flow) => {
    const account = await listedAccount(newPerson(), "QUALIFIED");
    const path = flow === "none" ? `document/${account.documentNumber}` : "anonymous";
    const started = await startAuthenticationLink(path, { initialCallbackUrl: CALLBACK });
    const session = named(started.sessionToken);
    expect(await session.openLink(account, linkOf(started, "Web2App"))).toMatchObject({ ok: true });
    await age(session, 185_000);
    await runDurableObjectAlarm(session);
    await settled(session);
    expect(sent).toMatchObject([{ flow, result: "TIMEOUT" }]);
  });

  /** How a session comes to its end. */
  const ENDS: Partial<Record<EndResult, () => Promise<void>>> = {
    TIMEOUT: async () => {
      const { session } = await startedSession();
      await age(session, 185_000);
      // Who asks meanwhile is told, and changes nothing.
      expect((await session.view(0))?.status).toMatchObject({ result: { endResult: "TIMEOUT" } });
      expect(sent).toEqual([]);
      await runDurableObjectAlarm(session);
      await age(session, 300_000);
      await runDurableObjectAlarm(session);
    },
    DOCUMENT_UNUSABLE: async () => {
      answerOffers("unusable");
      await startedSession();
    },
    EXPECTED_LINKED_SESSION: async () => {
      answerOffers("awaits_another");
      await startedSession();
    },
    PROTOCOL_FAILURE: async () => {
      const account = await listedAccount(newPerson(), "QUALIFIED");
      const started = await startAuthenticationLink();
      await named(started.sessionToken).openLink(account, linkOf(started, "QR", { forged: true }));
    },
    OK: async () => {
      const { session, account } = await startedSession();
      await session.claim(account.handle);
      await session.finish(account.handle, signedBy(account));
      await session.finish(account.handle, signedBy(account));
    },
  };

  test.each(RESULTS)("is counted once for each that ended %s, whatever is repeated", async (result) => {
    const end =
      ENDS[result] ??
      (async () => {
        const { session, account } = await startedSession();
        await session.finish(account.handle, endedWith(result, account));
        await session.finish(account.handle, signedBy(account));
        await evictDurableObject(session);
        await session.finish(account.handle, endedWith(result, account));
        await runDurableObjectAlarm(session);
      });
    await end();
    await eventually(() => expect(sent).toHaveLength(1));
    await deliver([...sent, ...sent]);
    await deliver(sent);
    const flow = result === "PROTOCOL_FAILURE" ? "none" : "Notification";
    expect(await counted()).toEqual([
      {
        month: new Date().toISOString().slice(0, 7),
        party: DEMO_PARTY_UUID,
        kind: "authentication",
        flow,
        level: "QUALIFIED",
        result,
        sessions: 1,
      },
    ]);
  });

  test("is nothing where no session began", async () => {
    answerOffers("too_many_pending");
    const { session } = await startedSession();
    expect(await dumpObject(session)).toEqual({});
    expect(sent).toEqual([]);
  });

  test("is nothing of a start that was cut off, and all of one that somebody answered or that was repeated", async () => {
    const cutOff = async (): Promise<Awaited<ReturnType<typeof startedSession>>> => {
      const started = await startedSession();
      await runInDurableObject(started.session, (_, { storage }) => void storage.sql.exec("UPDATE session SET offered = 0"));
      return started;
    };
    const pass = async (session: Session): Promise<void> => {
      await age(session, 185_000);
      await runDurableObjectAlarm(session);
      await settled(session);
    };
    const { session } = await cutOff();
    await pass(session);
    expect((await session.view(0))?.status).toMatchObject({ result: { endResult: "TIMEOUT" } });
    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    expect(await dumpObject(session)).toEqual({});
    expect(sent).toEqual([]);

    const answered = await cutOff();
    await answered.session.finish(answered.account.handle, signedBy(answered.account));
    await settled(answered.session);
    expect(sent).toMatchObject([{ result: "OK" }]);

    const repeated = await cutOff();
    await repeated.session.start(repeated.session.name!, anAuthenticationStart([repeated.account]));
    await pass(repeated.session);
    expect(sent).toMatchObject([{ result: "OK" }, { result: "TIMEOUT" }]);
  });

  test("is a TIMEOUT of nobody's link, also where the alarm comes only when the session is gone", async () => {
    const { sessionToken } = await startAuthenticationLink();
    const session = named(sessionToken);
    await age(session, 600_000);
    await runDurableObjectAlarm(session);
    expect(sent).toMatchObject([{ flow: "none", result: "TIMEOUT" }]);
    expect(sent[0]!.finishedAt).toBeLessThan(Date.now() - 300_000);
    expect(await dumpObject(session)).toEqual({});
  });

  test("is also the end of a session that began before there was metering", async () => {
    const session = named("of-before");
    const { session: other, account } = await startedSession();
    const [row] = (await dumpObject(other))["session"] as Record<string, string | number | null>[];
    await runInDurableObject(session, (_instance, { storage }) => {
      migrate(storage, SESSION_MIGRATIONS.slice(0, 2));
      const { level: _later, metering_id: _latest, ...before } = row!;
      const columns = Object.keys(before);
      const insert = `INSERT INTO session (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
      storage.sql.exec(insert, ...Object.values({ ...before, link: '{"anyoneOfLevel":"ADVANCED"}' }));
    });
    await session.finish(account.handle, signedBy(account));
    await eventually(() => expect(sent).toMatchObject([{ level: "ADVANCED", result: "OK" }]));
    // By an id that the consumer takes.
    await deliver(sent);
    expect(await total()).toBe(1);
  });
});

describe("a session that is over", () => {
  const outcome = (account: AccountSummary) => endedWith("USER_REFUSED", account);

  test("keeps nothing for the queue once it has the message, and wakes only to be forgotten", async () => {
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await settled(session);
    expect(sent).toHaveLength(1);
    const { alarm, session: rows } = await dumpObject(session);
    expect(rows).toMatchObject([{ completed_at: (alarm as number) - 300_000 }]);
  });

  test("is told to a queue that was out of reach, later, by the same id; its own data is gone in time", async () => {
    queueIs = "broken";
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    const [{ id, message, retry_at: retryAt } = {}] = await waiting(session);
    expect((await dumpObject(session))["alarm"]).toBe(retryAt);
    // An alarm for something else does not hurry it.
    await runDurableObjectAlarm(session);
    expect(await waiting(session)).toMatchObject([{ failures: 1 }]);

    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    expect(await session.view(0)).toBeUndefined();
    const left = await dumpObject(session);
    expect(left).toMatchObject({ session: [], unmetered: [{ id, message, failures: 2 }] });
    for (const secret of [account.documentNumber, account.documentNumber.slice(6, 17), account.handle]) {
      expect(JSON.stringify(left)).not.toContain(secret);
    }

    queueIs = "working";
    await age(session, 120_000);
    await runDurableObjectAlarm(session);
    expect(sent).toEqual([JSON.parse(message as string)]);
    expect(sent[0]!.id).toBe(id);
    expect(await dumpObject(session)).toEqual({});
  });

  test("is tried again after a minute, then after twice as long each time, at most after an hour", async () => {
    queueIs = "broken";
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    const minutes: number[] = [];
    for (let failures = 1; failures < 9; failures++) {
      const { retry_at: retryAt } = (await waiting(session))[0]!;
      minutes.push(Math.round(((retryAt as number) - Date.now()) / 60_000));
      await age(session, 3_600_000);
      // Nothing of how often it was tried is lost with the object.
      await evictDurableObject(session);
      await runDurableObjectAlarm(session);
      expect(await waiting(session)).toMatchObject([{ failures: failures + 1 }]);
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test("is counted once where its object dies before it heard from the queue", async () => {
    queueIs = "silent";
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await eventually(() => expect(sent).toHaveLength(1));
    await abortAllDurableObjects();
    expect(await waiting(named(session.name!))).toHaveLength(1);
    queueIs = "working";
    await runDurableObjectAlarm(named(session.name!));
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    await deliver(sent);
    expect(await total()).toBe(1);
  });

  test("is told to the queue when it is on disk, and not before", async () => {
    const { session, account } = await startedSession();
    const sync = await runInDurableObject(session, (_, { storage }) =>
      vi
        .spyOn(Object.getPrototypeOf(storage) as DurableObjectStorage, "sync")
        .mockRejectedValueOnce(new Error("the disk is full")),
    );
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    expect(sent).toEqual([]);
    expect(sync).toHaveBeenCalledOnce();
    await age(session, 60_000);
    await runDurableObjectAlarm(session);
    expect(sent).toHaveLength(1);
  });

  test("and whose end was lost with a machine ends again, and is counted once", async () => {
    const { session, account } = await startedSession();
    await session.finish(account.handle, signedBy(account));
    await settled(session);
    await runInDurableObject(session, (_, { storage }) =>
      storage.sql.exec("UPDATE session SET outcome = NULL, completed_at = NULL"),
    );
    await evictDurableObject(session);
    await session.finish(account.handle, outcome(account));
    await settled(session);
    expect(sent.map(({ result }) => result)).toEqual(["OK", "USER_REFUSED"]);
    await deliver(sent.slice(0, 1));
    await deliver(sent.slice(1));
    expect((await counted()).map(({ result, sessions }) => [result, sessions])).toEqual([["OK", 1]]);
  });

  test("is given up, with a line for the operator, when the consumer would not count it any more", async () => {
    queueIs = "broken";
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    const [{ id } = {}] = await waiting(session);
    const daysAgo = (days: number): Promise<unknown> =>
      runInDurableObject(session, (_, { storage }) =>
        storage.sql.exec(
          "UPDATE unmetered SET retry_at = 0, message = json_set(message, '$.finishedAt', ?)",
          Date.now() - days * DAY,
        ),
      );
    await daysAgo(33.9);
    await runDurableObjectAlarm(session);
    expect(await waiting(session)).toMatchObject([{ failures: 3 }]);
    await daysAgo(34.1);
    log = "";
    await runDurableObjectAlarm(session);
    expect(log).toMatch(new RegExp(`given up: .*${id as string}.*USER_REFUSED`));
    expect(await dumpObject(session)).toEqual({});
  });

  test("has another alarm after one that fails, and is counted and gone when the fault is", async () => {
    const { session } = await startedSession();
    await age(session, 185_000);
    const versionIs = (version: string): Promise<unknown> =>
      runInDurableObject(session, (_, { storage }) => storage.sql.exec(`UPDATE schema_version SET version = ${version}`));
    // As after a Worker was rolled back.
    await versionIs("version + 90");
    for (let alarms = 0; alarms < 8; alarms++) {
      await evictDurableObject(session);
      await runDurableObjectAlarm(session);
      expect(await wakesIn(session)).toBe(60);
    }
    expect(log.match(/alarm will be repeated.* is newer than this code/g)).toHaveLength(8);
    // Where not even that can be written, the platform repeats the alarm.
    await runInDurableObject(session, async (instance, { storage }) => {
      const broken = vi.spyOn(Object.getPrototypeOf(storage) as DurableObjectStorage, "setAlarm");
      broken.mockRejectedValueOnce(new Error("the disk is full"));
      await expect((instance as SessionObject).alarm()).rejects.toThrow("the disk is full");
    });
    await versionIs("version - 90");
    await runDurableObjectAlarm(session);
    await settled(session);
    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    expect(sent).toMatchObject([{ result: "TIMEOUT" }]);
    expect(await dumpObject(session)).toEqual({});
  });

  test("is forgotten also where a variable of the operator's is wrong, and counted when it is mended", async () => {
    const { session, account } = await startedSession();
    queueIs = "broken";
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    await age(session, 300_000);
    await runInDurableObject(session, (_, state) => new SessionObject(state, { ...env, JURISDICTION: "europe" }).alarm());
    expect(log).toContain("JURISDICTION must be");
    expect(await dumpObject(session)).toMatchObject({ session: [], unmetered: [{ failures: 1 }] });
    expect(await wakesIn(session)).toBe(60);
    queueIs = "working";
    await runDurableObjectAlarm(session);
    expect(sent).toHaveLength(1);
    expect(await dumpObject(session)).toEqual({});
  });

  test("is not over where it could not be noted for the queue: both or neither", async () => {
    const { session, account } = await startedSession();
    const real: MeteringOutbox["post"] = Reflect.get(MeteringOutbox.prototype, "post");
    const posting = vi.spyOn(MeteringOutbox.prototype, "post").mockImplementation(function (this: MeteringOutbox, message) {
      real.call(this, message);
      throw new Error("power cut");
    });
    await runInDurableObject(session, (instance) =>
      expect(instance.finish(account.handle, signedBy(account))).rejects.toThrow("power cut"),
    );
    expect((await session.view(0))?.status.state).toBe("RUNNING");
    expect(await waiting(session)).toEqual([]);
    posting.mockRestore();
    await session.finish(account.handle, signedBy(account));
    await settled(session);
    expect(sent).toHaveLength(1);
  });

  test("that begins again under the same name does not lose what waits of the one before", async () => {
    queueIs = "broken";
    const { session, account } = await startedSession();
    await session.finish(account.handle, outcome(account));
    await eventually(async () => expect(await waiting(session)).toMatchObject([{ failures: 1 }]));
    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    answerOffers("too_many_pending");
    expect(await session.start(session.name!, anAuthenticationStart([account]))).toEqual(failed("too_many_pending"));
    expect(await waiting(session)).toHaveLength(1);
  });
});

describe("the consumer", () => {
  const month = (time: number): string => new Date(time).toISOString().slice(0, 7);

  test("counts each session once, delivered again, in part, in another order, or twice at the same time", async () => {
    const sessions = [aMessage(), aMessage(), aMessage({ kind: "signature" }), aMessage({ result: "TIMEOUT", flow: "none" })];
    const result = await deliver(sessions);
    expect(result).toMatchObject({ outcome: "ok", retryMessages: [], retryBatch: { retry: false } });
    const once = await counted();
    expect(once.map(({ kind, flow, sessions: number }) => [kind, flow, number])).toEqual([
      ["authentication", "QR", 2],
      ["authentication", "none", 1],
      ["signature", "QR", 1],
    ]);
    await deliver(sessions, 2);
    await deliver(sessions.slice(1, 3));
    await deliver(sessions.toReversed());
    await deliver([sessions[3], sessions[0], sessions[3], sessions[0]]);
    await Promise.all([deliver(sessions), deliver(sessions)]);
    expect(await counted()).toEqual(once);
    // New ones among old ones.
    const more = [sessions[0], aMessage(), sessions[1], aMessage()];
    await Promise.all([deliver(more), deliver(more.toReversed())]);
    expect(await total()).toBe(6);
  });

  test("counts by the month in which a session ended, in UTC", async () => {
    const first = new Date();
    const newMonth = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), 1);
    await deliver([aMessage({ finishedAt: newMonth - 1 }), aMessage({ finishedAt: newMonth })]);
    expect((await counted()).map((row) => row["month"])).toEqual([month(newMonth - 1), month(newMonth)]);
  });

  test("counts what it can read beside what it cannot, which comes again a few times, and tells no log what stood in it", async () => {
    const good = aMessage();
    const strange: unknown[] = [
      "PNOEE-40504040001",
      null,
      { ...good, id: "no-uuid" },
      { ...aMessage(), person: "PNOEE-40504040001" },
      { ...aMessage(), party: "PNOEE-40504040001" },
      { ...aMessage(), kind: "PNOEE-40504040001" },
      { ...aMessage(), result: "MAYBE" },
      { ...aMessage(), finishedAt: "yesterday" },
      { ...aMessage(), finishedAt: Date.now() + 2 * DAY },
    ];
    const { retryMessages, delays, explicitAcks, ackAll } = await deliver([...strange, good], 3);
    expect(retryMessages.map(({ msgId }) => msgId)).toEqual(strange.map((_, index) => `message-${index}`));
    expect(new Set(delays)).toEqual(new Set([120]));
    expect({ explicitAcks, ackAll }).toEqual({ explicitAcks: [], ackAll: false });
    expect(await total()).toBe(1);
    expect(log.trim().split("\n")).toHaveLength(strange.length);
    expect(log).not.toContain("40504040001");
  });

  test("leaves everything with the queue where the database does not take it, for longer each time", async () => {
    const sessions = [aMessage(), aMessage()];
    // Any fault but an id that is there.
    await env.DATABASE.exec("CREATE UNIQUE INDEX broken ON counted_sessions (day)");
    const early = await deliver(sessions);
    expect(early.retryMessages.map(({ msgId }) => msgId)).toEqual(early.ids);
    expect(early.delays).toEqual([30, 30]);
    expect((await deliver(sessions, 20)).delays).toEqual([43_200, 43_200]);
    expect(log).toContain("UNIQUE constraint failed");
    await env.DATABASE.exec("DROP INDEX broken");
    // Neither the ids without their counts nor the counts without their ids.
    expect(await counted()).toEqual([]);
    await deliver(sessions);
    expect(await total()).toBe(2);
  });

  // docs/deploy.md works out prices from these figures.
  test("writes at most two rows in D1 for a session and one to forget it; of many at once their count together", async () => {
    const written = countWritten();
    await deliver([aMessage()]);
    expect(await written()).toBe(2);
    const batch = Array.from({ length: 100 }, (_, index) => aMessage({ result: index % 2 === 0 ? "OK" : "TIMEOUT" }));
    await deliver(batch);
    expect(await written()).toBe(102);
    await deliver(batch, 2);
    expect(await written()).toBe(0);
    await env.DATABASE.exec("UPDATE counted_sessions SET day = day - 37");
    await written();
    await forgetCountedSessions(env);
    expect(await written()).toBe(101);
  });

  test("forgets a backlog of more than one portion in one run, and nothing that is not old enough", async () => {
    const today = Math.floor(Date.now() / DAY);
    await env.DATABASE.prepare(
      `WITH RECURSIVE row (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM row WHERE number < 45000)
       INSERT INTO counted_sessions SELECT ?, randomblob(16) FROM row`,
    )
      .bind(today - 36)
      .run();
    await env.DATABASE.prepare("INSERT INTO counted_sessions VALUES (?, randomblob(16))")
      .bind(today - 35)
      .run();
    await forgetCountedSessions(env);
    const { results } = await env.DATABASE.prepare("SELECT day FROM counted_sessions").all();
    expect(results).toEqual([{ day: today - 35 }]);
  });

  test("forgets ids after five weeks, and counts none whose id it may have forgotten", async () => {
    const old = aMessage({ finishedAt: Date.now() - 33 * DAY });
    await deliver([old, aMessage()]);
    const setTime = (days: number): void => void vi.useFakeTimers({ now: Date.now() + days * DAY, toFake: ["Date"] });
    const cron = async (): Promise<unknown[]> => {
      await forgetCountedSessions(env);
      return (await env.DATABASE.prepare("SELECT id FROM counted_sessions").all()).results;
    };
    expect(await cron()).toHaveLength(2);
    try {
      // Too old to be taken, and not forgotten yet: no clock that is off by hours lets it in again.
      setTime(1.5);
      const late = await deliver([old, aMessage({ finishedAt: Date.now() - 34 * DAY - 60_000 })]);
      expect(late).toMatchObject({ explicitAcks: late.ids, retryMessages: [] });
      expect(log.match(/too old to be counted/g)).toHaveLength(2);
      expect(await cron()).toHaveLength(2);
      // By whole days.
      setTime(2);
      expect(await cron()).toHaveLength(1);
      await deliver([old]);
      expect(await total()).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
