// An account from its first day to its end, and the one that takes its place, with the clock in the test's hand: nobody asks for anything
// at the end, and yet it is closed and revoked as of the second in which its time was over.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../../durable/account/account-object.ts";
import { AuditStore } from "../../../durable/account/audit-store.ts";
import { PersonObject } from "../../../durable/person/person-object.ts";
import { ServerUnreachable } from "../../../src/authenticator/server-connection.ts";
import { askKeyState, closeForSuccessor, isDueForRenewal } from "../../../src/authenticator/renewal.ts";
import { accountExpiry } from "../../../src/account/account-life.ts";
import type { CertificateLevel } from "../../../src/account/purpose.ts";
import { findCertificates } from "../../../src/certificates/certificate-index.ts";
import type { Environment } from "../../../src/environment.ts";
import type { AccountNotice } from "../../../src/protocol/device-messages.ts";
import { startLogin } from "../../support/demo-party.ts";
import { accountStub, enrol, type HeadlessDevice, identifiedDevice, PERSON } from "../../support/headless-device.ts";
import { anAuthentication, listedAccount, post, seedDemoParty } from "../../support/relying-party.ts";
import { query } from "../../support/server-vault.ts";

type Device = HeadlessDevice & { readonly documentNumber: string };

const DAY = 24 * 3_600_000;
const MARI = `PNOEE-${PERSON.personalCode}`;
const OTHER = "PNOEE-40504040001";

/** The last second of whoever issues here: everything happens in its last two years. Milliseconds since the epoch, as the others. */
let issuerEnds: number;
let firstEnds: number;
let renewed: number;
let first: Device;
let second: Device;

