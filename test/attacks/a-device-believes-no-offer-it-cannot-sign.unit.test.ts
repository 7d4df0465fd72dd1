// A server that holds the channel's keys and says whatever it likes, in every field of every answer: the device makes a value or a missing
// answer of it, keeps its keys, and gives no contribution for an offer that no honest server makes, in whichever operation it comes.
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { type DeviceRecord, storedBytes } from "../../src/authenticator/device-record.ts";
import { makeKeys } from "../../src/authenticator/enrolment.ts";
import { changePin } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { answerChallenge, approveTransaction } from "../../src/authenticator/transactions.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import { openSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { ANSWER_BODIES, answerSchema, type Operation } from "../../src/protocol/device-messages.ts";
import { fromUtf8, toBase64, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { BAD_POINTS } from "../support/bad-points.ts";
import { asJson, changed, fieldsOf, HOSTILE } from "../support/hostile-values.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { pairAt } from "../split-key/rsa/fixtures.ts";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const NONCE = "A".repeat(22);
/** Ed25519's base point. */
const POINT = toBase64Url(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 0x58 : 0x66)));
const salt = (length: number): string => toBase64Url(random(length));

const OFFERS = {
  rsa: { modulusBits: 6144, salt: salt(64) },
  ed25519: { hiding: POINT, binding: POINT },
} as const;
const TEXT = toBase64(utf8(JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Sign" }])));

const encryption = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, [
  "deriveBits",
])) as CryptoKeyPair;
const encryptionKey = (await crypto.subtle.exportKey("jwk", encryption.privateKey)) as JsonWebKey;

const key = (purpose: "auth" | "sign", suite: "rsa" | "ed25519", keyVersion: number) => ({
  purpose,
  suite,
  keyVersion,
  salt: salt(32),
  iterations: 1,
  stored: suite === "rsa" ? toBase64Url(pairAt(0).device.n1) : POINT,
  masked: suite === "rsa" ? salt(400) : toBase64Url(new Uint8Array(32).fill(2)),
});
const RECORD: DeviceRecord = {
  handle: "ab".repeat(32),
  deviceToServer: salt(32),
  serverToDevice: salt(32),
  encryptionKey: publicKeyOf(encryptionKey),
  transcriptHash: salt(32),
  oneTimePassword: salt(32),
  keys: [key("auth", "rsa", 1), key("sign", "rsa", 1), key("auth", "ed25519", 2), key("sign", "ed25519", 2)],
  returnSecret: salt(32),
  owner: undefined,
};

let storage: MemoryStorage;
let client: ChannelClient;
/** What came, with what stood in its second envelope. */
let asked: { readonly operation: Operation; readonly body: Record<string, string>; readonly requestId: string }[];
/** The whole answer, by operation. */
let says: (operation: Operation, requestId: string, body: Record<string, string>) => unknown;

beforeEach(() => {
  storage = new MemoryStorage(structuredClone(RECORD));
  asked = [];
  const answer = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    const sent = await openMessage(storedBytes(RECORD.deviceToServer), RECORD.handle, init?.body as string);
    const request = JSON.parse(fromUtf8(sent ?? new Uint8Array())) as (typeof asked)[number];
    asked.push(request);
    const plaintext = utf8(JSON.stringify(await says(request.operation, request.requestId, request.body)) ?? "");
    return new Response(await sealMessage(storedBytes(RECORD.serverToDevice), RECORD.handle, plaintext, random(IV_LENGTH)));
  };
  client = new ChannelClient({ url: "", fetch: answer }, storage, () => Promise.resolve());
});

const ok = (requestId: string, body: unknown) => ({ requestId, oneTimePassword: "B".repeat(43), outcome: { ok: true, body } });
const refused = (requestId: string, failure: object) => ({ requestId, outcome: { ok: false, failure } });

