// A change of keys in an account that stands is the way around every other rule, unless it costs what a login costs: the PIN that stands,
// in a counted attempt. Nobody makes keys without it; what was begun ends with the PIN, the account or its time; and however issuing is
// interrupted, exactly one set of keys stands.
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountStore } from "../../durable/account/account-store.ts";
import { KeyPairStore } from "../../durable/account/key-pair-store.ts";
import { OutboxStore } from "../../durable/account/outbox-store.ts";
import { ReKeyStore } from "../../durable/account/re-key-store.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { TIME_TO_MAKE_KEYS, TIME_TO_PROVE } from "../../src/account/account-state.ts";
import { SUITES } from "../../src/account/purpose.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { randomBytes } from "../../src/authenticator/pin-key.ts";
import { changePin, settleKeys } from "../../src/authenticator/re-key.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { contributionFor, newestKey, shareOf } from "../support/handmade-messages.ts";
import { deviceOn, enrol, PINS, pinOf, WRONG_PINS } from "../support/headless-device.ts";
import { ReKeys } from "../support/re-keys.ts";
import { seedDemoParty } from "../support/relying-party.ts";

const NEW_PIN = "392817";

let account: ReKeys;
/** With the keys with which the account was made. */
let first: DeviceRecord;

beforeAll(async () => {
  await seedDemoParty();
  account = new ReKeys(await enrol());
  first = account.record;
});
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await account.clear();
});

const STANDING = ["rsa certified", "ed25519 certified"];

describe("an account that stands", () => {
  it("makes no key without a right PIN: neither unasked, nor when a proof was only asked for", async () => {
    for (const asked of [false, true]) {
      if (asked) await account.begin();
      for (const suite of SUITES) {
        for (const purpose of ["auth", "sign"] as const) expect(await account.initiate(purpose, suite)).toBe("wrong_state");
      }
    }
    const { client } = account.device;
    for (const keyVersion of [1, 2, 3]) {
      const sealed = async (handle: string, requestId: string, operation: string) =>
        sealSecondEnvelope(
          account.record.encryptionKey,
          { handle, requestId, operation, subject: `auth:${keyVersion}` },
          {
            secret: new Uint8Array(160),
            contribution: new Uint8Array(96),
            transcript: new Uint8Array(32),
            grant: account.grant,
          },
        );
      const part = { purpose: "auth", keyVersion } as const;
      const answers = [
        await client.call("dkgRound", async ({ handle }, id) => ({ ...part, envelope: await sealed(handle, id, "dkgRound") })),
        await client.call("submitClient2ndPart", async ({ handle }, id) => {
          const envelope = await sealed(handle, id, "submitClient2ndPart");
          return { ...part, device: toBase64Url(new Uint8Array(384)), envelope };
        }),
        await client.call("provePossession", async ({ handle }, id) => {
          return { ...part, envelope: await sealed(handle, id, "provePossession") };
        }),
      ];
      for (const answer of answers) expect(answer).toEqual({ ok: false, failure: { code: "wrong_state" } });
    }
    expect(await account.keys()).toEqual(STANDING);
    await account.giveUp();
  });

  it("counts a wrong old PIN with the logins of every suite, locks at the third, and allows nothing", async () => {
    const { claimed } = await account.wait("ed25519");
    expect(await account.try(claimed, "wrong")).toBe("wrong_pin");
    const evaluate = vi.spyOn(serverHalves.rsa, "evaluate");
    for (const [wrong, code] of [
      [2, "wrong_pin"],
      [3, "wrong_pin"],
    ] as const) {
      const begun = await account.begin();
      expect(await account.prove(await account.proofOf(begun, WRONG_PINS.auth), begun.proof.nonce)).toBe(code);
      expect(await account.wrong("auth")).toBe(wrong);
      expect(await account.initiate("auth", "ed25519")).toBe("wrong_state");
    }
    // A proof is never completed to a signature.
    expect(evaluate).not.toHaveBeenCalled();
    const refused = await account.device.client.call("beginReKey", () => ({ purpose: "auth", change: "replace" }));
    expect(refused).toMatchObject({ failure: { code: "pin_locked" } });
    expect(await account.claim(claimed.transactionId).catch((error: Error) => error.message)).toBe("no_such_transaction");
    expect(await account.keys()).toEqual(STANDING);
  });

  it("looks at a proof once: burnt before it is held against the key, whatever it turns out to be", async () => {
    const begun = await account.begin();
    const { nonce } = begun.proof;
    const right = await account.proofOf(begun, PINS.auth);
    const other = { ...right, transcript: right.transcript.map((byte) => byte ^ 1) };
    expect(await account.prove(other, nonce)).toBe("transcript_mismatch");
    expect(await account.wrong("auth")).toBe(0);
    const check = vi.spyOn(serverHalves.rsa, "check");
    // Its envelope is for a proof that nobody waits for; one without a proof's name meets none either.
    expect(await account.prove(right, nonce)).toBe("malformed");
    expect(await account.prove(right, "")).toBe("wrong_state");
    const next = await account.begin();
    // Of an earlier proof, under the name of the one that stands; and as it is said of another purpose, or for a signature.
    expect(await account.prove(right, nonce)).toBe("malformed");
    expect(await account.prove(right, next.proof.nonce)).toBe("transcript_mismatch");
    expect(await account.prove(right, nonce, "sign")).toBe("malformed");
    expect(check).not.toHaveBeenCalled();
    expect(await account.wrong("auth")).toBe(0);
    expect(await account.initiate("auth", "ed25519")).toBe("wrong_state");
    await account.giveUp();
  });

  it("wants the proof, and then the keys, in time", async () => {
    const begun = await account.begin();
    const right = await account.proofOf(begun, PINS.auth);
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: now + TIME_TO_PROVE });
    expect(await account.prove(right, begun.proof.nonce)).toBe("wrong_state");
    vi.useRealTimers();
    await account.allow();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + TIME_TO_MAKE_KEYS });
    expect(await account.initiate("auth", "ed25519")).toBe("wrong_state");
    await runDurableObjectAlarm(account.stub);
    vi.useRealTimers();
    expect(await account.initiate("auth", "ed25519")).toBe("wrong_state");
    expect(await account.query("SELECT * FROM re_key")).toEqual([]);
  });

  it("makes keys of the purpose and the suites that were allowed, and gives its copies nothing", async () => {
    const copy = deviceOn(account.device.storage.copy());
    await account.allow();
    for (const suite of SUITES) {
      expect(await account.initiate("sign", suite)).toBe("wrong_state");
      expect(await account.initiate("auth", suite, copy)).toBe("out_of_step");
    }
    const again = await copy.client.call("beginReKey", () => ({ purpose: "auth", change: "replace" }));
    expect(again).toMatchObject({ failure: { code: "out_of_step" } });
    await account.query("UPDATE re_key SET suites = '[\"ed25519\"]'");
    expect(await account.initiate("auth", "rsa")).toBe("wrong_state");
    expect(await account.keys()).toEqual(STANDING);
    // Nothing is missing: there is nothing to add.
    const added = await account.device.client.call("beginReKey", () => ({ purpose: "auth", change: "add" }));
    expect(added).toMatchObject({ failure: { code: "wrong_state" } });
    await account.giveUp();
    await account.query("UPDATE clone_watch SET challenge = NULL");
  });

  it("takes keys from the device that proved the PIN alone: not from who copied all that it stores while the window is open", async () => {
    await account.allow();
    const copy = deviceOn(account.device.storage.copy());
    for (const [grant, code] of [
      [randomBytes(32), "wrong_state"],
      [new Uint8Array(0), "malformed"],
    ] as const) {
      expect(await account.make("auth", "ed25519", NEW_PIN, { device: copy, grant })).toBe(code);
    }
    expect((await account.keys()).slice(0, 2)).toEqual(STANDING);
    expect(await account.keys()).not.toContain("ed25519 proven");
    await account.query("DELETE FROM key_pair WHERE state NOT IN ('certified')");
    await account.giveUp();
    account.device.storage.record = copy.storage.record!;
  });

  it("ends with a lock of that PIN, which falls while the window is open", async () => {
    await account.allow();
    await account.query("INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", Date.now() + 1_000_000);
    expect(await account.initiate("auth", "ed25519")).toBe("wrong_state");
    await account.query("DELETE FROM lockout");
    await account.giveUp();
  });
});

