// New keys in an account that is active: under a new PIN, or in a suite that the account has none of.
import { hexToBytes } from "@noble/hashes/utils.js";
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { addSuites, changePin, settleKeys } from "../../../src/authenticator/re-key.ts";
import { approveTransaction, claimTransaction } from "../../../src/authenticator/transactions.ts";
import type { Environment } from "../../../src/environment.ts";
import { type CertificateEntry, findCertificates } from "../../../src/certificates/certificate-index.ts";
import { toBase64Url, utf8 } from "../../../src/protocol/encoding.ts";
import { PersonObject } from "../../../durable/person/person-object.ts";
import { endResult, startLogin, startSignature } from "../../support/demo-party.ts";
import {
  accountStub,
  claimOnly,
  enrol,
  forPin,
  type HeadlessDevice,
  pinOf,
  PINS,
  WRONG_PINS,
} from "../../support/headless-device.ts";
import { seedDemoParty } from "../../support/relying-party.ts";
import { dumpObject } from "../../support/storage-dump.ts";

const NEW_PIN = "92746";
const ED25519 = { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-512" } as const;
/** Another one each time: the same request again is the same session. */
const aContract = () => utf8(crypto.randomUUID());
const noPause = () => Promise.resolve();

let device: Awaited<ReturnType<typeof enrol>>;

beforeAll(seedDemoParty);
afterEach(() => void vi.restoreAllMocks());

const change = (oldPin: string, newPin: string, of = device, standing?: number) =>
  changePin(of.client, "sign", { oldPin: pinOf(oldPin), newPin: pinOf(newPin) }, { pause: noPause, standing });

interface KeyRow {
  readonly purpose: string;
  readonly suite: string;
  readonly key_version: number;
  readonly state: string;
  readonly server_share: unknown;
  readonly index_entry: string | null;
  /** Hexadecimal. */
  readonly certificate: string;
}

async function keyRows({ storage }: HeadlessDevice, purpose: string): Promise<readonly KeyRow[]> {
  const { key_pair: rows } = await dumpObject(accountStub(storage.record));
  return (rows as KeyRow[])
    .filter((row) => row.purpose === purpose)
    .toSorted((left, right) => left.key_version - right.key_version);
}

const query = (statement: string) =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) => void storage.sql.exec(statement));

/** What the certificate index says of each key of a purpose, oldest first. */
async function indexed(of: HeadlessDevice, purpose: string) {
  const entries = (await keyRows(of, purpose)).map(
    ({ index_entry: entry }) => JSON.parse(entry ?? "null") as CertificateEntry | null,
  );
  const serials = entries.map((entry) => entry?.serialNumberHex ?? "");
  const found = await findCertificates(env.DATABASE, serials);
  return serials.map((serial) => found.get(serial)?.revocation?.reason ?? (found.has(serial) ? "good" : "unknown"));
}

/** Signs by both suites with that PIN: the end results. */
async function signsWith(pin: string): Promise<readonly string[]> {
  const ends: string[] = [];
  for (const algorithms of [undefined, ED25519]) {
    const sessionID = await startSignature(device.documentNumber, aContract(), algorithms);
    await approveTransaction(device.client, await claimOnly(device), pinOf(pin));
    ends.push(await endResult(sessionID));
  }
  return ends;
}