const pin = (digits: string) => utf8(digits);
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
  keys: RECORD.keys.map(({ purpose, suite, keyVersion }) => ({ purpose, suite, keyVersion })),
  reKey: null,
  outOfStep: { count: 0, lastAt: 0, unansweredForGood: false },
  pushEndpointHash: "",
  notices: [{ kind: "closed", reason: "revoked", id: NONCE, documentNumber: "PNOEE-50001029996-AAAA-Q", at: 1 }],
  awaited: { relyingPartyName: "DEMO", until: 1 },
};
const SIGNATURE = {
  kind: "signature",
  transactionId: NONCE,
  purpose: "sign",
  suite: "rsa",
  keyVersion: 1,
  offer: OFFERS.rsa,
  expiresAt: 1,
  signatureAlgorithm: "rsassa-pss",
  hashAlgorithm: "SHA-512",
  relyingPartyName: "DEMO",
  brokeredRpName: "",
  flowType: "Notification",
  initialCallbackUrl: "",
  sessionSecretDigest: "",
  interactions: TEXT,
  interactionTypeUsed: "displayTextAndPIN",
  digest: toBase64(new Uint8Array(64)),
  verificationCode: "1234",
} as unknown as SignedTransaction;
const PROOF = { nonce: NONCE, offer: OFFERS.rsa };

/** An honest answer to every operation. */
const HONEST: { readonly [Name in Operation]: unknown } = {
  initiateKey: { keyVersion: 3 },
  submitClient2ndPart: { proof: PROOF },
  dkgRound: { proof: PROOF, answer: salt(160) },
  provePossession: { proven: true },
  performSignature: { signed: true },
  resume: { received: false },
  answerChallenge: { closed: true },
  beginReKey: { suite: "rsa", keyVersion: 1, proof: PROOF, suites: ["ed25519"] },
  reKey: { suites: ["rsa"] },
  getKeyState: STATE,
  revokeKey: { closed: true },
  openLiveChannel: { ticket: salt(32) },
  subscribePush: { subscribed: true },
  getHistory: { entries: [], more: false },
  disown: { disowned: true },
  listRefusedParties: { parties: [] },
  allowParty: { allowed: true },
  testPush: { outcome: "sent" },
  getCertificates: {
    appliedAt: 1,
    certificates: [
      {
        purpose: "auth",
        suite: "rsa",
        der: salt(32),
        subject: "CN=TAMM",
        issuer: "CN=TEST",
        issuerName: "TEST",
        serialNumber: "01",
        notBefore: 1,
        notAfter: 2,
        key: { algorithm: "RSA", bits: 6144 },
      },
    ],
  },
  dismissNotices: { dismissed: true },
  practise: { transactionId: NONCE },
  listTransactions: { transactions: [{ transactionId: NONCE, purpose: "auth", relyingPartyName: "DEMO", expiresAt: 1 }] },
  claimTransaction: SIGNATURE,
  openDeviceLink: SIGNATURE,
  confirmCertificateChoice: { confirmed: true, awaits: true },
  stopWaiting: { stopped: true },
  refuseTransaction: { refused: true },
};

/** What the device holds, save the one-time password and what is pending. */
const held = () => {
  const { oneTimePassword: _, pending: _pending, ...rest } = storage.record ?? RECORD;
  return rest;
};
const { oneTimePassword: _once, ...KEPT } = RECORD;

describe.each(Object.keys(HONEST) as Operation[])("the answer to %s", (operation) => {
  it("with a lie in any field is a failure, or none at all; the device keeps what it has", async () => {
    says = (_operation, requestId) => ok(requestId, HONEST[operation]);
    const call = () => client.call(operation, () => ({}));
    if (operation !== "resume") expect(await call()).toMatchObject({ ok: true });
    const paths = [...fieldsOf(HONEST[operation]), ["extra"], ["__proto__"], []];
    const lies = fc.tuple(fc.constantFrom(...paths), fc.oneof(HOSTILE, fc.constant(undefined)));
    await fc.assert(
      fc.asyncProperty(lies, async ([path, value]) => {
        const body = asJson(changed(HONEST[operation], path, value));
        fc.pre(!ANSWER_BODIES[operation].safeParse(body).success);
        says = (_operation, requestId) => ok(requestId, body);
        expect(await call()).toEqual({ ok: false, failure: { code: "unreadable_answer" } });
        expect(held()).toEqual(KEPT);
      }),
      { numRuns: 10 },
    );
  });
});

