// When new keys stand, by what the server says at the end, and what the device writes meanwhile. Which keys it drops is in
// settle-keys.unit.test.ts; here nothing is proven to anybody: a server that says anything gets no share by it.
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { DeviceKey, DeviceRecord, KeyName } from "../../src/authenticator/device-record.ts";
import { addSuites, changePin, settleKeys, standingVersion } from "../../src/authenticator/re-key.ts";
import { openSecondEnvelope } from "../../src/channel/second-envelope.ts";
import type { AnswerBody, Operation } from "../../src/protocol/device-messages.ts";
import type { EcPublicKey } from "../../src/protocol/ec-public-key.ts";
import { toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

type KeyState = AnswerBody<"getKeyState">;
type Answer =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: { readonly code: string } };

const key = (purpose: Purpose, suite: Suite, keyVersion: number): DeviceKey => ({
  purpose,
  suite,
  keyVersion,
  salt: toBase64Url(new Uint8Array(32)),
  iterations: 1,
  stored: "",
  masked: "",
});
const OLD = [key("sign", "rsa", 1), key("sign", "ed25519", 2)];
const NEW = [key("sign", "rsa", 3), key("sign", "ed25519", 4)];
const LATER_AUTH = key("auth", "rsa", 9);
const issuing = (purpose: Purpose): KeyState["reKey"] => ({
  purpose,
  change: "replace",
  suites: ["rsa", "ed25519"],
  state: "issuing",
  until: 0,
});
const done = { ok: true, value: undefined };
const failed = (code: string) => ({ ok: false, failure: { code } }) as const;

let storage: MemoryStorage;
let asked: string[];
/** What each look at the account tells, the last one again and again. */
let states: (Partial<KeyState> | (() => Promise<void>))[];
/** In place of what an honest server answers. */
let answers: Partial<Record<Operation, Answer | (() => Promise<Answer>)>>;
let pauses: number;
/** What each proof was sealed with, in the order in which they were sent. */
let grants: string[];
let encryptionKeys: CryptoKeyPair;
let encryptionKey: EcPublicKey;
let client: ChannelClient;

const record = (keys: readonly DeviceKey[]): DeviceRecord =>
  ({ handle: "h", encryptionKey, oneTimePassword: "first", keys }) as unknown as DeviceRecord;

interface Proof {
  readonly purpose: Purpose;
  readonly keyVersion?: number;
  readonly envelope: string;
}

async function grantIn(operation: Operation, { purpose, keyVersion, envelope }: Proof): Promise<string> {
  const privateKey = (await crypto.subtle.exportKey("jwk", encryptionKeys.privateKey)) as JsonWebKey;
  const binding = { handle: "h", requestId: "r", operation, subject: `${purpose}:${keyVersion ?? ""}` };
  const opened = await openSecondEnvelope(privateKey, binding, envelope);
  return toBase64Url(opened?.["grant"] ?? new Uint8Array());
}

async function look(): Promise<Answer> {
  const [says = {}] = states;
  if (states.length > 1) states.shift();
  if (typeof says === "function") {
    await says();
    return look();
  }
  return { ok: true, value: { status: "active", suites: ["rsa", "ed25519"], keys: OLD, reKey: null, ...says } };
}

