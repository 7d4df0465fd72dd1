// What an operator's orders do, and what everybody sees of it: the status service, the account's device, relying parties.
import { CRLReasons } from "@peculiar/asn1-x509";
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { X509Crl } from "@peculiar/x509";
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { OutboxDelivery } from "../../durable/account/outbox-delivery.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { findCertificates, recordIssued } from "../../src/certificates/certificate-index.ts";
import type { AccountReport } from "../../src/protocol/operator-orders.ts";
import { bytes, checkedAnswer, newEntry, post as askStatus, requestFor, statesOf } from "../pki/ocsp-client.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
import {
  accountStub,
  claimOnly,
  enrol,
  type HeadlessDevice,
  PERSON,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { expectProblem } from "../support/problem.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { give, send, sign } from "./orders.ts";

const SEMANTICS_IDENTIFIER = "PNOEE-50001029996";
/** Of nobody. */
const UNKNOWN = `${SEMANTICS_IDENTIFIER}-0000-NQ`;

type Enrolled = HeadlessDevice & { readonly documentNumber: string };
let first: Enrolled;
let second: Enrolled;

const log = vi.spyOn(console, "info");

beforeAll(async () => {
  await seedDemoParty();
  first = await enrol();
  second = await enrol();
});
beforeEach(() => {
  log.mockReset().mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

const show = async (account: string): Promise<readonly AccountReport[]> => (await give({ kind: "show", account })).accounts;
const detailsOf = async ({ documentNumber }: Enrolled) => (await show(documentNumber))[0]!.details!;
const serialsOf = async (device: Enrolled) => (await detailsOf(device)).certificates.map(({ serialNumber }) => serialNumber);
const handleOf = ({ storage }: Enrolled): string => storage.record!.handle;
const logged = (): string => log.mock.calls.flat().join("\n");

async function ocspReasons(serials: readonly string[]): Promise<readonly (string | undefined)[]> {
  const request = await requestFor(serials.map((serialNumberHex) => ({ serialNumberHex })));
  const { data } = await checkedAnswer(await bytes(await askStatus(request)));
  return data.responses.map(({ certStatus }) => {
    const reason = certStatus.revoked?.revocationReason?.reason;
    return reason === undefined ? undefined : CRLReasons[reason];
  });
}

/** As an index restored from a backup, which is older than the revocations. */
async function forget(...serials: readonly string[]): Promise<void> {
  const statement = env.DATABASE.prepare("UPDATE certificates SET revoked_at = NULL, reason = NULL WHERE serial_number = ?");
  await env.DATABASE.batch(serials.map((serial) => statement.bind(serial)));
}

const INDEX_DOWN =
  "CREATE TRIGGER down BEFORE UPDATE OF revoked_at ON certificates BEGIN SELECT RAISE(ABORT, 'the index is down'); END";
const INDEX_UP = "DROP TRIGGER down";

async function isRefusedWhileIndexIsDown(order: object): Promise<void> {
  await env.DATABASE.exec(INDEX_DOWN);
  const response = await send(await sign(order));
  await env.DATABASE.exec(INDEX_UP);
  await expectProblem(response, 409);
}

describe("show", () => {
  it("tells of every account of a person what it is, and what the index says of its certificates", async () => {
    const before = Date.now();
    const shown = await show(SEMANTICS_IDENTIFIER);
    expect(shown.map(({ documentNumber }) => documentNumber)).toEqual([first.documentNumber, second.documentNumber]);
    const pin = { state: "usable", wrong: 0, lockedUntil: 0 };
    const [{ details, ...record }] = shown as [AccountReport];
    expect(record).toEqual({
      documentNumber: first.documentNumber,
      level: "QUALIFIED",
      listedAs: "active",
      listedCertificates: details!.certificates.map(({ serialNumber, index }) => ({ serialNumber, index })),
      handle: handleOf(first),
      object: "found",
    });
    expect(details).toMatchObject({
      status: "active",
      closedReason: "",
      pins: { auth: pin, sign: pin },
      certificates: [
        { purpose: "auth", suite: "rsa", index: { state: "good" } },
        { purpose: "sign", suite: "rsa", index: { state: "good" } },
        { purpose: "auth", suite: "ed25519", index: { state: "good" } },
        { purpose: "sign", suite: "ed25519", index: { state: "good" } },
      ],
      outOfStep: { count: 0, lastAt: 0 },
    });
    const { appliedAt, expiresAt, certificates } = details!;
    expect(new Date(appliedAt).getUTCFullYear() + 3).toBe(new Date(expiresAt).getUTCFullYear());
    expect(appliedAt).toBeLessThanOrEqual(before);
    for (const { serialNumber, notBefore, notAfter } of certificates) {
      expect((await findCertificates(env.DATABASE, [serialNumber])).size).toBe(1);
      expect(notBefore).toBeLessThan(notAfter);
    }
  });

  it("tells of one account where its document number is asked for", async () => {
    expect((await show(second.documentNumber)).map(({ documentNumber }) => documentNumber)).toEqual([second.documentNumber]);
  });

  it("tells of locks and wrong PINs, and no name, no key and no address", async () => {
    await startLogin(second.documentNumber);
    const claimed = await claimOnly(second);
    for (let round = 0; round < 3; round++) await approveTransaction(second.client, claimed, pinOf(WRONG_PINS.auth));
    const text = JSON.stringify(await show(SEMANTICS_IDENTIFIER));
    expect((await detailsOf(second)).pins).toMatchObject({ auth: { state: "locked", wrong: 3 }, sign: { state: "usable" } });
    expect(text).not.toMatch(new RegExp(`${PERSON.givenName}|${PERSON.surname}|endpoint|publicKey|share|127\\.0\\.0\\.1`));
  });

  it("says what the index says, whatever the account believes", async () => {
    const [serial = "", other] = await serialsOf(second);
    const statement = "UPDATE certificates SET serial_number = ? WHERE serial_number = ?";
    await env.DATABASE.prepare(statement).bind("gone", serial).run();
    expect((await detailsOf(second)).certificates.map(({ index }) => index.state)).toEqual(["unknown", "good", "good", "good"]);
    await env.DATABASE.prepare(statement).bind(serial, "gone").run();
    await env.DATABASE.exec("ALTER TABLE certificates RENAME TO elsewhere");
    expect((await detailsOf(second)).certificates.map(({ index }) => index.state)).toEqual(Array(4).fill("unreachable"));
    await env.DATABASE.exec("ALTER TABLE elsewhere RENAME TO certificates");
    expect(await statesOf([{ serialNumberHex: other! }])).toEqual(["good"]);
  });

  it("tells of the other accounts where the object of one does not answer", async () => {
    vi.spyOn(AccountObject.prototype, "describe").mockRejectedValueOnce(new Error("broken"));
    const shown = await show(SEMANTICS_IDENTIFIER);
    expect(shown.map(({ object, details }) => [object, details?.status])).toEqual(
      expect.arrayContaining([
        ["unreachable", undefined],
        ["found", "active"],
      ]),
    );
    for (const { listedCertificates } of shown)
      expect(listedCertificates).toMatchObject([{ index: { state: "good" } }, {}, {}, {}]);
  });

  it("knows nobody whom nobody registered", async () => {
    for (const account of [UNKNOWN, "PNOEE-40504040001"])
      await expectProblem(await send(await sign({ kind: "show", account })), 404);
    await expectProblem(await send(await sign({ kind: "close", documentNumber: UNKNOWN })), 404);
  });
});

describe("revoke", () => {
  it("revokes every certificate for that reason, before it answers, and closes the account", async () => {
    const serials = await serialsOf(first);
    const sessionID = await startLogin(first.documentNumber);
    const claimed = await claimOnly(first);
    const answer = await give({ kind: "revoke", documentNumber: first.documentNumber, reason: "privilegeWithdrawn" });

    expect(await ocspReasons(serials)).toEqual(Array(4).fill("privilegeWithdrawn"));
    expect(answer).toMatchObject({
      closed: true,
      account: { listedAs: "closed", details: { status: "closed", closedReason: "operator", undelivered: [] } },
    });
    for (const { index } of answer.account.details!.certificates)
      expect(index).toMatchObject({ state: "revoked", reason: "privilegeWithdrawn" });
    const list = await exports.default.fetch("http://localhost:8787/pki/crl/eid-q.crl");
    const listed = new X509Crl(await list.arrayBuffer()).entries.map(({ serialNumber }) => serialNumber);
    expect(listed).toEqual(expect.arrayContaining([...serials]));

    expect(await approveTransaction(first.client, claimed, pinOf(PINS.auth))).toEqual({
      ok: false,
      failure: { code: "account_closed", reason: "operator" },
    });
    expect(await endResult(sessionID)).toBe("ACCOUNT_UNUSABLE");
    await expect(startLogin(first.documentNumber)).rejects.toThrow("404");
    expect((await show(SEMANTICS_IDENTIFIER)).map(({ listedAs }) => listedAs)).toEqual(["closed", "active"]);
  });

  it("changes nothing where the account was closed before, and says so: neither the same order nor another one", async () => {
    const serials = await serialsOf(first);
    const message = await sign({ kind: "revoke", documentNumber: first.documentNumber, reason: "keyCompromise" });
    for (const response of [await send(message), await send(message)]) {
      expect(await response.json()).toMatchObject({ closed: false, account: { details: { closedReason: "operator" } } });
    }
    expect((await give({ kind: "close", documentNumber: first.documentNumber })).closed).toBe(false);
    expect(await ocspReasons(serials)).toEqual(Array(4).fill("privilegeWithdrawn"));
  });

  it("by serial number revokes one certificate and closes no account", async () => {
    const [serialNumber = "", other = ""] = await serialsOf(second);
    const order = { kind: "revokeCertificate", serialNumber, reason: "superseded" } as const;
    expect(await give(order)).toMatchObject({ revoked: true, serialNumber, index: { state: "revoked", reason: "superseded" } });
    expect(await give({ ...order, reason: "keyCompromise" })).toMatchObject({ revoked: false, index: { reason: "superseded" } });
    expect(await ocspReasons([serialNumber, other])).toEqual(["superseded", undefined]);
    expect((await detailsOf(second)).status).toBe("active");
    const missing = newEntry().serialNumberHex;
    await expectProblem(await send(await sign({ ...order, serialNumber: missing })), 404);
    expect(await statesOf([{ serialNumberHex: missing }])).toEqual(["unknown"]);
  });
});

describe("close", () => {
  it("is not undone by a crash right after it, nor by an index that is down: the alarm repeats what waits, and show tells", async () => {
    const [, serial = ""] = await serialsOf(second);
    await env.DATABASE.exec(INDEX_DOWN);
    const order = { kind: "close", documentNumber: second.documentNumber } as const;
    // The process dies before anything was told to anybody.
    const delivery = vi.spyOn(OutboxDelivery.prototype, "deliver").mockResolvedValue();
    expect(await give(order)).toMatchObject({ closed: true, account: { listedAs: "active", details: { status: "closed" } } });
    delivery.mockRestore();
    await abortAllDurableObjects();

    const stub = accountStub(second.storage.record);
    await vi.waitFor(
      async () => {
        const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
        expect(alarm ?? Infinity).toBeLessThan(Date.now() + 60_000);
      },
      { timeout: 20_000 },
    );
    const runAlarm = () => runDurableObjectAlarm(stub);
    expect(await runAlarm()).toBe(true);
    // The other devices are told after the index only: what they read is that everything is revoked.
    const waiting = [
      { kind: "revocation", count: 3 },
      { kind: "notice", count: 1 },
    ];
    const details = await detailsOf(second);
    expect(details).toMatchObject({ status: "closed", closedReason: "operator", undelivered: waiting });
    expect(details.certificates.map(({ index }) => index.state)).toEqual(["revoked", "good", "good", "good"]);
    expect(await give(order)).toMatchObject({
      closed: false,
      account: { listedAs: "closed", details: { undelivered: waiting } },
    });
    expect(await ocspReasons([serial])).toEqual([undefined]);

    await env.DATABASE.exec(INDEX_UP);
    expect(await runAlarm()).toBe(true);
    expect((await detailsOf(second)).undelivered).toEqual([]);
    expect(await ocspReasons([serial])).toEqual(["cessationOfOperation"]);
  });

  it("given again revokes what the index forgot, with what the account keeps of its closing, and else changes nothing", async () => {
    const serials = await serialsOf(second);
    const { expiresAt } = await detailsOf(second);
    const order = { kind: "revoke", documentNumber: second.documentNumber, reason: "privilegeWithdrawn" } as const;
    for (const [closedReason, reason] of [
      ["operator", "privilegeWithdrawn"],
      ["cloned", "keyCompromise"],
      ["expired", "superseded"],
    ] as const) {
      await runInDurableObject(accountStub(second.storage.record), (_, { storage }) => {
        storage.sql.exec("UPDATE account SET closed_reason = ?", closedReason);
      });
      // One that is older than the revocation, and one that is older than the certificate.
      await forget(serials[0]!);
      await env.DATABASE.prepare("DELETE FROM certificates WHERE serial_number = ?").bind(serials[1]).run();
      const before = Date.now();
      const forgotten = serials.slice(0, 2);
      expect(await give(order)).toMatchObject({ closed: false, revokedByOrder: forgotten });
      expect(await ocspReasons(forgotten)).toEqual([reason, reason]);
      const index = { state: "revoked", reason };
      const { certificates } = await detailsOf(second);
      expect(certificates).toMatchObject([{ index }, { index }, {}, {}]);
      for (const certificate of certificates.slice(0, 2)) {
        const at = certificate.index.state === "revoked" ? certificate.index.revokedAt : 0;
        if (closedReason === "expired") expect(at).toBe(Math.floor(expiresAt / 1000) * 1000);
        else expect(at).toBeGreaterThan(before - 2000);
      }
      expect(await give({ ...order, reason: "affiliationChanged" })).toMatchObject({ closed: false, revokedByOrder: [] });
    }
    await forget(serials[0]!);
    await isRefusedWhileIndexIsDown(order);
    expect((await give(order)).revokedByOrder).toEqual([serials[0]]);
  });

  describe("where the Account object is lost", () => {
    let serials: readonly string[];
    const order = () => ({ kind: "close", documentNumber: second.documentNumber }) as const;
    const listAgain = async (statement = "UPDATE account SET state = 'active' WHERE handle = ?") =>
      runInDurableObject(env.PERSONS.get(env.PERSONS.idFromName(SEMANTICS_IDENTIFIER)), (_, { storage }) => {
        storage.sql.exec(statement, handleOf(second));
      });

    beforeAll(async () => {
      serials = await serialsOf(second);
      await forget(...serials);
      await listAgain();
      await runInDurableObject(accountStub(second.storage.record), async (_, { storage }) => storage.deleteAll());
    });

    it("show tells the serial numbers that the person's list kept, and what the index says of them", async () => {
      const listedCertificates = serials.map((serialNumber) => ({ serialNumber, index: { state: "good" } }));
      expect(await show(second.documentNumber)).toMatchObject([
        { listedAs: "active", object: "lost", details: null, listedCertificates },
      ]);
    });

    it("close is refused while the index does not take the revocations, and closes nothing then", async () => {
      await isRefusedWhileIndexIsDown(order());
      expect(await show(second.documentNumber)).toMatchObject([{ listedAs: "active" }]);
    });

    it("close revokes those, closes the account in the list and tells the person's others; again it changes nothing", async () => {
      const closing = vi.spyOn(PersonObject.prototype, "close");
      expect(await give(order())).toMatchObject({
        closed: true,
        revokedByOrder: serials,
        account: { listedAs: "closed", object: "lost", listedCertificates: [{ index: { state: "revoked" } }, {}, {}, {}] },
      });
      const { documentNumber } = second;
      const notice = { kind: "closed", reason: "operator", documentNumber };
      expect(closing.mock.calls).toMatchObject([[handleOf(second), notice]]);
      expect(await ocspReasons(serials)).toEqual(Array(4).fill("cessationOfOperation"));
      await expect(startLogin(documentNumber)).rejects.toThrow("404");
      expect(await give(order())).toMatchObject({ closed: false, revokedByOrder: [] });
      expect(closing.mock.calls[1]).toEqual([handleOf(second), undefined]);
      closing.mockRestore();
    });

    it("and its serial numbers were never kept, close closes it in the list and says that nothing is revoked", async () => {
      await forget(...serials);
      await listAgain("UPDATE account SET state = 'active', serial_numbers = '[]' WHERE handle = ?");
      const closing = vi.spyOn(PersonObject.prototype, "close");
      expect(await give(order())).toMatchObject({
        closed: true,
        revokedByOrder: [],
        account: { listedAs: "closed", listedCertificates: [] },
      });
      expect(closing.mock.calls).toEqual([[handleOf(second), undefined]]);
      expect(await ocspReasons(serials)).toEqual(Array(4).fill(undefined));
      closing.mockRestore();
    });
  });

  it("closes an account whose certificates are still being made", async () => {
    await runInDurableObject(accountStub(first.storage.record), (_, { storage }) => {
      storage.sql.exec("UPDATE account SET status = 'issuing', document_number = '', closed_reason = ''");
    });
    await runInDurableObject(env.PERSONS.get(env.PERSONS.idFromName(SEMANTICS_IDENTIFIER)), (_, { storage }) => {
      storage.sql.exec("UPDATE account SET state = 'reserved' WHERE handle = ?", handleOf(first));
    });
    const answer = await give({ kind: "close", documentNumber: first.documentNumber });
    expect(answer).toMatchObject({ closed: true, account: { details: { status: "closed", closedReason: "operator" } } });
    await vi.waitFor(async () => expect(await show(first.documentNumber)).toMatchObject([{ listedAs: "closed" }]), {
      timeout: 20_000,
    });
  });
});

describe("an order that breaks down half way", () => {
  const order = () => ({ kind: "close", documentNumber: first.documentNumber }) as const;

  it("is in the log with its account, and the answer tells what to do", async () => {
    vi.spyOn(AccountObject.prototype, "closeByOperator").mockRejectedValueOnce(new Error("broken"));
    await expectProblem(await send(await sign(order())), 409);
    expect(logged()).toMatch(new RegExp(`is about ${handleOf(first)}\n.*refused, conflict$`));
  });

  it("is answered where only the second look at the person's list fails", async () => {
    const details = await detailsOf(first);
    const look = vi.spyOn(PersonObject.prototype, "history");
    vi.spyOn(AccountObject.prototype, "closeByOperator").mockImplementationOnce(async () => {
      look.mockRejectedValueOnce(new Error("broken"));
      return { closed: false, details };
    });
    expect(await give(order())).toMatchObject({ closed: false, account: { documentNumber: first.documentNumber } });
    expect(look).toHaveBeenCalledTimes(2);
    look.mockRestore();
  });
});

describe("the log", () => {
  it("has every order with its outcome, by the names of objects, and nothing that tells whose account it was", async () => {
    const reason = "keyCompromise";
    const entry = newEntry();
    await recordIssued(env.DATABASE, entry);
    await give({ kind: "show", account: SEMANTICS_IDENTIFIER });
    await give({ kind: "revoke", documentNumber: first.documentNumber, reason });
    await give({ kind: "revokeCertificate", serialNumber: entry.serialNumberHex, reason });
    await send(await sign({ kind: "close", documentNumber: UNKNOWN }));
    const uuid = "[0-9a-f-]{36}";
    const lines = [
      "show",
      `shown, ${handleOf(first)} ${handleOf(second)}`,
      `revoke ${reason}`,
      `is about ${handleOf(first)}`,
      `was closed before, ${handleOf(first)}`,
      `revokeCertificate ${entry.serialNumberHex} ${reason}`,
      `revoked, ${entry.serialNumberHex}`,
      "close",
      "refused, no_such_account",
    ];
    expect(logged()).toMatch(new RegExp(`^${lines.map((line) => `operator's order ${uuid}: ${line}`).join("\n")}$`));
    expect(logged()).not.toMatch(/50001029996/);
  });
});
