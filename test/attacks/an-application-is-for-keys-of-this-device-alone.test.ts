// The last step of an enrolment, with a server that lies inside the channel: the person's PIN2 says which keys are theirs, and certificates
// are issued for them. The device signs for no key that the server could use without it, and says nothing at all where it cannot tell.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { type DeviceRecord, storedBytes } from "../../src/authenticator/device-record.ts";
import { currentRecord, type EarlierRecord } from "../../src/authenticator/earlier-record.ts";
import { toSign } from "../../src/authenticator/message-to-sign.ts";
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import { approveTransaction, claimApplication, prepareApproval } from "../../src/authenticator/transactions.ts";
import { hash } from "../../src/protocol/algorithms.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { concatBytes, fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { toBigInt } from "../../src/split-key/rsa/modular-arithmetic.ts";
import { decodePublicKey, encodePublicKey } from "../../src/split-key/rsa/public-key.ts";
import * as rsa from "../split-key/rsa/fixtures.ts";
import { makeKey } from "../split-key/suites.ts";
import { applyingDevice, claimOnly, type HeadlessDevice, pinOf, PINS, server } from "../support/headless-device.ts";

type Application = Extract<SignedTransaction, { kind: "application" }>;
type NamedKey = Application["keys"][number];

let messagesSent = 0;
const counting: ServerConnection = {
  url: server.url,
  fetch: (input, init) => {
    messagesSent++;
    return server.fetch(input, init);
  },
};

let device: HeadlessDevice;
let honest: Application;

beforeAll(async () => {
  device = await applyingDevice(undefined, undefined, counting);
  honest = forApplication(await claimOnly(device));
});

beforeEach(() => {
  messagesSent = 0;
});

function forApplication(claimed: SignedTransaction): Application {
  if (claimed.kind !== "application") throw new Error("no application");
  return claimed;
}

const record = (): DeviceRecord => {
  if (device.storage.record === undefined) throw new Error("no account");
  return device.storage.record;
};
const bytesOf = (text = ""): Uint8Array => fromBase64Url(text) ?? new Uint8Array();
const isOf = (purpose: Purpose, suite: Suite) => (key: { purpose: Purpose; suite: Suite }) =>
  key.purpose === purpose && key.suite === suite;
const namedOf = (purpose: Purpose, suite: Suite): Uint8Array => bytesOf(honest.keys.find(isOf(purpose, suite))?.publicKey);
/** n1 and n of the device's own key. */
function moduliOf(purpose: Purpose): { readonly own: bigint; readonly whole: bigint } {
  const stored = record().keys.find(isOf(purpose, "rsa"))?.stored ?? "";
  return { own: toBigInt(storedBytes(stored)), whole: decodePublicKey(namedOf(purpose, "rsa")) ?? 0n };
}

const named = (publicKey: Uint8Array): Pick<NamedKey, "publicKey" | "publicKeyHash"> => ({
  publicKey: toBase64Url(publicKey),
  publicKeyHash: toBase64Url(hash("SHA-256", publicKey)),
});

/** The application with something else said of one key. */
const instead = (purpose: Purpose, suite: Suite, change: (key: NamedKey) => NamedKey): Application => ({
  ...honest,
  keys: honest.keys.map((key) => (isOf(purpose, suite)(key) ? change(key) : key)),
});

/** The device says no by itself: no message leaves it, nothing is written, and the account stays where it was. */
async function expectUnsigned(application: Application): Promise<void> {
  const before = record();
  const approved = await approveTransaction(device.client, application, pinOf(PINS.sign));
  expect(approved).toEqual({ ok: false, failure: { code: "not_presentable" } });
  expect(await prepareApproval(device.storage, application)).toBeUndefined();
  expect([messagesSent, record()]).toEqual([0, before]);
}

const EVERY_KEY: readonly (readonly [Purpose, Suite])[] = [
  ["auth", "rsa"],
  ["auth", "ed25519"],
  ["sign", "rsa"],
  ["sign", "ed25519"],
];
const foreign = async (suite: Suite): Promise<Uint8Array> =>
  suite === "rsa" ? rsa.pairAt(0).publicKey : (await makeKey(suite)).publicKey;