/** Where the process dies while certificates of new keys are made. */
const PLACES: readonly (readonly [object, string])[] = [
  [PersonObject.prototype, "reserveDocumentNumber"],
  [KeyPairStore.prototype, "announce"],
  [PersonObject.prototype, "activate"],
  [KeyPairStore.prototype, "certify"],
  [OutboxStore.prototype, "post"],
  [KeyPairStore.prototype, "destroy"],
  [TransactionStore.prototype, "forgetOffer"],
  [ReKeyStore.prototype, "remove"],
  [AccountStore.prototype, "setActive"],
  [AccountStore.prototype, "raiseEpoch"],
];

function dieAt([store, method]: readonly [object, string]) {
  const methods = store as Record<string, (...values: unknown[]) => unknown>;
  const real = methods[method];
  if (real === undefined) throw new Error(`no ${method}`);
  return vi.spyOn(methods, method).mockImplementation(function (this: unknown, ...values: unknown[]) {
    const result = real.apply(this, values);
    if (result instanceof Promise) return result.then(() => Promise.reject(new Error("power cut")));
    throw new Error("power cut");
  });
}

describe("new keys", () => {
  it("stand after a crash at any step of their issuing, all of them and no other", async () => {
    const { claimed } = await account.wait("ed25519");
    const [before] = await account.query("SELECT offer, nonce FROM pending_transaction");
    const sent = await account.contribution(claimed, "right");
    await account.allow();
    expect(await account.make("auth", "ed25519", NEW_PIN)).toBe("made");
    expect(await account.keys()).toEqual([...STANDING, "ed25519 proven"]);
    const late = dieAt([PersonObject.prototype, "reserveDocumentNumber"]);
    await account.make("auth", "rsa", NEW_PIN);
    late.mockRestore();
    for (const place of PLACES) {
      const died = dieAt(place);
      await runDurableObjectAlarm(account.stub);
      expect(died, place[1]).toHaveBeenCalled();
      died.mockRestore();
      expect(await account.keys(), place[1]).toEqual([...STANDING, "ed25519 proven", "rsa proven"]);
      expect((await account.certificates()).slice(0, 2), place[1]).toEqual(["good", "good"]);
      expect(await account.query("SELECT offer, nonce FROM pending_transaction"), place[1]).toEqual([before]);
    }
    // Until they stand they answer nothing, and what the old ones were offered is theirs.
    await abortAllDurableObjects();
    expect(await account.query("SELECT state FROM re_key")).toEqual([{ state: "issuing" }]);
    await runDurableObjectAlarm(account.stub);
    expect(await account.keys()).toEqual(["rsa destroyed", "ed25519 destroyed", "ed25519 certified", "rsa certified"]);
    await vi.waitFor(
      async () => expect(await account.certificates()).toEqual(["superseded", "superseded", "good", "good"]),
      20_000,
    );
    expect(await account.keys("sign")).toEqual(STANDING);
    expect(await account.query("SELECT * FROM re_key")).toEqual([]);
    // The offer went with the key that it was for.
    expect(await account.query("SELECT offer, nonce FROM pending_transaction")).toEqual([{ offer: "null", nonce: null }]);
    expect(await account.send(claimed, sent)).toBe("transcript_mismatch");
    expect(await account.wrong("auth")).toBe(0);
  });

  it("leave nothing to the old share: the right PIN of before, with its share, is a wrong one in either suite", async () => {
    for (const suite of SUITES) {
      const { claimed } = await account.wait(suite);
      expect(claimed.keyVersion).toBeGreaterThan(newestKey(first, "auth", suite).keyVersion);
      const old = contributionFor(first, claimed, await shareOf(first, "auth", PINS.auth, suite));
      expect(await account.send(claimed, old), suite).toBe("wrong_pin");
      expect(await account.wrong("auth"), suite).toBe(1);
      await account.clear();
    }
  });
});

