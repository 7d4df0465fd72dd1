// Law 6 of the split key, with a server that lies inside the channel: the device computes what it signs from what it showed,
// and gives no contribution for a request that contradicts itself. What it signed for a changed text is nobody's attempt.
import { ed25519 } from "@noble/curves/ed25519.js";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Suite } from "../../src/account/purpose.ts";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { openAccount } from "../../src/authenticator/enrolment.ts";
import { presentation } from "../../src/authenticator/presentation.ts";
import { type ServerConnection, ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction, claimTransaction, listTransactions, prepareApproval } from "../../src/authenticator/transactions.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { ChannelAnswer } from "../../src/protocol/device-messages.ts";
import { fromBase64Url, fromUtf8, toBase64, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { BAD_POINTS } from "../support/bad-points.ts";
import {
  ALGORITHMS,
  endResult,
  interactionsOf,
  LOGIN_TEXT,
  randomChallenge,
  startLogin,
  startSignature,
} from "../support/demo-party.ts";
import { enrol, PERSON, PINS, pinOf, server, forPin } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { randomBytes } from "../support/raw-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

let device: Awaited<ReturnType<typeof enrol>>;
/** What the server says instead of what it would say; the same answer where that is no answer to lie about. */
let lie: ((answer: ChannelAnswer) => ChannelAnswer) | undefined;
let liesLeft = 1;
let messagesSent = 0;

const lying: ServerConnection = {
  url: server.url,
  fetch: async (input, init) => {
    const response = await server.fetch(input, init);
    if (!(input as string).endsWith("/device/messages")) return response;
    messagesSent++;
    if (lie === undefined) return response;
    const record = await device.storage.read();
    if (record === undefined) throw new Error("no account");
    const key = fromBase64Url(record.serverToDevice) ?? new Uint8Array();
    const plaintext = await openMessage(key, record.handle, fromUtf8(new Uint8Array(await response.arrayBuffer())));
    const honest = JSON.parse(fromUtf8(plaintext ?? new Uint8Array())) as ChannelAnswer;
    const answer = lie(honest);
    if (answer !== honest && --liesLeft === 0) lie = undefined;
    return new Response(await sealMessage(key, record.handle, utf8(JSON.stringify(answer)), randomBytes(IV_LENGTH)));
  },
};

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol(PERSON, PINS, lying);
});

beforeEach(() => {
  lie = undefined;
  liesLeft = 1;
});

afterEach(() => forgetWaiting());

const claimed =
  (change: (body: Record<string, unknown>) => object) =>
  (answer: ChannelAnswer): ChannelAnswer => {
    const body = (answer.outcome.ok ? answer.outcome.body : {}) as Record<string, unknown>;
    if (!("transactionId" in body)) return answer;
    return { ...answer, outcome: { ok: true, body: { ...body, ...change(body) } } };
  };

type Kind = "login" | "signature";
type Change = (body: Record<string, unknown>) => object;

/** Claims what waits, as the server describes it. */
async function claimWith(
  kind: Kind,
  change: Change,
  suite: Suite = "rsa",
): Promise<{ session: string; transaction: SignedTransaction }> {
  const { documentNumber } = device;
  const session = await (kind === "login"
    ? startLogin(documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS[suite])
    : startSignature(documentNumber, utf8(crypto.randomUUID()), ALGORITHMS[suite]));
  const listed = await listTransactions(device.client);
  const transactionId = listed.ok ? (listed.value.at(-1)?.transactionId ?? "") : "";
  lie = claimed(change);
  const answer = await claimTransaction(device.client, transactionId);
  if (!answer.ok) throw new Error(answer.failure.code);
  return { session, transaction: forPin(answer.value) };
}

const handleOf = async (): Promise<string> => (await device.storage.read())?.handle ?? "";
const forgetWaiting = async (): Promise<unknown> => query(await handleOf(), "DELETE FROM pending_transaction");

const stateOf = async () => ({
  messagesSent,
  pending: (await device.storage.read())?.pending,
  lockout: await query(await handleOf(), "SELECT * FROM lockout"),
});