describe.each(EVERY_KEY)("an application whose key for %s of suite %s", (purpose, suite) => {
  it("is one that the server holds alone is not signed", async () => {
    const theirs = named(await foreign(suite));
    await expectUnsigned(instead(purpose, suite, (key) => ({ ...key, ...theirs })));
  });

  it("is the device's own beside the hash of another is not signed", async () => {
    const { publicKeyHash } = named(await foreign(suite));
    await expectUnsigned(instead(purpose, suite, (key) => ({ ...key, publicKeyHash })));
  });

  it("is named by its hash alone, as servers of before name it, is not signed", async () => {
    await expectUnsigned(instead(purpose, suite, ({ publicKeyHash }) => ({ purpose, suite, publicKeyHash })));
  });

  it("is the device's key of the other PIN is not signed", async () => {
    const other = named(namedOf(purpose === "auth" ? "sign" : "auth", suite));
    await expectUnsigned(instead(purpose, suite, (key) => ({ ...key, ...other })));
  });

  it("is no key of that suite, too short, too long or nothing is not signed", async () => {
    const own = namedOf(purpose, suite);
    const others = [own.subarray(1), own.subarray(0, -1), concatBytes(own, Uint8Array.of(0)), new Uint8Array()];
    const ofOtherSuite = namedOf(purpose, suite === "rsa" ? "ed25519" : "rsa");
    for (const publicKey of [...others, ofOtherSuite])
      await expectUnsigned(instead(purpose, suite, (key) => ({ ...key, ...named(publicKey) })));
  });
});

describe.each(["auth", "sign"] as const)("of suite rsa an application for %s is not signed", (purpose) => {
  const modulus = (of: (moduli: ReturnType<typeof moduliOf>) => bigint) => () => encodePublicKey(of(moduliOf(purpose)));

  it.each<[string, () => Uint8Array]>([
    ["for the square of the server's half", modulus(({ own, whole }) => (whole / own) ** 2n)],
    ["for a product that is next to the device's", modulus(({ whole }) => whole + 2n)],
    ["for the device's half alone", modulus(({ own }) => own)],
    ["for a product that is longer than such keys are", modulus(({ whole }) => whole * 5n)],
    ["with another exponent", () => Uint8Array.of(...namedOf(purpose, "rsa").subarray(0, -1), 3)],
  ])("%s", async (_name, publicKey) => {
    await expectUnsigned(instead(purpose, "rsa", (key) => ({ ...key, ...named(publicKey()) })));
  });
});

it.each(["auth", "sign"] as const)("without a key for %s it is not signed, whatever else it names", async (left) => {
  await expectUnsigned({ ...honest, keys: honest.keys.filter(({ purpose }) => purpose !== left) });
});

it("a server of before gets no signature for what it does not say: it is not asked a second time for less", async () => {
  const { transactionId } = honest;
  const asked = await device.client.call("claimTransaction", () => ({ transactionId }));
  if (!asked.ok || asked.value.kind !== "application") throw new Error("no application");
  expect(JSON.stringify(asked.value)).not.toContain('"publicKey"');
  messagesSent = 0;
  await expectUnsigned(asked.value);

  const older: string[] = [];
  const client = {
    call: (operation: string) => (older.push(operation), Promise.resolve({ ok: false, failure: { code: "malformed" } })),
  };
  expect(await claimApplication(client as never, transactionId)).toEqual({ ok: false, failure: { code: "malformed" } });
  expect(older).toEqual(["claimTransaction"]);
});

it("a record of an earlier version can tell, too: it kept its part of each key from the first", () => {
  const { keys, ...rest } = record();
  const ofRsa = (purpose: Purpose) => keys.find(isOf(purpose, "rsa"))!;
  const earlier: EarlierRecord = { ...rest, keys: { auth: ofRsa("auth"), sign: ofRsa("sign") } };
  const rsaAlone = { ...honest, keys: honest.keys.filter(({ suite }) => suite === "rsa") };
  expect(toSign(currentRecord(earlier), rsaAlone).ok).toBe(true);
  const forged = rsaAlone.keys.map((key) => ({ ...key, ...named(rsa.pairAt(1).publicKey) }));
  expect(toSign(currentRecord(earlier), { ...rsaAlone, keys: forged })).toEqual({
    ok: false,
    failure: { code: "not_presentable" },
  });
});

it("the same application, unchanged, is signed: every key in it is the device's and the server's together", async () => {
  expect(honest.keys.map(({ purpose, suite }) => [purpose, suite])).toEqual(EVERY_KEY);
  expect(await approveTransaction(device.client, honest, pinOf(PINS.sign))).toEqual({ ok: true, value: undefined });
});
