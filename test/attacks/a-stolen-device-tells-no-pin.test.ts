// Laws 1 to 3 of the split key over a device's whole life: a thief has every byte that it ever stored, all traffic ever
// recorded and everything published, and no computation on it tells a PIN. Each way is then shown to work where its rule is
// broken, with the real values of the same life. The arithmetic alone is in no-offline-oracle-in-the-arithmetic.test.ts.
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { X509Certificate } from "@peculiar/x509";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeviceKey, DeviceRecord } from "../../src/authenticator/device-record.ts";
import { assertIdentity, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import {
  answerChallenge,
  approveTransaction,
  listTransactions,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import { type Purpose, PURPOSES, type Suite, SUITES } from "../../src/account/purpose.ts";
import { fromBase64, fromBase64Url, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { ed25519DeviceHalf } from "../../src/split-key/ed25519/device-half.ts";
import { toScalarBytes } from "../../src/split-key/ed25519/group.ts";
import { pinStream } from "../../src/split-key/pin-mask.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { decodePublicKey } from "../../src/split-key/rsa/public-key.ts";
import { ALGORITHMS, endResult, sessionStatus, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, deviceOn, type HeadlessDevice, PERSON, PINS, pinOf, server, WRONG_PINS } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { recordedConnection } from "../support/recorded-connection.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { contributionsUnderOneNonce, leaksOf } from "./frost-leaks.ts";
import { PIN_TESTS } from "./known-pin-tests.ts";
import { type Haul, ransack } from "./ransacking.ts";
import { storedRecordSchema, textsIn } from "./stored-record.ts";
import { maskedShares, messagesOf, publicKeysIn, representativesOf, Thief, type Way } from "./thief.ts";

const CANDIDATES: Readonly<Record<Purpose, readonly string[]>> = {
  auth: [PINS.auth, WRONG_PINS.auth, "7392"],
  sign: ["80234", PINS.sign, WRONG_PINS.sign],
};
const PKCS1 = { signatureAlgorithm: "sha256WithRSAEncryption", hashAlgorithm: "SHA-256" } as const;

const ENVELOPES = 23;

const connection = recordedConnection(server);
const storage = new MemoryStorage();
/** JWKs of the ephemeral keys that the second envelopes were sealed with: gone in real life. */
const ephemeralKeys: string[] = [];
const published: string[] = [];
const thief = new Thief(CANDIDATES);
let haul: Haul;
let records: readonly DeviceRecord[];

beforeAll(async () => {
  await seedDemoParty();
  const generateKey = crypto.subtle.generateKey.bind(crypto.subtle) as (
    ...input: unknown[]
  ) => Promise<CryptoKey | CryptoKeyPair>;
  vi.spyOn(crypto.subtle, "generateKey").mockImplementation(async (...input: unknown[]) => {
    const made = await generateKey(...input);
    if ("privateKey" in made && made.privateKey.algorithm.name === "ECDH" && made.privateKey.extractable) {
      ephemeralKeys.push(JSON.stringify(await crypto.subtle.exportKey("jwk", made.privateKey)));
    }
    return made;
  });
  await live();
  records = storage.written.map((text) => JSON.parse(text) as DeviceRecord);
  haul = await ransack([...storage.written, ...connection.traffic, ...published]);
}, 120_000);

afterAll(() => void vi.restoreAllMocks());

/** From the first handshake to the end as a clone, with whatever happens between. */
async function live(): Promise<void> {
  const device = deviceOn(storage, connection);
  await openAccount(connection, storage);
  await assertIdentity(connection, storage, PERSON);
  const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };
  // The network goes down while the proof of the second key is under way; the keys are made anew, and two lie in storage.
  const interrupted = makeKeys(device.client, pins, (at) => {
    if (at.step === "proving" && at.suite === "ed25519") connection.answersToLose = 3;
  });
  await expect(interrupted).rejects.toThrow(ServerUnreachable);
  expect((await makeKeys(device.client, pins)).ok).toBe(true);
  expect((await approveTransaction(device.client, await claimOnly(device), pins.sign)).ok).toBe(true);
  const state = await device.client.call("getKeyState", () => ({}));
  if (!state.ok) throw new Error(state.failure.code);
  const { documentNumber } = state.value;
  const stale = deviceOn(storage.copy(), connection);

  const sessions: string[] = [];
  for (const suite of SUITES) {
    sessions.push(await startLogin(documentNumber, undefined, undefined, ALGORITHMS[suite]));
    const login = await claimOnly(device);
    expect((await approveTransaction(device.client, login, pinOf(WRONG_PINS.auth))).ok).toBe(false);
    expect((await approveTransaction(device.client, login, pins.auth)).ok).toBe(true);
    sessions.push(await startSignature(documentNumber, utf8(`a contract, ${suite}`), ALGORITHMS[suite]));
    const signing = await claimOnly(device);
    expect((await approveTransaction(device.client, signing, pinOf(WRONG_PINS.sign))).ok).toBe(false);
    expect((await approveTransaction(device.client, signing, pins.sign)).ok).toBe(true);
  }
  const refused = await startLogin(documentNumber);
  expect((await refuseTransaction(device.client, (await claimOnly(device)).transactionId, "USER_REFUSED")).ok).toBe(true);
  // A right PIN whose answer never arrives: the record stays pending, and is settled later.
  const lost = await startSignature(documentNumber, utf8("another contract"), PKCS1);
  const claimedLost = await claimOnly(device);
  connection.answersToLose = 3;
  await expect(approveTransaction(device.client, claimedLost, pins.sign)).rejects.toThrow(ServerUnreachable);
  expect(await device.client.settle()).toMatchObject({ received: true, outcome: { ok: true } });
  for (const session of [...sessions, refused, lost]) published.push(JSON.stringify(await sessionStatus(session)));
  expect(await endResult(lost)).toBe("OK");
  await endAsClone(stale, documentNumber);
}

async function endAsClone(stale: HeadlessDevice, documentNumber: string): Promise<void> {
  await startLogin(documentNumber);
  const outOfStep = await listTransactions(stale.client);
  if (outOfStep.ok || outOfStep.failure.code !== "out_of_step" || outOfStep.failure.challenge === undefined) {
    throw new Error(JSON.stringify(outOfStep));
  }
  expect((await answerChallenge(stale.client, outOfStep.failure.challenge, pinOf(PINS.auth))).ok).toBe(true);
  storage.written.push(...stale.storage.written);
}

/** The newest key of a purpose and suite. */
function newest(purpose: Purpose, suite: Suite = "rsa"): DeviceKey {
  const { key } = maskedShares(haul).findLast((each) => each.purpose === purpose && each.key.suite === suite) ?? {};
  if (key === undefined) throw new Error("no such key");
  return key;
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => fromBase64Url(text) ?? new Uint8Array();

/** What masks that key under a PIN, with another salt. */
const streamOf = ({ purpose, suite, keyVersion }: DeviceKey, pin: string, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  pinStream({ pin: pinOf(pin), salt, purpose, suite, keyVersion, length: deviceHalves[suite].maskLength });

/** The true share of the newest key. */
async function shareOf(purpose: Purpose, suite: Suite = "rsa") {
  const key = newest(purpose, suite);
  const salt = bytes(key.salt);
  const share = deviceHalves[suite].unmask(bytes(key.masked), await streamOf(key, PINS[purpose], salt));
  return { share, salt, modulus: toBigInt(bytes(key.stored)), keyVersion: key.keyVersion };
}

const last = (): DeviceRecord => records.at(-1) as DeviceRecord;

describe("a thief with everything", () => {
  it("reads every message of the channel, and opens no second envelope", () => {
    expect(haul.messages.closed.size).toBe(0);
    expect(haul.messages.open.size).toBeGreaterThan(50);
    expect(haul.envelopes.open.size).toBe(0);
    // Six keys joined and proven, an application, four wrong and five right PINs, an answered challenge.
    expect(haul.envelopes.closed.size).toBe(ENVELOPES);
    expect(ephemeralKeys.length).toBeGreaterThanOrEqual(ENVELOPES);
  });

  it("has the keys of a whole life, what was signed with them, and the signatures", async () => {
    const names = maskedShares(haul).map(({ key }) => `${key.suite} ${key.purpose} ${key.keyVersion}`);
    expect(names).toEqual(["rsa auth 1", "ed25519 auth 2", "rsa auth 3", "ed25519 auth 4", "rsa sign 1", "ed25519 sign 2"]);
    const signed = messagesOf(haul).map(({ suite, purpose }) => `${suite} ${purpose}`);
    // One for each proof and each login, however often its PIN was typed.
    const count = (name: string): number => signed.filter((each) => each === name).length;
    expect([count("rsa auth"), count("ed25519 auth"), count("rsa sign"), count("ed25519 sign")]).toEqual([3, 3, 4, 2]);
    expect(published.filter((text) => text.includes('"endResult":"OK"'))).toHaveLength(5);
  });

  it("is told no PIN", async () => {
    expect(await thief.pinsTold(haul)).toEqual([]);
  }, 120_000);

  it("is told no PIN by the signatures either, modulo the half that the device stores", async () => {
    const finished = published.flatMap((text) => {
      const { cert, signature } = JSON.parse(text) as { cert?: { value: string }; signature?: { value: string } };
      const der = fromBase64(cert?.value ?? "");
      if (der === undefined || signature === undefined || text.includes('"signatureAlgorithm":"ed25519"')) return [];
      const modulus = decodePublicKey(new Uint8Array(new X509Certificate(der).publicKey.rawData)) ?? 0n;
      const value = toBigInt(fromBase64(signature.value) ?? new Uint8Array());
      return [{ modulus, signature: value, representative: powerModulo(value, Uint8Array.of(1, 0, 1), modulus) }];
    });
    const candidates = (await thief.candidates(haul)).filter(({ purpose, key }) => purpose === "sign" && key.suite === "rsa");
    const { modulus: deviceModulus } = await shareOf("sign");
    const [{ modulus } = { modulus: 0n }] = finished.filter((each) => each.modulus % deviceModulus === 0n);
    const loot = { deviceModulus, modulus, finished: finished.filter((each) => each.modulus === modulus) };
    expect(loot.finished).toHaveLength(2);
    for (const way of [
      "a share that is the whole exponent",
      "the finished signature modulo n1",
      "the quadratic character of the server's factor",
    ]) {
      expect(new Set(candidates.map(({ share }) => PIN_TESTS[way]?.(loot, share))).size, way).toBe(1);
    }
  });
});

describe("everything that was ever written", () => {
  it("has the known members, of their exact lengths, and no other", () => {
    expect(records.length).toBeGreaterThan(50);
    for (const record of records) storedRecordSchema.parse(record);
    expect(records.filter(({ pending }) => pending !== undefined).length).toBeGreaterThan(20);
  });

  it("was in the traffic too, save the channel's keys, the secret of returns, the salts and the masked shares; public keys may be in both", () => {
    const seen = [...haul.texts].filter((text) => !storage.written.includes(text)).join("\n");
    const publicKeys = publicKeysIn(haul);
    const unseen = new Set(records.flatMap(textsIn).filter((text) => !seen.includes(text) && !publicKeys.has(text)));
    const { deviceToServer, serverToDevice, returnSecret } = last();
    const masks = maskedShares(haul).flatMap(({ key }) => [key.salt, key.masked]);
    expect([...unseen].toSorted()).toEqual([deviceToServer, serverToDevice, returnSecret, ...masks].toSorted());
  });

  it("holds no two masked forms of one share, no salt twice, and no modulus or public key twice", () => {
    const keys = maskedShares(haul).map(({ key }) => key);
    for (const member of ["salt", "stored", "masked"] as const)
      expect(new Set(keys.map((key) => key[member])).size).toBe(keys.length);
  });
});

/** What tells a PIN, by hand: of one haul, and of values that were put into it. */
const told = async (...leaks: readonly unknown[]): Promise<readonly string[]> => {
  const texts = leaks.map((leak) => (typeof leak === "string" ? leak : JSON.stringify(leak)));
  const pins = await thief.pinsTold(await ransack(texts, haul));
  return pins.map(({ way, suite, purpose, pin }) => `${way}: ${suite} ${purpose} ${pin}`).toSorted();
};
const right = (way: Way, purpose: Purpose, suite: Suite = "rsa"): string => `${way}: ${suite} ${purpose} ${PINS[purpose]}`;

/** What the second envelopes about a new key's generation hold, by its name. */
async function generationSecrets(): Promise<ReadonlyMap<string, string>> {
  const opened = await ransack(ephemeralKeys, haul);
  const secrets = [...opened.envelopes.open.values()].flatMap((text): (readonly [string, string])[] => {
    const { binding, contents } = JSON.parse(text) as { binding: string[]; contents: { secret?: string } };
    return contents.secret === undefined ? [] : [[binding[3] ?? "", contents.secret]];
  });
  return new Map(secrets);
}

describe("a PIN would be told, with a key of suite rsa or of both,", () => {
  const someMessage = (purpose: Purpose, keyVersion: number): bigint => {
    const signed = messagesOf(haul).filter((each) => each.purpose === purpose && each.keyVersion === keyVersion);
    return signed.flatMap(representativesOf).at(-1) ?? 0n;
  };

  it("by a pending record that holds what its second envelope does", async () => {
    const { share, modulus, keyVersion } = await shareOf("auth");
    const contribution = toFixedBytes(powerModulo(someMessage("auth", keyVersion), share, modulus), 384);
    const body = { contribution: toBase64Url(contribution) };
    const pending = { requestId: "A".repeat(22), operation: "performSignature", transactionId: "", oneTimePassword: "", body };
    expect(await told({ ...last(), pending })).toEqual([right("a contribution", "auth")]);
  });

  it("by a digest of a contribution", async () => {
    const { share, modulus, keyVersion } = await shareOf("sign");
    const digest = sha256(toFixedBytes(powerModulo(someMessage("sign", keyVersion), share, modulus), 384));
    expect(await told({ ...last(), lastContribution: toBase64Url(digest) })).toEqual([right("a contribution", "sign")]);
  });

  it("by the ephemeral keys of the second envelopes: everything that they hide lies in the recorded traffic", async () => {
    const opened = await ransack(ephemeralKeys, haul);
    expect([opened.envelopes.open.size, opened.envelopes.closed.size]).toEqual([ENVELOPES, 0]);
    const byContributions = PURPOSES.flatMap((purpose) =>
      // What was typed wrong is told as well; only the server knows that it was wrong.
      [PINS[purpose], WRONG_PINS[purpose]].flatMap((pin) => [
        `a contribution: rsa ${purpose} ${pin}`,
        `a signature share with its commitments: ed25519 ${purpose} ${pin}`,
      ]),
    );
    const byGeneration = PURPOSES.flatMap((purpose) => [
      right("the server's part d1''", purpose),
      right("a message of the key's generation", purpose, "ed25519"),
    ]);
    expect(await told(...ephemeralKeys)).toEqual([...byContributions, ...byGeneration].toSorted());
  });

  it("by the server's private key for second envelopes, which never leaves the server", async () => {
    const pins = await told(await env.CHANNEL_ENCRYPTION_KEY.get());
    expect(pins).toContain(right("the server's part d1''", "auth"));
    expect(pins).toContain(right("a message of the key's generation", "auth", "ed25519"));
  });

  it("by d1'', had the device kept it", async () => {
    const secret = (await generationSecrets()).get("sign:1");
    expect(secret).toBeDefined();
    expect(await told({ ...last(), secret })).toEqual([right("the server's part d1''", "sign")]);
  });

  it.each(SUITES)("by a MAC of the share, under whatever key was stored (%s)", async (suite) => {
    const { share, salt } = await shareOf("auth", suite);
    const mac = hmac(sha256, fromBase64Url(last().deviceToServer) ?? salt, share);
    const checks = [sha256(share), hmac(sha256, salt, share), mac.subarray(0, 6)].map((check) => toBase64Url(check));
    for (const check of suite === "rsa" ? checks : checks.slice(2)) {
      expect(await told({ ...last(), check })).toEqual([right("the share, a digest or a MAC of it", "auth", suite)]);
    }
  });

  it("by a public form of the share", async () => {
    const { share, modulus } = await shareOf("sign");
    const power = powerModulo(2n, share, modulus);
    expect(await told(power.toString())).toEqual([right("a power of the share", "sign")]);
  });

  it.each(SUITES)("by the same share masked again: the old one and, where it was changed, the new one (%s)", async (suite) => {
    const { share } = await shareOf("auth", suite);
    const key = newest("auth", suite);
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const masked = deviceHalves[suite].mask(share, await streamOf(key, "7392", salt));
    const again = { ...key, salt: toBase64Url(salt), masked: toBase64Url(masked) };
    const way = "one share under two masks";
    expect(await told({ ...last(), keys: [...last().keys, again] })).toEqual(
      [right(way, "auth", suite), `${way}: ${suite} auth 7392`].toSorted(),
    );
  });
});

describe("a PIN would be told, with a key of suite ed25519,", () => {
  it("by anything that fixes the device's verifying share, whoever wrote it", async () => {
    const { share, keyVersion } = await shareOf("auth", "ed25519");
    const said = bytes((await generationSecrets()).get(`auth:${keyVersion}`) ?? "");
    expect(said).toHaveLength(160);
    const leaks = leaksOf({ share, groupKey: bytes(newest("auth", "ed25519").stored), said });
    for (const [name, { way, value }] of Object.entries(leaks)) {
      expect(await told({ ...last(), leaked: value }), name).toEqual([right(way, "auth", "ed25519")]);
    }
  });

  it("by a signature share beside its commitments or its nonces, and by the difference of two", async () => {
    const { share, keyVersion } = await shareOf("auth", "ed25519");
    const signed = messagesOf(haul).filter((each) => each.suite === "ed25519" && each.purpose === "auth");
    const [first, second] = signed.filter((each) => each.keyVersion === keyVersion);
    if (first === undefined || second === undefined) throw new Error("too little was signed");
    const groupKey = bytes(newest("auth", "ed25519").stored);
    const { commitments, nonces, shares, difference } = contributionsUnderOneNonce({ share, groupKey, signed: [first, second] });
    // Neither tells anything without the other.
    expect(await told({ commitments, nonces: nonces.hiding })).toEqual([]);
    expect(await told({ shares })).toEqual([]);
    const tells = async (way: Way, leak: unknown) => expect(await told(leak), way).toEqual([right(way, "auth", "ed25519")]);
    await tells("a signature share with its commitments", { commitments, share: shares[0] });
    await tells("a signature share with its nonces", { nonces, share: shares[1] });
    await tells("the difference of two signature shares", { commitments, difference });
  });

  it("by a mask that leaves numbers above the order of the group to wrong PINs", async () => {
    const exclusiveOr = (number: Uint8Array, stream: Uint8Array): Uint8Array =>
      number.map((byte, index) => byte ^ (stream[index] ?? 0));
    // With a salt of its own that no run draws: one wrong PIN in sixteen leaves a number below the order.
    const key = newest("auth", "ed25519");
    const salt = Uint8Array.from(sha256(utf8("salt")));
    const masked = exclusiveOr(toScalarBytes(4711n), await streamOf(key, PINS.auth, salt));
    const unmask = vi.spyOn(ed25519DeviceHalf, "unmask").mockImplementation(exclusiveOr);
    try {
      expect(await told({ ...key, salt: toBase64Url(salt), masked: toBase64Url(masked) })).toEqual([
        right("what is no share under a wrong PIN", "auth", "ed25519"),
      ]);
    } finally {
      unmask.mockRestore();
    }
  });
});