describe("a request that contradicts itself gets no contribution", () => {
  it.each<[string, Kind, Change, Suite?]>([
    ["a login for the signing key", "login", () => ({ purpose: "sign" })],
    ["a signature for the login key", "signature", () => ({ purpose: "auth" })],
    ["a digest shorter than its hash", "signature", () => ({ digest: toBase64(new Uint8Array(32)) })],
    ["a digest of another hash", "signature", () => ({ hashAlgorithm: "SHA-256" })],
    ["interactions that cannot be shown", "login", () => ({ interactions: "W10=" })],
    ["an interaction that is not among those asked for", "login", () => ({ interactionTypeUsed: "confirmationMessage" })],
    ["an algorithm of the other suite", "login", () => ({ signatureAlgorithm: "ed25519" })],
    ["an algorithm of RSA for a key of Ed25519", "login", () => ({ signatureAlgorithm: "rsassa-pss" }), "ed25519"],
    ["the other suite's key for an algorithm", "login", () => ({ suite: "rsa", keyVersion: 1 }), "ed25519"],
    ["a digest that is not of its hash", "signature", () => ({ digest: toBase64(new Uint8Array(63)) }), "ed25519"],
  ])("%s", async (_name, kind, change, suite) => {
    const { transaction } = await claimWith(kind, change, suite);
    const before = await stateOf();
    const approved = await approveTransaction(device.client, transaction, pinOf(PINS[transaction.purpose]));
    expect(approved).toMatchObject({ ok: false, failure: { code: expect.stringMatching(/^(not_presentable|no_key)$/) } });
    expect(await stateOf()).toEqual(before);
  });

  it.each<[string, (offer: object) => object]>([
    ["a modulus of another length", (offer) => ({ ...offer, modulusBits: 3072 })],
    ["a length that is no number", (offer) => ({ ...offer, modulusBits: "6144" })],
    ["no salt", () => ({ modulusBits: 6144 })],
    ["a salt shorter than the hash", (offer) => ({ ...offer, salt: "AAAA" })],
    ["something more", (offer) => ({ ...offer, generator: 2 })],
  ])("an offer with %s", async (_name, change) => {
    const { transaction } = await claimWith("login", ({ offer }) => ({ offer: change(offer as object) }));
    const before = await stateOf();
    const approved = await approveTransaction(device.client, transaction, pinOf(PINS.auth));
    expect(approved).toEqual({ ok: false, failure: { code: "server_error" } });
    expect(await stateOf()).toEqual(before);
  });

  it("an offer of Ed25519 without two commitments, with something more, or with a commitment that is no point of the group", async () => {
    const { transaction } = await claimWith("login", () => ({}), "ed25519");
    const whole = { ...transaction.offer };
    const { hiding = "", binding = "" } = whole;
    const offers: readonly (readonly [string, SignedTransaction["offer"]])[] = [
      ["one of two", { hiding }],
      ["a number", { hiding: 2, binding }],
      ["31 bytes", { hiding: "A".repeat(42), binding }],
      ["the other suite's", { modulusBits: 6144, salt: toSalt() }],
      ["a third", { ...whole, third: hiding }],
      ...BAD_POINTS.map(([name, point]) => [`D2: ${name}`, { hiding: toBase64Url(point), binding }] as const),
      ...BAD_POINTS.map(([name, point]) => [`E2: ${name}`, { hiding, binding: toBase64Url(point) }] as const),
    ];
    const before = await stateOf();
    for (const [name, offer] of offers) {
      const approved = await approveTransaction(device.client, { ...transaction, offer }, pinOf(PINS.auth));
      expect(approved, name).toEqual({ ok: false, failure: { code: "server_error" } });
    }
    expect(await stateOf()).toEqual(before);
  });
});

