// One KEK takes the place of another while accounts are in use: on use, by the operator's job, in whatever order. Two accounts and one
// story, each chapter from where the one before ended.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AccountObject } from "../../durable/account/account-object.ts";
import { accountSecrets } from "../../durable/account/account-context.ts";
import { WrappedStore } from "../../durable/account/wrapped-store.ts";
import { refillSharePool, withPooledShare } from "../../durable/share-pool/share-pool.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { makeKeys } from "../../src/authenticator/enrolment.ts";
import { approveTransaction, claimTransaction, listTransactions, openDeviceLink } from "../../src/authenticator/transactions.ts";
import type { Environment } from "../../src/environment.ts";
import worker from "../../src/index.ts";
import { fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import type { Answer } from "../../src/protocol/operator-orders.ts";
import { rewrapStep } from "../../src/operator/vault.ts";
import { kekUses, namedKeks, recordKeks, untoldSince } from "../../src/vault/kek-index.ts";
import { vaultOf } from "../../src/vault/configuration.ts";
import { vaultProblem } from "../../src/vault/problem.ts";
import { VaultUnavailable } from "../../src/vault/key-encryption-key.ts";
import { checkValueOf } from "../../src/vault/local-key.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { give, send, sign } from "../operator/orders.ts";
import { ALGORITHMS, endResult, startLogin } from "../support/demo-party.ts";
import { linkOf, startAuthenticationLink } from "../support/device-links.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  enrol,
  forPin,
  identifiedDevice,
  openedDevice,
  PINS,
  pinOf,
  server,
} from "../support/headless-device.ts";
import { deployKeks, indexed, keksIn, keyFor, setSecret, wordsFor, WRAPPED_COLUMNS } from "../support/kek-change.ts";
import { newBrowser, pushService } from "../support/push-service.ts";
import { expectProblem } from "../support/problem.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";
import { type Dump, dumpObject, withoutBookkeeping } from "../support/storage-dump.ts";

type Device = Awaited<ReturnType<typeof enrol>>;

let phone: Device;
let tablet: Device;
let first: string;

const handleOf = ({ storage }: Device): string => storage.record!.handle;
const stubOf = ({ storage }: Pick<Device, "storage">) => accountStub(storage.record);
const SIGNED = { ok: true, value: undefined };
/** Of what lasts. The answer with a secret part stays until the next one. */
const everything = (kek: string, answer: readonly string[] = []) => ({
  account: [kek],
  "key_pair server_share": [kek],
  "key_pair proof_nonce": [],
  push_subscription: [kek],
  answer,
  pending_transaction: [],
});

const logged = vi.spyOn(console, "error");
beforeEach(() => {
  logged.mockReset().mockReturnValue();
  vi.spyOn(console, "info").mockReturnValue();
});

beforeAll(async () => {
  first = `kek-1:${await env.KEK.get()}`;
  await seedDemoParty();
  pushService();
  [phone, tablet] = [await enrol(), await enrol()];
  for (const device of [phone, tablet]) await fill(device);
});

/** With whatever an account may have wrapped. */
async function fill({ client }: Device): Promise<void> {
  const { subscription } = await newBrowser();
  expect((await client.call("subscribePush", () => ({ subscription }))).ok).toBe(true);
  expect((await client.call("openLiveChannel", () => ({}))).ok).toBe(true);
}

async function login(device: Device, algorithms = ALGORITHMS.rsa): Promise<void> {
  const session = await startLogin(device.documentNumber, undefined, undefined, algorithms);
  expect(await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.auth))).toEqual(SIGNED);
  expect(await endResult(session)).toBe("OK");
}

async function job(kek: string, limit = 1): Promise<readonly Answer<"rewrap">[]> {
  const steps: Answer<"rewrap">[] = [];
  do steps.push(await give({ kind: "rewrap", kek, target: env.KEK_ID, after: steps.at(-1)?.next ?? "", limit }));
  while (steps.at(-1)?.next !== "");
  return steps;
}