const lifetime = (months: string): void => {
  (env as { ACCOUNT_LIFETIME_MONTHS: string } & Environment).ACCOUNT_LIFETIME_MONTHS = months;
};
const at = (now: number): void => void vi.useFakeTimers({ toFake: ["Date"], now });
const handleOf = ({ storage }: Device): string => storage.record?.handle ?? "";
const stubOf = ({ storage }: Device) => accountStub(storage.record);
const person = (name = MARI) => env.PERSONS.get(env.PERSONS.idFromName(name));
const alarmOf = (device: Device) => runInDurableObject(stubOf(device), (_, { storage }) => storage.getAlarm());
const delivered = (device: Device) =>
  vi.waitFor(async () => expect(await query(handleOf(device), "SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
const rowOf = async (device: Device) => (await query(handleOf(device), "SELECT status, closed_reason FROM account"))[0];

async function look(device: Device) {
  const answer = await askKeyState(device.client);
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value;
}

/** What relying parties are answered by: whoever asks for the person, for the account, for its certificate. */
async function statuses({ documentNumber }: Device): Promise<readonly number[]> {
  const { relyingPartyUUID, relyingPartyName } = anAuthentication();
  const answers = await Promise.all([
    post(`/authentication/notification/document/${documentNumber}`, anAuthentication()),
    post(`/authentication/device-link/document/${documentNumber}`, anAuthentication()),
    post(`/signature/certificate/${documentNumber}`, { relyingPartyUUID, relyingPartyName }),
  ]);
  return answers.map(({ status }) => status);
}

/** Of every certificate: its last second, and how it is revoked. */
async function certificatesOf(device: Device) {
  const rows = await query(handleOf(device), "SELECT index_entry FROM key_pair WHERE index_entry IS NOT NULL");
  const entries = rows.map((row) => JSON.parse(row["index_entry"] as string) as { serialNumberHex: string; notAfter: number });
  const serialNumbers = entries.map(({ serialNumberHex }) => serialNumberHex);
  const found = await findCertificates(env.DATABASE, serialNumbers);
  return entries.map(({ serialNumberHex, notAfter }) => ({ notAfter, revocation: found.get(serialNumberHex)?.revocation }));
}

beforeAll(async () => {
  await seedDemoParty();
  const issuers = env.DATABASE.prepare("SELECT certificate FROM certificate_authorities WHERE level = 'QUALIFIED'");
  issuerEnds = new X509Certificate((await issuers.first<string>("certificate"))!).notAfter.getTime();
  // Not at the beginning of a second.
  const applied = issuerEnds - 730 * DAY + 900;
  firstEnds = Math.floor(accountExpiry(applied, 12) / 1000) * 1000;
  renewed = firstEnds - 60 * DAY;
  at(applied);
  lifetime("12");
  first = await enrol();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  vi.useRealTimers();
});

describe("an account of 12 months", () => {
  it("ends in twelve months, wakes then, and its certificates end in the second before", async () => {
    expect(await look(first)).toMatchObject({ status: "active", expiresAt: firstEnds, renewFrom: renewed });
    expect(await alarmOf(first)).toBe(firstEnds);
    const certificates = await certificatesOf(first);
    expect(certificates).toHaveLength(4);
    for (const certificate of certificates) expect(certificate).toEqual({ notAfter: firstEnds - 1000, revocation: undefined });
  });

  it("is to be renewed in its last 60 days, and its app is told from when on", async () => {
    at(renewed - 1);
    expect(isDueForRenewal(await look(first))).toBe(false);
    at(renewed);
    expect(isDueForRenewal(await look(first))).toBe(true);
  });

  it("tells an app of before what that app takes, and nothing more", async () => {
    const answer = await first.client.call("getKeyState", () => ({}));
    expect(answer).toMatchObject({ ok: true, value: { expiresAt: firstEnds } });
    expect(answer.ok && "renewFrom" in answer.value).toBe(false);
  });
});

describe("no account takes the place of another", () => {
  const listed = async (name: string, level: CertificateLevel = "QUALIFIED") => listedAccount(name, level);

  it.each([
    ["which is the account itself", async () => first.documentNumber],
    ["which is nobody's", async () => `${MARI}-AAAA-Q`],
    ["which is another person's", async () => (await listed(OTHER)).documentNumber],
    ["which is not active yet", () => person().reserveDocumentNumber(MARI, env.ACCOUNTS.newUniqueId().toString(), "QUALIFIED")],
    [
      "which is closed",
      async () => {
        const { handle, documentNumber } = await listed(MARI);
        await person().close(handle);
        return documentNumber;
      },
    ],
    [
      "whose time is over",
      async () => {
        const { handle, documentNumber } = await listed(MARI);
        await person().activate(handle, [], renewed);
        return documentNumber;
      },
    ],
    ["which does for less", async () => (await listed(MARI, "ADVANCED")).documentNumber],
  ])("%s", async (_, successor) => {
    const documentNumber = await successor();
    expect(await closeForSuccessor(first.client, documentNumber)).toEqual({
      ok: false,
      failure: { code: "unacceptable_successor" },
    });
    expect(await rowOf(first)).toEqual({ status: "active", closed_reason: "" });
  });

  it("while nobody can say whether it stands: the device asks again", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(PersonObject.prototype, "accounts").mockRejectedValue(new Error("out of reach"));
    await expect(closeForSuccessor(first.client, first.documentNumber)).rejects.toThrow(ServerUnreachable);
    expect(await first.client.settle()).toMatchObject({ received: false });
    expect(await rowOf(first)).toMatchObject({ status: "active" });
  });
});

describe("of two accounts that stand", () => {
  beforeAll(async () => {
    for (const { handle } of await person().history()) if (handle !== handleOf(first)) await person().close(handle);
    // Longer than its issuer is there.
    lifetime("36");
    second = await enrol();
  });

  const refused = { ok: false, failure: { code: "unacceptable_successor" } };

  it("the older one does not take the place of the newer, so that two that name each other at once do not both close", async () => {
    expect(await closeForSuccessor(second.client, first.documentNumber)).toEqual(refused);
    expect(await rowOf(second)).toEqual({ status: "active", closed_reason: "" });
  });

  it("the newer one does not where it does for less, or is closed and the person's list has not heard of it", async () => {
    const list = (level: CertificateLevel) =>
      runInDurableObject(person(), (_, { storage }) =>
        storage.sql.exec("UPDATE account SET level = ? WHERE handle = ?", level, handleOf(second)).toArray(),
      );
    await list("ADVANCED");
    expect(await closeForSuccessor(first.client, second.documentNumber)).toEqual(refused);
    await list("QUALIFIED");
    await query(handleOf(second), "UPDATE account SET status = 'closed', closed_reason = 'owner'");
    expect(await closeForSuccessor(first.client, second.documentNumber)).toEqual(refused);
    await query(handleOf(second), "UPDATE account SET status = 'active', closed_reason = ''");
    expect(await rowOf(first)).toEqual({ status: "active", closed_reason: "" });
  });

  it.each(["auth", "sign"])("the newer one does not where its %s PIN is locked for ever", async (purpose) => {
    await query(handleOf(second), "INSERT OR REPLACE INTO lockout VALUES (?, 9, 0)", purpose);
    expect(await closeForSuccessor(first.client, second.documentNumber)).toEqual(refused);
    await query(handleOf(second), "DELETE FROM lockout");
    expect(await rowOf(first)).toEqual({ status: "active", closed_reason: "" });
  });
});

describe("a renewal", () => {
  const everybodyIsTold = () =>
    vi.waitFor(
      () =>
        runInDurableObject(person(), (_, { storage }) => {
          if (storage.sql.exec("SELECT * FROM notice_delivery").toArray().length > 0) throw new Error("not everybody is told");
        }),
      { timeout: 20_000 },
    );
  const handleIn = (object: unknown): string => (object as { ctx: DurableObjectState }).ctx.id.toString();
  let told: readonly [handle: string, notice: AccountNotice][];
  let elsewhere: string;

  beforeAll(async () => {
    elsewhere = (await listedAccount(MARI, "QUALIFIED")).handle;
    // That it is new; the clock went on meanwhile.
    await everybodyIsTold();
    at(renewed);
    const telling = vi.spyOn(AccountObject.prototype, "notice");
    if (!(await closeForSuccessor(first.client, second.documentNumber)).ok) throw new Error("the successor is refused");
    await delivered(first);
    await everybodyIsTold();
    told = telling.mock.calls.map(([notice], call) => [handleIn(telling.mock.contexts[call]), notice]);
  });

  it("closes the account before, revoked as superseded, and keeps the new one", async () => {
    expect(await look(first)).toMatchObject({ status: "closed", closedReason: "renewed", expiresAt: 0, renewFrom: 0 });
    for (const { revocation } of await certificatesOf(first))
      expect(revocation).toEqual({ reason: "superseded", revokedAt: renewed });
    expect(await query(handleOf(first), "SELECT DISTINCT state, server_share FROM key_pair")).toEqual([
      { state: "destroyed", server_share: null },
    ]);
    expect(await look(second)).toMatchObject({ status: "active", closedReason: "" });
    for (const { revocation } of await certificatesOf(second)) expect(revocation).toBeUndefined();
  });

  it("is seen by relying parties: the number before is nobody's, the new one and the person are found", async () => {
    expect(await statuses(first)).toEqual([404, 404, 404]);
    const { status } = await post(`/authentication/notification/etsi/${MARI}`, anAuthentication());
    expect([...(await statuses(second)), status]).toEqual([200, 200, 200, 200]);
  });

  it("is told to the person's other devices, and to the new one: whoever has the old device needs no PIN to name it", async () => {
    const { documentNumber } = first;
    const notice = { kind: "closed", reason: "renewed", id: expect.any(String), documentNumber, at: renewed };
    expect(told).toEqual([
      [handleOf(second), notice],
      [elsewhere, notice],
    ]);
    expect((await look(second)).notices.filter(({ kind }) => kind === "closed")).toEqual([notice]);
  });

  it("asked for again changes nothing: the account is closed as it was", async () => {
    at(renewed + DAY);
    expect(await closeForSuccessor(first.client, second.documentNumber)).toEqual({
      ok: false,
      failure: { code: "account_closed", reason: "renewed" },
    });
    expect(await first.client.call("revokeKey", () => ({}))).toMatchObject({ failure: { reason: "renewed" } });
  });
});

describe("an account that would outlive its issuer", () => {
  let ends: number;

  it("ends when its issuer does, whatever ACCOUNT_LIFETIME_MONTHS says, and its certificates do not outlive it", async () => {
    ends = issuerEnds + 1000;
    expect(await look(second)).toMatchObject({ expiresAt: ends, renewFrom: ends - 60 * DAY });
    for (const { notAfter } of await certificatesOf(second)) expect(notAfter).toBe(ends - 1000);
    await query(handleOf(second), "DELETE FROM pending_transaction");
    await runDurableObjectAlarm(stubOf(second));
    expect(await alarmOf(second)).toBe(ends);
  });

  it("can be asked in its last millisecond", async () => {
    at(ends - 1);
    await runDurableObjectAlarm(stubOf(second));
    expect(await rowOf(second)).toMatchObject({ status: "active" });
    await startLogin(second.documentNumber);
  });

  it("of before, whose end the person's list does not have, tells it when it is loaded", async () => {
    const listedEnd = () =>
      runInDurableObject(person(), (_, { storage }) =>
        storage.sql.exec("SELECT expires_at FROM account WHERE handle = ?", handleOf(second)).one(),
      );
    await runInDurableObject(person(), (_, { storage }) => storage.sql.exec("UPDATE account SET expires_at = 0").toArray());
    await evictDurableObject(stubOf(second));
    await look(second);
    expect(await listedEnd()).toEqual({ expires_at: ends });
  });

  it("is not found from its end on, though its alarm is late and nobody has looked at it", async () => {
    at(ends);
    expect(await statuses(second)).toEqual([404, 404, 404]);
    expect(await rowOf(second)).toMatchObject({ status: "active" });
  });

  it("closes itself when the alarm comes, a month late: revoked as of its end, its shares destroyed, nobody asking", async () => {
    const late = ends + 30 * DAY;
    at(late);
    const recording = vi.spyOn(AuditStore.prototype, "append");
    await evictDurableObject(stubOf(second));
    await runDurableObjectAlarm(stubOf(second));
    // The audit log has when it was done.
    const recordedAt = Object.fromEntries(recording.mock.calls.map(([{ kind }, when]) => [kind, when]));
    expect(recordedAt).toEqual({ certificate_revoked: late, closed: late });
    expect(await rowOf(second)).toEqual({ status: "closed", closed_reason: "expired" });
    await delivered(second);
    for (const { revocation } of await certificatesOf(second))
      expect(revocation).toEqual({ reason: "superseded", revokedAt: ends });
    expect(await query(handleOf(second), "SELECT DISTINCT state, server_share FROM key_pair")).toEqual([
      { state: "destroyed", server_share: null },
    ]);
    expect(await alarmOf(second)).toBeNull();
    expect((await person().history()).find(({ handle }) => handle === handleOf(second))?.state).toBe("closed");
    expect(await statuses(second)).toEqual([404, 404, 404]);
    expect(await look(second)).toMatchObject({ status: "closed", closedReason: "expired", renewFrom: 0 });
  });
});

it("an account whose certificates never came has an end, too", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const waiting = { ...(await identifiedDevice()), documentNumber: "" };
  const ends = Date.now() + DAY;
  await query(handleOf(waiting), "UPDATE account SET status = 'issuing', applied_at = 1, expires_at = ?", ends);
  await runDurableObjectAlarm(stubOf(waiting));
  expect(await rowOf(waiting)).toMatchObject({ status: "issuing" });
  at(ends);
  await runDurableObjectAlarm(stubOf(waiting));
  expect(await rowOf(waiting)).toEqual({ status: "closed", closed_reason: "expired" });
});
