import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountStore } from "../../durable/account/account-store.ts";
import { KeyPairStore } from "../../durable/account/key-pair-store.ts";
import { OutboxStore } from "../../durable/account/outbox-store.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
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
beforeEach(async () => {
  vi.restoreAllMocks();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await startLoginAndClaim();
});

/** A login of its own for each attempt that may sign; what an earlier one left waiting is let go. */
async function startLoginAndClaim(): Promise<void> {
  await runInDurableObject(accountStub(device.storage.record), (_, state) => {
    state.storage.sql.exec("DELETE FROM pending_transaction");
  });
  sessionID = await startLogin(device.documentNumber);
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
const PLACES_OF_SUCCESS = [
  [KeyPairStore.prototype, "recordAccepted"],
  [TransactionStore.prototype, "remove"],
  [OutboxStore.prototype, "post"],
] as const;

/** The process dies at that statement, for as long as the same bytes are sent. */
function dieAt([store, method]: readonly [object, string]): void {
  const methods = store as Record<string, (...values: unknown[]) => unknown>;
  const real = methods[method];
  if (real === undefined) throw new Error(`no ${method}`);
  vi.spyOn(methods, method).mockImplementation(function (this: unknown, ...values: unknown[]) {
    real.apply(this, values);
    throw new Error("power cut");
  });
}

describe("a crash inside the commit of an attempt", () => {
  for (const place of [...PLACES, ...PLACES_OF_SUCCESS]) {
    it(`at ${place[1]}: the right PIN happened to nobody, and signs when it is typed again`, async () => {
      dieAt(place);
      await expect(attempt(PINS.auth)).rejects.toBeInstanceOf(ServerUnreachable);
      vi.restoreAllMocks();
      expect(await reload().client.settle()).toMatchObject({ received: false });
      expect(await attemptsLeft()).toBe(3);
      expect((await approveTransaction(reload().client, claimed, pinOf(PINS.auth))).ok).toBe(true);
      expect(await endResult(sessionID)).toBe("OK");
    });
  }

  for (const place of PLACES) {
    it(`at ${place[1]}: a wrong PIN told nothing and is charged nothing`, async () => {
      dieAt(place);
      await expect(attempt(WRONG_PINS.auth)).rejects.toBeInstanceOf(ServerUnreachable);
      vi.restoreAllMocks();
      expect(await reload().client.settle()).toMatchObject({ received: false });
      expect(await attemptsLeft()).toBe(3);
      expect((await approveTransaction(reload().client, claimed, pinOf(PINS.auth))).ok).toBe(true);
    });
  }
});

describe("objects that are killed at any moment of an attempt", () => {
  it("have charged a wrong PIN exactly if they have its answer", async () => {
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
          await startLoginAndClaim();
        }
      } else {
        expect(await attemptsLeft()).toBe(received ? before - 1 : before);
        if (received) expect(outcome).toMatchObject({ failure: { code: "wrong_pin", attemptsLeft: before - 1 } });
      }
    }
  });

  it("deliver the result to the relying party later, when the session could not be reached at first", async () => {
    vi.spyOn(SessionObject.prototype, "finish").mockRejectedValue(new Error("out of reach"));
    expect((await attempt(PINS.auth)).ok).toBe(true);
    await abortAllDurableObjects();
    expect(await endResult(sessionID)).toBe("RUNNING");
    vi.restoreAllMocks();
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await endResult(sessionID)).toBe("OK");
  });
});