/** With a vault that fails, or does something on its way. Gives what undoes it. */
function inVault(
  device: Pick<Device, "storage">,
  change: (vault: Vault, its: { environment: Environment; die: () => never; close: () => Promise<unknown> }) => object,
): Promise<() => void> {
  return runInDurableObject(stubOf(device), async (instance: AccountObject, state) => {
    const die = (): never => {
      state.abort("the process dies");
      throw new Error("it is dead");
    };
    const close = () => instance.closeByOperator("cessationOfOperation", crypto.randomUUID());
    const { env: environment } = instance as unknown as { env: Environment };
    const secrets = await accountSecrets(environment);
    const before = secrets.vault;
    Object.assign(secrets, { vault: { ...before, ...change(before, { environment, die, close }) } });
    return () => void Object.assign(secrets, { vault: before });
  });
}

/** As the configuration says. */
const restoreVault = (device: Pick<Device, "storage">) => inVault(device, (_vault, { environment }) => vaultOf(environment));

const withoutAlarm = ({ alarm: _alarm, ...dump }: Dump): Dump => dump;
const poolSize = () => env.DATABASE.prepare("SELECT count(*) AS count FROM server_share_pool").first("count");

/** A KMS that answers, and nonsense. */
const wrapsBadly = ({ wrap }: Vault) => ({
  wrap: async (...of: Parameters<typeof wrap>) => {
    const wrapped = await wrap(...of);
    return wrapped.with(wrapped.length - 1, wrapped.at(-1)! ^ 1);
  },
});

const down = () => {
  const fail = () => Promise.reject(new VaultUnavailable("the KEK kek-9 does not answer"));
  return { wrap: fail, unwrap: fail };
};

describe("what an account names", () => {
  it("is in the index once its application is signed, and an enrolment before that is not", async () => {
    for (const device of [phone, tablet]) {
      expect(await keksIn(handleOf(device))).toEqual(everything("kek-1", ["kek-1"]));
      await vi.waitFor(async () => expect(await indexed(handleOf(device))).toEqual(["kek-1"]));
    }
    const opened = await openedDevice();
    expect(await indexed(opened.storage.record!.handle)).toEqual([]);
    expect(await namedKeks(env)).toEqual(["kek-1"]);
    expect(await untoldSince(env)).toBeUndefined();
  });

  it("is known of every table that has something wrapped", async () => {
    const tables = await dumpObject(stubOf(phone));
    const wrapped = Object.entries(tables).flatMap(([table, rows]) =>
      (Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []).flatMap((row) =>
        Object.entries(row).flatMap(([column, value]) =>
          String(value).startsWith("01056b656b2d31") ? [`${table}.${column}`] : [],
        ),
      ),
    );
    const known = Object.entries(WRAPPED_COLUMNS).map(([place, column]) => `${place.split(" ")[0]}.${column}`);
    expect(wrapped.length).toBeGreaterThan(5);
    expect([...new Set(wrapped)].filter((place) => !known.includes(place))).toEqual([]);
  });

  it("is what was told last, in whatever order tellings arrive", async () => {
    const told = (keks: readonly string[], version: number) => recordKeks(env, { handle: "a", keks, version });
    await told(["kek-2"], 2);
    await told(["kek-1", "kek-2"], 1);
    expect(await indexed("a")).toEqual(["kek-2"]);
    await told(["kek-1", "kek-2"], 3);
    await told(["kek-1", "kek-2"], 3);
    await told(["kek-2"], 2);
    expect(await indexed("a")).toEqual(["kek-1", "kek-2"]);
    await told([], 4);
    expect(await indexed("a")).toEqual([]);
  });
});

