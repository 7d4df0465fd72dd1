// Law 7 of the split key, and the logs: nothing that the server prints or answers, whatever goes right or wrong, has a PIN, a
// share, a contribution or a one-time password in it, nor says who somebody is; and no answer depends on the server's share,
// save the finished signature.
import { runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assertIdentity, makeKeys, openAccount, type SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import { approveTransaction, listTransactions } from "../../src/authenticator/transactions.ts";
import { PURPOSES, SUITES } from "../../src/account/purpose.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { ChannelAnswer, ChannelRequest } from "../../src/protocol/device-messages.ts";
import { fromBase64, fromBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { ed25519ServerHalf } from "../../src/split-key/ed25519/server-half.ts";
import { openNonce } from "../../src/split-key/ed25519/server-records.ts";
import { toScalarBytes } from "../../src/split-key/ed25519/group.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { HALF_LENGTH } from "../../src/split-key/rsa/common.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { sealServerShare } from "../../src/split-key/rsa/server-share.ts";
import { wrap } from "../../src/vault/wrapping.ts";
import { ALGORITHMS, endResult, sessionStatus, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, deviceOn, type HeadlessDevice, pinOf, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { recordedConnection } from "../support/recorded-connection.ts";
import { anAuthentication, post, seedDemoParty } from "../support/relying-party.ts";
import { type Secrets, tracesOf } from "../support/secret-search.ts";
import {
  accountOf,
  keyEncryptionKey,
  openedChannelKeys,
  openedFrostShare,
  openedShare,
  partsOfPrivateKey,
  placeOf,
  query,
  storedKey,
} from "../support/server-vault.ts";
import { type Haul, ransack } from "./ransacking.ts";
import { maskedShares, messagesOf, representativesOf, Thief } from "./thief.ts";

const PERSON: SelfAssertedIdentity = {
  givenName: "KUNIGUNDE",
  surname: "ROTTENMEIER",
  country: "EE",
  personalCode: "50001029996",
  level: "QUALIFIED",
};
/** Long enough never to come up by chance. */
const PINS = { auth: "739284615027", sign: "580417296338" };
const WRONG_PIN = "915360274418";

const connection = recordedConnection(server);
const device: HeadlessDevice = deviceOn(new MemoryStorage(), connection);
const printed: string[] = [];
const answered: string[] = [];
let documentNumber = "";
let handle = "";
let haul: Haul;
/** Never in any answer. */
let secretsOfKeys: Secrets;
/** Of suite `ed25519`: every nonce of the server, as it was before it was wrapped. */
const nonces: Uint8Array[] = [];

beforeAll(async () => {
  await seedDemoParty();
  for (const method of ["log", "info", "warn", "error", "debug", "trace", "dir"] as const) {
    vi.spyOn(console, method).mockImplementation((...input: unknown[]) => void printed.push(inspect(input, { depth: 8 })));
  }
  const offer = ed25519ServerHalf.offer.bind(ed25519ServerHalf);
  vi.spyOn(ed25519ServerHalf, "offer").mockImplementation((input) => {
    const prepared = offer(input);
    if (prepared.nonce !== undefined) nonces.push(prepared.nonce.slice());
    return prepared;
  });
  await enrolWithFailures();
  await useWithFailures();
  haul = await ransack([...device.storage.written, ...connection.traffic]);
  secretsOfKeys = await collectSecrets();
}, 120_000);

afterAll(() => void vi.restoreAllMocks());

/** A table that is not there makes every statement on it fail. */
async function without(table: string, work: () => Promise<void>): Promise<void> {
  await env.DATABASE.prepare(`ALTER TABLE ${table} RENAME TO missing`).run();
  try {
    await work();
  } finally {
    await env.DATABASE.prepare(`ALTER TABLE missing RENAME TO ${table}`).run();
  }
}

/** Refused proofs, then an application whose certificates cannot be recorded at first. */
async function enrolWithFailures(): Promise<void> {
  await openAccount(connection, device.storage);
  for (const wrong of [{ personalCode: "50001029990" }, { country: "ee" }, { givenName: "" }]) {
    expect(await assertIdentity(connection, device.storage, { ...PERSON, ...wrong })).toBeDefined();
  }
  expect(await assertIdentity(connection, device.storage, PERSON)).toBeUndefined();
  await makeKeys(device.client, { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) });
  handle = (await device.storage.read())?.handle ?? "";
  const application = await claimOnly(device);
  expect((await approveTransaction(device.client, application, pinOf(WRONG_PIN))).ok).toBe(false);
  await without("certificates", async () => {
    expect((await approveTransaction(device.client, application, pinOf(PINS.sign))).ok).toBe(true);
  });
  await runDurableObjectAlarm(accountOf(handle));
  const state = await device.client.call("getKeyState", () => ({}));
  if (!state.ok || state.value.status !== "active") throw new Error(JSON.stringify(state));
  documentNumber = state.value.documentNumber;
}

async function useWithFailures(): Promise<void> {
  for (const suite of SUITES) {
    const login = await startLogin(documentNumber, undefined, undefined, ALGORITHMS[suite]);
    const claimed = await claimOnly(device);
    expect((await approveTransaction(device.client, claimed, pinOf(WRONG_PIN))).ok).toBe(false);
    // The worst that can be thrown where a share and a nonce are at hand.
    const evaluate = vi.spyOn(serverHalves[suite], "evaluate").mockImplementationOnce(({ serverShare, nonce, contribution }) => {
      const [share, drawn, sent] = [serverShare, nonce ?? [], contribution].map((bytes) => [...bytes].join(","));
      throw new Error(`share ${share}, nonce ${drawn}, contribution ${sent}`);
    });
    expect(await approveTransaction(device.client, claimed, pinOf(PINS.auth))).toMatchObject({
      failure: { code: "server_error" },
    });
    evaluate.mockRestore();
    // What was damaged may have been used: it is claimed again.
    const again = suite === "rsa" ? claimed : await claimOnly(device);
    expect((await approveTransaction(device.client, again, pinOf(PINS.auth))).ok).toBe(true);
    answered.push(JSON.stringify(await sessionStatus(login)));
    const signing = await startSignature(documentNumber, utf8(`a contract, ${suite}`), ALGORITHMS[suite]);
    expect((await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.sign))).ok).toBe(true);
    answered.push(JSON.stringify(await sessionStatus(signing)));
  }

  // Messages that are none, and a copy that is out of step.
  for (const body of ["", "x.y.z", "A".repeat(40_000), JSON.stringify({ pin: WRONG_PIN })]) {
    const response = await exports.default.fetch("http://localhost:8787/device/messages", { method: "POST", body });
    answered.push(await response.text());
  }
  const copy = deviceOn(device.storage.copy(), connection);
  await listTransactions(device.client);
  expect((await listTransactions(copy.client)).ok).toBe(false);

  // Relying parties: a request that is refused, and one that the database fails.
  const path = `/authentication/notification/etsi/PNOEE-${PERSON.personalCode}`;
  answered.push(await (await post(path, { ...anAuthentication(), interactions: "?" })).text());
  await without("relying_parties", async () => {
    // A party that no cache knows.
    const response = await post(path, { ...anAuthentication(), relyingPartyUUID: crypto.randomUUID() });
    expect(response.status).toBe(500);
    answered.push(await response.text());
  });
}

