// Laws 1 to 3 of the split key over a device's whole life: a thief has every byte that it ever stored, all traffic ever
// recorded and everything published, and no computation on it tells a PIN. Each way is then shown to work where its rule is
// broken, with the real values of the same life. The arithmetic alone is in no-offline-oracle-in-the-arithmetic.test.ts.
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { X509Certificate } from "@peculiar/x509";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { assertIdentity, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import {
  answerChallenge,
  approveTransaction,
  listTransactions,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { fromBase64, fromBase64Url, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { pinStream } from "../../src/split-key/pin-mask.ts";
import { rsaDeviceHalf } from "../../src/split-key/rsa/device-half.ts";
import { powerModulo } from "../../src/split-key/rsa/exponentiation.ts";
import { toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { decodePublicKey } from "../../src/split-key/rsa/public-key.ts";
import { endResult, sessionStatus, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, deviceOn, type HeadlessDevice, PERSON, PINS, pinOf, server, WRONG_PINS } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { recordedConnection } from "../support/recorded-connection.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { PIN_TESTS } from "./known-pin-tests.ts";
import { type Haul, ransack } from "./ransacking.ts";
import { storedRecordSchema, textsIn } from "./stored-record.ts";
import { maskedShares, messagesOf, Thief, type Way } from "./thief.ts";

const CANDIDATES: Readonly<Record<Purpose, readonly string[]>> = {
  auth: ["1234", PINS.auth, WRONG_PINS.auth, "7392", "123456789012"],
  sign: ["80234", PINS.sign, WRONG_PINS.sign, "99999"],
};
const ALGORITHMS = { signatureAlgorithm: "sha256WithRSAEncryption", hashAlgorithm: "SHA-256" } as const;

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
  // The network goes down while the proof of the first key is under way; the keys are made anew, and the first one lies in storage.
  const interrupted = makeKeys(device.client, pins, ({ step }) => {
    if (step === "proving") connection.answersToLose = 3;
  });
  await expect(interrupted).rejects.toThrow(ServerUnreachable);
  expect((await makeKeys(device.client, pins)).ok).toBe(true);
  expect((await approveTransaction(device.client, await claimOnly(device), pins.sign)).ok).toBe(true);
  const state = await device.client.call("getKeyState", () => ({}));
  if (!state.ok) throw new Error(state.failure.code);
  const { documentNumber } = state.value;
  const stale = deviceOn(storage.copy(), connection);

  const login = await startLogin(documentNumber);
  const claimedLogin = await claimOnly(device);
  expect((await approveTransaction(device.client, claimedLogin, pinOf(WRONG_PINS.auth))).ok).toBe(false);
  expect((await approveTransaction(device.client, claimedLogin, pins.auth)).ok).toBe(true);
  const signing = await startSignature(documentNumber, utf8("a contract"));
  const claimedSigning = await claimOnly(device);
  expect((await approveTransaction(device.client, claimedSigning, pinOf(WRONG_PINS.sign))).ok).toBe(false);
  expect((await approveTransaction(device.client, claimedSigning, pins.sign)).ok).toBe(true);
  const refused = await startLogin(documentNumber);
  expect((await refuseTransaction(device.client, (await claimOnly(device)).transactionId, "USER_REFUSED")).ok).toBe(true);
  // A right PIN whose answer never arrives: the record stays pending, and is settled later.
  const lost = await startSignature(documentNumber, utf8("another contract"), ALGORITHMS);
  const claimedLost = await claimOnly(device);
  connection.answersToLose = 3;
  await expect(approveTransaction(device.client, claimedLost, pins.sign)).rejects.toThrow(ServerUnreachable);
  expect(await device.client.settle()).toMatchObject({ received: true, outcome: { ok: true } });
  for (const session of [login, signing, refused, lost]) published.push(JSON.stringify(await sessionStatus(session)));
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

/** The true share of the newest key of a purpose. */
async function shareOf(
  purpose: Purpose,
): Promise<{ share: Uint8Array; salt: Uint8Array<ArrayBuffer>; modulus: bigint; keyVersion: number }> {
  const { key } = maskedShares(haul).findLast((each) => each.purpose === purpose) ?? {};
  if (key === undefined) throw new Error("no such key");
  const [salt, stored, masked] = [key.salt, key.stored, key.masked].map((text) => fromBase64Url(text) ?? new Uint8Array());
  if (salt === undefined || stored === undefined || masked === undefined) throw new Error("the record is damaged");
  const { suite, keyVersion } = key;
  const stream = await pinStream({
    pin: pinOf(PINS[purpose]),
    salt,
    purpose,
    suite,
    keyVersion,
    length: rsaDeviceHalf.maskLength,
  });
  return { share: rsaDeviceHalf.unmask(masked, stream), salt, modulus: toBigInt(stored), keyVersion };
}

const last = (): DeviceRecord => records.at(-1) as DeviceRecord;

describe("a thief with everything", () => {
  it("reads every message of the channel, and opens no second envelope", () => {
    expect(haul.messages.closed.size).toBe(0);
    expect(haul.messages.open.size).toBeGreaterThan(50);
    expect(haul.envelopes.open.size).toBe(0);
    // Three keys joined and proven, an application, two wrong and three right PINs, an answered challenge.
    expect(haul.envelopes.closed.size).toBe(13);
    expect(ephemeralKeys.length).toBeGreaterThanOrEqual(13);
  });

  it("has the keys of a whole life, what was signed with them, and the signatures", async () => {
    expect(maskedShares(haul).map(({ purpose, key }) => `${purpose}:${key.keyVersion}`)).toEqual(["auth:1", "auth:2", "sign:1"]);
    const signed = messagesOf(haul);
    // One for each proof and each login, however often its PIN was typed.
    expect(signed.filter(({ purpose }) => purpose === "auth").length).toBeGreaterThanOrEqual(3);
    expect(signed.filter(({ purpose }) => purpose === "sign").length).toBeGreaterThanOrEqual(4);
    expect(published.filter((text) => text.includes('"endResult":"OK"'))).toHaveLength(3);
  });

  it("is told no PIN", async () => {
    expect(await thief.pinsTold(haul)).toEqual([]);
  }, 120_000);

  it("is told no PIN by the signatures either, modulo the half that the device stores", async () => {
    const finished = published.flatMap((text) => {
      const { cert, signature } = JSON.parse(text) as { cert?: { value: string }; signature?: { value: string } };
      const der = fromBase64(cert?.value ?? "");
      if (der === undefined || signature === undefined) return [];
      const modulus = decodePublicKey(new Uint8Array(new X509Certificate(der).publicKey.rawData)) ?? 0n;
      const value = toBigInt(fromBase64(signature.value) ?? new Uint8Array());
      return [{ modulus, signature: value, representative: powerModulo(value, Uint8Array.of(1, 0, 1), modulus) }];
    });
    const candidates = (await thief.candidates(haul)).filter(({ purpose }) => purpose === "sign");
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

  it("was in the traffic too, save the channel's keys, the salts and the masked shares", () => {
    const seen = [...haul.texts].filter((text) => !storage.written.includes(text)).join("\n");
    const unseen = new Set(records.flatMap(textsIn).filter((text) => !seen.includes(text)));
    const { deviceToServer, serverToDevice } = last();
    const masks = maskedShares(haul).flatMap(({ key }) => [key.salt, key.masked]);
    expect([...unseen].toSorted()).toEqual([deviceToServer, serverToDevice, ...masks].toSorted());
  });

  it("holds no two masked forms of one share, no salt twice, and no modulus twice", () => {
    const keys = maskedShares(haul).map(({ key }) => key);
    for (const member of ["salt", "stored", "masked"] as const)
      expect(new Set(keys.map((key) => key[member])).size).toBe(keys.length);
  });
});

describe("a PIN would be told", () => {
  const leaking = async (...leaks: readonly unknown[]): Promise<readonly string[]> => {
    const texts = leaks.map((leak) => (typeof leak === "string" ? leak : JSON.stringify(leak)));
    const told = await thief.pinsTold(await ransack(texts, haul));
    return told.map(({ way, purpose, pin }) => `${way}: ${purpose} ${pin}`).toSorted();
  };
  const right = (way: Way, purpose: Purpose): string => `${way}: ${purpose} ${PINS[purpose]}`;
  const someMessage = (purpose: Purpose, keyVersion: number): bigint =>
    messagesOf(haul).findLast((each) => each.purpose === purpose && each.keyVersion === keyVersion)?.representative ?? 0n;

  it("by a pending record that holds what its second envelope does", async () => {
    const { share, modulus, keyVersion } = await shareOf("auth");
    const contribution = toFixedBytes(powerModulo(someMessage("auth", keyVersion), share, modulus), 384);
    const body = { contribution: toBase64Url(contribution) };
    const pending = { requestId: "A".repeat(22), operation: "performSignature", transactionId: "", oneTimePassword: "", body };
    expect(await leaking({ ...last(), pending })).toEqual([right("a contribution", "auth")]);
  });

  it("by a digest of a contribution", async () => {
    const { share, modulus, keyVersion } = await shareOf("sign");
    const digest = sha256(toFixedBytes(powerModulo(someMessage("sign", keyVersion), share, modulus), 384));
    expect(await leaking({ ...last(), lastContribution: toBase64Url(digest) })).toEqual([right("a contribution", "sign")]);
  });

  it("by the ephemeral keys of the second envelopes: contributions and d1'' lie in the recorded traffic", async () => {
    const opened = await ransack(ephemeralKeys, haul);
    expect([opened.envelopes.open.size, opened.envelopes.closed.size]).toEqual([13, 0]);
    const wrong = (purpose: Purpose): string => `a contribution: ${purpose} ${WRONG_PINS[purpose]}`;
    expect(await leaking(...ephemeralKeys)).toEqual(
      [
        right("a contribution", "auth"),
        right("a contribution", "sign"),
        right("the server's part d1''", "auth"),
        right("the server's part d1''", "sign"),
        // What was typed wrong is told as well; only the server knows that it was wrong.
        wrong("auth"),
        wrong("sign"),
      ].toSorted(),
    );
  });

  it("by the server's private key for second envelopes, which never leaves the server", async () => {
    expect(await leaking(await env.CHANNEL_ENCRYPTION_KEY.get())).toContain(right("the server's part d1''", "auth"));
  });

  it("by d1'', had the device kept it", async () => {
    const opened = await ransack(ephemeralKeys, haul);
    const secrets = [...opened.envelopes.open.values()].flatMap((text) => {
      const { binding, contents } = JSON.parse(text) as { binding: string[]; contents: { secret?: string } };
      return binding[3] === "sign:1" && contents.secret !== undefined ? [contents.secret] : [];
    });
    expect(secrets).toHaveLength(1);
    expect(await leaking({ ...last(), secret: secrets[0] })).toEqual([right("the server's part d1''", "sign")]);
  });

  it("by a MAC of the share, under whatever key was stored", async () => {
    const { share, salt } = await shareOf("auth");
    const mac = hmac(sha256, fromBase64Url(last().deviceToServer) ?? salt, share);
    for (const check of [sha256(share), hmac(sha256, salt, share), mac.subarray(0, 6)]) {
      expect(await leaking({ ...last(), check: toBase64Url(check) })).toEqual([
        right("the share, a digest or a MAC of it", "auth"),
      ]);
    }
  });

  it("by a public form of the share", async () => {
    const { share, modulus } = await shareOf("sign");
    const power = powerModulo(2n, share, modulus);
    expect(await leaking(power.toString())).toEqual([right("a power of the share", "sign")]);
  });

  it("by the same share masked again: the old one and, where it was changed, the new one", async () => {
    const { share, keyVersion } = await shareOf("auth");
    const { key } = maskedShares(haul).findLast(({ purpose }) => purpose === "auth") ?? {};
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const pin = pinOf("7392");
    const stream = await pinStream({ pin, salt, purpose: "auth", suite: "rsa", keyVersion, length: rsaDeviceHalf.maskLength });
    const again = { ...key, salt: toBase64Url(salt), masked: toBase64Url(rsaDeviceHalf.mask(share, stream)) };
    const way = "one share under two masks";
    expect(await leaking({ ...last(), keys: { ...last().keys, auth: again } })).toEqual(
      [right(way, "auth"), `${way}: auth 7392`].toSorted(),
    );
  });
});