describe("another current KEK", () => {
  it("lets an account go on as it is, and what is used is under it afterwards", async () => {
    const unanswered = await startLogin(phone.documentNumber, undefined, undefined, ALGORITHMS.ed25519);
    const claimed = await claimOnly(phone);
    await deployKeks({ current: "kek-2", secret: `${first}\n${wordsFor("kek-2")}` });
    // A nonce from before signs, and the account is not held up.
    expect(await approveTransaction(phone.client, claimed, pinOf(PINS.auth))).toEqual(SIGNED);
    expect(await endResult(unanswered)).toBe("OK");
    await vi.waitFor(async () => expect(await keksIn(handleOf(phone))).toEqual(everything("kek-2")));
    await vi.waitFor(async () => expect(await indexed(handleOf(phone))).toEqual(["kek-2"]));
    for (const algorithms of Object.values(ALGORITHMS)) await login(phone, algorithms);
    // Nobody used the other one.
    expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-1", ["kek-1"]));
    expect(await indexed(handleOf(tablet))).toEqual(["kek-1"]);
  });

  it("is told of before anything is wrapped under it: an account that comes back to an old version says so", async () => {
    await deployKeks({ current: "kek-1", secret: `${first}\n${wordsFor("kek-2")}` });
    await startLogin(phone.documentNumber);
    await runDurableObjectAlarm(stubOf(phone));
    expect(await indexed(handleOf(phone))).toEqual(["kek-1", "kek-2"]);
    await deployKeks({ current: "kek-2", secret: `${first}\n${wordsFor("kek-2")}` });
    expect(await approveTransaction(phone.client, await claimOnly(phone), pinOf(PINS.auth))).toEqual(SIGNED);
    await vi.waitFor(async () => expect(await indexed(handleOf(phone))).toEqual(["kek-2"]));
  });
});

