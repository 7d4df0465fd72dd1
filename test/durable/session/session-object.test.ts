import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AccountSummary, SessionStart, SessionView } from "../../../src/account/objects.ts";
import type { OfferedTransaction } from "../../../src/account/transaction.ts";
import { failed, type Result, success } from "../../../src/account/result.ts";
import type { Environment } from "../../../src/environment.ts";
import { SESSION_MIGRATIONS } from "../../../durable/session/session-migrations.ts";
import { migrate } from "../../../durable/storage/migrations.ts";
import { anAuthenticationStart, signedBy } from "../../support/session-start.ts";

type Session = ReturnType<Environment["SESSIONS"]["get"]>;
type Taken = Result<undefined, "unusable" | "too_many_pending">;

afterEach(() => vi.restoreAllMocks());

const sessionNamed = (name: string): Session => env.SESSIONS.get(env.SESSIONS.idFromName(name));
const account = (digit: string): AccountSummary => ({
  handle: digit.repeat(64),
  documentNumber: `PNOEE-40504040001-000${digit}-Q`,
  level: "QUALIFIED",
});
const [a, b] = [account("a"), account("b")];
const refused = { endResult: "USER_REFUSED", documentNumber: a.documentNumber } as const;

/** Accounts that answer offers as told and write down what they hear: a session needs nothing else of them. */
interface ScriptedAccounts {
  readonly offered: OfferedTransaction[];
  readonly withdrawn: { handle: string; transactionId: string }[];
  readonly alone: { handle: string; transactionId: string }[];
}

async function withAccounts(
  session: Session,
  offer: (handle: string, transaction: OfferedTransaction) => Promise<Taken> | Taken,
): Promise<ScriptedAccounts> {
  const heard: ScriptedAccounts = { offered: [], withdrawn: [], alone: [] };
  const accounts = {
    idFromString: (handle: string) => handle,
    get: (handle: string) => ({
      offer: async (transaction: OfferedTransaction) => {
        heard.offered.push(transaction);
        return offer(handle, transaction);
      },
      withdraw: async (transactionId: string) => void heard.withdrawn.push({ handle, transactionId }),
      askAlone: async (transactionId: string) => void heard.alone.push({ handle, transactionId }),
    }),
  };
  await runInDurableObject(session, (instance) => {
    Object.assign(instance, { env: { ...env, ACCOUNTS: accounts } });
  });
  return heard;
}

let count = 0;
async function startedSession(accounts: readonly AccountSummary[] = [a, b], overrides: Partial<SessionStart> = {}) {
  const name = `session-${count++}`;
  const session = sessionNamed(name);
  const heard = await withAccounts(session, () => success(undefined));
  expect(await session.start(name, { ...anAuthenticationStart(accounts), ...overrides })).toEqual(success(undefined));
  return { name, session, heard };
}

const statusOf = (view: SessionView | undefined) => view?.status;
const endResultOf = (view: SessionView | undefined): string | undefined =>
  view?.status.state === "COMPLETE" ? view.status.result.endResult : view?.status.state;
const tablesOf = (session: Session): Promise<number> =>
  runInDurableObject(session, (_instance, state) => state.storage.sql.exec("SELECT 1 FROM sqlite_master").toArray().length);