describe("what the device signed is what it showed", () => {
  it.each<[string, Kind, Change, Suite?]>([
    ["another relying party", "login", () => ({ relyingPartyName: "Some bank" })],
    ["another text", "login", () => ({ interactions: interactionsOf({ type: "displayTextAndPIN", displayText60: "Yes?" }) })],
    ["another challenge", "login", () => ({ rpChallenge: toBase64(randomBytes(64)) })],
    ["another document", "signature", () => ({ digest: toBase64(randomBytes(64)) })],
    ["another hash", "login", ({ offer }) => ({ hashAlgorithm: "SHA3-512", offer })],
    ["another text, for Ed25519", "login", () => ({ relyingPartyName: "Some bank" }), "ed25519"],
    ["another document, for Ed25519", "signature", () => ({ digest: toBase64(randomBytes(64)) }), "ed25519"],
    ["another hash of the same length, for Ed25519", "signature", () => ({ hashAlgorithm: "SHA3-512" }), "ed25519"],
  ])("%s ends as a difference, which costs no attempt", async (_name, kind, change, suite) => {
    const { transaction } = await claimWith(kind, change, suite);
    const { lockout } = await stateOf();
    const approved = await approveTransaction(device.client, transaction, pinOf(PINS[transaction.purpose]));
    expect(approved).toEqual({ ok: false, failure: { code: "transcript_mismatch" } });
    expect((await stateOf()).lockout).toEqual(lockout);
    expect(await query(await handleOf(), "SELECT transaction_id FROM pending_transaction")).toHaveLength(1);
  });

  const commitments = (): object => ({ hiding: point(5n), binding: point(7n) });

  it.each<[string, Change, "transcript_mismatch" | "no_key", Suite]>([
    ["another salt", ({ offer }) => ({ offer: { ...(offer as object), salt: toSalt() } }), "transcript_mismatch", "rsa"],
    ["another commitment", () => ({ offer: commitments() }), "transcript_mismatch", "ed25519"],
    [
      "the two commitments exchanged",
      ({ offer }) => ({ offer: exchanged(offer as Commitments) }),
      "transcript_mismatch",
      "ed25519",
    ],
    ["a key version that is not on the device", () => ({ keyVersion: 7 }), "no_key", "ed25519"],
  ])(
    "%s, which nobody is shown, is asked for once more: the honest one is signed, a second lie is not, and nobody pays",
    async (...row) => {
      const [_name, change, code, suite] = row;
      const { lockout } = await stateOf();
      liesLeft = 2;
      const lied = await claimWith("signature", change, suite);
      expect(await approveTransaction(device.client, lied.transaction, pinOf(PINS.sign))).toEqual({
        ok: false,
        failure: { code },
      });
      liesLeft = 1;
      const { session, transaction } = await claimWith("signature", change, suite);
      expect((await approveTransaction(device.client, transaction, pinOf(PINS.sign))).ok).toBe(true);
      expect(await endResult(session)).toBe("OK");
      expect((await stateOf()).lockout).toEqual(lockout.filter(({ purpose }) => purpose !== "sign").concat(unused("sign")));
    },
  );

  it("the changed text was on the screen", async () => {
    const interactions = interactionsOf({ type: "displayTextAndPIN", displayText60: "Give all away?" });
    const { transaction } = await claimWith("login", () => ({ interactions, relyingPartyName: "Some bank" }));
    expect(presentation(transaction)).toMatchObject({ relyingPartyName: "Some bank", text: "Give all away?" });
  });

  it("what was prepared for one request never becomes another's: it is signed as without", async () => {
    const { transaction: former } = await claimWith("login", () => ({}));
    const { session, transaction } = await claimWith("login", () => ({}));
    const preparation = await prepareApproval(device.storage, former);
    expect(preparation).toBeDefined();
    expect((await approveTransaction(device.client, transaction, pinOf(PINS.auth), preparation)).ok).toBe(true);
    expect(await endResult(session)).toBe("OK");
    expect((await stateOf()).lockout).toContainEqual(unused("auth"));
  });

  it("nor what was prepared for an offer that the server has made anew", async () => {
    const { session, transaction } = await claimWith("login", ({ offer }) => ({
      offer: { ...(offer as object), salt: toSalt() },
    }));
    const preparation = await prepareApproval(device.storage, transaction);
    expect((await approveTransaction(device.client, transaction, pinOf(PINS.auth), preparation)).ok).toBe(true);
    expect(await endResult(session)).toBe("OK");
    expect(await prepareApproval(device.storage, { ...transaction, offer: {} })).toBeUndefined();
  });

  it.each<[Suite]>([["rsa"], ["ed25519"]])("an unchanged request is signed by %s, prepared or not", async (suite) => {
    const { session, transaction } = await claimWith("login", () => ({}), suite);
    const preparation = await prepareApproval(device.storage, transaction);
    expect(preparation !== undefined).toBe(suite === "rsa");
    const approved = await approveTransaction(device.client, transaction, pinOf(PINS.auth), preparation);
    expect(approved).toEqual({ ok: true, value: undefined });
    expect(await endResult(session)).toBe("OK");
  });
});