it("an answer of another form is none: the request stays pending, and is told of as soon as one comes", async () => {
  const right = { ...ok("", {}), extra: undefined };
  const paths = [...fieldsOf(right), ["extra"], ["outcome", "failure"], ["outcome", "more"], ["__proto__"], []];
  const lies = fc.tuple(fc.constantFrom(...paths), fc.oneof(HOSTILE, fc.constant(undefined)));
  await fc.assert(
    fc.asyncProperty(lies, async ([path, value]) => {
      fc.pre(path[0] !== "outcome" || path[1] !== "body");
      const answer = (requestId: string) => asJson(changed({ ...right, requestId }, path, value));
      fc.pre(!answerSchema.safeParse(answer(NONCE)).success);
      says = (_operation, requestId) => answer(requestId);
      const told = client.call("getKeyState", () => ({}));
      // One that names the request is the server's own, in words that this version does not know; another may be anybody's.
      if ((answer(NONCE) as { requestId?: unknown } | null | undefined)?.requestId === NONCE)
        expect(await told).toEqual({ ok: false, failure: { code: "unreadable_answer" } });
      else await expect(told).rejects.toBeInstanceOf(ServerUnreachable);
      expect(storage.record?.pending).toBeDefined();
      expect(held()).toEqual(KEPT);
      says = (_operation, requestId) => ok(requestId, { received: false });
      await client.settle();
    }),
    { numRuns: 30 },
  );
});

/** Each of the right form for the channel. */
const BAD_OFFERS: Readonly<Record<"rsa" | "ed25519", readonly (readonly [string, Readonly<Record<string, string | number>>])[]>> =
  {
    rsa: [
      ...[0, -1, 1, 1024, 3071, 3072, 6142, 6145, 6143.5, 12_288, 2 ** 31, 2 ** 53, 1e308].map(
        (modulusBits) => [`a modulus of ${modulusBits} bits`, { ...OFFERS.rsa, modulusBits }] as const,
      ),
      ["a length that is text", { ...OFFERS.rsa, modulusBits: "6144" }],
      ["no length", { salt: OFFERS.rsa.salt }],
      ["no salt", { modulusBits: 6144 }],
      ...[0, 1, 20, 32, 48, 63, 65, 128, 700].map(
        (length) => [`a salt of ${length} bytes`, { ...OFFERS.rsa, salt: salt(length) }] as const,
      ),
      ["a salt that is a number", { ...OFFERS.rsa, salt: 64 }],
      ["a salt with padding", { ...OFFERS.rsa, salt: `${salt(64)}==` }],
      ["a salt in another spelling", { ...OFFERS.rsa, salt: `${OFFERS.rsa.salt.slice(0, -1)}B` }],
      ["a modulus of the server's", { ...OFFERS.rsa, modulus: toBase64Url(pairAt(1).device.n1) }],
      ["an exponent", { ...OFFERS.rsa, exponent: 3 }],
      ["the other suite's", OFFERS.ed25519],
      ["nothing", {}],
    ],
    ed25519: [
      ...BAD_POINTS.map(([name, point]) => [`D: ${name}`, { ...OFFERS.ed25519, hiding: toBase64Url(point) }] as const),
      ...BAD_POINTS.map(([name, point]) => [`E: ${name}`, { ...OFFERS.ed25519, binding: toBase64Url(point) }] as const),
      ["one commitment", { hiding: POINT }],
      ["a number", { ...OFFERS.ed25519, binding: 2 }],
      ["31 bytes", { ...OFFERS.ed25519, binding: "A".repeat(42) }],
      ["33 bytes", { ...OFFERS.ed25519, binding: "A".repeat(44) }],
      ["a group key of the server's", { ...OFFERS.ed25519, groupKey: POINT }],
      ["a third commitment", { ...OFFERS.ed25519, third: POINT }],
      ["the other suite's", OFFERS.rsa],
      ["nothing", {}],
    ],
  };

/** What ends in a contribution, with that offer. */
const CONTRIBUTING: Readonly<
  Record<string, { readonly suite: "rsa" | "ed25519"; readonly sends: Operation; run: (offer: object) => Promise<unknown> }>