async function collectSecrets(): Promise<Secrets> {
  const secrets: Record<string, Uint8Array | string> = { PIN1: PINS.auth, PIN2: PINS.sign, "a wrong PIN": WRONG_PIN };
  for (const purpose of PURPOSES) {
    const { deviceExponent, coefficient, privateKey } = await openedShare(handle, purpose);
    Object.assign(secrets, {
      [`d1'' of ${purpose}`]: deviceExponent,
      [`coefficient of ${purpose}`]: toFixedBytes(coefficient, HALF_LENGTH),
    });
    for (const [name, part] of Object.entries(await partsOfPrivateKey(privateKey)))
      secrets[`${name} of the server's ${purpose}`] = part;
  }
  for (const purpose of PURPOSES) {
    const { signingShare, verifyingShare, deviceVerifyingShare } = await openedFrostShare(handle, purpose);
    Object.assign(secrets, {
      [`s2 of ${purpose}`]: toScalarBytes(signingShare),
      [`Y1 of ${purpose}`]: deviceVerifyingShare[0].toBytes(),
      [`Y2 of ${purpose}`]: verifyingShare.toBytes(),
    });
  }
  nonces.forEach((record, index) => {
    const { hiding = 0n, binding = 0n } = openNonce(record) ?? {};
    Object.assign(secrets, { [`d2 of ${index}`]: toScalarBytes(hiding), [`e2 of ${index}`]: toScalarBytes(binding) });
  });
  // What the device said in second envelopes: contributions, and its part in the generation of keys.
  const opened = await ransack([await env.CHANNEL_ENCRYPTION_KEY.get()], haul);
  [...opened.envelopes.open.values()].forEach((text, index) => {
    const { contribution, secret } = (JSON.parse(text) as { contents: { contribution?: string; secret?: string } }).contents;
    secrets[`second envelope ${index}`] = fromBase64Url(contribution ?? secret ?? "") ?? "";
  });
  const channelKeys = await openedChannelKeys(handle);
  Object.assign(secrets, { deviceToServer: channelKeys.subarray(0, 32), serverToDevice: channelKeys.subarray(32) });
  secrets["KEK"] = fromBase64(await env.KEK.get()) ?? "";
  for (const { purpose, key } of maskedShares(haul)) {
    secrets[`masked share of ${purpose}, ${key.suite}`] = fromBase64Url(key.masked) ?? "";
    secrets[`salt of ${purpose}, ${key.suite}`] = fromBase64Url(key.salt) ?? "";
  }
  for (const { purpose, pin, share, key } of await new Thief({
    auth: [PINS.auth, WRONG_PIN],
    sign: [PINS.sign, WRONG_PIN],
  }).candidates(haul)) {
    secrets[`share of ${purpose} under ${pin}, ${key.suite}`] = share;
    if (key.suite !== "rsa") continue;
    const { deviceModulus } = await openedShare(handle, purpose);
    messagesOf(haul)
      .filter((signed) => signed.purpose === purpose)
      .flatMap(representativesOf)
      .forEach((representative, index) => {
        const contribution = powerModulo(representative, share, deviceModulus);
        secrets[`contribution ${index} of ${purpose} under ${pin}`] = toFixedBytes(contribution, HALF_LENGTH);
      });
  }
  return secrets;
}