beforeAll(async () => {
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  encryptionKeys = (await crypto.subtle.generateKey(algorithm, true, ["deriveBits"])) as CryptoKeyPair;
  const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", encryptionKeys.publicKey)) as JsonWebKey;
  encryptionKey = { kty, crv, x, y } as EcPublicKey;
});
beforeEach(() => {
  storage = new MemoryStorage(record(OLD));
  [asked, states, answers, pauses, grants] = [[], [{}], {}, 0, []];
  let version = 2;
  const proof = { nonce: "", offer: {} };
  const honest = (operation: Operation): Answer => {
    if (operation === "beginReKey") return { ok: true, value: { suite: "rsa", keyVersion: 1, proof } };
    if (operation === "reKey") return { ok: true, value: { suites: ["rsa", "ed25519"] } };
    if (operation === "initiateKey") return { ok: true, value: { keyVersion: ++version } };
    return { ok: true, value: { proof, answer: "" } };
  };
  const call = async (
    operation: Operation,
    build: (record: DeviceRecord | undefined, requestId: string) => unknown,
  ): Promise<Answer> => {
    const body = await build(storage.record, "r");
    asked.push(operation === "initiateKey" ? (body as { suite: Suite }).suite : operation);
    if (operation === "reKey" || operation === "provePossession") grants.push(await grantIn(operation, body as Proof));
    const answer = answers[operation];
    if (answer !== undefined) return typeof answer === "function" ? answer() : answer;
    return operation === "getKeyState" ? look() : honest(operation);
  };
  client = { storage, call } as unknown as ChannelClient;
  for (const half of Object.values(deviceHalves)) {
    const share = new Uint8Array(1);
    const made = { device: share, secret: share, finish: () => ({ share, stored: share }) };
    vi.spyOn(half, "generate").mockResolvedValue(made);
    vi.spyOn(half, "mask").mockReturnValue(share);
    vi.spyOn(half, "unmask").mockReturnValue(share);
    vi.spyOn(half, "contribute").mockReturnValue({ contribution: share, transcript: share });
  }
});
afterEach(() => void vi.restoreAllMocks());

const pause = async (): Promise<void> => {
  // In place of a test that never ends.
  if (++pauses > 100) throw new Error("it waits for ever");
};
const change = () =>
  changePin(client, "sign", { oldPin: utf8("80235"), newPin: utf8("92746") }, { pause, iterations: 1, standing: 1 });
const add = () => addSuites(client, "sign", utf8("80235"), { pause, iterations: 1 });
const held = (): readonly string[] | undefined => storage.record?.keys.map(({ suite, keyVersion }) => `${suite} ${keyVersion}`);

describe("a PIN", () => {
  it("is changed when the new keys stand and no other: they lay beside the old ones until then", async () => {
    states = [{}, async () => expect(held()).toEqual(["rsa 1", "ed25519 2", "rsa 3", "ed25519 4"]), { keys: NEW }];
    expect(await change()).toEqual(done);
    expect(held()).toEqual(["rsa 3", "ed25519 4"]);
  });

  it.each<readonly [string, readonly KeyName[]]>([
    ["the old ones alone stand", OLD],
    ["one of the new ones does not stand", [NEW[0]!]],
    ["one of the old ones stands, too", [...NEW, OLD[1]!]],
    ["others stand, which this device did not make", [key("sign", "rsa", 5), key("sign", "ed25519", 6)]],
    ["those of the other PIN alone stand", [key("auth", "rsa", 3), key("auth", "ed25519", 4)]],
    ["none is left", []],
  ])("is not changed where %s", async (_, keys) => {
    states = [{}, { keys: [...keys] }];
    expect(await change()).toEqual(failed("exchange_given_up"));
  });

  it("is proven with 32 bytes, and its new keys with the same, that are drawn for this change alone", async () => {
    for (let changes = 0; changes < 2; changes++) await change();
    const [first, second] = [grants.slice(0, 3), grants.slice(3)];
    for (const those of [first, second]) expect(those).toEqual([expect.stringMatching(/^[\w-]{43}$/), those[0], those[0]]);
    expect(new Set([toBase64Url(new Uint8Array(32)), ...grants]).size).toBe(3);
    // Neither is it ever written down.
    for (const text of storage.written) for (const grant of grants) expect(text).not.toContain(grant);
  });

  it("is changed whatever keys the other one has", async () => {
    states = [{}, { keys: [LATER_AUTH, ...NEW] }];
    expect(await change()).toEqual(done);
  });

  it("has keys in each suite once, the main one first, however the server names them", async () => {
    answers = { reKey: { ok: true, value: { suites: ["ed25519", "rsa", "ed25519"] } } };
    states = [{}, { keys: NEW }];
    expect(await change()).toEqual(done);
    expect(asked.filter((each) => each === "rsa" || each === "ed25519")).toEqual(["rsa", "ed25519"]);
  });

  it.each([
    ["is over", "wrong_state", "exchange_given_up"],
    ["goes on, and the server failed", "server_error", "server_error"],
  ])("is not changed where no key is taken: its time %s", async (_, code, told) => {
    answers = { initiateKey: failed(code) };
    expect(await change()).toEqual(failed(told));
    expect(held()).toEqual(["rsa 1", "ed25519 2"]);
  });

  it("that a wrong one was typed for has no new keys", async () => {
    answers = { reKey: failed("wrong_pin") };
    expect(await change()).toEqual(failed("wrong_pin"));
    expect(asked).not.toContain("rsa");
  });

  it("is not said to be changed where the server says at the end that the account is closed", async () => {
    const closed = failed("account_closed");
    answers = {
      provePossession: async () => {
        answers = { getKeyState: closed };
        return { ok: true, value: {} };
      },
    };
    expect(await change()).toEqual(closed);
  });

  it("is not asked for where the account cannot be looked at, or is gone meanwhile", async () => {
    answers = { getKeyState: failed("account_closed") };
    expect([await change(), await add()]).toEqual([failed("account_closed"), failed("account_closed")]);
    expect(asked).not.toContain("beginReKey");
    answers = {
      beginReKey: async () => {
        await storage.remove();
        return { ok: true, value: { suite: "rsa", keyVersion: 1, proof: {} } };
      },
    };
    expect(await change()).toEqual(failed("no_account"));
    expect(asked).not.toContain("reKey");
  });

  it("begins no change where the server refuses one", async () => {
    answers = { beginReKey: failed("pin_locked") };
    expect(await change()).toEqual(failed("pin_locked"));
    expect(asked).not.toContain("reKey");
  });
});

