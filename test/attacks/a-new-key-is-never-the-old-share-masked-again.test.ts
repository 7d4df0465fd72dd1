// Law 3 of the split key: one share is never masked twice, however often making keys is interrupted and begun again; and the
// server refuses a modulus that this account has or had, or one that shares a factor with it, of whichever purpose.
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { assertIdentity, type EnrolmentStep, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { rsaDeviceHalf } from "../../src/split-key/rsa/device-half.ts";
import { greatestCommonDivisor, toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { claimOnly, deviceOn, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { query } from "../support/server-vault.ts";
import { type Fate, unreliableConnection } from "../support/unreliable-connection.ts";

const connection = unreliableConnection();
const device = deviceOn(new MemoryStorage(), connection);
const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };
/** Everything that was ever generated or masked on the device. */
const generated: { readonly share: string; readonly modulus: bigint }[] = [];
const masked: { readonly share: string; readonly masked: string }[] = [];

beforeAll(async () => {
  const [generate, mask] = [rsaDeviceHalf.generate.bind(rsaDeviceHalf), rsaDeviceHalf.mask.bind(rsaDeviceHalf)];
  vi.spyOn(rsaDeviceHalf, "generate").mockImplementation(async (random) => {
    const made = await generate(random);
    generated.push({ share: bytesToHex(made.share), modulus: toBigInt(made.stored) });
    return made;
  });
  vi.spyOn(rsaDeviceHalf, "mask").mockImplementation((share, stream) => {
    const result = mask(share, stream);
    masked.push({ share: bytesToHex(share), masked: toBase64Url(result) });
    return result;
  });
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

/** Makes keys; at that step of the first one the network fails until the device gives up. */
async function makeKeysWith(fate: Fate, at: EnrolmentStep["step"]): Promise<void> {
  const making = makeKeys(device.client, pins, ({ step }) => {
    if (step === at) connection.fates.push(fate, fate, fate);
  });
  await expect(making).rejects.toThrow(ServerUnreachable);
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
    ["the device's half never arrives", "request lost", "joining"],
    ["the answer to the device's half is lost", "answer lost", "joining"],
    ["the proof never arrives", "request lost", "proving"],
    ["the answer to the proof is lost", "answer lost", "proving"],
  ] as const)("when %s leaves that key behind", async (_when, fate, step) => {
    const before = generated.length;
    await makeKeysWith(fate, step);
    expect(generated).toHaveLength(before + 1);
  });

  it("ends with keys of which the server has no earlier half any more", async () => {
    expect(await makeKeys(device.client, pins)).toEqual({ ok: true, value: undefined });
    const destroyed = { state: "destroyed", server_share: null };
    expect(await rows()).toMatchObject([
      ...[1, 2, 3, 4].map((version) => ({ purpose: "auth", key_version: version, ...destroyed })),
      { purpose: "auth", key_version: 5, state: "proven" },
      { purpose: "sign", key_version: 1, state: "proven" },
    ]);
  });

  it("has drawn each share, salt and modulus anew, and masked each share once", () => {
    expect(generated).toHaveLength(6);
    expect(new Set(generated.map(({ share }) => share)).size).toBe(6);
    generated.forEach(({ modulus }, index) => {
      for (const other of generated.slice(index + 1)) expect(greatestCommonDivisor(modulus, other.modulus)).toBe(1n);
    });
    expect(masked.map(({ share }) => share)).toEqual(generated.map(({ share }) => share));

    const stored = device.storage.written.flatMap((text) => Object.values((JSON.parse(text) as DeviceRecord).keys));
    const keys = [...new Map(stored.map((key) => [key.masked, key])).values()];
    // Of the first two attempts nothing was ever stored.
    expect(keys.map((key) => key.masked)).toEqual(masked.slice(2).map((each) => each.masked));
    for (const member of ["salt", "stored"] as const) expect(new Set(keys.map((key) => key[member])).size).toBe(keys.length);
  });

  it("ends in an account that works", async () => {
    const application = await claimOnly(device);
    expect(await approveTransaction(device.client, application, pinOf(PINS.sign))).toEqual({ ok: true, value: undefined });
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