const oneTimePasswords = (): Secrets => {
  const passwords = [...haul.texts].flatMap((text) =>
    [...text.matchAll(/"oneTimePassword":"([\w-]{43})"/g)].map(([, found = ""]) => found),
  );
  return Object.fromEntries([...new Set(passwords)].map((password, index) => [`one-time password ${index}`, password]));
};

describe("the logs", () => {
  it("tell of every failure that was provoked", () => {
    const text = printed.join("\n");
    for (const said of ["issuing will be repeated", "evaluation threw", "unexpected error"]) expect(text).toContain(said);
  });

  it("tell nothing of keys, PINs, nonces and one-time passwords", () => {
    expect(Object.keys(secretsOfKeys).length).toBeGreaterThan(70);
    expect(Object.keys(oneTimePasswords()).length).toBeGreaterThan(15);
    expect(tracesOf({ ...secretsOfKeys, ...oneTimePasswords() }, printed)).toEqual([]);
  });

  it("name no person and no document", () => {
    const { givenName, surname, personalCode } = PERSON;
    expect(tracesOf({ givenName, surname, personalCode, documentNumber, suffix: documentNumber.slice(18, 22) }, printed)).toEqual(
      [],
    );
  });
});

describe("what is sent", () => {
  it("has no secret of a key in it, neither to the device nor to a relying party, neither sealed nor in the clear", () => {
    expect(answered.filter((text) => text.includes('"endResult":"OK"'))).toHaveLength(4);
    expect(haul.messages.closed.size).toBe(0);
    expect(haul.envelopes.open.size).toBe(0);
    expect(tracesOf(secretsOfKeys, [...connection.traffic, ...haul.messages.open.values(), ...answered])).toEqual([]);
  });

  it("has no member that was not looked at: of the server's half only the length and the hash of the public key are told", () => {
    const opened = [...haul.messages.open.values()].map((text) => JSON.parse(text) as ChannelRequest | ChannelAnswer);
    const operations = new Map(
      opened.flatMap((each) => ("operation" in each ? [[each.requestId, each.operation] as const] : [])),
    );
    const members = opened.flatMap((each) => {
      if (!("outcome" in each)) return [];
      const operation = operations.get(each.requestId) ?? "";
      if (!each.outcome.ok) return pathsOf(each.outcome.failure).map((path) => `failure ${path}`);
      const { kind = "" } = each.outcome.body as { kind?: string };
      return pathsOf(each.outcome.body).map((path) => `${operation} ${kind === "" ? path : `${kind} ${path}`}`);
    });
    expect([...new Set(members)].toSorted()).toEqual(ANSWERED_MEMBERS.toSorted());
  });

  it("is the same for every wrong contribution, whichever share the server holds", async () => {
    const session = await startSignature(documentNumber, utf8("another contract"));
    const claimed = await claimOnly(device);
    const key = await storedKey(handle, "sign");
    const share = await openedShare(handle, "sign");
    const random = (): bigint => toBigInt(crypto.getRandomValues(new Uint8Array(HALF_LENGTH))) % share.deviceModulus;
    const numbers = [0n, 1n, share.deviceModulus - 1n, share.deviceModulus, random()];
    const contributions = [...numbers.map((value) => toFixedBytes(value, HALF_LENGTH)), new Uint8Array(0), new Uint8Array(1000)];
    const outcomes = new Set<string>();
    for (const each of [share, { ...share, deviceExponent: toFixedBytes(random(), HALF_LENGTH) }]) {
      const wrapped = await wrap(await keyEncryptionKey(), placeOf(handle, key), sealServerShare(each));
      await query(handle, "UPDATE key_pair SET server_share = ? WHERE purpose = 'sign' AND suite = 'rsa'", wrapped.buffer);
      for (const contribution of contributions) {
        await query(handle, "DELETE FROM lockout");
        outcomes.add(JSON.stringify(await contribute(claimed, contribution)));
      }
    }
    await query(handle, "UPDATE key_pair SET server_share = ? WHERE purpose = 'sign' AND suite = 'rsa'", key.serverShare.buffer);
    const wrong = { ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } };
    expect([...outcomes].map((outcome) => JSON.parse(outcome) as unknown)).toEqual([wrong]);
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.sign))).ok).toBe(true);
    expect(await endResult(session)).toBe("OK");
  });
});

