import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SUITES } from "../../src/account/purpose.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { ALGORITHMS, endResult, LOGIN_TEXT, randomChallenge, startLogin as startLoginOf } from "../support/demo-party.ts";
import { claimOnly, enrol, type HeadlessDevice, PINS, server, WRONG_PINS, forPin } from "../support/headless-device.ts";
import {
  attemptRequest,
  contributionFor,
  deliver,
  dumpAccount,
  openAnswer,
  randomId,
  sealRequest,
  sendRequest,
  shareOf as unmasked,
} from "../support/handmade-messages.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

let device: HeadlessDevice & { documentNumber: string };
let record: DeviceRecord;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
beforeEach(async () => {
  const current = await device.storage.read();
  if (current === undefined) throw new Error("no account");
  record = current;
});

/** Sends as the honest device would, and keeps the device's record in step. */
async function send(operation: "getKeyState" | "listTransactions", requestId = randomId()) {
  const { message } = await sealRequest(record, { operation, body: {}, oneTimePassword: record.oneTimePassword, requestId });
  const sealed = await deliver(message);
  const answer = await openAnswer(record, sealed);
  await keep(answer.oneTimePassword);
  return { message, sealed, answer, requestId, oneTimePassword: record.oneTimePassword };
}

async function keep(oneTimePassword: string | undefined): Promise<void> {
  record = { ...record, oneTimePassword: oneTimePassword ?? record.oneTimePassword };
  await device.storage.write(record);
}

describe("a message that was received", () => {
  it("gets the same bytes again when its answer was lost, and nothing else happens", async () => {
    const { message, sealed } = await send("getKeyState");
    const before = await dumpAccount(record);
    expect(await deliver(message)).toBe(sealed);
    expect(await deliver(message)).toBe(sealed);
    expect(await dumpAccount(record)).toEqual(before);
  });

  it("is refused without an OTP when newer ones came after it, and nothing changes", async () => {
    const old = await send("getKeyState");
    await send("listTransactions");
    const before = await dumpAccount(record);
    const answer = await openAnswer(record, await deliver(old.message));
    const failure = { code: "refused", plaintextHash: expect.any(String) as string };
    expect(answer).toEqual({ requestId: old.requestId, outcome: { ok: false, failure } });
    expect(await dumpAccount(record)).toEqual(before);
  });

  it("is refused under its id with other bytes, even with the current OTP", async () => {
    const old = await send("getKeyState");
    const before = await dumpAccount(record);
    const { oneTimePassword } = record;
    const answer = await sendRequest(record, {
      operation: "listTransactions",
      body: {},
      oneTimePassword,
      requestId: old.requestId,
    });
    const failure = { code: "refused", plaintextHash: expect.any(String) as string };
    expect(answer).toEqual({ requestId: old.requestId, outcome: { ok: false, failure } });
    expect(await dumpAccount(record)).toEqual(before);
  });

  it("opens nowhere when it is cut, changed, or sent to another account", async () => {
    const { message } = await send("getKeyState");
    const before = await dumpAccount(record);
    const parts = message.split(".");
    const wrong = [
      message.slice(0, -4),
      message.slice(10),
      [parts[0], parts[1], parts[2], parts[3], "A".repeat(22)].join("."),
      [parts[0], parts[1], parts[2], parts[4], parts[3]].join("."),
      "",
    ];
    for (const body of wrong) {
      const response = await server.fetch(`${server.url}/device/messages`, { method: "POST", body });
      expect(response.status).toBe(401);
    }
    expect(await dumpAccount(record)).toEqual(before);
  });
});

describe.each(SUITES)("a wrong PIN of suite %s that was recorded on its way", (suite) => {
  const startLogin = () => startLoginOf(device.documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS[suite]);
  const shareOf = (pin: string) => unmasked(record, "auth", pin, suite);

  afterEach(() => query(record.handle, "DELETE FROM pending_transaction"));

  it("costs one attempt, however often and whenever it arrives", async () => {
    const sessionID = await startLogin();
    const claimed = await claimOnly(device);
    record = (await device.storage.read()) ?? record;
    const wrong = contributionFor(record, claimed, await shareOf(WRONG_PINS.auth));
    const request = await attemptRequest(record, claimed, wrong, record.oneTimePassword);
    const { message } = await sealRequest(record, request);
    const first = await deliver(message);
    for (let time = 0; time < 20; time++) expect(await deliver(message)).toBe(first);
    const answer = await openAnswer(record, first);
    expect(answer.outcome).toEqual({ ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } });
    await keep(answer.oneTimePassword);

    // Delayed behind a right PIN: it moves no counter, locks nobody, closes nothing and raises no alarm.
    const right = contributionFor(record, claimed, await shareOf(PINS.auth));
    const done = await sendRequest(record, await attemptRequest(record, claimed, right, record.oneTimePassword));
    expect(done.outcome).toEqual({ ok: true, body: { signed: true } });
    await keep(done.oneTimePassword);
    for (let time = 0; time < 5; time++) {
      expect((await openAnswer(record, await deliver(message))).outcome).toMatchObject({ failure: { code: "refused" } });
    }
    // The right one again, and the wrong one, in messages of their own: there is nothing left that they could be for.
    for (const sent of [right, wrong]) {
      const again = await sendRequest(record, await attemptRequest(record, claimed, sent, record.oneTimePassword));
      expect(again.outcome).toEqual({ ok: false, failure: { code: "no_such_transaction" } });
      await keep(again.oneTimePassword);
    }
    const state = await device.client.call("getKeyState", () => ({}));
    expect(state.ok && state.value.pins.auth.attemptsLeft).toBe(3);
    expect(state.ok && state.value.outOfStep.count).toBe(0);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("cannot be put into another message: its envelope is bound to id, operation and transaction", async () => {
    await startLogin();
    const claimed = await claimOnly(device);
    record = (await device.storage.read()) ?? record;
    const right = contributionFor(record, claimed, await shareOf(PINS.auth));
    const request = await attemptRequest(record, claimed, right, record.oneTimePassword);
    const answer = await sendRequest(record, { ...request, requestId: randomId() });
    expect(answer.outcome).toEqual({ ok: false, failure: { code: "malformed" } });
    await keep(answer.oneTimePassword);
    const state = await device.client.call("getKeyState", () => ({}));
    expect(state.ok && state.value.pins.auth.attemptsLeft).toBe(3);
  });

  it("is not charged when server and device would sign different bytes", async () => {
    await startLogin();
    const listed = await device.client.call("listTransactions", () => ({}));
    if (!listed.ok) throw new Error("nothing listed");
    const transactionId = listed.value.transactions.at(-1)?.transactionId ?? "";
    const claimed = await device.client.call("claimTransaction", () => ({ transactionId }));
    if (!claimed.ok) throw new Error("not claimed");
    record = (await device.storage.read()) ?? record;
    const right = contributionFor(record, forPin(claimed.value), await shareOf(PINS.auth));
    const transcript = right.transcript.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    const contents = { contribution: right.contribution, transcript };
    const answer = await sendRequest(
      record,
      await attemptRequest(record, forPin(claimed.value), contents, record.oneTimePassword),
    );
    expect(answer.outcome).toEqual({ ok: false, failure: { code: "transcript_mismatch" } });
    await keep(answer.oneTimePassword);
    const state = await device.client.call("getKeyState", () => ({}));
    expect(state.ok && state.value.pins.auth.attemptsLeft).toBe(3);
  });
});