describe("the job", () => {
  it("leaves an account whole that it was stopped in, and goes on", async () => {
    await deployKeks({ current: "kek-3", secret: `${first}\n${wordsFor("kek-2", "kek-3")}` });
    // The process dies while the last value is being wrapped.
    let wrapping = 0;
    await inVault(tablet, ({ wrap }, { die }) => ({
      wrap: (...of: Parameters<typeof wrap>) => (++wrapping < 7 ? wrap(...of) : die()),
    }));
    const step = await give({ kind: "rewrap", kek: "kek-1", target: "kek-3", after: "", limit: 10 });
    const outcome = { done: 0, failed: [{ handle: handleOf(tablet), reason: "unreachable" }] };
    expect(step).toMatchObject(outcome);
    expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-1", ["kek-1"]));
    await restoreVault(tablet);
    expect(await give({ kind: "rewrap", kek: "kek-1", target: "kek-3", after: "", limit: 10 })).toMatchObject({
      done: 1,
      failed: [],
    });
    expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-3", ["kek-3"]));
    expect(await indexed(handleOf(tablet))).toEqual(["kek-3"]);
    await login(tablet);
  });

  it("leaves nothing under the old KEK: nor in a closed account, nor in the pool", async () => {
    expect((await phone.client.call("revokeKey", () => ({}))).ok).toBe(true);
    await vi.waitFor(async () => expect(await namedKeks(env)).toEqual(["kek-3"]), { timeout: 5_000 });
    await refillSharePool({ ...env, SHARE_POOL_SIZE: "1" });
    await deployKeks({ current: "kek-4", secret: `${first}\n${wordsFor("kek-3", "kek-4")}` });
    // Of the new one there is none yet, and none of the old one is taken: its KEK may be out of reach.
    const made = vi.fn<Fetcher["fetch"]>(() => Promise.resolve(new Response(Uint8Array.of(7))));
    const { vault } = await accountSecrets(env);
    const served = { ...env, SHARE_MAKER: { fetch: made } };
    expect(await withPooledShare(served, vault, "rsa", async (share) => share?.slice())).toEqual(Uint8Array.of(7));
    expect(await poolSize()).toBe(1);
    const steps = await job("kek-3", 1);
    expect(steps.map(({ done, failed }) => [done, failed])).toEqual([
      [1, []],
      [1, []],
      [0, []],
    ]);
    expect(steps.at(-1)?.pooledSharesDropped).toBe(1);
    expect(await keksIn(handleOf(phone))).toMatchObject({ account: ["kek-4"], "key_pair server_share": [] });
    expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-4"));
    expect((await kekUses(env)).map(({ id, accounts, pooledShares }) => [id, accounts, pooledShares])).toEqual([
      ["kek-1", 0, 0],
      ["kek-2", 0, 0],
      ["kek-3", 0, 0],
      ["kek-4", 2, 0],
    ]);
    expect(await give({ kind: "vaultStatus" })).toMatchObject({
      current: "kek-4",
      configured: ["kek-1", "kek-3", "kek-4"],
      checkValues: [
        { id: "kek-1", value: await checkValueOf(first.slice("kek-1:".length)) },
        { id: "kek-3", value: "29db98c063eb3abd" },
        { id: "kek-4", value: await checkValueOf(keyFor("kek-4")) },
      ],
      problem: "",
      accountsUntoldSince: 0,
    });
  });

  it("is done with what is left of an account that is lost, and refuses what makes no sense", async () => {
    await recordKeks(env, { handle: env.ACCOUNTS.newUniqueId().toString(), keks: ["kek-1"], version: 1 });
    expect(await job("kek-1", 5)).toMatchObject([{ done: 1, failed: [] }]);
    expect(await namedKeks(env)).toEqual(["kek-4"]);
    const order = { kind: "rewrap", kek: "kek-1", target: "kek-4", after: "", limit: 1 } as const;
    await expectProblem(await send(await sign({ ...order, kek: "kek-4" })), 409);
    await expectProblem(await send(await sign({ ...order, target: "kek-1", kek: "kek-4" })), 409);
    await expectProblem(await send(await sign({ ...order, target: "kek-2" })), 409);
    await expectProblem(await send(await sign({ ...order, after: "x" })), 400);
    await expectProblem(await send(await sign({ ...order, limit: 11 })), 400);
  });

  it("ends a step where no KEK is in reach: each account would take its whole time", async () => {
    const many = [..."0123456789ab"].map((digit) => digit.repeat(64));
    for (const handle of many) await recordKeks(env, { handle, keks: ["kek-0"], version: 1 });
    const rewrap = vi.fn<() => Promise<object>>(() => Promise.resolve({ ok: false, failure: "unavailable" }));
    const ACCOUNTS = { idFromString: (id: string) => id, get: () => ({ rewrap }) } as unknown as Environment["ACCOUNTS"];
    const order = { kind: "rewrap", kek: "kek-0", target: "kek-4", after: "", limit: 10 } as const;
    const step = async () => {
      const outcome = await rewrapStep({ ...env, ACCOUNTS }, order);
      return outcome.ok ? [outcome.value.done, outcome.value.failed.length, outcome.value.next] : undefined;
    };
    expect(await step()).toEqual([0, 5, many[4]]);
    rewrap.mockReturnValueOnce(Promise.resolve({ ok: true, value: [] }));
    expect(await step()).toEqual([1, 9, many[9]]);
    for (const handle of many) await recordKeks(env, { handle, keks: [], version: 2 });
  });

  it("moves nothing where another KEK is the current one, as while a deployment is under way", async () => {
    const before = await keksIn(handleOf(tablet));
    expect(await stubOf(tablet).rewrap("kek-5")).toEqual({ ok: false, failure: "another_kek" });
    expect(await keksIn(handleOf(tablet))).toEqual(before);
  });
});