> = {
  "a signature of suite rsa": {
    suite: "rsa",
    sends: "performSignature",
    run: (offer) => approveTransaction(client, { ...SIGNATURE, offer } as SignedTransaction, pin("80235")),
  },
  "a signature of suite ed25519": {
    suite: "ed25519",
    sends: "performSignature",
    run: (offer) => {
      const algorithm = { suite: "ed25519", keyVersion: 2, signatureAlgorithm: "ed25519" };
      return approveTransaction(client, { ...SIGNATURE, ...algorithm, offer } as SignedTransaction, pin("80235"));
    },
  },
  "the answer to a challenge": {
    suite: "rsa",
    sends: "answerChallenge",
    run: (offer) => {
      const challenge = { challenge: NONCE, suite: "rsa", keyVersion: 1, proof: { nonce: NONCE, offer } };
      return answerChallenge(client, challenge as Parameters<typeof answerChallenge>[1], pin("4711"));
    },
  },
  "the proof of an old PIN": {
    suite: "rsa",
    sends: "reKey",
    run: (offer) => {
      says = (operation, requestId) =>
        operation === "beginReKey" || operation === "getKeyState"
          ? ok(
              requestId,
              { getKeyState: STATE, beginReKey: { ...(HONEST.beginReKey as object), proof: { nonce: NONCE, offer } } }[operation],
            )
          : refused(requestId, { code: "server_error" });
      return changePin(client, "sign", { oldPin: pin("80235"), newPin: pin("92746") });
    },
  },
  "the possession of a new key of suite rsa": {
    suite: "rsa",
    sends: "provePossession",
    run: (offer) => {
      const { n1: device, share } = pairAt(0).device;
      const half = { device, secret: random(384), finish: () => ({ share: share.slice(), stored: device }) };
      vi.spyOn(deviceHalves.rsa, "generate").mockResolvedValueOnce(half);
      return possession("rsa", offer);
    },
  },
  "the possession of a new key of suite ed25519": {
    suite: "ed25519",
    sends: "provePossession",
    run: (offer) => possession("ed25519", offer),
  },
};

/** With the server's honest half of the key, where it has to say something. */
function possession(suite: "rsa" | "ed25519", offer: object): Promise<unknown> {
  says = async (operation, requestId, { envelope = "" }) => {
    const proof = { nonce: NONCE, offer };
    switch (operation) {
      case "getKeyState":
        return ok(requestId, { ...STATE, suites: [suite] });
      case "initiateKey":
        return ok(requestId, { keyVersion: 3 });
      case "submitClient2ndPart":
        return ok(requestId, { proof });
      case "dkgRound": {
        const { handle } = RECORD;
        const opened = await openSecondEnvelope(encryptionKey, { handle, requestId, operation, subject: "auth:3" }, envelope);
        const input = { device: new Uint8Array(), secret: opened?.["secret"] ?? new Uint8Array(), pooledShare: undefined };
        const joined = serverHalves.ed25519.acceptDeviceKey({ ...input, random, earlierPublicKeys: [] });
        return ok(requestId, { proof, answer: joined.ok ? toBase64Url(joined.value.answer) : "" });
      }
      default:
        return refused(requestId, { code: "server_error" });
    }
  };
  return makeKeys(client, { auth: pin("4711"), sign: pin("80235") }, undefined, 1);
}

describe.each(Object.entries(CONTRIBUTING))("%s", (_, { suite, sends, run }) => {
  it("is not given for an offer that no honest server makes", async () => {
    says = (_operation, requestId) => refused(requestId, { code: "server_error" });
    for (const [name, offer] of BAD_OFFERS[suite]) {
      await run(offer);
      expect(
        asked.map(({ operation }) => operation),
        name,
      ).not.toContain(sends);
    }
  });

  it("is given for an honest one, which is what the others are refused for", async () => {
    says = (_operation, requestId) => refused(requestId, { code: "server_error" });
    await run(OFFERS[suite]);
    expect(asked.at(-1)?.operation).toBe(sends);
  });
});