interface Commitments {
  readonly hiding: string;
  readonly binding: string;
}
const exchanged = ({ hiding, binding }: Commitments): Commitments => ({ hiding: binding, binding: hiding });
const point = (scalar: bigint): string => toBase64Url(ed25519.Point.BASE.multiply(scalar).toBytes());
const unused = (purpose: string): Readonly<Record<string, SqlStorageValue>> => ({ purpose, wrong: 0, locked_until: 0 });

const toSalt = (): string => toBase64Url(randomBytes(64));

it("an answer to another request is no answer: the same bytes are sent again until the right one comes", async () => {
  lie = (answer) => ({ ...answer, requestId: "A".repeat(22) });
  const before = messagesSent;
  expect((await listTransactions(device.client)).ok).toBe(true);
  expect(messagesSent).toBe(before + 2);
});

describe("a handshake that was changed on the way opens no channel", () => {
  const changed = (change: (body: string, path: string) => string): ServerConnection => ({
    url: server.url,
    fetch: async (input, init) => {
      const response = await server.fetch(input, init);
      return new Response(change(await response.text(), input as string), response);
    },
  });
  const payloadOf = (text: string): string => (JSON.parse(text) as { signedTranscript: string }).signedTranscript;

  it("the key for second envelopes exchanged in the transcript", async () => {
    const storage = new MemoryStorage();
    const opened = await openAccount(
      changed((text, path) => {
        if (!path.endsWith("/device/accounts")) return text;
        const [header = "", payload = "", signature = ""] = payloadOf(text).split(".");
        const transcript = JSON.parse(fromUtf8(fromBase64Url(payload) ?? new Uint8Array())) as Record<string, unknown>;
        const forged = { ...transcript, encryptionKey: transcript["serverKey"] };
        const encoded = toBase64(utf8(JSON.stringify(forged)))
          .replaceAll("+", "-")
          .replaceAll("/", "_")
          .replaceAll("=", "");
        return JSON.stringify({ ...(JSON.parse(text) as object), signedTranscript: [header, encoded, signature].join(".") });
      }),
      storage,
    );
    expect(opened).toEqual({ ok: false, failure: "not_authentic" });
    expect(storage.written).toEqual([]);
  });

  it("a transcript that was signed for another device", async () => {
    let other = "";
    await openAccount(
      changed((text, path) => (path.endsWith("/device/accounts") ? (other = text) : text)),
      new MemoryStorage(),
    );
    const storage = new MemoryStorage();
    const opened = await openAccount(
      changed((text, path) => (path.endsWith("/device/accounts") ? other : text)),
      storage,
    );
    expect(opened).toEqual({ ok: false, failure: "not_authentic" });
    expect(storage.written).toEqual([]);
  });
});

it("a server that never answers properly leaves a request that can be settled, and no contribution in storage", async () => {
  const session = await startLogin(device.documentNumber);
  const listed = await listTransactions(device.client);
  const transactionId = listed.ok ? (listed.value[0]?.transactionId ?? "") : "";
  const transaction = await claimTransaction(device.client, transactionId);
  if (!transaction.ok) throw new Error(transaction.failure.code);
  const broken: ServerConnection = { ...lying, fetch: async () => new Response("", { status: 503 }) };
  const cut = new ChannelClient(broken, device.storage);
  await expect(approveTransaction(cut, forPin(transaction.value), pinOf(PINS.auth))).rejects.toThrow(ServerUnreachable);
  const { pending } = (await device.storage.read()) ?? {};
  expect(Object.keys(pending ?? {}).toSorted()).toEqual(["oneTimePassword", "operation", "requestId", "transactionId"]);
  expect((await approveTransaction(device.client, forPin(transaction.value), pinOf(PINS.auth))).ok).toBe(true);
  expect(await endResult(session)).toBe("OK");
});