describe("a KEK that nothing names", () => {
  it("may go, and everything goes on", async () => {
    await deployKeks({ current: "kek-4", secret: wordsFor("kek-4") });
    await login(tablet);
    expect(await phone.client.call("getKeyState", () => ({}))).toMatchObject({ ok: true, value: { status: "closed" } });
    await withPooledShare(env, (await accountSecrets(env)).vault, "rsa", () => Promise.resolve());
  });

  it("and one that went too early is an outage that names it, costs nothing, and ends when it is put back, in the same isolate", async () => {
    const session = await startLogin(tablet.documentNumber, undefined, undefined, ALGORITHMS.ed25519);
    const claimed = await claimOnly(tablet);
    await deployKeks({ current: "kek-5", secret: wordsFor("kek-5") });
    const before = withoutBookkeeping(await dumpObject(stubOf(tablet)));
    const approving = () => approveTransaction(tablet.client, claimed, pinOf(PINS.auth));
    await expect(approving()).rejects.toThrow(ServerUnreachable);
    expect(logged.mock.calls.join("\n")).toContain("the KEK kek-4 is missing");
    const response = await exports.default.fetch("http://localhost:8787/health");
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining("kek-4")]);
    const after = withoutBookkeeping(await dumpObject(stubOf(tablet)));
    // What is told of its KEKs apart.
    const told = { account: 0, outbox: 0, sqlite_sequence: 0 };
    expect({ ...after, ...told }).toEqual({ ...before, ...told });
    await setSecret(wordsFor("kek-4", "kek-5"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6_000 });
    expect(await approving()).toEqual(SIGNED);
    vi.useRealTimers();
    expect(await endResult(session)).toBe("OK");
    expect((await exports.default.fetch("http://localhost:8787/health")).status).toBe(200);
    await vi.waitFor(async () => expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-5")));
  });
});

describe("a vault that cannot be asked", () => {
  it("costs no attempt, no one-time password, no nonce and no claim, and the same bytes are answered later", async () => {
    const session = await startLogin(tablet.documentNumber, undefined, undefined, ALGORITHMS.ed25519);
    const listed = await listTransactions(tablet.client);
    const waiting = (listed.ok && listed.value[0]?.transactionId) || "";
    const restore = await inVault(tablet, down);
    const before = await dumpObject(stubOf(tablet));
    const header = toBase64Url(utf8(JSON.stringify({ alg: "dir", enc: "A256GCM", kid: handleOf(tablet) })));
    const message = { method: "POST", headers: { "content-type": "application/jose" }, body: `${header}..AAAA.AAAA.AAAA` };
    const answer = await exports.default.fetch("http://localhost:8787/device/messages", message);
    expect(answer.headers.get("retry-after")).toBe("5");
    await expectProblem(answer, 503);
    await expect(claimTransaction(tablet.client, waiting)).rejects.toThrow(ServerUnreachable);
    expect(withoutAlarm(await dumpObject(stubOf(tablet)))).toEqual(withoutAlarm(before));
    restore();
    // Channel keys unwrap, and then nothing more does: the session is not taken from the person's other devices.
    const half = await inVault(tablet, ({ unwrap }) => ({
      ...down(),
      unwrap: (...of: Parameters<typeof unwrap>) => (of[0].kind === "channel-keys" ? unwrap(...of) : down().unwrap()),
    }));
    await expect(claimTransaction(tablet.client, waiting)).rejects.toThrow(ServerUnreachable);
    const [row] = await query(handleOf(tablet), "SELECT details ->> '$.offered.session' AS name FROM pending_transaction");
    const object = env.SESSIONS.get(env.SESSIONS.idFromName(row?.["name"] as string));
    const claims = await runInDurableObject(object, (_, { storage }) => storage.sql.exec("SELECT claimed_by FROM session").one());
    expect(claims).toEqual({ claimed_by: null });
    half();
    expect(await approveTransaction(tablet.client, await claimOnly(tablet), pinOf(PINS.auth))).toEqual(SIGNED);
    expect(await endResult(session)).toBe("OK");
  });
});