it("a contribution of suite ed25519 that is wrong is answered alike, whatever is wrong with it", async () => {
  const session = await startSignature(documentNumber, utf8("yet another contract"), ALGORITHMS.ed25519);
  const claimed = await claimOnly(device);
  const random = crypto.getRandomValues(new Uint8Array(96));
  const identity = Uint8Array.of(1, ...new Uint8Array(31));
  const { verifyingShare, deviceVerifyingShare } = await openedFrostShare(handle, "sign");
  const points = [identity, verifyingShare.toBytes(), deviceVerifyingShare[0].toBytes()];
  const contributions = points.flatMap((point) =>
    [0, 1, 255].map((byte) => Uint8Array.of(...point, ...point, ...new Uint8Array(32).fill(byte))),
  );
  const outcomes = new Set<string>();
  for (const contribution of [...contributions, random, new Uint8Array(0), new Uint8Array(96), new Uint8Array(1000)]) {
    await query(handle, "DELETE FROM lockout");
    outcomes.add(JSON.stringify(await contribute(claimed, contribution)));
  }
  const wrong = { ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } };
  expect([...outcomes].map((outcome) => JSON.parse(outcome) as unknown)).toEqual([wrong]);
  expect((await approveTransaction(device.client, claimed, pinOf(PINS.sign))).ok).toBe(true);
  expect(await endResult(session)).toBe("OK");
});