describe("a session", () => {
  test("offers the same transaction to every account, in its own name", async () => {
    const { name, heard, session } = await startedSession();
    expect(heard.offered).toHaveLength(2);
    expect(heard.offered[0]).toEqual(heard.offered[1]);
    expect(heard.offered[0]).toMatchObject({ session: name, relyingPartyName: "DEMO", purpose: "auth" });
    expect(heard.offered[0]?.transactionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(statusOf(await session.view(0))).toEqual({ state: "RUNNING" });
  });

  test("that was started twice asks nobody twice", async () => {
    const { name, session, heard } = await startedSession();
    expect(await session.start(name, anAuthenticationStart([a, b]))).toEqual(success(undefined));
    expect(heard.offered).toHaveLength(2);
  });

  test("asks again with the same transaction where a crash came between saving and asking", async () => {
    const { name, session, heard } = await startedSession([a]);
    await runInDurableObject(session, (_instance, state) => void state.storage.sql.exec("UPDATE session SET offered = 0"));
    await session.start(name, anAuthenticationStart([a]));
    expect(heard.offered).toHaveLength(2);
    expect(heard.offered[1]).toEqual(heard.offered[0]);
  });

  test("that no account can answer is complete at once", async () => {
    const session = sessionNamed("unusable");
    await withAccounts(session, () => failed("unusable"));
    expect(await session.start("unusable", anAuthenticationStart([a, b]))).toEqual(success(undefined));
    expect(statusOf(await session.view(60_000))).toEqual({ state: "COMPLETE", result: { endResult: "DOCUMENT_UNUSABLE" } });
  });

  test("whose accounts all break is a SERVER_ERROR", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const session = sessionNamed("unreachable");
    await withAccounts(session, () => Promise.reject(new Error("the account's object is gone")));
    await session.start("unreachable", anAuthenticationStart([a]));
    expect(endResultOf(await session.view(0))).toBe("SERVER_ERROR");
  });

  test("does not come to be, and leaves nothing, where every account has too much waiting", async () => {
    const session = sessionNamed("crowded");
    await withAccounts(session, () => failed("too_many_pending"));
    expect(await session.start("crowded", anAuthenticationStart([a]))).toEqual(failed("too_many_pending"));
    expect(await session.view(0)).toBeUndefined();
    expect(await tablesOf(session)).toBe(0);
    expect(await runDurableObjectAlarm(session)).toBe(false);
  });

  test("goes to the first account that claims; the others are told", async () => {
    const { session, heard } = await startedSession();
    expect(await session.claim(a.handle)).toEqual(success(undefined));
    expect(await session.claim(b.handle)).toEqual(failed("claimed_elsewhere"));
    expect(await session.claim(a.handle)).toEqual(success(undefined));
    expect(heard.withdrawn).toEqual([{ handle: b.handle, transactionId: heard.offered[0]?.transactionId }]);
  });

  test("goes to exactly one of two accounts that claim at the same moment", async () => {
    const { session } = await startedSession();
    const claims = await Promise.all([session.claim(a.handle), session.claim(b.handle)]);
    expect(claims.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test("tells the one account that is left of several, when it is left: at the start, or when another cannot answer any more", async () => {
    const session = sessionNamed("left");
    const heard = await withAccounts(session, (handle) => (handle === a.handle ? failed("unusable") : success(undefined)));
    await session.start("left", anAuthenticationStart([a, b]));
    const { transactionId = "" } = heard.offered[0] ?? {};
    expect(heard.alone).toEqual([{ handle: b.handle, transactionId }]);

    const { session: later, heard: heardLater } = await startedSession();
    expect(heardLater.alone).toEqual([]);
    await later.finish(b.handle, { endResult: "DOCUMENT_UNUSABLE", documentNumber: b.documentNumber });
    expect(heardLater.alone.map(({ handle }) => handle)).toEqual([a.handle]);
  });

  test("tells the one that is left also where it was asked after the other had stepped aside", async () => {
    const session = sessionNamed("overtaken");
    const heard = await withAccounts(session, async (handle) => {
      const { documentNumber } = a;
      if (handle === b.handle)
        await sessionNamed("overtaken").finish(a.handle, { endResult: "DOCUMENT_UNUSABLE", documentNumber });
      heard.alone.length = 0;
      return success(undefined);
    });
    await session.start("overtaken", anAuthenticationStart([a, b]));
    expect(heard.alone.map(({ handle }) => handle)).toEqual([b.handle]);
  });

  test("tells nobody so where there was one from the start, or the one that is left has claimed", async () => {
    expect((await startedSession([a])).heard.alone).toEqual([]);
    const { session, heard } = await startedSession();
    await session.claim(a.handle);
    await session.finish(b.handle, { endResult: "DOCUMENT_UNUSABLE", documentNumber: b.documentNumber });
    expect(heard.alone).toEqual([]);
  });

  test("remembers the claim through an eviction", async () => {
    const { session } = await startedSession();
    await session.claim(a.handle);
    await evictDurableObject(session);
    expect(await session.claim(b.handle)).toEqual(failed("claimed_elsewhere"));
    expect(await session.claim(a.handle)).toEqual(success(undefined));
  });

  test("keeps the first outcome, delivered once or often", async () => {
    const { session, heard } = await startedSession();
    await session.finish(a.handle, refused);
    await session.finish(a.handle, refused);
    await session.finish(b.handle, signedBy(b));
    expect(endResultOf(await session.view(0))).toBe("USER_REFUSED");
    expect(heard.withdrawn.map(({ handle }) => handle)).toEqual([b.handle]);
  });

  test("keeps its outcome through an eviction", async () => {
    const { session } = await startedSession([a]);
    await session.finish(a.handle, signedBy(a));
    const before = await session.view(0);
    await evictDurableObject(session);
    expect(await session.view(0)).toEqual(before);
  });

  test("that was answered while others were still being asked tells those after they took the offer", async () => {
    const session = sessionNamed("quick");
    let finished: Promise<void> | undefined;
    let told = Number.NaN;
    const heard = await withAccounts(session, async (handle) => {
      if (handle === a.handle) finished = sessionNamed("quick").finish(a.handle, refused);
      await finished;
      told = heard.withdrawn.length;
      return success(undefined);
    });
    await session.start("quick", anAuthenticationStart([a, b]));
    expect(endResultOf(await session.view(0))).toBe("USER_REFUSED");
    expect(heard.withdrawn.slice(told).map(({ handle }) => handle)).toContain(b.handle);
  });
});

describe("an account keeps no request that the session does not ask of it", () => {
  const TOO_MANY = failed("too_many_pending" as const);
  type Answer = () => Promise<Taken> | Taken;
  const accepts: Answer = () => success(undefined);
  const isCrowded: Answer = () => TOO_MANY;
  const isUnusable: Answer = () => failed("unusable");
  const breaks: Answer = () => Promise.reject(new Error("its answer is lost"));
  const withdrawnFrom = ({ withdrawn, offered }: ScriptedAccounts): string[] => {
    for (const { transactionId } of withdrawn) expect(transactionId).toBe(offered[0]?.transactionId);
    return withdrawn.map(({ handle }) => handle).toSorted();
  };
  let number = 0;
  /** Two starts: what each account says to the first and to the second, which comes back before the first. */
  async function startedTwice(first: Record<string, Answer>, second: typeof first) {
    const name = `side by side ${number++}`;
    const session = sessionNamed(name);
    const asked = new Set<string>();
    let release = (): void => undefined;
    const isBack = new Promise<void>((resolve) => (release = resolve));
    const heard = await withAccounts(session, async (handle) => {
      if (asked.has(handle)) return second[handle]!();
      asked.add(handle);
      await isBack;
      return first[handle]!();
    });
    const slow = session.start(name, anAuthenticationStart([a, b]));
    await vi.waitFor(() => expect(heard.offered).toHaveLength(2));
    const quick = await session.start(name, anAuthenticationStart([a, b]));
    release();
    return { session, heard, quick, slow: await slow };
  }
  beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

  test("where it failed and may have taken it all the same: others go on, nobody goes on, or no session comes to be", async () => {
    for (const [other, expected, of] of [
      [accepts, success(undefined), [a.handle]],
      [breaks, success(undefined), [a.handle, b.handle]],
      [isCrowded, TOO_MANY, [a.handle]],
      [isUnusable, success(undefined), [a.handle]],
    ] as const) {
      const name = `stray ${number++}`;
      const session = sessionNamed(name);
      const heard = await withAccounts(session, (handle) => (handle === a.handle ? breaks() : other()));
      expect(await session.start(name, anAuthenticationStart([a, b]))).toEqual(expected);
      expect(withdrawnFrom(heard)).toEqual(of);
    }
  });

  test("where one of two starts side by side could not ask it, and the other one did", async () => {
    const { heard, session } = await startedTwice(
      { [a.handle]: accepts, [b.handle]: accepts },
      { [a.handle]: accepts, [b.handle]: isCrowded },
    );
    expect(withdrawnFrom(heard)).toEqual([b.handle]);
    expect(await session.claim(b.handle)).toEqual(failed("over"));
    expect(await session.claim(a.handle)).toEqual(success(undefined));
  });

  test("where one of two starts side by side has given up; and where one has not, the other one gives up nothing", async () => {
    const crowded = { [a.handle]: isCrowded, [b.handle]: isCrowded };
    const givenUp = await startedTwice({ [a.handle]: accepts, [b.handle]: breaks }, crowded);
    expect([givenUp.quick, givenUp.slow]).toEqual([TOO_MANY, TOO_MANY]);
    expect(withdrawnFrom(givenUp.heard)).toEqual([a.handle, b.handle]);

    const goesOn = await startedTwice(crowded, { [a.handle]: accepts, [b.handle]: accepts });
    expect([goesOn.quick, goesOn.slow]).toEqual([success(undefined), success(undefined)]);
    expect(withdrawnFrom(goesOn.heard)).toEqual([]);
    expect(await goesOn.session.claim(b.handle)).toEqual(success(undefined));
  });

  test("where it was answered while the others were being asked: a repeated start asks nobody again", async () => {
    const crashed = async (answer: (session: Session) => Promise<unknown>) => {
      const { name, session, heard } = await startedSession();
      // As a crash leaves it: the accounts were asked, and the session does not know.
      await runInDurableObject(session, (_instance, state) => void state.storage.sql.exec("UPDATE session SET offered = 0"));
      await answer(session);
      heard.withdrawn.length = 0;
      expect(await session.start(name, anAuthenticationStart([a, b]))).toEqual(success(undefined));
      expect(heard.offered).toHaveLength(2);
      const withdrawn = withdrawnFrom(heard);
      await session.start(name, anAuthenticationStart([a, b]));
      expect(withdrawnFrom(heard)).toEqual(withdrawn);
      return withdrawn;
    };
    expect(await crashed((session) => session.claim(a.handle))).toEqual([b.handle]);
    expect(await crashed((session) => session.finish(a.handle, refused))).toEqual([a.handle, b.handle]);
  });

  test("where it took a second offer after it had answered the first", async () => {
    const name = `side by side ${number}`;
    const { heard, session } = await startedTwice(
      {
        [a.handle]: async () => {
          await sessionNamed(name).claim(a.handle);
          await sessionNamed(name).finish(a.handle, signedBy(a));
          return success(undefined);
        },
        [b.handle]: accepts,
      },
      { [a.handle]: accepts, [b.handle]: accepts },
    );
    expect(endResultOf(await session.view(0))).toBe("OK");
    expect(withdrawnFrom(heard)).toContain(a.handle);
  });
});

describe("a long poll", () => {
  test("is woken by the outcome, as are all others", async () => {
    const { session } = await startedSession([a]);
    const polls = [session.view(60_000), session.view(60_000), session.view(60_000)];
    await session.finish(a.handle, signedBy(a));
    for (const view of await Promise.all(polls)) expect(endResultOf(view)).toBe("OK");
  });

  test("answers RUNNING when its time is up, and a claim does not wake it as complete", async () => {
    const { session } = await startedSession([a]);
    const poll = session.view(50);
    await session.claim(a.handle);
    expect(statusOf(await poll)).toEqual({ state: "RUNNING" });
  });

  test("on a name that nobody made answers at once and writes nothing", async () => {
    const session = sessionNamed("nobody");
    expect(await session.view(60_000)).toBeUndefined();
    expect(await session.claim(a.handle)).toEqual(failed("over"));
    await session.finish(a.handle, refused);
    expect(await tablesOf(session)).toBe(0);
  });
});

describe("time", () => {
  /** Moves what is stored into the past: the clock is the runtime's. */
  const age = (session: Session, milliseconds: number): Promise<void> =>
    runInDurableObject(session, (_instance, state) => {
      state.storage.sql.exec(
        `UPDATE session SET completed_at = completed_at - ?1,
         transaction_offered = json_set(transaction_offered, '$.expiresAt', transaction_offered ->> '$.expiresAt' - ?1)`,
        milliseconds,
      );
    });

  test("passing without an answer makes a TIMEOUT, alarm or not", async () => {
    const { session } = await startedSession();
    await age(session, 185_000);
    expect(statusOf(await session.view(60_000))).toEqual({ state: "COMPLETE", result: { endResult: "TIMEOUT" } });
    expect(await session.claim(a.handle)).toEqual(failed("over"));
    await session.finish(a.handle, signedBy(a));
    expect(endResultOf(await session.view(0))).toBe("TIMEOUT");
  });

  test("passing after the outcome makes the session gone, even while the alarm is late", async () => {
    const { session } = await startedSession([a]);
    await session.finish(a.handle, signedBy(a));
    await age(session, 299_000);
    expect(endResultOf(await session.view(0))).toBe("OK");
    await age(session, 1_000);
    expect(await session.view(60_000)).toBeUndefined();
    expect(await session.claim(a.handle)).toEqual(failed("over"));
  });

  test("the alarm wakes the polls of a session that timed out", async () => {
    const { session, heard } = await startedSession([a]);
    const poll = session.view(60_000);
    await age(session, 185_000);
    expect(await runDurableObjectAlarm(session)).toBe(true);
    expect(endResultOf(await poll)).toBe("TIMEOUT");
    // Nothing of it stays with the accounts.
    await vi.waitFor(() => expect(heard.withdrawn.map(({ handle }) => handle)).toEqual([a.handle]));
  });

  test("the alarm leaves nothing of a session that is gone", async () => {
    const { session } = await startedSession([a]);
    await session.finish(a.handle, signedBy(a));
    await age(session, 300_000);
    expect(await runDurableObjectAlarm(session)).toBe(true);
    expect(await tablesOf(session)).toBe(0);
    expect(await runDurableObjectAlarm(session)).toBe(false);
    expect(await session.view(0)).toBeUndefined();
  });

  test("the whole life of an unanswered session needs two alarms", async () => {
    const { session } = await startedSession([a]);
    await age(session, 185_000);
    await runDurableObjectAlarm(session);
    await age(session, 300_000);
    await runDurableObjectAlarm(session);
    expect(await tablesOf(session)).toBe(0);
  });

  test("an alarm that comes early changes nothing and is set again", async () => {
    const { session } = await startedSession([a]);
    expect(await runDurableObjectAlarm(session)).toBe(true);
    expect(statusOf(await session.view(0))).toEqual({ state: "RUNNING" });
    expect(await runDurableObjectAlarm(session)).toBe(true);
  });
});

describe("a session from before there were device links", () => {
  const OLD = "notification-of-before";
  const transaction = {
    ...anAuthenticationStart([a]).transaction,
    transactionId: "5f0c7cfe-7a0e-4dbb-a6a1-2f0fdcb0b0a1",
    session: OLD,
    expiresAt: Date.now() + 180_000,
    flowType: "Notification",
  };

  test("goes on: it is claimed, answered and fetched", async () => {
    const session = sessionNamed(OLD);
    await runInDurableObject(session, (_instance, { storage }) => {
      migrate(storage, SESSION_MIGRATIONS.slice(0, 1));
      storage.sql.exec(
        `INSERT INTO session (id, relying_party_uuid, share_client_address, ignored_properties, transaction_offered, accounts, offered)
         VALUES (1, 'party', 0, '[]', ?, ?, 1)`,
        JSON.stringify(transaction),
        JSON.stringify([a]),
      );
    });
    expect(await session.claim(a.handle)).toEqual(success(undefined));
    expect(await session.openLink(a, "https://id.example/device-link")).toEqual(failed("over"));
    await session.finish(a.handle, signedBy(a));
    const view = await session.view(0);
    expect(view).toMatchObject({ relyingPartyUUID: "party", status: { signature: { flowType: "Notification" } } });
  });
});