it("an outage leaves a device link to the person's other devices", async () => {
  const algorithm = { signatureAlgorithm: "ed25519", signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" } };
  const rpChallenge = btoa("x".repeat(48));
  const started = await startAuthenticationLink("anonymous", { signatureProtocolParameters: { rpChallenge, ...algorithm } });
  const session = env.SESSIONS.get(env.SESSIONS.idFromName(started.sessionToken));
  const faults: readonly ((vault: Vault) => object)[] = [
    () => ({ wrap: down().wrap }),
    ({ unwrap }) => ({
      unwrap: (...of: Parameters<typeof unwrap>) => (of[0].kind === "server-share" ? down().unwrap() : unwrap(...of)),
    }),
  ];
  for (const fault of faults) {
    const restore = await inVault(tablet, fault);
    await expect(openDeviceLink(tablet.client, linkOf(started))).rejects.toThrow(ServerUnreachable);
    restore();
    const claims = await runInDurableObject(session, (_, { storage }) =>
      storage.sql.exec("SELECT claimed_by FROM session").one(),
    );
    expect(claims).toEqual({ claimed_by: null });
  }
  const opened = await openDeviceLink(tablet.client, linkOf(started));
  if (!opened.ok) throw new Error(opened.failure.code);
  expect(await approveTransaction(tablet.client, forPin(opened.value), pinOf(PINS.auth))).toEqual(SIGNED);
});

it("an answer that is wrapped badly, or cannot be opened, is answered all the same, and the channel goes on", async () => {
  const ask = (client = tablet.client) => client.call("openLiveChannel", () => ({}));
  const restore = await inVault(tablet, ({ unwrap }) => ({
    unwrap: (...of: Parameters<typeof unwrap>) => (of[0].kind === "answer-secret" ? down().unwrap() : unwrap(...of)),
  }));
  expect(await ask()).toMatchObject({ ok: true, value: { ticket: expect.any(String) as string } });
  restore();
  const mend = await inVault(tablet, wrapsBadly);
  expect(await ask()).toMatchObject({ ok: true, value: { ticket: expect.any(String) as string } });
  // Lost on its way, and asked for again twice: never two plaintexts under one initialisation vector.
  const vectors: string[] = [];
  const losing: typeof server.fetch = async (input, init) => {
    const response = await server.fetch(input, init);
    vectors.push(fromUtf8(new Uint8Array(await response.clone().arrayBuffer())).split(".")[2] ?? "");
    throw new TypeError("lost");
  };
  const deaf = deviceOn(tablet.storage, { ...server, fetch: losing });
  await expect(ask(deaf.client)).rejects.toThrow(ServerUnreachable);
  await expect(deaf.client.settle()).rejects.toThrow(ServerUnreachable);
  expect(new Set(vectors).size).toBe(vectors.length);
  expect(await tablet.client.settle()).toMatchObject({
    received: true,
    outcome: { ok: false, failure: { code: "server_error" } },
  });
  mend();
  expect(await tablet.client.call("getKeyState", () => ({}))).toMatchObject({ ok: true, value: { status: "active" } });
});

describe("the pool of shares", () => {
  it("loses no row to an outage, and gives nobody what somebody else has", async () => {
    await refillSharePool({ ...env, SHARE_POOL_SIZE: "1" });
    const { vault } = await accountSecrets(env);
    const made = vi.fn<Fetcher["fetch"]>(() => Promise.resolve(new Response(Uint8Array.of(7))));
    const served = { ...env, SHARE_MAKER: { fetch: made } };
    const copied = (share: Uint8Array | undefined) => Promise.resolve(share?.slice());
    const taking = withPooledShare(served, { ...vault, ...down() }, "rsa", copied);
    await expect(taking).rejects.toThrow(VaultUnavailable);
    // Between unwrapping and wrapping.
    const device = await identifiedDevice();
    const restore = await inVault(device, () => ({ wrap: down().wrap }));
    const making = () => makeKeys(device.client, { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) });
    await expect(making()).rejects.toThrow(ServerUnreachable);
    restore();
    expect([await poolSize(), made.mock.calls]).toEqual([1, []]);
    // Somebody else is faster.
    const taken: (Uint8Array | undefined)[] = [];
    const late = await withPooledShare(served, vault, "rsa", async (share) => {
      if (taken.length === 0) taken.push(await withPooledShare(served, vault, "rsa", copied));
      return share?.slice();
    });
    expect(taken[0]?.length).toBeGreaterThan(1000);
    expect([await poolSize(), late]).toEqual([0, Uint8Array.of(7)]);
    // A nonce that does not unwrap is no wrong proof.
    const mend = await inVault(device, ({ unwrap }) => ({
      unwrap: (...of: Parameters<typeof unwrap>) => (of[0].kind === "nonce" ? Promise.resolve(undefined) : unwrap(...of)),
    }));
    expect(await making()).toEqual({ ok: false, failure: { code: "server_error" } });
    mend();
    const keys = await query(device.storage.record!.handle, "SELECT suite, state FROM key_pair WHERE state = 'joined'");
    expect(keys).toEqual([{ suite: "ed25519", state: "joined" }]);
  });

  it("is not filled while the vault is out of reach, and whatever else the clock starts goes on", async () => {
    const made = vi.fn<Fetcher["fetch"]>(() => Promise.resolve(new Response()));
    const KEK = { get: () => Promise.reject(new Error("no store")) };
    const broken = { ...env, KEK, SHARE_POOL_SIZE: "2", SHARE_MAKER: { fetch: made } } as unknown as Environment;
    const works: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void works.push(work) } as unknown as ExecutionContext;
    worker.scheduled({} as ScheduledController, broken, context);
    const outcomes = await Promise.allSettled(works);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
    expect(outcomes[0]).toMatchObject({ reason: expect.any(VaultUnavailable) as unknown });
    expect(made).not.toHaveBeenCalled();
  });
});