/** Sends whatever contribution, with the transcript of an honest one. */
function contribute(claimed: SignedTransaction, contribution: Uint8Array): Promise<unknown> {
  if (claimed.kind !== "signature") throw new Error("not a signature");
  const { transactionId, signatureAlgorithm, hashAlgorithm } = claimed;
  const message = { signatureAlgorithm, hashAlgorithm, digest: fromBase64(claimed.digest) ?? new Uint8Array() };
  const transcript = serverHalves[claimed.suite].expectedTranscript({ ...claimed, operation: "performSignature", message });
  return device.client.call("performSignature", async (record, requestId) => {
    const binding = { handle, requestId, operation: "performSignature", subject: transactionId };
    return { transactionId, envelope: await sealSecondEnvelope(record.encryptionKey, binding, { contribution, transcript }) };
  });
}

/** The path of every member that is no object, lists as one. */
function pathsOf(value: unknown, path = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [path];
  const members = Array.isArray(value) ? value.map((each) => ["*", each] as const) : Object.entries(value);
  return [...new Set(members.flatMap(([name, each]) => pathsOf(each, path === "" ? name : `${path}.${name}`)))];
}

const OFFER = "offer.modulusBits offer.salt";
const OFFERS = `${OFFER} offer.hiding offer.binding`;
const CLAIMED = `expiresAt hashAlgorithm keyVersion kind purpose signatureAlgorithm suite transactionId`;
const SHOWN = "brokeredRpName flowType initialCallbackUrl interactionTypeUsed interactions relyingPartyName sessionSecretDigest";
const ANSWERED_MEMBERS = Object.entries({
  initiateKey: "keyVersion",
  submitClient2ndPart: "proof.nonce proof.offer.modulusBits proof.offer.salt",
  dkgRound: "answer proof.nonce proof.offer.hiding proof.offer.binding",
  provePossession: "proven",
  "claimTransaction application": `${CLAIMED} ${OFFER} givenName level nonce keys.*.publicKey keys.*.publicKeyHash keys.*.purpose keys.*.suite semanticsIdentifier surname`,
  "claimTransaction authentication": `${CLAIMED} ${OFFERS} ${SHOWN} rpChallenge schemeName serverRandom`,
  "claimTransaction signature": `${CLAIMED} ${OFFERS} ${SHOWN} digest verificationCode`,
  performSignature: "signed",
  listTransactions:
    "transactions.*.expiresAt transactions.*.purpose transactions.*.relyingPartyName transactions.*.transactionId",
  getKeyState:
    "awaited closedReason documentNumber expiresAt level now outOfStep.count outOfStep.lastAt outOfStep.unansweredForGood " +
    "pins.auth.attemptsLeft pins.auth.lockedUntil pins.auth.state pins.sign.attemptsLeft pins.sign.lockedUntil pins.sign.state pushEndpointHash status " +
    "keys.*.keyVersion keys.*.purpose keys.*.suite reKey suites.*",
  failure:
    "attemptsLeft challenge.challenge challenge.keyVersion challenge.proof.nonce challenge.proof.offer.modulusBits " +
    "challenge.proof.offer.salt challenge.suite code lockedUntil",
}).flatMap(([operation, members]) => members.split(" ").map((member) => `${operation} ${member}`));