describe("keys that are added", () => {
  it("stand beside those that were there", async () => {
    states = [{ keys: [OLD[0]!] }, { keys: [OLD[0]!, key("sign", "ed25519", 3)] }];
    answers = { reKey: { ok: true, value: { suites: ["ed25519"] } } };
    expect(await add()).toEqual({ ok: true, value: ["ed25519"] });
  });

  it("are added where they stand, and are not where they do not", async () => {
    states = [{ keys: [OLD[0]!] }];
    answers = { reKey: { ok: true, value: { suites: ["ed25519"] } } };
    expect(await add()).toEqual(failed("exchange_given_up"));
  });

  it("are none of a PIN that has its own, whatever the other one lacks", async () => {
    states = [{ keys: [key("auth", "rsa", 1), ...OLD] }];
    expect(await add()).toEqual({ ok: true, value: [] });
    states = [{ keys: [key("auth", "rsa", 1), key("auth", "ed25519", 2), OLD[0]!] }];
    answers = { beginReKey: failed("pin_locked") };
    expect(await add()).toEqual(failed("pin_locked"));
  });
});

describe("certificates that are not there yet", () => {
  it("are waited for a while, before a change and after it, and then are late", async () => {
    states = [{}, { keys: OLD, reKey: issuing("sign") }];
    expect(await change()).toEqual(failed("certificates_late"));
    expect(pauses).toBe(15);
    expect(held()).toEqual(["rsa 1", "ed25519 2", "rsa 3", "ed25519 4"]);
    [asked, pauses] = [[], 0];
    expect([await change(), await add()]).toEqual([failed("certificates_late"), failed("certificates_late")]);
    expect(pauses).toBe(30);
    expect(asked).not.toContain("beginReKey");
  });

  it("are looked for once a second", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    states = [{ reKey: issuing("sign") }];
    const changing = changePin(client, "sign", { oldPin: utf8("80235"), newPin: utf8("92746") });
    await vi.advanceTimersByTimeAsync(999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(await changing).toEqual(failed("certificates_late"));
  });

  it.each([
    ["a change", () => change()],
    ["an addition", () => add()],
  ])("of an earlier change end %s: its PIN holds, and nothing is begun", async (_, begins) => {
    storage.record = record([...OLD, ...NEW]);
    states = [{ reKey: issuing("sign") }, { reKey: issuing("sign") }, { keys: NEW }];
    expect(await begins()).toEqual(failed("exchanged_before"));
    expect([pauses, held()]).toEqual([2, ["rsa 3", "ed25519 4"]]);
    expect(asked).not.toContain("beginReKey");
  });

  it("of the other PIN hide nothing of what was found before them", async () => {
    storage.record = record([...OLD, ...NEW]);
    states = [{ keys: NEW, reKey: issuing("auth") }, { keys: NEW }];
    expect(await change()).toEqual(failed("exchanged_before"));
    expect(pauses).toBe(1);
  });

  it("of the other PIN, whose change has come to its end, are no end of this one", async () => {
    storage.record = record([key("auth", "rsa", 8), LATER_AUTH, ...OLD]);
    states = [{ keys: [LATER_AUTH, ...OLD] }, { keys: [LATER_AUTH, ...NEW] }];
    expect(await change()).toEqual(done);
  });
});