describe("a re-wrap beside other work", () => {
  it("holds up no attempt, and no attempt holds it up", async () => {
    const session = await startLogin(tablet.documentNumber, undefined, undefined, ALGORITHMS.ed25519);
    const claimed = await claimOnly(tablet);
    await deployKeks({ current: "kek-6", secret: wordsFor("kek-5", "kek-6") });
    const [moved, approved] = await Promise.all([
      stubOf(tablet).rewrap("kek-6"),
      approveTransaction(tablet.client, claimed, pinOf(PINS.auth)),
    ]);
    expect([moved.ok, approved]).toEqual([true, SIGNED]);
    expect(await endResult(session)).toBe("OK");
    await vi.waitFor(async () => expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-6")));
  });

  it("takes the place of nothing that came meanwhile, of whatever kind", async () => {
    expect((await tablet.client.call("openLiveChannel", () => ({}))).ok).toBe(true);
    await runInDurableObject(stubOf(tablet), (_, { storage }) => {
      const values = new WrappedStore(storage.sql).lasting(handleOf(tablet));
      const outcomes = new Set<string>();
      const undone = () =>
        storage.transactionSync(() => {
          for (const [place, column] of Object.entries(WRAPPED_COLUMNS)) {
            storage.sql.exec(`UPDATE ${place.split(" ")[0]} SET ${column} = x'01' WHERE ${column} IS NOT NULL`);
          }
          for (const { place, replace } of values) outcomes.add(`${place.kind} ${replace(Uint8Array.of(2))}`);
          throw new Error("undone");
        });
      expect(undone).toThrow("undone");
      const kinds = ["channel-keys", "server-share", "push-subscription", "answer-secret"];
      expect([...outcomes]).toEqual(kinds.map((kind) => `${kind} false`));
    });
  });

  it("replaces nothing by what it cannot open, or what is something else", async () => {
    await deployKeks({ current: "kek-7", secret: wordsFor("kek-6", "kek-7") });
    const restore = await inVault(tablet, ({ wrap }) => ({
      wrap: (...[place, plaintext]: Parameters<typeof wrap>) => wrap(place, new Uint8Array(plaintext.length)),
    }));
    expect(await stubOf(tablet).rewrap("kek-7")).toEqual({ ok: false, failure: "unavailable" });
    restore();
    await inVault(tablet, wrapsBadly);
    expect(await stubOf(tablet).rewrap("kek-7")).toEqual({ ok: false, failure: "unavailable" });
    expect(logged.mock.calls.join("\n")).toContain("what the KEK kek-7 just wrapped does not unwrap");
    expect(await tablet.client.call("getKeyState", () => ({}))).toMatchObject({ ok: true, value: { status: "active" } });
    expect(await keksIn(handleOf(tablet))).toEqual(everything("kek-6"));
  });

  it("brings nothing back that was destroyed meanwhile", async () => {
    await deployKeks({ current: "kek-7", secret: wordsFor("kek-6", "kek-7") });
    let closed = false;
    await inVault(tablet, ({ wrap }, { close }) => ({
      wrap: async (...of: Parameters<typeof wrap>) => {
        if (!closed) await close();
        closed = true;
        return wrap(...of);
      },
    }));
    expect((await stubOf(tablet).rewrap("kek-7")).ok).toBe(true);
    const nothing = { "key_pair server_share": [], push_subscription: [] };
    expect(await keksIn(handleOf(tablet))).toMatchObject({ account: ["kek-7"], ...nothing });
    expect(await query(handleOf(tablet), "SELECT status FROM account")).toEqual([{ status: "closed" }]);
  });
});

it("a KMS that cannot be used is what /health tells, and it is asked no more often than every ten seconds", async () => {
  const EXTERNAL_KEKS = JSON.stringify([{ id: "kms-1", url: "https://kms.example/v1/transit", key: "tally" }]);
  const [KEK, EXTERNAL_KEK_TOKENS] = [{ get: () => Promise.resolve(keyFor("kek-1")) }, "kms-1:x"];
  const environment = { ...env, KEK, KEK_ID: "kms-1", EXTERNAL_KEKS, EXTERNAL_KEK_TOKENS, DATABASE: undefined as never };
  let status = 200;
  const asked = vi.spyOn(globalThis, "fetch").mockImplementation((_url, init) => {
    const { plaintext = "", ciphertext = "" } = JSON.parse(init?.body as string) as Record<string, string>;
    return Promise.resolve(
      Response.json({ data: { ciphertext: `vault:${plaintext}`, plaintext: ciphertext.slice(6) } }, { status }),
    );
  });
  vi.useFakeTimers({ toFake: ["Date"] });
  expect([await vaultProblem(environment), asked.mock.calls.length]).toEqual([undefined, 2]);
  vi.setSystemTime(Date.now() + 11_000);
  status = 403;
  const outage = expect.stringContaining("kms-1 cannot be used: it answered 403");
  expect([await vaultProblem(environment), await vaultProblem(environment), asked.mock.calls.length]).toEqual([
    outage,
    outage,
    3,
  ]);
  status = 200;
  vi.setSystemTime(Date.now() + 11_000);
  expect(await vaultProblem(environment)).toBeUndefined();
  vi.useRealTimers();
  asked.mockRestore();
});

it("a KEK rests from the first enrolment on that has something wrapped under it, of which no index tells", async () => {
  await deployKeks({ current: "kek-8", secret: wordsFor("kek-7", "kek-8") });
  const opened = await openedDevice();
  expect(await indexed(opened.storage.record!.handle)).toEqual([]);
  const use = (await kekUses(env)).find(({ id }) => id === "kek-8");
  expect([use?.accounts, (use?.lastCurrentAt ?? 0) > Date.now() - 60_000]).toEqual([0, true]);
});
