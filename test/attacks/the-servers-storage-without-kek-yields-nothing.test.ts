// Law 4 of the split key: of every secret of an enrolled device, nothing stands in the clear in any table of any object or of
// D1, at any moment of an account's life: not the server's halves, not what the device sent, not the channel's keys, and not
// what would let a thief of storage and device test PINs.
import { env } from "cloudflare:workers";
import { hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { SessionObject } from "../../durable/session/session-object.ts";
import { refillSharePool } from "../../durable/share-pool/share-pool.ts";
import { approveTransaction, refuseTransaction } from "../../src/authenticator/transactions.ts";
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import { handleOf } from "../../src/channel/message.ts";
import { PURPOSES, SUITES } from "../../src/account/purpose.ts";
import { concatBytes, fromBase64, fromBase64Url, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { toCoordinates, toScalarBytes } from "../../src/split-key/ed25519/group.ts";
import { ed25519ServerHalf } from "../../src/split-key/ed25519/server-half.ts";
import { openNonce } from "../../src/split-key/ed25519/server-records.ts";
import { openPooledShare } from "../../src/split-key/rsa/pooled-share.ts";
import { HALF_LENGTH } from "../../src/split-key/rsa/common.ts";
import { toFixedBytes } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { unwrap } from "../../src/vault/wrapping.ts";
import { ALGORITHMS, endResult, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, enrol, PERSON, PINS, pinOf, server, WRONG_PINS } from "../support/headless-device.ts";
import { recordedConnection } from "../support/recorded-connection.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { latin1, type Secrets, tracesOf } from "../support/secret-search.ts";
import {
  accountOf,
  keyEncryptionKey,
  openedChannelKeys,
  openedFrostShare,
  openedShare,
  partsOfPrivateKey,
  query,
  unwrappedShare,
} from "../support/server-vault.ts";
import { dumpDeployment, dumpObject } from "../support/storage-dump.ts";
import { ransack } from "./ransacking.ts";
import { maskedShares, Thief } from "./thief.ts";

type Device = Awaited<ReturnType<typeof enrol>>;

const connection = recordedConnection(server);
/** Every state of the account's storage after a message, then everything of the deployment. */
const dumps: string[] = [];
/** Of suite `ed25519`: what the server drew and said, as it was before it was wrapped. */
const nonces: Uint8Array[] = [];
const saidInGeneration: Uint8Array[] = [];
let device: Device;
let handle: string;
let secrets: Secrets;

beforeAll(async () => {
  await seedDemoParty();
  listen();
  await refillSharePool({ ...env, SHARE_POOL_SIZE: "3" });
  const watched: ServerConnection = {
    url: connection.url,
    fetch: async (input, init) => {
      const response = await connection.fetch(input, init);
      const account = typeof init?.body === "string" ? handleOf(init.body) : undefined;
      if (account !== undefined) dumps.push(JSON.stringify(await dumpObject(accountOf(account))));
      return response;
    },
  };
  device = await enrol(PERSON, PINS, watched);
  handle = (await device.storage.read())?.handle ?? "";
  await useAndWatch();
  secrets = await everySecret();
}, 120_000);

function listen(): void {
  const [offer, accept] = [
    ed25519ServerHalf.offer.bind(ed25519ServerHalf),
    ed25519ServerHalf.acceptDeviceKey.bind(ed25519ServerHalf),
  ];
  vi.spyOn(ed25519ServerHalf, "offer").mockImplementation((input) => {
    const prepared = offer(input);
    if (prepared.nonce !== undefined) nonces.push(prepared.nonce.slice());
    return prepared;
  });
  vi.spyOn(ed25519ServerHalf, "acceptDeviceKey").mockImplementation((input) => {
    const accepted = accept(input);
    if (accepted.ok) saidInGeneration.push(accepted.value.answer.slice());
    return accepted;
  });
}

/** Right and wrong PINs of both purposes, and a result that waits in the outbox because its session cannot take it. */
async function useAndWatch(): Promise<void> {
  for (const suite of SUITES) {
    const login = await startLogin(device.documentNumber, undefined, undefined, ALGORITHMS[suite]);
    const claimed = await claimOnly(device);
    for (const pin of [WRONG_PINS.auth, PINS.auth]) await approveTransaction(device.client, claimed, pinOf(pin));
    expect(await endResult(login)).toBe("OK");
  }
  const left = await startSignature(device.documentNumber, utf8("never signed"), ALGORITHMS.ed25519);
  await refuseTransaction(device.client, (await claimOnly(device)).transactionId, "USER_REFUSED");
  expect(await endResult(left)).toBe("USER_REFUSED");

  const signing = await startSignature(device.documentNumber, utf8("a contract"));
  const transaction = await claimOnly(device);
  await approveTransaction(device.client, transaction, pinOf(WRONG_PINS.sign));
  const session = { accepts: false };
  const finish: SessionObject["finish"] = Reflect.get(SessionObject.prototype, "finish");
  const holding = vi.spyOn(SessionObject.prototype, "finish").mockImplementation(async function hold(
    this: SessionObject,
    ...input
  ) {
    while (!session.accepts) await scheduler.wait(5);
    await finish.apply(this, input);
  });
  expect((await approveTransaction(device.client, transaction, pinOf(PINS.sign))).ok).toBe(true);
  dumps.push(JSON.stringify(await dumpObject(accountOf(handle))));
  expect(await query(handle, "SELECT kind FROM outbox")).toContainEqual({ kind: "finish" });
  session.accepts = true;
  holding.mockRestore();
  expect(await endResult(signing)).toBe("OK");
  dumps.push(JSON.stringify(await dumpDeployment()));
}

async function everySecret(): Promise<Secrets> {
  const collected: Record<string, Uint8Array | string> = {};
  const collect = (owner: string, parts: Readonly<Record<string, Uint8Array | string>>): void => {
    for (const [name, value] of Object.entries(parts)) collected[`${owner}: ${name}`] = value;
  };
  for (const purpose of PURPOSES) {
    const share = await openedShare(handle, purpose);
    const { deviceExponent, coefficient } = share;
    const deviceModulus = toFixedBytes(share.deviceModulus, HALF_LENGTH);
    collect(`server share of ${purpose}`, { deviceExponent, deviceModulus, coefficient: toFixedBytes(coefficient, HALF_LENGTH) });
    collect(`server key of ${purpose}`, await partsOfPrivateKey(share.privateKey));
  }
  for (const purpose of PURPOSES) {
    const { signingShare, verifyingShare, deviceVerifyingShare } = await openedFrostShare(handle, purpose);
    collect(`ed25519 of ${purpose}`, { "server share": toScalarBytes(signingShare) });
    [verifyingShare, ...deviceVerifyingShare].forEach((point, index) => {
      const coordinates = toCoordinates(point);
      const [x, y] = [coordinates.subarray(0, 32), coordinates.subarray(32)];
      collect(`ed25519 of ${purpose}, verifying share ${index}`, { x, y, compressed: point.toBytes() });
    });
  }
  // Two proofs, a login and a signature that was refused.
  expect([nonces.length, saidInGeneration.length]).toEqual([4, 2]);
  nonces.forEach((record, index) => {
    const { hiding = 0n, binding = 0n } = openNonce(record) ?? {};
    collect(`nonce ${index}`, { hiding: toScalarBytes(hiding), binding: toScalarBytes(binding) });
  });
  saidInGeneration.forEach((message, index) => collect(`the server's message ${index}`, { message }));
  const channelKeys = await openedChannelKeys(handle);
  collect("channel", { deviceToServer: channelKeys.subarray(0, 32), serverToDevice: channelKeys.subarray(32) });

  // What the device sent in second envelopes, opened with the server's private key.
  const haul = await ransack([await env.CHANNEL_ENCRYPTION_KEY.get(), ...device.storage.written, ...connection.traffic]);
  expect(haul.envelopes.closed.size).toBe(0);
  [...haul.envelopes.open.values()].forEach((text, index) => {
    const { contribution, secret } = (JSON.parse(text) as { contents: { contribution?: string; secret?: string } }).contents;
    collect(`second envelope ${index}`, {
      [secret === undefined ? "contribution" : "secret"]: bytes(contribution ?? secret ?? ""),
    });
  });
  expect(haul.envelopes.open.size).toBe(15);

  // What never left the device.
  for (const { purpose, key } of maskedShares(haul))
    collect(`device, ${purpose} ${key.suite}`, { salt: bytes(key.salt), masked: bytes(key.masked) });
  for (const candidate of await new Thief({ auth: [PINS.auth], sign: [PINS.sign] }).candidates(haul)) {
    collect(`device, ${candidate.purpose} ${candidate.key.suite}`, { share: candidate.share });
  }

  const { results } = await env.DATABASE.prepare("SELECT id, wrapped FROM server_share_pool").all<{
    id: string;
    wrapped: number[];
  }>();
  for (const { id, wrapped } of results) {
    const place = {
      kind: "pooled-share",
      account: id,
      purpose: "",
      suite: "rsa",
      keyVersion: 0,
      publicKey: new Uint8Array(0),
    } as const;
    const pooled = openPooledShare((await unwrap(await keyEncryptionKey(), place, new Uint8Array(wrapped))) ?? new Uint8Array());
    collect(`pooled share ${id}`, await partsOfPrivateKey(pooled?.privateKey ?? new Uint8Array()));
  }
  expect(results).toHaveLength(1);

  for (const name of ["CHANNEL_ENCRYPTION_KEY", "CHANNEL_SIGNING_KEY"] as const) {
    collect("deployment", { [name]: bytes((JSON.parse(await env[name].get()) as { d: string }).d) });
  }
  for (const name of ["KEK", "SESSION_NAME_KEY"] as const)
    collect("deployment", { [name]: fromBase64(await env[name].get()) ?? "" });
  return collected;
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => fromBase64Url(text) ?? new Uint8Array();

/** A dump as it is, and what its binary columns look like when they are read as text. */
const readings = (dump: string): string[] => [
  dump,
  ...[...dump.matchAll(/"((?:[0-9a-f]{2}){24,})"/g)].map(([, hex = ""]) => latin1(hexToBytes(hex))),
];

describe("the server's storage", () => {
  it("was looked at while keys were half made, while a result waited in the outbox, and with every answer kept", () => {
    const everything = dumps.join("\n");
    expect(dumps.length).toBeGreaterThan(15);
    for (const state of ["initiated", "joined", "proven", "certified"]) expect(everything).toContain(`"state":"${state}"`);
    for (const place of [
      "ACCOUNTS ",
      "PERSONS ",
      "SESSIONS ",
      "D1 server_share_pool",
      '"kind":"finish"',
      '"lane":"step"',
      "hiding",
    ]) {
      expect(everything).toContain(place);
    }
    expect(Object.keys(secrets).length).toBeGreaterThan(40);
  });

  it("has none of the secrets in the clear, in no spelling, at no moment", () => {
    expect(tracesOf(secrets, [...new Set(dumps.flatMap(readings))])).toEqual([]);
  });

  it("would show each of them to this search, were it there", () => {
    const spellings: readonly ((secret: Uint8Array) => string)[] = [
      (secret) => [...secret].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      (secret) => toBase64(concatBytes(utf8("x"), secret)),
      (secret) =>
        toBase64(concatBytes(utf8("xy"), secret))
          .replaceAll("+", "-")
          .replaceAll("/", "_"),
      (secret) => JSON.stringify([...secret]),
      (secret) => `a record: ${latin1(secret)}`,
      (secret) => BigInt(`0x${[...secret].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`).toString(),
    ];
    for (const [name, secret] of Object.entries(secrets)) {
      for (const spell of spellings) expect(tracesOf({ [name]: secret }, [spell(secret as Uint8Array)]), name).toHaveLength(1);
    }
  });

  it("would show a share that was stored without its wrapping", async () => {
    const share = await unwrappedShare(handle, "sign");
    const dump = JSON.stringify({
      key_pair: [{ server_share: [...share].map((byte) => byte.toString(16).padStart(2, "0")).join("") }],
    });
    expect(tracesOf(secrets, readings(dump)).length).toBeGreaterThan(8);
  });

  it("tells no PIN to a thief who has the device and its traffic as well", async () => {
    const thief = new Thief({ auth: [PINS.auth, WRONG_PINS.auth], sign: [PINS.sign, WRONG_PINS.sign] });
    const haul = await ransack([...device.storage.written, ...connection.traffic, ...dumps]);
    expect(haul.messages.closed.size).toBe(0);
    expect(haul.envelopes.open.size).toBe(0);
    expect(await thief.pinsTold(haul)).toEqual([]);
    // The same thief with one value unwrapped.
    const { deviceExponent } = await openedShare(handle, "auth");
    const { signingShare, verifyingShare } = await openedFrostShare(handle, "auth");
    const record = await unwrappedShare(handle, "auth", "ed25519");
    for (const [way, suite, value] of [
      ["the server's part d1''", "rsa", deviceExponent],
      ["the server's share", "ed25519", toScalarBytes(signingShare)],
      ["a verifying share", "ed25519", verifyingShare.toBytes()],
      ["a verifying share", "ed25519", record],
    ] as const) {
      const told = await thief.pinsTold(await ransack([toBase64(value)], haul));
      expect(told, way).toEqual([{ way, suite, purpose: "auth", pin: PINS.auth }]);
    }
  });
});
