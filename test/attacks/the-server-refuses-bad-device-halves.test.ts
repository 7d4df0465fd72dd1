// What a device may not bring into a key: the server answers with a sealed failure, makes no key, stays in step, and takes the
// next honest half as if nothing had been.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { refillSharePool } from "../../durable/share-pool/share-pool.ts";
import { assertIdentity, makeKeys, openAccount } from "../../src/authenticator/enrolment.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { type EnvelopeBinding, sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { rsaDeviceHalf } from "../../src/split-key/rsa/device-half.ts";
import { toBigInt, toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { openPooledShare } from "../../src/split-key/rsa/pooled-share.ts";
import { unwrap } from "../../src/vault/wrapping.ts";
import { claimOnly, deviceOn, PERSON, PINS, pinOf, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { randomBytes } from "../support/raw-device.ts";
import { keyEncryptionKey, query } from "../support/server-vault.ts";

const device = deviceOn(new MemoryStorage());
const pins = { auth: pinOf(PINS.auth), sign: pinOf(PINS.sign) };
let handle: string;
/** An honest n1, and a d1'' that would be taken with it. */
let modulus: bigint;
const secret = toFixedBytes(65537n, 384);

beforeAll(async () => {
  await refillSharePool({ ...env, SHARE_POOL_SIZE: "1" });
  await openAccount(server, device.storage);
  await assertIdentity(server, device.storage, PERSON);
  handle = (await device.storage.read())?.handle ?? "";
  modulus = toBigInt((await rsaDeviceHalf.generate(randomBytes)).device);
  await device.client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }));
});

interface Half {
  readonly device?: Uint8Array | string;
  readonly contents?: Readonly<Record<string, Uint8Array>>;
  readonly binding?: Partial<EnvelopeBinding>;
  readonly keyVersion?: number;
}

/** The code of the refusal, or "joined". */
async function submit({ device: half = number(modulus), contents = { secret }, binding, keyVersion = 1 }: Half): Promise<string> {
  const submitted = await device.client.call("submitClient2ndPart", async (record, requestId) => {
    const honest = { handle: record.handle, requestId, operation: "submitClient2ndPart", subject: `auth:${keyVersion}` };
    const envelope = await sealSecondEnvelope(record.encryptionKey, { ...honest, ...binding }, contents);
    return { purpose: "auth", keyVersion, device: typeof half === "string" ? half : toBase64Url(half), envelope };
  });
  return submitted.ok ? "joined" : submitted.failure.code;
}

const number = (value: bigint): Uint8Array<ArrayBuffer> => toFixedBytes(value, 384);

/** No share of the server's is spent on it either. */
async function expectRefused(code: string, half: Half): Promise<void> {
  expect(await submit(half)).toBe(code);
  await expectNoKey();
  expect(await env.DATABASE.prepare("SELECT count(*) AS count FROM server_share_pool").first("count")).toBe(1);
}

async function expectNoKey(): Promise<void> {
  const rows = await query(handle, "SELECT state, public_key, server_share FROM key_pair");
  expect(rows).toEqual([{ state: "initiated", public_key: null, server_share: null }]);
}

describe("a modulus", () => {
  it.each<[string, () => bigint]>([
    ["that is even", () => modulus - 1n],
    ["of 3070 bits", () => (modulus >> 2n) | 1n],
    ["with the factor 3", () => modulus - (modulus % 6n) + 3n],
    ["with the factor 9973", () => modulus - (modulus % (2n * 9973n)) + 9973n],
    ["that is smooth", () => 3n ** 1938n],
  ])("%s is refused", async (_name, badModulus) => {
    await expectRefused("unacceptable_key", { device: number(badModulus()) });
  });

  it("that is not above d1'', as 0 is not, is refused", async () => {
    for (const value of [0n, 65537n]) await expectRefused("malformed", { device: number(value) });
  });

  it.each([0, 383, 385])("of %i bytes is refused", async (length) => {
    await expectRefused("malformed", { device: new Uint8Array(length).fill(0xff) });
  });

  it("that is not base64url, or not the one spelling of its bytes, is refused", async () => {
    await expectRefused("malformed", { device: "A".repeat(513) });
    await expectRefused("malformed", { device: `${"A".repeat(512)}=` });
  });
});

describe("a d1''", () => {
  it("of 0, of n1 or above is refused", async () => {
    for (const value of [0n, modulus, (1n << 3072n) - 1n])
      await expectRefused("malformed", { contents: { secret: number(value) } });
  });

  it.each([0, 383, 385])("of %i bytes is refused", async (length) => {
    await expectRefused("malformed", { contents: { secret: new Uint8Array(length).fill(1) } });
  });

  it("under another name, or none, is refused", async () => {
    await expectRefused("malformed", { contents: { contribution: secret } });
    await expectRefused("malformed", { contents: {} });
  });

  it("in an envelope for another account, request, operation or key is refused", async () => {
    const others = [
      { handle: "0".repeat(64) },
      { requestId: "A".repeat(22) },
      { operation: "provePossession" },
      { operation: "dkgRound" },
      { subject: "sign:1" },
    ];
    for (const binding of others) await expectRefused("malformed", { binding });
  });

  it("for a key version that is not the one under way is refused", async () => {
    await expectRefused("wrong_state", { keyVersion: 2 });
  });
});

describe("after all of that", () => {
  it("a modulus that is the server's own is refused", async () => {
    const row = await env.DATABASE.prepare("SELECT id, wrapped FROM server_share_pool").first<{
      id: string;
      wrapped: number[];
    }>();
    const place = {
      kind: "pooled-share",
      account: row?.id ?? "",
      purpose: "",
      suite: "rsa",
      keyVersion: 0,
      publicKey: new Uint8Array(0),
    } as const;
    const pooled = openPooledShare(
      (await unwrap(await keyEncryptionKey(), place, new Uint8Array(row?.wrapped ?? []))) ?? new Uint8Array(),
    );
    expect(await submit({ device: number(pooled?.modulus ?? 0n) })).toBe("unacceptable_key");
    await expectNoKey();
  });

  it("a half is joined once, and not again", async () => {
    expect(await submit({})).toBe("joined");
    expect(await submit({})).toBe("wrong_state");
  });

  it("a key whose halves do not belong together proves nothing and is destroyed", async () => {
    const unproven = await device.client.call("provePossession", async ({ handle: account, encryptionKey }, requestId) => {
      const binding = { handle: account, requestId, operation: "provePossession", subject: "auth:1" };
      const contents = { contribution: secret, transcript: new Uint8Array(32), grant: new Uint8Array(32) };
      return { purpose: "auth", keyVersion: 1, envelope: await sealSecondEnvelope(encryptionKey, binding, contents) };
    });
    expect(unproven).toMatchObject({ failure: { code: "transcript_mismatch" } });
  });

  it("honest keys are made, and the account becomes active", async () => {
    expect(await makeKeys(device.client, pins)).toEqual({ ok: true, value: undefined });
    expect(await approveTransaction(device.client, await claimOnly(device), pins.sign)).toEqual({ ok: true, value: undefined });
    const state = await device.client.call("getKeyState", () => ({}));
    expect(state.ok && state.value.status).toBe("active");
  });
});
