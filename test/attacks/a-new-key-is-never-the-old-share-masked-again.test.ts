// Law 3 of the split key: one share is never masked twice, however often making keys is interrupted and begun again; and the
// server refuses a modulus that this account has or had, or one that shares a factor with it, of whichever purpose.
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { assertIdentity, type EnrolmentStep, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { changePin } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { type Purpose, PURPOSES, type Suite, SUITES } from "../../src/account/purpose.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { pinStream } from "../../src/split-key/pin-mask.ts";
import { greatestCommonDivisor, toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import type { HalfMadeKey } from "../../src/split-key/scheme.ts";
import { claimOnly, deviceOn, PERSON, PINS, pinOf, WRONG_PINS } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { query } from "../support/server-vault.ts";
import { type Fate, unreliableConnection } from "../support/unreliable-connection.ts";

const connection = unreliableConnection();
const device = deviceOn(new MemoryStorage(), connection);
const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };
/** Every modulus and share of suite `rsa` that was ever generated on the device. */
const generated: { readonly share: string; readonly modulus: bigint }[] = [];
/** Every share that came out of two halves, of either suite, and what became of it. */
const made: string[] = [];
const masked: { readonly share: string; readonly masked: string; readonly stream: string }[] = [];

beforeAll(async () => {
  for (const half of Object.values(deviceHalves)) {
    const [generate, mask] = [half.generate.bind(half), half.mask.bind(half)];
    vi.spyOn(half, "generate").mockImplementation(async (random) => {
      const halfMade = await generate(random);
      if (half.suite === "rsa") {
        const { share } = halfMade.finish(new Uint8Array()) ?? {};
        generated.push({ share: bytesToHex(share ?? new Uint8Array()), modulus: toBigInt(halfMade.device) });
      }
      const finish: HalfMadeKey["finish"] = (answer) => {
        const finished = halfMade.finish(answer);
        if (finished !== undefined) made.push(bytesToHex(finished.share));
        return finished;
      };
      return { ...halfMade, finish };
    });
    vi.spyOn(half, "mask").mockImplementation((share, stream) => {
      const result = mask(share, stream);
      masked.push({ share: bytesToHex(share), masked: toBase64Url(result), stream: bytesToHex(stream.subarray(0, 64)) });
      return result;
    });
  }
  await openAccount(connection, device.storage);
  await assertIdentity(connection, device.storage, PERSON);
}, 120_000);

afterAll(() => void vi.restoreAllMocks());

const recordOf = async (): Promise<DeviceRecord> => {
  const record = await device.storage.read();
  if (record === undefined) throw new Error("no account");
  return record;
};

const rows = async () => query((await recordOf()).handle, "SELECT * FROM key_pair ORDER BY purpose, key_version");

/** Makes keys; at that step of the first one of a suite the network fails until the device gives up. */
async function makeKeysWith(fate: Fate, at: EnrolmentStep["step"], suite: Suite): Promise<void> {
  const making = makeKeys(device.client, pins, (reached) => {
    if (reached.step === at && reached.step !== "proven" && reached.suite === suite) connection.fates.push(fate, fate, fate);
  });
  await expect(making).rejects.toThrow(ServerUnreachable);
}

/** That many shares: as many as were made, each another, under a mask and a salt of its own, and stored under no other. */
function expectMaskedOnce(count: number): void {
  expect(masked).toHaveLength(count);
  expect(masked.map(({ share }) => share)).toEqual(made);
  for (const member of ["share", "masked", "stream"] as const)
    expect(new Set(masked.map((each) => each[member])).size).toBe(count);

  const stored = device.storage.written.flatMap((text) => (JSON.parse(text) as DeviceRecord).keys);
  const keys = [...new Map(stored.map((key) => [key.masked, key])).values()];
  expect(keys.map((key) => key.masked)).toEqual(masked.map((each) => each.masked));
  for (const member of ["salt", "stored"] as const) expect(new Set(keys.map((key) => key[member])).size).toBe(keys.length);
}

/** Says to the server that this is the device's new half. */
async function submit(purpose: Purpose, modulus: bigint, secret = 65537n): Promise<string> {
  const initiated = await device.client.call("initiateKey", () => ({ purpose, suite: "rsa" as const }));
  if (!initiated.ok) return initiated.failure.code;
  const { keyVersion } = initiated.value;
  const submitted = await device.client.call("submitClient2ndPart", async ({ handle, encryptionKey }, requestId) => {
    const binding = { handle, requestId, operation: "submitClient2ndPart", subject: `${purpose}:${keyVersion}` };
    const envelope = await sealSecondEnvelope(encryptionKey, binding, { secret: toFixedBytes(secret, 384) });
    return { purpose, keyVersion, device: toBase64Url(toFixedBytes(modulus, 384)), envelope };
  });
  return submitted.ok ? "joined" : submitted.failure.code;
}

/** Two primes of 1536 bits, the top two bits of each set. */
async function primes(): Promise<readonly [bigint, bigint]> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };
  const { privateKey } = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const { p = "", q = "" } = (await crypto.subtle.exportKey("jwk", privateKey)) as JsonWebKey;
  return [toBigInt(fromBase64Url(p) ?? new Uint8Array()), toBigInt(fromBase64Url(q) ?? new Uint8Array())];
}

