// The audit log as the server keeps it: every security event of an account's life, in the commit of its fact and in one chain, on its way
// through a queue that may fail, and with nothing in it that is a person.
import {
  createExecutionContext,
  createMessageBatch,
  evictDurableObject,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { env } from "cloudflare:workers";
import { inspect } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountStore } from "../../durable/account/account-store.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { type AuditMessage, type ChainEvent, storedEvent } from "../../src/audit/chain.ts";
import { verifyChain } from "../../src/audit/verify-chain.ts";
import { makeKeys, type SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import { answerChallenge, approveTransaction } from "../../src/authenticator/transactions.ts";
import worker from "../../src/index.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { give, send, sign as signOrder } from "../operator/orders.ts";
import { LOGIN_TEXT } from "../support/demo-party.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  type HeadlessDevice,
  identifiedDevice,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { randomBytes, RawDevice } from "../support/raw-device.ts";
import { ReKeys } from "../support/re-keys.ts";
import { DEMO, seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

const PERSON: SelfAssertedIdentity = {
  givenName: "KUNIGUNDE",
  surname: "ROTTENMEIER",
  country: "EE",
  personalCode: "50001029996",
  level: "QUALIFIED",
};

/** What the audit queue took, in that order. */
const sent: AuditMessage[] = [];
const printed: string[] = [];
let queueIs: "working" | "broken" | "silent" = "working";
let tries = 0;

function standIn(): void {
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void printed.push(inspect(words, { depth: 8 })));
  }
  vi.spyOn(Object.getPrototypeOf(env.AUDIT) as Queue, "send").mockImplementation(async (message) => {
    if (typeof message === "object" && message !== null && "chain" in message) {
      tries += 1;
      if (queueIs === "broken") throw new Error("the queue is out of reach");
      if (queueIs === "silent") await new Promise(() => undefined);
      sent.push(message as AuditMessage);
    }
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
}
beforeEach(() => {
  standIn();
  queueIs = "working";
});
afterEach(() => {
  vi.restoreAllMocks();
});

const handleOf = ({ storage }: HeadlessDevice): string => storage.record!.handle;
const stubOf = ({ storage }: HeadlessDevice) => accountStub(storage.record);
const eventsOf = (device: HeadlessDevice): readonly ChainEvent[] => {
  const all = sent.filter(({ chain }) => chain === handleOf(device)).flatMap(({ events }) => events);
  return [...new Map(all.map((event) => [event.hash, event])).values()].toSorted((left, right) => left.position - right.position);
};
const told = ({ kind, detail }: ChainEvent): object => ({ kind, ...(JSON.parse(detail) as object) });
/** Behind an answer work goes on: until everything is with the queue, on a busy machine too. */
const exported = (device: HeadlessDevice) =>
  vi.waitFor(
    async () => {
      const head = await stubOf(device).auditHead();
      expect(head?.taken).toBe(head?.position);
    },
    { timeout: 20_000 },
  );
const waiting = (device: HeadlessDevice) => query(handleOf(device), "SELECT * FROM audit WHERE message IS NOT NULL ORDER BY id");
/** Everything that was recorded happened so long ago. */
const later = (device: HeadlessDevice, ms = 3_600_000) =>
  query(handleOf(device), "UPDATE repeated_event SET recorded_at = recorded_at - ?", ms);
async function outOfStep(device: HeadlessDevice): Promise<void> {
  const raw = new RawDevice(device.storage.record);
  raw.oneTimePassword = toBase64Url(randomBytes(32));
  expect(await raw.code("getKeyState", {})).toBe("out_of_step");
}
const ask = (device: HeadlessDevice) => device.client.call("getKeyState", () => ({}));

async function keep(messages: readonly unknown[], queue = "tally-audit", attempts = 1) {
  const batch = createMessageBatch(
    queue,
    messages.map((body, index) => ({ id: `message-${index}`, timestamp: new Date(), attempts, body })),
  );
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  await worker.queue(batch, env);
  const delays = retries.flatMap(({ mock }) => mock.calls.map(([options]) => options?.delaySeconds));
  return { ...(await getQueueResult(batch, createExecutionContext())), delays };
}

interface KeptRow extends Omit<ChainEvent, "hash"> {
  readonly chain: ArrayBuffer | number[];
  readonly hash: ArrayBuffer | number[];
}
async function kept(device: HeadlessDevice): Promise<readonly ChainEvent[]> {
  const { results } = await env.DATABASE.prepare("SELECT * FROM audit_events ORDER BY chain, position, hash").all<KeptRow>();
  const hex = (bytes: KeptRow["hash"]): string => bytesToHex(new Uint8Array(bytes));
  return results
    .filter(({ chain }) => hex(chain) === handleOf(device))
    .map(({ position, hash: ofEvent, at, kind, detail }) =>
      storedEvent.parse({ position, hash: hex(ofEvent), at, kind, detail }),
    );
}

let device: HeadlessDevice & { readonly documentNumber: string };
let documentNumber = "";

/** An account's whole life, with everything that can go wrong in it. */
async function live(): Promise<void> {
  standIn();
  await seedDemoParty();
  const enrolling = await identifiedDevice(PERSON);
  const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };
  const refuse = vi.spyOn(serverHalves.rsa, "evaluate");
  for (let times = 0; times < 2; times++) {
    refuse.mockReturnValueOnce({ verdict: "wrong" });
    expect((await makeKeys(enrolling.client, pins)).ok).toBe(false);
  }
  expect(await makeKeys(enrolling.client, pins)).toEqual({ ok: true, value: undefined });
  await approveTransaction(enrolling.client, await claimOnly(enrolling), pinOf(WRONG_PINS.sign));
  expect((await approveTransaction(enrolling.client, await claimOnly(enrolling), pins.sign)).ok).toBe(true);
  const state = await ask(enrolling);
  documentNumber = state.ok ? state.value.documentNumber : "";
  device = { ...enrolling, documentNumber };

  const account = new ReKeys(device);
  const { claimed } = await account.wait("rsa");
  vi.spyOn(serverHalves.rsa, "evaluate").mockReturnValueOnce({ verdict: "damaged" });
  expect(await account.try(claimed, "right")).toBe("server_error");
  expect(await account.try(await account.claim(claimed.transactionId), "right")).toBe("signed");

  await account.allow();
  await account.query("UPDATE re_key SET until = 1");
  await runDurableObjectAlarm(account.stub);
  await account.query("UPDATE repeated_event SET recorded_at = 0");
  await account.allow();
  for (const suite of ["rsa", "ed25519"] as const) expect(await account.make("auth", suite, PINS.auth)).toBe("made");
  await ask(device);

  await account.query("INSERT OR REPLACE INTO lockout VALUES ('sign', 2, 0)");
  const signature = await account.wait("rsa", "sign");
  expect(await account.try(signature.claimed, "wrong")).toBe("wrong_pin");
  await account.query("INSERT OR REPLACE INTO lockout VALUES ('sign', 8, 0)");
  expect(await account.try((await account.wait("ed25519", "sign")).claimed, "wrong")).toBe("pin_dead");

  const copy = deviceOn(device.storage.copy());
  await ask(device);
  for (const pin of [WRONG_PINS.auth, PINS.auth]) {
    const answer = await ask(copy);
    const challenge = !answer.ok && answer.failure.code === "out_of_step" ? answer.failure.challenge : undefined;
    if (challenge === undefined) throw new Error(JSON.stringify(answer));
    await answerChallenge(copy.client, challenge, pinOf(pin));
  }
  await exported(device);
  vi.restoreAllMocks();
}
beforeAll(live);

const serial = expect.stringMatching(/^[0-9a-f]{32}$/);
const hash = expect.stringMatching(/^[A-Za-z0-9_-]{43}$/);
const key = (purpose: string, suite: string, keyVersion: number) => ({ purpose, suite, keyVersion });
const revoked = (reason: string, count: number) =>
  Array.from({ length: count }, () => ({ kind: "certificate_revoked", reason, serialNumber: serial }));

describe("an account's life", () => {
  it("is in its chain from the identity to the end, event by event", async () => {
    const auth = [key("auth", "rsa", 3), key("auth", "ed25519", 4)];
    const sign = [key("sign", "rsa", 1), key("sign", "ed25519", 2)];
    const again = [key("auth", "rsa", 5), key("auth", "ed25519", 6)];
    const issuer = expect.any(String);
    const attempt = { purpose: "sign", operation: "performSignature" };
    expect(eventsOf(device).map(told)).toEqual([
      { kind: "identified", level: "QUALIFIED", method: "self-asserted" },
      // Once an hour, as everything that a device can cause again and again.
      { kind: "key_refused", ...key("auth", "rsa", 1) },
      ...[...auth, ...sign].map((made) => ({ kind: "key_made", ...made, publicKeyHash: hash })),
      { kind: "wrong_pin", ...attempt, wrong: 1 },
      { kind: "applied", ...key("sign", "rsa", 1), signatureHash: hash },
      ...[sign[0], auth[0], sign[1], auth[1]]
        .toSorted((left, right) => left!.keyVersion - right!.keyVersion)
        .map((made) => ({ kind: "certificate_issued", ...made, serialNumber: serial, issuer })),
      { kind: "activated", expiresAt: expect.any(Number) },
      { kind: "damaged", purpose: "auth", operation: "performSignature" },
      { kind: "signed", ...key("auth", "rsa", 3), relyingParty: DEMO.relyingPartyUUID, signatureHash: hash },
      { kind: "key_change_begun", purpose: "auth", change: "replace" },
      { kind: "key_change_given_up", purpose: "auth", change: "replace" },
      { kind: "key_change_begun", purpose: "auth", change: "replace" },
      ...again.toReversed().map((made) => ({ kind: "key_made", ...made, publicKeyHash: hash })),
      ...again.map((made) => ({ kind: "certificate_issued", ...made, serialNumber: serial, issuer })),
      { kind: "key_change_done", purpose: "auth", change: "replace" },
      ...revoked("superseded", 2),
      { kind: "wrong_pin", ...attempt, wrong: 3 },
      { kind: "locked", purpose: "sign", until: expect.any(Number) },
      { kind: "wrong_pin", ...attempt, wrong: 9 },
      { kind: "pin_dead", purpose: "sign" },
      ...revoked("cessationOfOperation", 2),
      { kind: "out_of_step", challenged: true },
      { kind: "challenge_wrong", wrong: 1 },
      ...revoked("keyCompromise", 2),
      { kind: "closed", reason: "cloned" },
    ]);
  });

  it("is one whole chain, whose end the account tells, and comes to the table once however its messages come", async () => {
    const messages = sent.filter(({ chain }) => chain === handleOf(device));
    await keep([...messages].toReversed());
    await keep(messages, "tally-audit-dead-letters");
    const events = await kept(device);
    expect(events).toEqual(eventsOf(device));
    const nobody = "00".repeat(32);
    const unused = env.ACCOUNTS.newUniqueId().toString();
    const { heads } = await give({ kind: "auditHeads", chains: [nobody, handleOf(device), unused] });
    const { position, hash: last } = events.at(-1)!;
    const head = { position, hash: last };
    expect(heads).toEqual([
      { chain: nobody, state: "lost" },
      { chain: handleOf(device), state: "found", ...head, taken: position },
      { chain: unused, state: "lost" },
    ]);
    const report = verifyChain(handleOf(device), events, { told: { state: "found", head, taken: position } });
    expect(report).toEqual({ events: events.length, problems: [], notes: [], head });
    // What belongs together went together: a message for each commit, and no more.
    expect(messages.length).toBeLessThan(21);
  });

  it("has nothing in it, nor in any line of the log, that is a person, an address, a text or a PIN", async () => {
    const everything = [JSON.stringify(sent), JSON.stringify(await kept(device)), ...printed].join("\n").toLowerCase();
    expect(everything).toContain(handleOf(device));
    expect(everything).toContain("signed");
    const text = "Log in to the self-service?";
    const secrets = [...Object.values(PERSON), documentNumber, documentNumber.slice(6), text, LOGIN_TEXT, "127.0.0.1"];
    for (const secret of [...secrets, ...Object.values(PINS), ...Object.values(WRONG_PINS)]) {
      if (secret === PERSON.country || secret === PERSON.level) continue;
      // Digits alone may come up within others.
      const found = /^\d{4,5}$/.test(secret) ? new RegExp(`[^0-9a-f]${secret}[^0-9a-f]`) : secret.toLowerCase();
      expect(everything).not.toMatch(found);
    }
  });

  let newerHandle = "";
  const ends: readonly {
    readonly name: string;
    readonly happen: (of: HeadlessDevice) => Promise<unknown>;
    readonly events: readonly object[];
  }[] = [
    { name: "its owner", happen: (of) => of.client.call("revokeKey", () => ({})), events: [{ kind: "closed", reason: "owner" }] },
    {
      name: "an operator, with the order",
      happen: async (of) => {
        const person = `PNOEE-${PERSON.personalCode}`;
        const list = env.PERSONS.get(env.PERSONS.idFromName(person));
        const number = await list.reserveDocumentNumber(person, handleOf(of), "QUALIFIED");
        const order = { kind: "close", documentNumber: number };
        expect((await send(await signOrder(order, { claims: { jti: "5f0e5a6e-6f0b-4a53-9a3e-0d6a3c1c9b11" } }))).status).toBe(
          200,
        );
      },
      events: [{ kind: "closed", reason: "operator", order: "5f0e5a6e-6f0b-4a53-9a3e-0d6a3c1c9b11" }],
    },
    {
      name: "itself, when its rows were set back",
      happen: async (of) => {
        await env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`)).raiseEpoch(handleOf(of), 99);
        await ask(of);
      },
      events: [{ kind: "closed", reason: "rolled_back" }],
    },
    {
      name: "its time",
      happen: async (of) => {
        await query(handleOf(of), "UPDATE account SET status = 'active', applied_at = 1, expires_at = ?", Date.now() - 60_000);
        await ask(of);
      },
      events: [{ kind: "closed", reason: "expired" }],
    },
    {
      name: "a newer account, which it names",
      happen: async (of) => {
        const newer = await identifiedDevice(PERSON);
        const list = env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`));
        let successor = "";
        for (const each of [of, newer]) {
          successor = await list.reserveDocumentNumber(`PNOEE-${PERSON.personalCode}`, handleOf(each), "QUALIFIED");
          await list.activate(handleOf(each), []);
          await query(handleOf(each), "UPDATE account SET status = 'active', applied_at = 1, expires_at = 9000000000000");
        }
        newerHandle = handleOf(newer);
        expect(await of.client.call("revokeKey", () => ({ successor }))).toMatchObject({ ok: true });
      },
      events: [{ kind: "closed", reason: "renewed", successor: expect.toSatisfy((handle) => handle === newerHandle) }],
    },
  ];
  it.each(ends)("may be ended by $name, at the time of its commit", async ({ happen, events }) => {
    const begun = Date.now();
    const ending = await identifiedDevice(PERSON);
    await happen(ending);
    await exported(ending);
    expect(eventsOf(ending).slice(1).map(told)).toEqual(events);
    expect(eventsOf(ending).filter((event) => event.at < begun)).toEqual([]);
  });
});

