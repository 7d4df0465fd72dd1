// A login that nobody asked for: as real as any up to its signature, and then nobody's.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, afterEach, describe, expect, it, vi } from "vitest";
import { accountContext, accountSecrets } from "../../../durable/account/account-context.ts";
import { takeOpened } from "../../../durable/account/offers.ts";
import { MAXIMUM_PENDING_TRANSACTIONS } from "../../../src/account/account-state.ts";
import type { AuditMessage } from "../../../src/audit/chain.ts";
import { practiceTransaction } from "../../../src/account/practice.ts";
import { approveTransaction, claimTransaction } from "../../../src/authenticator/transactions.ts";
import { toBase64 } from "../../../src/protocol/encoding.ts";
import { startLogin } from "../../support/demo-party.ts";
import { accountStub, enrol, forPin, type HeadlessDevice, pinOf, PINS, WRONG_PINS } from "../../support/headless-device.ts";
import { seedDemoParty } from "../../support/relying-party.ts";
import { query } from "../../support/server-vault.ts";

let device: HeadlessDevice & { documentNumber: string };
let handle = "";

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
  handle = (await device.storage.read())?.handle ?? "";
});
afterEach(async () => {
  vi.restoreAllMocks();
  await query(handle, "DELETE FROM pending_transaction");
});

const rpChallenge = toBase64(crypto.getRandomValues(new Uint8Array(32)));

async function practise(displayText = "This is a practice login."): Promise<string> {
  const answer = await device.client.call("practise", () => ({ rpChallenge, displayText }));
  return answer.ok ? answer.value.transactionId : answer.failure.code;
}

const claim = async (transactionId: string) => {
  const claimed = await claimTransaction(device.client, transactionId);
  if (!claimed.ok) throw new Error(claimed.failure.code);
  return forPin(claimed.value);
};
const waiting = () => query(handle, "SELECT transaction_id FROM pending_transaction");
const attemptsLeft = async () => {
  const state = await device.client.call("getKeyState", () => ({}));
  return state.ok ? state.value.pins.auth.attemptsLeft : undefined;
};

describe("a practice", () => {
  it("is claimed, shown and signed as a login is, under a scheme that no relying party takes", async () => {
    const claimed = await claim(await practise("Harjutus: midagi ei juhtu."));
    expect(claimed).toMatchObject({ kind: "authentication", relyingPartyName: "Tally", rpChallenge, flowType: "Notification" });
    expect(claimed).toMatchObject({ schemeName: "tally-practice" });
    expect(env.SCHEME_NAME).not.toBe("tally-practice");
    expect(await approveTransaction(device.client, claimed, pinOf(PINS.auth))).toEqual({ ok: true, value: undefined });
    expect(await waiting()).toEqual([]);
  });

  it("counts a wrong PIN, and a right one gives the attempts back", async () => {
    const claimed = await claim(await practise());
    expect(await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth))).toMatchObject({
      ok: false,
      failure: { code: "wrong_pin", attemptsLeft: 2 },
    });
    expect(await attemptsLeft()).toBe(2);
    await approveTransaction(device.client, claimed, pinOf(PINS.auth));
    expect(await attemptsLeft()).toBe(3);
  });

  it.each(["confirmed", "refused"])("that is %s is told to no session and stands in no history", async (way) => {
    const claimed = await claim(await practise());
    const { transactionId } = claimed;
    if (way === "confirmed") await approveTransaction(device.client, claimed, pinOf(PINS.auth));
    else await device.client.call("refuseTransaction", () => ({ transactionId, refusal: "WRONG_VC" }));
    expect(await waiting()).toEqual([]);
    expect(await query(handle, "SELECT kind FROM outbox WHERE kind IN ('finish', 'transaction')")).toEqual([]);
    const history = await device.client.call("getHistory", () => ({ limit: 10 }));
    expect(history.ok && history.value.entries).toEqual([]);
  });

  it("makes room for the next one, and takes no request's place", async () => {
    await practise();
    const last = await practise();
    expect(await waiting()).toEqual([{ transaction_id: last }]);
    for (let number = 0; number < 3; number++) await startLogin(device.documentNumber);
    expect(await waiting()).toHaveLength(4);
    expect(await practise()).not.toBe("server_error");
  });

  it("takes no place of what the person opened by links", async () => {
    const practice = await practise();
    const secrets = await accountSecrets(env);
    const ids = await runInDurableObject(accountStub(device.storage.record), (_, { storage }) => {
      const context = accountContext(storage, env, handle, secrets, { clientAddress: "", origin: "" });
      const [sample] = context.transactions.all();
      if (sample?.details.kind !== "relying-party") throw new Error("no practice");
      const opened = { ...sample.details.offered, relyingPartyUUID: crypto.randomUUID(), flowType: "QR" } as const;
      for (let number = 0; number < MAXIMUM_PENDING_TRANSACTIONS; number++) {
        takeOpened(context, { ...opened, transactionId: `opened ${number}` }, Date.now());
      }
      return context.transactions.all().map(({ transactionId }) => transactionId);
    });
    expect(ids).toHaveLength(1 + MAXIMUM_PENDING_TRANSACTIONS);
    expect(ids).toContain(practice);
  });

  it("is no signature in the audit log, and whoever knows the PIN fills that with nothing, however often they practise", async () => {
    const events: object[] = [];
    vi.spyOn(Object.getPrototypeOf(env.AUDIT) as Queue, "send").mockImplementation(async (message) => {
      if (typeof message === "object" && message !== null && "chain" in message) {
        for (const { kind, detail } of (message as AuditMessage).events) events.push({ kind, ...(JSON.parse(detail) as object) });
      }
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    });
    await query(handle, "DELETE FROM repeated_event");
    const stub = accountStub(device.storage.record);
    for (let round = 0; round < 3; round++) {
      const claimed = await claim(await practise());
      for (const pin of [WRONG_PINS.auth, PINS.auth]) await approveTransaction(device.client, claimed, pinOf(pin));
    }
    await vi.waitFor(
      async () => {
        const head = await stub.auditHead();
        expect(head?.taken).toBe(head?.position);
      },
      { timeout: 20_000 },
    );
    expect(events).toEqual([
      { kind: "wrong_pin", purpose: "auth", operation: "practise", wrong: 1 },
      { kind: "practised", purpose: "auth", suite: "rsa", keyVersion: 1 },
    ]);
    expect(await query(handle, "SELECT unrecorded FROM repeated_event")).toEqual([{ unrecorded: 2 }, { unrecorded: 2 }]);
  });

  it("with a text that no relying party may send is malformed", async () => {
    for (const text of [" ", "a\u202eb", "a\u0007b"]) expect(await practise(text)).toBe("malformed");
    expect(await waiting()).toEqual([]);
  });

  it("is not begun with a locked PIN", async () => {
    await query(handle, "UPDATE lockout SET locked_until = ?, wrong = 3 WHERE purpose = 'auth'", Date.now() + 60_000);
    expect(await practise()).toBe("pin_locked");
    await query(handle, "UPDATE lockout SET locked_until = 0, wrong = 0 WHERE purpose = 'auth'");
  });
});

it("a practice is over after the time that any request has", () => {
  const serverRandom = toBase64(new Uint8Array(24));
  const offered = practiceTransaction({ transactionId: "t", rpChallenge, serverRandom, displayText: "x" }, 1_000);
  expect(offered?.expiresAt).toBe(181_000);
});
