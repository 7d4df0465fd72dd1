// Any part of the storage may come back as it was: a person's list, a session, the database. The account goes by its own rows, so that none
// of them gives back an attempt, a nonce, a transaction or a closed account. (An account of older rows: a-restored-account-closes-itself.)
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { answerDeadline } from "../../src/account/session.ts";
import { sessionName } from "../../src/relying-party/session-name.ts";
import { Attempts } from "../support/attempts.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
import { enrol, PERSON } from "../support/headless-device.ts";
import { reload, remember } from "../support/older-storage.ts";
import { DEMO, post, seedDemoParty } from "../support/relying-party.ts";

let account: Attempts;

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});
afterEach(() => void vi.useRealTimers());

const person = () => env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`));
const certificates = async () =>
  (await env.DATABASE.prepare("SELECT serial_number, revoked_at FROM certificates").all<{ revoked_at: number | null }>()).results;

async function everythingIsTold(): Promise<void> {
  await vi.waitFor(async () => expect(await account.query("SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
}

async function status(): Promise<string> {
  const state = await account.device.client.call("getKeyState", () => ({}));
  return state.ok ? [state.value.status, state.value.closedReason].join(" ").trim() : state.failure.code;
}

describe("a session that is as it was before it was answered", () => {
  it("is not answered a second time: not by the same contribution, not by another, and ends by itself", async () => {
    const { sessionID, claimed } = await account.wait("ed25519");
    const right = await account.contribution(claimed, "right");
    const name = await sessionName(env, sessionID);
    const bringBack = await remember(() => env.SESSIONS.get(env.SESSIONS.idFromName(name)));
    expect(await account.send(claimed, right)).toBe("signed");
    await everythingIsTold();
    expect(await endResult(sessionID)).toBe("OK");

    await bringBack();
    expect(await endResult(sessionID)).toBe("RUNNING");
    expect(await account.send(claimed, right)).toBe("no_such_transaction");
    expect(await account.try(claimed, "right")).toBe("no_such_transaction");
    await account.backInStep();
    const over = answerDeadline({ transaction: { expiresAt: claimed.expiresAt } } as Parameters<typeof answerDeadline>[0]);
    vi.useFakeTimers({ toFake: ["Date"], now: over });
    expect(await endResult(sessionID)).toBe("TIMEOUT");
  });
});

describe("a database that knows nothing of the account", () => {
  it("stops no login, and is told of every certificate when they are revoked", async () => {
    const issued = await certificates();
    expect(issued).toHaveLength(4);
    await env.DATABASE.prepare("DELETE FROM certificates").run();
    const { claimed, sessionID } = await account.wait("rsa");
    expect(await account.try(claimed, "right")).toBe("signed");
    await everythingIsTold();
    expect(await endResult(sessionID)).toBe("OK");
    // What the last test revokes.
    expect(await certificates()).toEqual([]);
  });
});

describe("a person's list that is as it was before a payment", () => {
  it("gives back no attempt, and notices older rows of the account as soon as that was loaded once", async () => {
    await everythingIsTold();
    const olderAccount = await remember(() => account.stub);
    const olderPerson = await remember(person);
    const { claimed } = await account.wait("rsa");
    expect(await account.try(claimed, "wrong")).toBe("wrong_pin");
    await everythingIsTold();

    await olderPerson();
    await reload(() => account.stub);
    expect(await status()).toBe("active");
    expect(await account.wrong("auth")).toBe(1);
    await olderAccount();
    const answer = await account.device.client.call("listTransactions", () => ({}));
    expect(answer).toMatchObject({ ok: false, failure: { code: "account_closed", reason: "rolled_back" } });
    await everythingIsTold();
    // The index had lost them all.
    const revoked = await certificates();
    expect(revoked).toHaveLength(4);
    expect(revoked.filter(({ revoked_at: at }) => at === null)).toEqual([]);

    // Listed as if it had never been closed: whoever asks for it gets nothing.
    await olderPerson();
    expect((await person().accounts()).map(({ documentNumber }) => documentNumber)).toEqual([account.documentNumber]);
    expect(await endResult(await startLogin(account.documentNumber))).toBe("DOCUMENT_UNUSABLE");
    const certificate = await post(`/signature/certificate/${account.documentNumber}`, DEMO);
    expect(await certificate.json()).toEqual({ state: "DOCUMENT_UNUSABLE" });
    expect(await status()).toBe("account_closed");
    expect(await account.query("SELECT * FROM key_pair WHERE server_share IS NOT NULL")).toEqual([]);
  });
});
