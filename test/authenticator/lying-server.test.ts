// A server that says what no honest one does: the device answers with a failure, keeps what it has, and signs nothing but what it shows.
import { beforeEach, describe, expect, it } from "vitest";
import { type DeviceKey, storedBytes } from "../../src/authenticator/device-record.ts";
import { makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { addSuites, changePin } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { answerChallenge, approveTransaction } from "../../src/authenticator/transactions.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { Operation } from "../../src/protocol/device-messages.ts";
import { fromUtf8, toBase64, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { deviceOn, type HeadlessDevice, pinOf, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

/** A device whose server holds the right channel keys and answers whatever it likes. */
async function deviceOfServerThatSays(says: (requestId: string, operation: Operation) => string): Promise<HeadlessDevice> {
  const storage = new MemoryStorage();
  await openAccount(server, storage);
  return deviceOn(storage, {
    url: server.url,
    fetch: async (_, init) => {
      const { record } = storage;
      if (record?.pending === undefined) throw new Error("nothing was written before sending");
      const sent = await openMessage(storedBytes(record.deviceToServer), record.handle, init?.body as string);
      const { operation, requestId } = JSON.parse(fromUtf8(sent ?? new Uint8Array())) as Record<
        "operation" | "requestId",
        string
      >;
      const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
      const plaintext = utf8(says(requestId, operation as Operation));
      return new Response(await sealMessage(storedBytes(record.serverToDevice), record.handle, plaintext, iv));
    },
  });
}

describe("a device whose server seals nonsense", () => {
  it("gets a failure as a value when the body is not of its operation", async () => {
    const device = await deviceOfServerThatSays((requestId) =>
      JSON.stringify({ requestId, outcome: { ok: true, body: { status: "wonderful" } } }),
    );
    expect(await device.client.call("getKeyState", () => ({}))).toEqual({
      ok: false,
      failure: { code: "unreadable_answer" },
    });
  });

  it("keeps its request for a version that can read the answer, and sends no other before", async () => {
    const newer = { failure: { code: "of_another_day" }, ok: false };
    const asked: string[] = [];
    const device = await deviceOfServerThatSays((requestId, operation) => {
      asked.push(operation);
      return JSON.stringify({ requestId, oneTimePassword: "x", outcome: newer });
    });
    const oneTimePassword = device.storage.record?.oneTimePassword;
    for (const operation of ["getKeyState", "listTransactions"] as const) {
      expect(await device.client.call(operation, () => ({}))).toEqual({ ok: false, failure: { code: "unreadable_answer" } });
      expect(device.storage.record).toMatchObject({ oneTimePassword, pending: { operation: "getKeyState" } });
    }
    expect(asked).toEqual(["getKeyState", "resume"]);
  });

  it("has got no answer when it is not one, and keeps its request pending", async () => {
    for (const nonsense of ["", "not JSON", "[]", '{"requestId":""}']) {
      const device = await deviceOfServerThatSays(() => nonsense);
      await expect(device.client.call("getKeyState", () => ({}))).rejects.toBeInstanceOf(ServerUnreachable);
      expect(device.storage.record?.pending).toBeDefined();
    }
  });
});

/** Ed25519's base point, which is a point of the group as any commitment is. */
const POINT = toBase64Url(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 0x58 : 0x66)));
const NONCE = "A".repeat(22);
const OFFER = { hiding: POINT, binding: POINT };
const PROOF = { nonce: NONCE, offer: OFFER };
const keyOf = (part: Partial<DeviceKey> = {}): DeviceKey => ({
  purpose: "sign",
  suite: "ed25519",
  keyVersion: 2,
  salt: toBase64Url(new Uint8Array(32).fill(1)),
  iterations: 1,
  stored: POINT,
  masked: toBase64Url(new Uint8Array(32).fill(2)),
  ...part,
});
const STATE = {
  status: "active",
  closedReason: "",
  documentNumber: "PNOEE-50001029996-K2GN-Q",
  level: "QUALIFIED",
  now: 0,
  expiresAt: 1,
  pins: {
    auth: { state: "usable", attemptsLeft: 3, lockedUntil: 0 },
    sign: { state: "usable", attemptsLeft: 3, lockedUntil: 0 },
  },
  suites: ["ed25519"],
  keys: [],
  reKey: null,
  outOfStep: { count: 0, lastAt: 0, unansweredForGood: false },
  pushEndpointHash: "",
  notices: [],
  awaited: null,
};

/** Operation → bodies of its answers, the last one again and again; a text is the code of a failure. */
let answers: Partial<Record<Operation, (object | string)[]>>;
let asked: Operation[];
let device: HeadlessDevice;

beforeEach(async () => {
  [answers, asked] = [{}, []];
  device = await deviceOfServerThatSays((requestId, operation) => {
    asked.push(operation);
    const [answer = "server_error"] = answers[operation] ?? [];
    if ((answers[operation]?.length ?? 0) > 1) answers[operation]?.shift();
    const outcome = typeof answer === "string" ? { ok: false, failure: { code: answer } } : { ok: true, body: answer };
    return JSON.stringify({ requestId, oneTimePassword: "B".repeat(43), outcome });
  });
});

const keep = async (...keys: readonly DeviceKey[]): Promise<void> => {
  const { record } = device.storage;
  if (record === undefined) throw new Error("no account");
  await device.storage.write({ ...record, keys });
};

describe("a device whose server makes keys with it", () => {
  const keysUnder = (pin: string) => makeKeys(device.client, { auth: pinOf(pin), sign: pinOf(pin) }, undefined, 1);

  it.each([
    ["zeros", new Uint8Array(160)],
    ["points and scalars that prove nothing", Uint8Array.from({ length: 160 }, (_, index) => (index < 96 ? 0x66 : 1))],
  ])("throws the key away where the server's half is %s", async (_, bytes) => {
    const answer = bytes.map((byte, index) => (byte === 0x66 && index % 32 === 0 ? 0x58 : byte));
    answers = {
      getKeyState: [STATE],
      initiateKey: [{ keyVersion: 1 }],
      dkgRound: [{ proof: PROOF, answer: toBase64Url(answer) }],
    };
    const before = device.storage.written.length;
    expect(await keysUnder("4711")).toEqual({ ok: false, failure: { code: "server_error" } });
    expect(asked).toEqual(["getKeyState", "initiateKey", "dkgRound"]);
    for (const text of device.storage.written.slice(before)) expect(JSON.parse(text)).toMatchObject({ keys: [] });
  });

  it("proves an old PIN by no other key than the main one of that purpose", async () => {
    const rsa = keyOf({ suite: "rsa", keyVersion: 1 });
    await keep(keyOf(), rsa, keyOf({ purpose: "auth", suite: "rsa", keyVersion: 3 }));
    const standing = [rsa, keyOf()].map(({ purpose, suite, keyVersion }) => ({ purpose, suite, keyVersion }));
    const pins = { oldPin: pinOf("80235"), newPin: pinOf("92746") };
    for (const named of [
      { suite: "ed25519", keyVersion: 2 },
      { suite: "rsa", keyVersion: 2 },
      { suite: "rsa", keyVersion: 3 },
    ]) {
      answers = { getKeyState: [{ ...STATE, keys: standing }], beginReKey: [{ ...named, proof: PROOF, suites: ["rsa"] }] };
      expect(await changePin(device.client, "sign", pins)).toEqual({ ok: false, failure: { code: "no_key" } });
    }
    expect(asked).not.toContain("reKey");
  });

  it("says that no PIN is changed and no key added where the server let no key be made", async () => {
    const named = { suite: "rsa", keyVersion: 1 };
    await keep(
      keyOf({
        ...named,
        suite: "rsa",
        masked: toBase64Url(new Uint8Array(400)),
        stored: toBase64Url(new Uint8Array(384).fill(3)),
      }),
    );
    const offer = { salt: toBase64Url(new Uint8Array(64)), modulusBits: 6144 };
    answers = {
      getKeyState: [{ ...STATE, keys: [{ purpose: "sign", ...named }] }],
      beginReKey: [{ ...named, proof: { nonce: NONCE, offer }, suites: [] }],
      reKey: [{ suites: [] }],
    };
    const changed = await changePin(device.client, "sign", { oldPin: pinOf("80235"), newPin: pinOf("92746") });
    const added = await addSuites(device.client, "sign", pinOf("80235"));
    for (const result of [changed, added]) expect(result).toEqual({ ok: false, failure: { code: "exchange_given_up" } });
    expect(device.storage.record?.keys).toHaveLength(1);
  });
});

describe("a device whose server asks for a signature", () => {
  const text = toBase64(utf8(JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Sign" }])));
  const request = {
    kind: "signature",
    transactionId: NONCE,
    purpose: "sign",
    suite: "ed25519",
    keyVersion: 2,
    offer: OFFER,
    expiresAt: 1,
    signatureAlgorithm: "ed25519",
    hashAlgorithm: "SHA-256",
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    flowType: "Notification",
    initialCallbackUrl: "",
    sessionSecretDigest: "",
    interactions: text,
    interactionTypeUsed: "displayTextAndPIN",
    digest: toBase64(new Uint8Array(32)),
    verificationCode: "1234",
  } as const satisfies SignedTransaction;
  const approve = (claimed: SignedTransaction) => approveTransaction(device.client, claimed, pinOf("80235"));
  const EVERY_KEY = [keyOf(), keyOf({ suite: "rsa", keyVersion: 1 }), keyOf({ purpose: "auth", keyVersion: 2 })];

  beforeEach(() => keep(...EVERY_KEY));

  it.each([
    ["the key of another suite", { suite: "rsa", keyVersion: 1 }, "not_presentable"],
    ["a suite that the algorithm is not of", { signatureAlgorithm: "rsassa-pss" }, "not_presentable"],
    ["the key for logging in", { purpose: "auth" }, "not_presentable"],
    ["a version that is not here", { keyVersion: 3 }, "no_key"],
    ["the version of another suite", { keyVersion: 1 }, "no_key"],
  ] as const)("by %s gets none", async (_, part, code) => {
    const claimed = { ...request, ...part } as SignedTransaction;
    answers = { claimTransaction: [claimed] };
    expect(await approve(claimed)).toEqual({ ok: false, failure: { code } });
    expect(asked.filter((operation) => operation !== "claimTransaction")).toEqual([]);
  });

  it.each([
    ["no point", { hiding: "A".repeat(43), binding: POINT }],
    ["another suite's", { salt: toBase64Url(new Uint8Array(32)), modulusBits: 6144 }],
  ])("under an offer that is %s gets none", async (_, offer) => {
    expect(await approve({ ...request, offer })).toEqual({ ok: false, failure: { code: "server_error" } });
    expect(asked).toEqual([]);
  });

  it("signs what it showed under a new offer or a new key, with the same PIN and once more only", async () => {
    await keep(...EVERY_KEY, keyOf({ keyVersion: 4 }));
    for (const part of [{ offer: { hiding: POINT, binding: POINT } }, { keyVersion: 4 }]) {
      answers = { claimTransaction: [{ ...request, ...part }], performSignature: ["transcript_mismatch", { signed: true }] };
      expect(await approve(request)).toEqual({ ok: true, value: undefined });
    }
    asked = [];
    answers = { claimTransaction: [request], performSignature: ["transcript_mismatch"] };
    expect(await approve(request)).toEqual({ ok: false, failure: { code: "transcript_mismatch" } });
    expect(asked).toEqual(["performSignature", "claimTransaction", "performSignature"]);
  });

  it("signs with the key that stands where the one of the claim was exchanged meanwhile", async () => {
    answers = { claimTransaction: [request], performSignature: [{ signed: true }] };
    expect(await approve({ ...request, keyVersion: 1 })).toEqual({ ok: true, value: undefined });
    expect(asked).toEqual(["claimTransaction", "performSignature"]);
  });

  it.each([
    ["another digest", { digest: toBase64(new Uint8Array(32).fill(1)) }],
    ["another name", { relyingPartyName: "DEMO BANK" }],
    ["another text", { interactions: toBase64(utf8(JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Sell" }]))) }],
  ])("signs nothing else when it is claimed again with %s", async (_, part) => {
    answers = { claimTransaction: [{ ...request, ...part }], performSignature: ["transcript_mismatch", { signed: true }] };
    expect(await approve(request)).toEqual({ ok: false, failure: { code: "transcript_mismatch" } });
    expect(asked).toEqual(["performSignature", "claimTransaction"]);
  });

  it.each([
    ["another suite", { suite: "ed25519", keyVersion: 2 }],
    ["another version", { suite: "rsa", keyVersion: 2 }],
  ] as const)("answers no challenge by a key of %s", async (_, named) => {
    const answered = await answerChallenge(device.client, { challenge: NONCE, ...named, proof: PROOF }, pinOf("4711"));
    expect(answered).toEqual({ ok: false, failure: { code: "no_key" } });
    expect(asked).toEqual([]);
  });
});