describe("a new PIN", () => {
  beforeAll(async () => {
    device = await enrol();
  });

  it("needs the old one, in an attempt that counts with the others of its purpose", async () => {
    const waiting = await startSignature(device.documentNumber, aContract(), ED25519);
    const claimed = await claimOnly(device);
    const failure = { code: "wrong_pin", attemptsLeft: 1, lockedUntil: 0 };
    expect((await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.sign))).ok).toBe(false);
    // The key that it is for is gone: nothing is tried, and nothing paid.
    const gone = { ok: false, failure: { code: "exchanged_before" } };
    expect(await change(WRONG_PINS.sign, NEW_PIN, device, 9)).toEqual(gone);
    expect(await change(WRONG_PINS.sign, NEW_PIN)).toEqual({ ok: false, failure });
    expect(await keyRows(device, "sign")).toMatchObject([{ state: "certified" }, { state: "certified" }]);
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.sign))).ok).toBe(true);
    expect(await endResult(waiting)).toBe("OK");
  });

  it("comes with new keys of every suite; the old shares are destroyed and their certificates revoked, the other purpose's stay", async () => {
    expect(await change(PINS.sign, NEW_PIN)).toEqual({ ok: true, value: undefined });
    expect(await keyRows(device, "sign")).toMatchObject([
      { suite: "rsa", key_version: 1, state: "destroyed", server_share: null },
      { suite: "ed25519", key_version: 2, state: "destroyed", server_share: null },
      { suite: "rsa", key_version: 3, state: "certified" },
      { suite: "ed25519", key_version: 4, state: "certified" },
    ]);
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await indexed(device, "sign")).toEqual(["superseded", "superseded", "good", "good"]);
    expect(await indexed(device, "auth")).toEqual(["good", "good"]);
    expect(device.storage.record?.keys.map(({ purpose, keyVersion }) => `${purpose} ${keyVersion}`).toSorted()).toEqual([
      "auth 1",
      "auth 2",
      "sign 3",
      "sign 4",
    ]);
  });

  it("has its device told the certificates that stand, with what is in them", async () => {
    const answer = await device.client.call("getCertificates", () => ({}));
    if (!answer.ok) throw new Error(answer.failure.code);
    const rows = [...(await keyRows(device, "auth")), ...(await keyRows(device, "sign"))];
    const standing = rows.filter(({ state }) => state === "certified");
    const { certificates, appliedAt } = answer.value;
    expect(certificates).toMatchObject(
      standing.map(({ purpose, suite, certificate, index_entry: entry }) => {
        const { serialNumberHex: serialNumber, notBefore, notAfter } = JSON.parse(entry ?? "") as CertificateEntry;
        return { purpose, suite, der: toBase64Url(hexToBytes(certificate)), serialNumber, notBefore, notAfter };
      }),
    );
    expect(certificates.map(({ key }) => key.algorithm)).toEqual(["RSA", "Ed25519", "RSA", "Ed25519"]);
    for (const { subject, issuer, issuerName, key, notBefore } of certificates) {
      expect(subject).toBe("C=EE, CN=TAMM\\,MARI, SN=TAMM, G=MARI, serialNumber=PNOEE-50001029996");
      expect(issuer).toContain(issuerName);
      expect(issuerName).toContain("TEST");
      expect(key.algorithm === "RSA" ? [6143, 6144] : [256]).toContain(key.bits);
      expect(notBefore).toBeGreaterThanOrEqual(appliedAt - 1000);
    }
  });

  it("signs in every suite from then on, and the old one is a wrong one", async () => {
    expect(await signsWith(NEW_PIN)).toEqual(["OK", "OK"]);
    const sessionID = await startSignature(device.documentNumber, aContract());
    const claimed = await claimOnly(device);
    const old = await approveTransaction(device.client, claimed, pinOf(PINS.sign));
    expect(old).toMatchObject({ ok: false, failure: { code: "wrong_pin", attemptsLeft: 2 } });
    expect((await approveTransaction(device.client, claimed, pinOf(NEW_PIN))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("does not end what the device had claimed before: it claims again, and nothing is paid", async () => {
    const sessionID = await startSignature(device.documentNumber, aContract(), ED25519);
    const before = await claimOnly(device);
    expect(await change(NEW_PIN, PINS.sign)).toEqual({ ok: true, value: undefined });
    const again = await claimTransaction(device.client, before.transactionId);
    if (!again.ok) throw new Error(again.failure.code);
    expect(forPin(again.value).keyVersion).toBe(6);
    expect(forPin(again.value).offer).not.toEqual(before.offer);
    expect((await approveTransaction(device.client, forPin(again.value), pinOf(PINS.sign))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("holds from the moment on at which its certificates are there, however often issuing them failed, and exactly once", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const unreachable = vi.spyOn(PersonObject.prototype, "activate").mockRejectedValue(new Error("out of reach"));
    expect(await change(PINS.sign, NEW_PIN)).toEqual({ ok: false, failure: { code: "certificates_late" } });
    // What is being issued is not given up for another change.
    for (const purpose of ["auth", "sign"] as const) {
      const another = await device.client.call("beginReKey", () => ({ purpose, change: "replace" }));
      expect(another).toMatchObject({ failure: { code: "wrong_state" } });
    }
    // Until then the old one signs.
    expect(await signsWith(PINS.sign)).toEqual(["OK", "OK"]);
    unreachable.mockRestore();
    const announced = (await keyRows(device, "sign")).slice(-2);
    await abortAllDurableObjects();
    for (let round = 0; round < 2; round++) await runDurableObjectAlarm(accountStub(device.storage.record));
    const settled = await settleKeys(device.client);
    expect(settled).toMatchObject({ ok: true, value: { exchanged: ["sign"], state: { reKey: null } } });
    const after = (await keyRows(device, "sign")).slice(-2);
    expect(after.map(({ index_entry: entry }) => entry)).toEqual(announced.map(({ index_entry: entry }) => entry));
    expect((await indexed(device, "sign")).slice(-4)).toEqual(["superseded", "superseded", "good", "good"]);
    expect(await signsWith(NEW_PIN)).toEqual(["OK", "OK"]);
  });

  it("comes although another authority issues by then, which began later; meanwhile the account does what else is due", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const unreachable = vi.spyOn(PersonObject.prototype, "reserveDocumentNumber").mockRejectedValue(new Error("out of reach"));
    expect(await change(NEW_PIN, PINS.sign)).toEqual({ ok: false, failure: { code: "certificates_late" } });
    await query("UPDATE re_key SET until = 1");
    await query(
      "INSERT INTO pending_transaction (transaction_id, purpose, expires_at, details, offer) VALUES ('x', 'sign', 1, '{}', 'null')",
    );
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect((await dumpObject(accountStub(device.storage.record)))["pending_transaction"]).toEqual([]);
    unreachable.mockRestore();
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await settleKeys(device.client)).toMatchObject({ ok: true, value: { exchanged: ["sign"] } });
    expect(await signsWith(PINS.sign)).toEqual(["OK", "OK"]);
  });

  it("ends what a relying party would have signed with the certificate that it was given before", async () => {
    const following = await startSignature(device.documentNumber, aContract());
    await claimOnly(device);
    await query("UPDATE pending_transaction SET details = json_set(details, '$.offered.follows', 'a choice')");
    await query("INSERT INTO awaited VALUES (1, 'a choice', 'DEMO', 9000000000000, 0)");
    expect(await change(PINS.sign, NEW_PIN)).toEqual({ ok: true, value: undefined });
    expect(await endResult(following)).toBe("DOCUMENT_UNUSABLE");
    expect((await dumpObject(accountStub(device.storage.record)))["awaited"]).toEqual([]);
  });

  it("throws away what was begun and never finished, and raises the epoch with each step", async () => {
    const { client } = device;
    const epoch = async () =>
      ((await dumpObject(accountStub(device.storage.record)))["account"] as { epoch: number }[])[0]!.epoch;
    expect((await client.call("beginReKey", () => ({ purpose: "auth", change: "replace" }))).ok).toBe(true);
    await query("UPDATE re_key SET state = 'allowed'");
    const before = await epoch();
    expect((await client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }))).ok).toBe(true);
    expect(await epoch()).toBe(before + 1);
    await query("DELETE FROM re_key");
    expect((await client.call("beginReKey", () => ({ purpose: "auth", change: "replace" }))).ok).toBe(true);
    expect((await keyRows(device, "auth")).map(({ state }) => state)).toEqual(["certified", "certified", "destroyed"]);
    await query("DELETE FROM key_pair WHERE state = 'destroyed' AND purpose = 'auth'");
  });

  it("that was asked for and not made in time leaves nothing behind", async () => {
    const { client } = device;
    expect((await client.call("beginReKey", () => ({ purpose: "auth", change: "replace" }))).ok).toBe(true);
    const { re_key: asked } = await dumpObject(accountStub(device.storage.record));
    const alarm = await runInDurableObject(accountStub(device.storage.record), (_, { storage }) => storage.getAlarm());
    expect(asked).toMatchObject([{ state: "asked", until: alarm }]);
    await query("UPDATE re_key SET state = 'allowed'");
    const initiated = await client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }));
    expect(initiated).toMatchObject({ ok: true, value: { keyVersion: 3 } });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * 60_000 });
    expect(await client.call("initiateKey", () => ({ purpose: "auth", suite: "rsa" }))).toMatchObject({
      failure: { code: "wrong_state" },
    });
    await runDurableObjectAlarm(accountStub(device.storage.record));
    vi.useRealTimers();
    expect(await keyRows(device, "auth")).toMatchObject([{ state: "certified" }, { state: "certified" }, { state: "destroyed" }]);
    expect((await dumpObject(accountStub(device.storage.record)))["re_key"]).toEqual([]);
    const sessionID = await startLogin(device.documentNumber);
    expect((await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("is revoked too where rows of before it come back", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const standing = (await keyRows(device, "sign")).filter(({ state }) => state === "certified");
    const serials = standing.map(({ index_entry: entry }) => (JSON.parse(entry!) as CertificateEntry).serialNumberHex);
    for (const { key_version: version } of standing)
      await query(`DELETE FROM key_pair WHERE purpose = 'sign' AND key_version = ${version}`);
    await query("UPDATE account SET epoch = 1");
    await evictDurableObject(accountStub(device.storage.record));
    expect(await device.client.call("getKeyState", () => ({}))).toMatchObject({ value: { closedReason: "rolled_back" } });
    await runDurableObjectAlarm(accountStub(device.storage.record));
    const found = await findCertificates(env.DATABASE, serials);
    expect(serials.map((serial) => found.get(serial)?.revocation?.reason)).toEqual(["keyCompromise", "keyCompromise"]);
  });
});