describe("a look at the account", () => {
  it("tells of no exchange where new keys were given up, whatever versions the other PIN has come to", async () => {
    storage.record = record([LATER_AUTH, ...OLD, ...NEW]);
    states = [{ keys: [LATER_AUTH, ...OLD] }];
    expect(await settleKeys(client)).toMatchObject({ ok: true, value: { exchanged: [] } });
    expect(held()).toEqual(["rsa 9", "rsa 1", "ed25519 2"]);
  });

  it("tells of no exchange where new keys were given up and ones of another suite came later", async () => {
    storage.record = record([OLD[0]!, key("sign", "rsa", 2)]);
    states = [{ keys: [OLD[0]!, key("sign", "ed25519", 3)] }];
    expect(await settleKeys(client)).toMatchObject({ ok: true, value: { exchanged: [] } });
    expect(held()).toEqual(["rsa 1"]);
  });

  it("writes nothing where nothing is over", async () => {
    expect((await settleKeys(client)).ok).toBe(true);
    expect(storage.written).toEqual([]);
  });

  it("drops keys of what lies there then, and takes back nothing that was written meanwhile", async () => {
    storage.record = record([...OLD, ...NEW]);
    const [isIn, isWritten] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    states = [
      async () => {
        void storage.exclusively(async () => {
          const before = (await storage.read()) as DeviceRecord;
          isIn.resolve();
          await isWritten.promise;
          await storage.write({ ...before, oneTimePassword: "next" });
        });
        await isIn.promise;
      },
      { keys: NEW },
    ];
    const settled = settleKeys(client);
    await isIn.promise;
    await new Promise((resolve) => setTimeout(resolve));
    isWritten.resolve();
    expect(await settled).toMatchObject({ ok: true, value: { exchanged: ["sign"] } });
    expect([storage.record?.oneTimePassword, held()]).toEqual(["next", ["rsa 3", "ed25519 4"]]);
  });

  it("brings back no account that was removed meanwhile", async () => {
    storage.record = record([...OLD, ...NEW]);
    states = [() => storage.remove(), { keys: NEW }];
    expect((await settleKeys(client)).ok).toBe(true);
    expect([storage.record, storage.written]).toEqual([undefined, []]);
  });

  it("says what the server says where there is no account any more", async () => {
    await storage.remove();
    answers = { getKeyState: failed("no_account") };
    expect(await settleKeys(client)).toEqual(failed("no_account"));
  });
});

it("the version that a PIN is for is that of its main key, and none where it has no key", () => {
  const state = (keys: readonly KeyName[]) => ({ keys }) as unknown as KeyState;
  expect(standingVersion(state([key("auth", "rsa", 7), OLD[1]!, OLD[0]!]), "sign")).toBe(1);
  expect(standingVersion(state([LATER_AUTH]), "sign")).toBe(0);
});