describe("an enrolment", () => {
  it("is in no chain before somebody's identity is proven: anybody can begin one", async () => {
    const opened = await identifiedDevice(PERSON);
    await exported(opened);
    await query(handleOf(opened), "UPDATE account SET identity = NULL, status = 'opened'");
    const before = await stubOf(opened).auditHead();
    await outOfStep(opened);
    await opened.client.call("revokeKey", () => ({}));
    expect(await stubOf(opened).auditHead()).toEqual(before);
  });

  it("that is given up is forgotten when the queue has its last event, and not before", async () => {
    const given = await identifiedDevice(PERSON);
    await exported(given);
    await query(handleOf(given), "UPDATE account SET opened_at = 1");
    queueIs = "broken";
    await runDurableObjectAlarm(stubOf(given));
    await query(handleOf(given), "UPDATE audit SET retry_at = 1");
    await runDurableObjectAlarm(stubOf(given));
    expect(await waiting(given)).toMatchObject([{ position: 2, failures: 2 }]);
    // It wakes when the queue is to be asked again, and not at once for ever.
    const alarm = await runInDurableObject(stubOf(given), (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + 60_000);
    queueIs = "working";
    await query(handleOf(given), "UPDATE audit SET retry_at = 1");
    await runDurableObjectAlarm(stubOf(given));
    expect(await stubOf(given).auditHead()).toBeUndefined();
    expect(eventsOf(given).map(told)).toEqual([expect.objectContaining({ kind: "identified" }), { kind: "abandoned" }]);
  });
});

describe("an event", () => {
  it("is in the commit of its fact: where that is refused there is none", async () => {
    const clumsy = await identifiedDevice(PERSON);
    await exported(clumsy);
    const before = await stubOf(clumsy).auditHead();
    vi.spyOn(AccountStore.prototype, "setAnswer").mockImplementationOnce(() => {
      throw new Error("power cut");
    });
    await expect(outOfStep(clumsy)).rejects.toThrow();
    expect(await stubOf(clumsy).auditHead()).toEqual(before);
    expect(await query(handleOf(clumsy), "SELECT out_of_step FROM clone_watch")).toEqual([{ out_of_step: 0 }]);
    await outOfStep(clumsy);
    await exported(clumsy);
    expect(eventsOf(clumsy).map(told).slice(1)).toEqual([{ kind: "out_of_step", challenged: false }]);
  });

  it("that a device causes again and again is recorded once an hour, with how often it was, whoever is in step between", async () => {
    const noisy = await identifiedDevice(PERSON);
    const first = { kind: "out_of_step", challenged: false };
    for (let times = 0; times < 4; times++) {
      await outOfStep(noisy);
      expect((await ask(noisy)).ok).toBe(true);
    }
    await later(noisy, 3_500_000);
    await outOfStep(noisy);
    await exported(noisy);
    expect(eventsOf(noisy).slice(1).map(told)).toEqual([first]);
    await later(noisy, 100_000);
    for (let times = 0; times < 2; times++) await outOfStep(noisy);
    await exported(noisy);
    expect(eventsOf(noisy).slice(1).map(told)).toEqual([first, { ...first, unrecorded: 4 }]);
    // The clock was set back.
    await later(noisy, -7_200_000);
    await outOfStep(noisy);
    await exported(noisy);
    expect(eventsOf(noisy).slice(3).map(told)).toEqual([{ ...first, unrecorded: 1 }]);
  });

  it("that waits does not hurry an alarm that fails for another reason", async () => {
    const stuck = await identifiedDevice(PERSON);
    await exported(stuck);
    queueIs = "broken";
    await outOfStep(stuck);
    vi.spyOn(PersonObject.prototype, "epoch").mockRejectedValue(new Error("the person's list is out of reach"));
    await evictDurableObject(stubOf(stuck));
    for (let alarms = 0; alarms < 6; alarms++) {
      await query(handleOf(stuck), "UPDATE audit SET retry_at = 1");
      await runDurableObjectAlarm(stubOf(stuck));
    }
    const alarm = await runInDurableObject(stubOf(stuck), (_, { storage }) => storage.getAlarm());
    // 2 s, doubled five times.
    expect(alarm).toBeGreaterThan(Date.now() + 40_000);
    // Nothing is left to be repeated: it wakes next when the enrolment is over.
    vi.restoreAllMocks();
    standIn();
    queueIs = "working";
    await query(handleOf(stuck), "UPDATE audit SET retry_at = 1");
    await runDurableObjectAlarm(stubOf(stuck));
    await exported(stuck);
    const next = await runInDurableObject(stubOf(stuck), (_, { storage }) => storage.getAlarm());
    expect(next).toBeGreaterThan(Date.now() + 1_800_000);
  });

  it("waits for a queue that is down, holds up nobody, and is sent once when the queue is up", async () => {
    const patient = await identifiedDevice(PERSON);
    await exported(patient);
    queueIs = "broken";
    tries = 0;
    await outOfStep(patient);
    await vi.waitFor(async () => expect(await waiting(patient)).toMatchObject([{ position: 2, failures: 1 }]), {
      timeout: 20_000,
    });
    // Whatever happens meanwhile only waits with it.
    for (let times = 0; times < 3; times++) {
      await later(patient);
      await outOfStep(patient);
    }
    const [row] = await waiting(patient);
    expect(row).toMatchObject({ position: 5, failures: 1 });
    expect(await stubOf(patient).auditHead()).toMatchObject({ position: 5, taken: 1 });
    expect(tries).toBe(1);
    const inMinutes = (at: unknown): number => Math.round(((at as number) - Date.now()) / 60_000);
    expect(inMinutes(row?.["retry_at"])).toBe(1);
    const alarm = await runInDurableObject(stubOf(patient), (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeLessThanOrEqual(row?.["retry_at"] as number);
    for (const minutes of [2, 4, 8, 16, 32, 60, 60]) {
      await query(handleOf(patient), "UPDATE audit SET retry_at = 1");
      await runDurableObjectAlarm(stubOf(patient));
      expect(inMinutes((await waiting(patient))[0]?.["retry_at"])).toBe(minutes);
    }
    queueIs = "working";
    sent.length = 0;
    await query(handleOf(patient), "UPDATE audit SET retry_at = 1");
    await runDurableObjectAlarm(stubOf(patient));
    expect(await waiting(patient)).toEqual([]);
    expect(sent.map(({ events }) => events.map(({ position }) => position))).toEqual([[2, 3, 4, 5]]);
    await runDurableObjectAlarm(stubOf(patient));
    expect(sent).toHaveLength(1);
  });

  it("that comes while others are on their way goes with them again; many are in several messages", async () => {
    const busy = await identifiedDevice(PERSON);
    await exported(busy);
    queueIs = "silent";
    // The answers come, although the queue never does.
    for (let times = 0; times < 2; times++) {
      await outOfStep(busy);
      await later(busy);
    }
    expect(await waiting(busy)).toMatchObject([{ position: 3 }]);
    await runInDurableObject(stubOf(busy), async (_, { storage }) => {
      const { AuditStore } = await import("../../durable/account/audit-store.ts");
      const audit = new AuditStore(storage.sql, handleOf(busy));
      const first = audit.firstWaiting()!;
      for (let event = 0; event < 400; event++) audit.append({ kind: "abandoned", detail: {} }, event);
      audit.taken(first);
      const positions: number[][] = [];
      for (let next = audit.firstWaiting(); next !== undefined; next = audit.firstWaiting()) {
        expect(JSON.stringify(next.events).length).toBeLessThan(60_000);
        positions.push(next.events.map(({ position }) => position));
        audit.taken(next);
      }
      expect(positions.length).toBeGreaterThan(1);
      expect(positions.flat()).toEqual(Array.from({ length: 402 }, (_event, index) => index + 2));
      expect(audit.head().position).toBe(403);
      expect(storage.sql.exec("SELECT * FROM audit").toArray()).toHaveLength(1);
    });
  });

  it("at a position that is taken is kept beside the other: storage that was set back shows as a fork", async () => {
    const restored = await identifiedDevice(PERSON);
    await outOfStep(restored);
    await exported(restored);
    const rows = await query(handleOf(restored), "SELECT * FROM audit");
    await later(restored);
    await outOfStep(restored);
    await exported(restored);
    for (const row of rows) {
      await query(handleOf(restored), "UPDATE audit SET position = ?, hash = ?, message = NULL", row["position"]!, row["hash"]!);
    }
    await restored.client.call("revokeKey", () => ({}));
    await exported(restored);
    for (const message of sent.filter(({ chain }) => chain === handleOf(restored))) await keep([message]);
    const events = await kept(restored);
    expect(events.map(({ position }) => position)).toEqual([1, 2, 3, 3]);
    const { problems } = verifyChain(handleOf(restored), events);
    expect(problems).toMatchObject([{ code: "fork", position: 3 }]);
  });
});

describe("a message", () => {
  const message = (): AuditMessage => ({ ...sent[0]!, chain: "ab".repeat(32) });

  it("that is not known here comes again later, and holds up no other", async () => {
    sent.push({ chain: "cd".repeat(32), events: eventsOf(device).slice(0, 1) });
    const bad = { ...message(), events: [{ ...message().events[0]!, detail: '{"name":"KUNIGUNDE"}' }] };
    const { retryMessages, delays } = await keep([{}, bad, message(), { ...message(), person: PERSON }], "tally-audit", 3);
    expect(retryMessages.map(({ msgId }) => msgId)).toEqual(["message-0", "message-1", "message-3"]);
    expect(delays).toEqual([120, 120, 120]);
    const { results } = await env.DATABASE.prepare("SELECT * FROM audit_events WHERE chain = unhex(?)")
      .bind("ab".repeat(32))
      .all();
    expect(results).toHaveLength(message().events.length);
  });

  it("that the database does not take comes again, and is in no other count", async () => {
    await env.DATABASE.exec("ALTER TABLE audit_events RENAME TO missing");
    const { retryMessages } = await keep([message(), message()]);
    await env.DATABASE.exec("ALTER TABLE missing RENAME TO audit_events");
    expect(retryMessages).toHaveLength(2);
    // By the whole name of its queue; what is metered may come by any other.
    expect((await keep([message()], "audited-metering")).retryMessages).toHaveLength(1);
    expect((await env.DATABASE.prepare("SELECT * FROM usage").all()).results).toEqual([]);
  });
});
