import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountStore } from "../../durable/account/account-store.ts";
import { KeyPairStore } from "../../durable/account/key-pair-store.ts";
import { OutboxStore } from "../../durable/account/outbox-store.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { ALGORITHMS, endResult, LOGIN_TEXT, randomChallenge, startLogin } from "../support/demo-party.ts";
import { dumpAccount } from "../support/handmade-messages.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  enrol,
  type HeadlessDevice,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let device: HeadlessDevice & { documentNumber: string };
let claimed: SignedTransaction;
let sessionID: string;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
beforeEach(() => {
  vi.restoreAllMocks();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const inStorage = (statement: string) =>
  runInDurableObject(accountStub(device.storage.record), (_, { storage }) => storage.sql.exec(statement).toArray());

/** A login of its own for each attempt that may sign; what an earlier one left waiting is let go. */
async function startLoginAndClaim(suite: Suite): Promise<void> {
  await inStorage("DELETE FROM pending_transaction");
  await vi.waitFor(async () => expect(await inStorage("SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
  sessionID = await startLogin(device.documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS[suite]);
  claimed = await claimOnly(device);
}

const reload = (): HeadlessDevice => deviceOn(device.storage);
const attempt = (pin: string) => approveTransaction(device.client, claimed, pinOf(pin));

async function attemptsLeft(): Promise<number> {
  const state = await reload().client.call("getKeyState", () => ({}));
  if (!state.ok) throw new Error(JSON.stringify(state.failure));
  expect(state.value.outOfStep.count).toBe(0);
  return state.value.pins.auth.attemptsLeft;
}

/** Every write of an attempt's commit, as a place to crash at. */
const PLACES = [
  [AccountStore.prototype, "setOneTimePassword"],
  [AccountStore.prototype, "recordRequest"],
  [AccountStore.prototype, "setLockout"],
  [AccountStore.prototype, "raiseEpoch"],
  [AccountStore.prototype, "setAnswer"],
] as const;

/** Written only when the PIN was right. */
const PLACES_OF_SUCCESS = {
  rsa: [[KeyPairStore.prototype, "recordAccepted"]],
  ed25519: [],
} as const;
const PLACES_OF_EVERY_SUCCESS = [
  [TransactionStore.prototype, "remove"],
  [OutboxStore.prototype, "post"],
] as const;

/** The process dies at that statement, for as long as the same bytes are sent. */
function dieAt([store, method]: readonly [object, string]) {
  const methods = store as Record<string, (...values: unknown[]) => unknown>;
  const real = methods[method];
  if (real === undefined) throw new Error(`no ${method}`);
  return vi.spyOn(methods, method).mockImplementation(function (this: unknown, ...values: unknown[]) {
    real.apply(this, values);
    throw new Error("power cut");
  });
}

/** What an attempt can change, save what every message changes. */
async function consequences(): Promise<unknown> {
  const { request: _, answer: __, account: accounts, ...rest } = await dumpAccount(device.storage.record);
  return [rest, (accounts as { epoch: number }[]).map(({ epoch }) => epoch)];
}

/** A crash at that place happened to nobody: nothing is paid, nothing is used up, and the device learns that nothing arrived. */
async function crashAt(place: readonly [object, string], pin: string): Promise<void> {
  const before = await consequences();
  const died = dieAt(place);
  await expect(attempt(pin), place[1]).rejects.toBeInstanceOf(ServerUnreachable);
  expect(died, place[1]).toHaveBeenCalled();
  died.mockRestore();
  expect(await consequences(), place[1]).toEqual(before);
  expect(await reload().client.settle(), place[1]).toMatchObject({ received: false });
  expect(await attemptsLeft(), place[1]).toBe(3);
}

describe.each(SUITES)("a crash inside the commit of an attempt with the key of suite %s", (suite) => {
  beforeEach(() => startLoginAndClaim(suite));

  it("at any place of it: a wrong PIN told nothing and is charged nothing", async () => {
    for (const place of PLACES) await crashAt(place, WRONG_PINS.auth);
    expect((await attempt(PINS.auth)).ok).toBe(true);
  });

  it("at any place of it: the right PIN happened to nobody, and signs when it is typed again, once", async () => {
    // What is computed in a commit that is rolled back is seen by nobody: of one offer one signature comes out.
    for (const place of [...PLACES, ...PLACES_OF_SUCCESS[suite], ...PLACES_OF_EVERY_SUCCESS]) await crashAt(place, PINS.auth);
    const offered = await inStorage("SELECT offer, nonce FROM pending_transaction");
    expect((await attempt(PINS.auth)).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
    expect(offered).toMatchObject([{ offer: JSON.stringify(claimed.offer) }]);
    expect(await inStorage("SELECT * FROM pending_transaction")).toEqual([]);
    expect(await attempt(PINS.auth)).toMatchObject({ failure: { code: "no_such_transaction" } });
  });
});

describe("objects that are killed at any moment of an attempt", () => {
  it("have charged a wrong PIN exactly if they have its answer", async () => {
    await startLoginAndClaim("rsa");
    for (let run = 0; run < 12; run++) {
      const before = await attemptsLeft();
      const pin = before === 1 || run % 4 === 3 ? PINS.auth : WRONG_PINS.auth;
      const running = attempt(pin).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 60 + run * 12));
      await abortAllDurableObjects();
      await running;
      const settled = await reload().client.settle();
      const outcome = settled === undefined ? await running : settled.outcome;
      const received = settled === undefined || settled.received;
      if (pin === PINS.auth) {
        expect(await attemptsLeft()).toBe(received ? 3 : before);
        if (received) {
          expect(await endResult(sessionID)).toBe("OK");
          await startLoginAndClaim(run % 8 === 3 ? "ed25519" : "rsa");
        }
      } else {
        expect(await attemptsLeft()).toBe(received ? before - 1 : before);
        if (received) expect(outcome).toMatchObject({ failure: { code: "wrong_pin", attemptsLeft: before - 1 } });
      }
    }
  });

  it("deliver the result to the relying party later, when the session could not be reached at first", async () => {
    await startLoginAndClaim("rsa");
    vi.spyOn(SessionObject.prototype, "finish").mockRejectedValue(new Error("out of reach"));
    expect((await attempt(PINS.auth)).ok).toBe(true);
    await abortAllDurableObjects();
    expect(await endResult(sessionID)).toBe("RUNNING");
    vi.restoreAllMocks();
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await endResult(sessionID)).toBe("OK");
  });
});