describe("an account of before the second suite", () => {
  const suitesAre = (of: HeadlessDevice, suites: string) =>
    runInDurableObject(accountStub(of.storage.record), (instance) => {
      (instance as unknown as { env: { KEY_SUITES: string } }).env.KEY_SUITES = suites;
    });

  beforeAll(async () => {
    (env as { KEY_SUITES: string } & Environment).KEY_SUITES = "rsa";
    device = await enrol();
    await suitesAre(device, "rsa,ed25519");
  });

  it("has none of its keys, and is unusable for it at once", async () => {
    expect(await keyRows(device, "sign")).toMatchObject([{ suite: "rsa" }]);
    const sessionID = await startSignature(device.documentNumber, aContract(), ED25519);
    expect(await endResult(sessionID)).toBe("DOCUMENT_UNUSABLE");
  });

  it("gets them by each PIN that it has, and keeps what it had", async () => {
    const added = (purpose: "auth" | "sign", pin: string) => addSuites(device.client, purpose, pinOf(pin), { pause: noPause });
    expect(await added("sign", WRONG_PINS.sign)).toMatchObject({ ok: false, failure: { code: "wrong_pin", attemptsLeft: 2 } });
    expect(await added("sign", PINS.sign)).toEqual({ ok: true, value: ["ed25519"] });
    expect(await added("sign", PINS.sign)).toEqual({ ok: true, value: [] });
    expect(await keyRows(device, "sign")).toMatchObject([
      { suite: "rsa", key_version: 1, state: "certified" },
      { suite: "ed25519", key_version: 2, state: "certified" },
    ]);
    expect(await indexed(device, "sign")).toEqual(["good", "good"]);
    expect(await keyRows(device, "auth")).toHaveLength(1);
    expect(await signsWith(PINS.sign)).toEqual(["OK", "OK"]);
  });

  it("keeps them with a new PIN, also where new accounts get none any more", async () => {
    await suitesAre(device, "rsa");
    expect(await change(PINS.sign, NEW_PIN)).toEqual({ ok: true, value: undefined });
    expect(await signsWith(NEW_PIN)).toEqual(["OK", "OK"]);
  });
});