describe("new keys that are being made end", () => {
  /** Announced to the index, and one step before they stand. */
  async function almostStanding(): Promise<void> {
    await account.allow("sign");
    await account.query("UPDATE re_key SET suites = '[\"ed25519\"]'");
    const unreachable = dieAt([PersonObject.prototype, "activate"]);
    await account.make("sign", "ed25519", NEW_PIN);
    expect(await account.keys("sign")).toEqual([...STANDING, "ed25519 proven"]);
    expect(unreachable).toHaveBeenCalled();
    unreachable.mockRestore();
    expect(await account.certificates("sign")).toEqual(["good", "good", "good"]);
  }

  it("with the death of their PIN: no certificate stays good, and no later try brings one", async () => {
    await almostStanding();
    const { claimed } = await account.wait("rsa", "sign");
    await account.query("INSERT OR REPLACE INTO lockout VALUES ('sign', 8, 0)");
    expect(await account.try(claimed, "wrong")).toBe("pin_dead");
    for (let time = 0; time < 2; time++) await runDurableObjectAlarm(account.stub);
    expect(await account.keys("sign")).toEqual(["rsa destroyed", "ed25519 destroyed", "ed25519 destroyed"]);
    expect(await account.query("SELECT * FROM re_key")).toEqual([]);
    await vi.waitFor(
      async () => expect(new Set(await account.certificates("sign"))).toEqual(new Set(["cessationOfOperation"])),
      20_000,
    );
    const refused = await account.device.client.call("beginReKey", () => ({ purpose: "sign", change: "replace" }));
    expect(refused).toMatchObject({ failure: { code: "pin_dead" } });
    expect(await account.initiate("sign", "ed25519")).toBe("wrong_state");
  });

  it("with the account", async () => {
    const { client } = account.device;
    await settleKeys(client);
    const pins = { oldPin: pinOf(NEW_PIN), newPin: pinOf(PINS.auth) };
    const unreachable = dieAt([PersonObject.prototype, "activate"]);
    const changed = await changePin(client, "auth", pins, { pause: () => Promise.resolve() });
    expect(changed).toMatchObject({ failure: { code: "certificates_late" } });
    expect((await client.call("revokeKey", () => ({}))).ok).toBe(true);
    unreachable.mockRestore();
    for (let time = 0; time < 2; time++) await runDurableObjectAlarm(account.stub);
    expect(new Set((await account.keys()).map((key) => key.split(" ")[1]))).toEqual(new Set(["destroyed"]));
    await vi.waitFor(async () => expect(await account.certificates()).not.toContain("good"), 20_000);
    expect(await account.query("SELECT * FROM re_key")).toEqual([]);
    expect(await account.initiate("auth", "rsa")).toBe("account_closed");
  });
});
