import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SUITES } from "../../src/account/purpose.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { answerChallenge, approveTransaction, type TransactionFailure } from "../../src/authenticator/transactions.ts";
import type { Result } from "../../src/account/result.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { ALGORITHMS, endResult, LOGIN_TEXT, randomChallenge, startLogin } from "../support/demo-party.ts";
import { claimOnly, deviceOn, enrol, type HeadlessDevice, PINS, pinOf, WRONG_PINS } from "../support/headless-device.ts";
import { dumpAccount } from "../support/handmade-messages.ts";
import { post, seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";
import { unreliableConnection } from "../support/unreliable-connection.ts";

type Challenge = NonNullable<Extract<TransactionFailure, { code: "out_of_step" }>["challenge"]>;

let owner: HeadlessDevice & { documentNumber: string };
let copy: HeadlessDevice;

beforeAll(async () => {
  await seedDemoParty();
  owner = await enrol();
});
beforeEach(async () => {
  const state = await ask(owner);
  if (state.ok && state.value.status === "closed") owner = await enrol();
  // As an account that nobody has copied yet.
  else await inStorage("UPDATE clone_watch SET out_of_step = 0, wrong_answers = 0, challenge = NULL");
  await inStorage("DELETE FROM lockout");
  copy = deviceOn(owner.storage.copy());
  // The owner goes on; the copy falls out of step.
  await ask(owner);
});

const inStorage = (statement: string, ...values: SqlStorageValue[]) =>
  query(owner.storage.record?.handle ?? "", statement, ...values);

const ask = (device: HeadlessDevice) => device.client.call("getKeyState", () => ({}));

function challengeOf(result: Result<unknown, TransactionFailure>): Challenge | undefined {
  if (result.ok || result.failure.code !== "out_of_step") throw new Error(JSON.stringify(result));
  return result.failure.challenge;
}

async function answer(device: HeadlessDevice, pin: string): Promise<string> {
  const challenge = challengeOf(await ask(device));
  if (challenge === undefined) return "no challenge";
  const result = await answerChallenge(device.client, challenge, pinOf(pin));
  return result.ok ? "closed" : result.failure.code;
}

describe("a copied device", () => {
  it("with the right PIN1 proves that two devices hold one share: the account is closed and its certificates revoked", async () => {
    expect(await answer(copy, PINS.auth)).toBe("closed");
    for (const device of [owner, copy]) {
      const state = await ask(device);
      if (state.ok) expect(state.value).toMatchObject({ status: "closed", closedReason: "cloned" });
      else expect(state.failure).toEqual({ code: "account_closed", reason: "cloned" });
    }
    const { key_pair: keys } = await dumpAccount(owner.storage.record);
    expect(keys).toMatchObject(Array.from({ length: 4 }, () => ({ state: "destroyed", server_share: null })));
    const revoked = env.DATABASE.prepare("SELECT count(*) AS count FROM certificates WHERE reason = 'keyCompromise'");
    await vi.waitFor(async () => expect(await revoked.first("count")).toBe(4), { timeout: 20_000 });
    const body = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
    const certificate = await post(`/signature/certificate/${owner.documentNumber}`, body);
    expect([404, 200]).toContain(certificate.status);
    if (certificate.status === 200) expect(await certificate.json()).toEqual({ state: "DOCUMENT_UNUSABLE" });
  });

  it("is never given an OTP, whatever it sends", async () => {
    const before = copy.storage.record?.oneTimePassword;
    await answer(copy, WRONG_PINS.auth);
    await ask(copy);
    expect(copy.storage.record?.oneTimePassword).toBe(before);
  });

  it("guesses three times in the account's life, and the device in step keeps working", async () => {
    const evaluate = SUITES.map((suite) => vi.spyOn(serverHalves[suite], "evaluate"));
    const check = vi.spyOn(serverHalves.rsa, "check");
    for (let guess = 0; guess < 3; guess++) expect(await answer(copy, WRONG_PINS.auth)).toBe("challenge_failed");
    // Right now, but too late: nothing is evaluated ever again.
    expect(await answer(copy, PINS.auth)).toBe("no challenge");
    expect(check).toHaveBeenCalledTimes(3);
    // The check message is never completed to a signature.
    for (const spy of evaluate) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    for (const suite of SUITES) {
      const sessionID = await startLogin(owner.documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS[suite]);
      expect((await approveTransaction(owner.client, await claimOnly(owner), pinOf(PINS.auth))).ok).toBe(true);
      expect(await endResult(sessionID)).toBe("OK");
    }
    expect(await answer(copy, PINS.auth)).toBe("no challenge");
    const state = await ask(owner);
    expect(state.ok && state.value.outOfStep).toMatchObject({ unansweredForGood: true });
    expect(state.ok && state.value.pins.auth.attemptsLeft).toBe(3);
  });

  it("cannot use a challenge twice, nor another one's, nor a late one", async () => {
    const first = challengeOf(await ask(copy));
    const second = challengeOf(await ask(copy));
    if (first === undefined || second === undefined) throw new Error("no challenge");
    const codeOf = async (challenge: Challenge, pin: string) => {
      const result = await answerChallenge(copy.client, challenge, pinOf(pin));
      return result.ok ? "closed" : result.failure.code;
    };
    expect(await codeOf(first, PINS.auth)).toBe("challenge_over");
    expect(await codeOf(second, WRONG_PINS.auth)).toBe("challenge_failed");
    expect(await codeOf(second, PINS.auth)).toBe("challenge_over");
    const third = challengeOf(await ask(copy));
    if (third === undefined) throw new Error("no challenge");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5 * 60 * 1000 });
    expect(await codeOf(third, PINS.auth)).toBe("challenge_over");
    vi.useRealTimers();
  });

  it("cannot cost the owner an answer that was lost: its own noise is kept apart", async () => {
    const connection = unreliableConnection();
    connection.fates.push("answer lost", "answer lost", "answer lost");
    const onTheRoad = deviceOn(owner.storage, connection);
    await expect(onTheRoad.client.call("getKeyState", () => ({}))).rejects.toBeInstanceOf(ServerUnreachable);
    for (let time = 0; time < 3; time++) challengeOf(await ask(copy));
    expect(await onTheRoad.client.settle()).toMatchObject({ received: true, outcome: { ok: true } });
    expect((await ask(owner)).ok).toBe(true);
  });

  it("is asked nothing, and nothing it sends is evaluated, while PIN1 is locked or dead", async () => {
    const before = challengeOf(await ask(copy));
    if (before === undefined) throw new Error("no challenge");
    const check = vi.spyOn(serverHalves.rsa, "check");
    for (const [wrong, code] of [
      [3, "pin_locked"],
      [9, "pin_dead"],
    ] as const) {
      await inStorage("INSERT OR REPLACE INTO lockout VALUES ('auth', ?, ?)", wrong, Date.now() + 3_600_000);
      await inStorage("UPDATE clone_watch SET challenge = ?, challenge_expires_at = ?", before.challenge, Date.now() + 60_000);
      await inStorage("UPDATE clone_watch SET challenge_proof = ?", JSON.stringify(before.proof));
      const result = await answerChallenge(copy.client, before, pinOf(PINS.auth));
      expect(result).toMatchObject({ failure: { code } });
      expect(challengeOf(await ask(copy))).toBeUndefined();
    }
    expect(check).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("can still close the account for its owner, with any OTP", async () => {
    const closed = await copy.client.call("revokeKey", () => ({}));
    expect(closed).toEqual({ ok: true, value: { closed: true } });
    const state = await ask(owner);
    expect(state.ok && state.value.closedReason).toBe("owner");
  });
});