describe("making keys again after an interruption", () => {
  it.each([
    ["the device's half never arrives", "request lost", "joining", "rsa"],
    ["the answer to the device's half is lost", "answer lost", "joining", "rsa"],
    ["the proof never arrives", "request lost", "proving", "rsa"],
    ["the answer to the proof is lost", "answer lost", "proving", "rsa"],
    ["the server's half never comes back", "answer lost", "joining", "ed25519"],
    ["the answer to the proof is lost", "answer lost", "proving", "ed25519"],
  ] as const)("when %s leaves that key behind (%s, %s, %s)", async (_when, fate, step, suite) => {
    const before = generated.length;
    await makeKeysWith(fate, step, suite);
    expect(generated).toHaveLength(before + 1);
  });

  it("ends with keys of which the server has no earlier half any more", async () => {
    expect(await makeKeys(device.client, pins)).toEqual({ ok: true, value: undefined });
    const destroyed = { state: "destroyed", server_share: null, proof_nonce: null };
    expect(await rows()).toMatchObject([
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((version) => ({ purpose: "auth", key_version: version, ...destroyed })),
      { purpose: "auth", key_version: 9, suite: "rsa", state: "proven" },
      { purpose: "auth", key_version: 10, suite: "ed25519", state: "proven" },
      { purpose: "sign", key_version: 1, suite: "rsa", state: "proven" },
      { purpose: "sign", key_version: 2, suite: "ed25519", state: "proven" },
    ]);
  });

  it("has drawn each share, salt and modulus anew, and masked each share once", () => {
    expect(generated).toHaveLength(8);
    expect(new Set(generated.map(({ share }) => share)).size).toBe(8);
    generated.forEach(({ modulus }, index) => {
      for (const other of generated.slice(index + 1)) expect(greatestCommonDivisor(modulus, other.modulus)).toBe(1n);
    });
    expectMaskedOnce(9);
  });

  it("ends in an account that works", async () => {
    const application = await claimOnly(device);
    expect(await approveTransaction(device.client, application, pinOf(PINS.sign))).toEqual({ ok: true, value: undefined });
  });
});

describe("changing a PIN, and changing it back", () => {
  it("makes new keys of both suites each time, and no share, salt or mask is one of before", async () => {
    const change = { auth: pinOf(WRONG_PINS.auth), back: pins.auth };
    expect(await changePin(device.client, "auth", { oldPin: pins.auth, newPin: change.auth })).toMatchObject({ ok: true });
    expect(await changePin(device.client, "auth", { oldPin: change.auth, newPin: change.back })).toMatchObject({ ok: true });
    expectMaskedOnce(13);
    expect((await rows()).filter(({ purpose, server_share: share }) => purpose === "auth" && share !== null)).toMatchObject([
      { key_version: 13, suite: "rsa", state: "certified" },
      { key_version: 14, suite: "ed25519", state: "certified" },
    ]);
  });

  it("is no danger to another suite or purpose under the same PIN and salt: their masks have nothing in common", async () => {
    const salt = new Uint8Array(32);
    const places = PURPOSES.flatMap((purpose) =>
      SUITES.flatMap((suite) => [1, 2].map((keyVersion) => ({ purpose, suite, keyVersion }))),
    );
    const streams = await Promise.all(
      places.map((place) => pinStream({ ...place, pin: pinOf(PINS.auth), salt, length: 64, iterations: 1 })),
    );
    const parts = streams.flatMap((stream) => [0, 16, 32, 48].map((start) => bytesToHex(stream.subarray(start, start + 16))));
    expect(new Set(parts).size).toBe(4 * places.length);
  });
});

describe("the server refuses a modulus", () => {
  beforeAll(async () => {
    const replacing = device.storage.record?.handle;
    await openAccount(connection, device.storage, { replacing });
    await assertIdentity(connection, device.storage, PERSON);
  });

  it("that this account had before, for the same purpose and for the other, whether it was proven or not", async () => {
    const [first, second] = generated.map(({ modulus }) => modulus);
    if (first === undefined || second === undefined) throw new Error("nothing was generated");
    expect(await submit("auth", first)).toBe("joined");
    expect(await submit("sign", second)).toBe("joined");
    for (const purpose of ["auth", "sign"] as const) {
      for (const modulus of [first, second]) expect(await submit(purpose, modulus)).toBe("unacceptable_key");
    }
  });

  it("that shares a factor with one that this account had before", async () => {
    const [[p, q], [r]] = await Promise.all([primes(), primes()]);
    expect(await submit("auth", p * q)).toBe("joined");
    for (const purpose of ["auth", "sign"] as const) expect(await submit(purpose, q * r)).toBe("unacceptable_key");
    expect((await rows()).map((row) => row["state"])).not.toContain("joined");
  });
});
