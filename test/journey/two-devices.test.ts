import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { presentation } from "../../src/authenticator/presentation.ts";
import { AccountObject } from "../../durable/account/account-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { askKeyState } from "../../src/authenticator/renewal.ts";
import {
  approveTransaction,
  claimTransaction,
  listTransactions,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import { toBase64 } from "../../src/protocol/encoding.ts";
import { endResult, interactionsOf, sessionStatus, startLogin } from "../support/demo-party.ts";
import { enrol, type HeadlessDevice, identifiedDevice, PINS, pinOf, WRONG_PINS, forPin } from "../support/headless-device.ts";
import { openLive } from "../support/live-socket.ts";
import { anAuthentication, post, seedDemoParty } from "../support/relying-party.ts";
import { query } from "../support/server-vault.ts";

type Device = HeadlessDevice & { documentNumber: string };
let phone: Device;
let tablet: Device;

beforeAll(async () => {
  await seedDemoParty();
  [phone, tablet] = [await enrol(), await enrol()];
});

/** Asks the person, by personal code: whichever device. */
async function askPerson(body: object = {}): Promise<string> {
  const response = await post("/authentication/notification/etsi/PNOEE-50001029996", { ...anAuthentication(), ...body });
  expect(response.status).toBe(200);
  const { sessionID } = await response.json<{ sessionID: string }>();
  return sessionID;
}

async function onlyTransaction(device: HeadlessDevice): Promise<string> {
  const listed = await listTransactions(device.client);
  if (!listed.ok || listed.value.length !== 1) throw new Error(JSON.stringify(listed));
  return listed.value[0]?.transactionId ?? "";
}

describe("a person with two devices", () => {
  it("has two documents, and is asked on both", async () => {
    expect(phone.documentNumber).not.toBe(tablet.documentNumber);
    await askPerson();
    const [onPhone, onTablet] = [await onlyTransaction(phone), await onlyTransaction(tablet)];
    expect((await claimTransaction(phone.client, onPhone)).ok).toBe(true);
    expect((await refuseTransaction(phone.client, onPhone, "USER_REFUSED")).ok).toBe(true);
    expect((await claimTransaction(tablet.client, onTablet)).ok).toBe(false);
  });

  it("answers on the one that claims first; the other is told, and cannot sign", async () => {
    const sessionID = await askPerson();
    const [onPhone, onTablet] = [await onlyTransaction(phone), await onlyTransaction(tablet)];
    const claims = await Promise.all([claimTransaction(phone.client, onPhone), claimTransaction(tablet.client, onTablet)]);
    expect(claims.filter((claim) => claim.ok)).toHaveLength(1);
    const [winner, loser] = claims[0].ok ? [phone, tablet] : [tablet, phone];
    const refused = claims.find((claim) => !claim.ok);
    expect(["claimed_elsewhere", "no_such_transaction"]).toContain(refused?.ok === false && refused.failure.code);
    expect(await listTransactions(loser.client)).toEqual({ ok: true, value: [] });
    const claimed = claims.find((claim) => claim.ok);
    if (claimed?.ok !== true) throw new Error("nobody claimed");
    expect((await approveTransaction(loser.client, forPin(claimed.value), pinOf(PINS.auth))).ok).toBe(false);
    expect((await approveTransaction(winner.client, forPin(claimed.value), pinOf(PINS.auth))).ok).toBe(true);
    const status = await sessionStatus(sessionID);
    expect(status).toMatchObject({ result: { endResult: "OK", documentNumber: winner.documentNumber } });
  });
});

describe("a request that waits on two devices", () => {
  const isAmongSeveral = async (device: HeadlessDevice) => {
    const listed = await listTransactions(device.client);
    return listed.ok && listed.value.map(({ amongSeveral }) => amongSeveral);
  };
  const refuseForAll = (device: HeadlessDevice, transactionId: string) =>
    refuseTransaction(device.client, transactionId, "USER_REFUSED_CERT_CHOICE");

  it("says so on both until one claims it, and only to apps that ask; what is asked of one account does not", async () => {
    await askPerson();
    expect(await Promise.all([phone, tablet].map(isAmongSeveral))).toEqual([[true], [true]]);
    const older = await phone.client.call("listTransactions", () => ({}));
    expect(older).toMatchObject({ ok: true, value: { transactions: [{ relyingPartyName: "DEMO" }] } });
    expect(JSON.stringify(older)).not.toContain("amongSeveral");
    const transactionId = await onlyTransaction(phone);
    expect((await claimTransaction(phone.client, transactionId)).ok).toBe(true);
    expect(await isAmongSeveral(phone)).toEqual([undefined]);
    expect((await refuseTransaction(phone.client, transactionId, "USER_REFUSED")).ok).toBe(true);

    await startLogin(phone.documentNumber);
    expect(await isAmongSeveral(phone)).toEqual([undefined]);
    expect((await claimTransaction(phone.client, await onlyTransaction(phone))).ok).toBe(true);
    expect((await refuseTransaction(phone.client, await onlyTransaction(phone), "USER_REFUSED")).ok).toBe(true);
  });

  it("is over on both where one cancels the question which to use, and the relying party hears USER_REFUSED_CERT_CHOICE", async () => {
    const sessionID = await askPerson();
    const transactionId = await onlyTransaction(tablet);
    expect(await refuseForAll(tablet, transactionId)).toEqual({ ok: true, value: undefined });
    await vi.waitFor(async () => expect(await endResult(sessionID)).toBe("USER_REFUSED_CERT_CHOICE"));
    await vi.waitFor(async () => expect(await isAmongSeveral(phone)).toEqual([]));
    expect(await refuseForAll(tablet, transactionId)).toMatchObject({ failure: { code: "no_such_transaction" } });
  });

  it("is not taken from the device that has it by cancelling that question on another one, which is told", async () => {
    // As where the other device was not told yet that it is taken.
    vi.spyOn(AccountObject.prototype, "withdraw").mockResolvedValueOnce();
    const sessionID = await askPerson();
    const transactionId = await onlyTransaction(phone);
    const claimed = await claimTransaction(phone.client, transactionId);
    if (!claimed.ok) throw new Error("not claimed");
    expect(await refuseForAll(tablet, transactionId)).toMatchObject({ failure: { code: "claimed_elsewhere" } });
    expect(await listTransactions(tablet.client)).toEqual({ ok: true, value: [] });
    expect((await approveTransaction(phone.client, forPin(claimed.value), pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("is over for all where one cancels that question while it hears that it is the only one that is left", async () => {
    const { handle = "" } = (await tablet.storage.read()) ?? {};
    const sessionID = await askPerson();
    const transactionId = await onlyTransaction(tablet);
    const { prototype } = SessionObject;
    const claim = Object.getOwnPropertyDescriptor(prototype, "claim")!.value as SessionObject["claim"];
    vi.spyOn(prototype, "claim").mockImplementationOnce(async function (this: SessionObject, by) {
      const claimed = await claim.call(this, by);
      await env.ACCOUNTS.get(env.ACCOUNTS.idFromString(handle)).askAlone(transactionId);
      return claimed;
    });
    expect(await refuseForAll(tablet, transactionId)).toEqual({ ok: true, value: undefined });
    await vi.waitFor(async () => expect(await endResult(sessionID)).toBe("USER_REFUSED_CERT_CHOICE"));
  });

  it("is asked of the one that is left when the other's PIN is locked, as anything that is asked of one", async () => {
    const { handle = "" } = (await phone.storage.read()) ?? {};
    await askPerson();
    const transactionId = await onlyTransaction(phone);
    await query(handle, "INSERT OR REPLACE INTO lockout VALUES ('auth', 3, ?)", Date.now() + 60_000);
    const { socket, hears } = await openLive(tablet);
    expect(await claimTransaction(phone.client, transactionId)).toMatchObject({ failure: { code: "pin_locked" } });
    // A device that looks on learns it without asking.
    await hears("changed");
    socket.close();
    await vi.waitFor(async () => expect(await isAmongSeveral(tablet)).toEqual([undefined]));
    expect(await refuseForAll(tablet, transactionId)).toMatchObject({ failure: { code: "wrong_state" } });
    expect((await claimTransaction(tablet.client, transactionId)).ok).toBe(true);
    expect((await refuseTransaction(tablet.client, transactionId, "USER_REFUSED")).ok).toBe(true);

    const sessionID = await askPerson();
    await vi.waitFor(async () => expect(await isAmongSeveral(tablet)).toEqual([undefined]));
    await query(handle, "DELETE FROM lockout");
    expect((await claimTransaction(tablet.client, await onlyTransaction(tablet))).ok).toBe(true);
    expect((await refuseTransaction(tablet.client, await onlyTransaction(tablet), "USER_REFUSED")).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("USER_REFUSED");
  });

  it("cancelled where it is not among several, or was claimed here, goes on: it is refused as what is shown", async () => {
    const sessionID = await startLogin(phone.documentNumber);
    const alone = await onlyTransaction(phone);
    expect(await refuseForAll(phone, alone)).toMatchObject({ failure: { code: "wrong_state" } });
    expect((await claimTransaction(phone.client, alone)).ok).toBe(true);
    expect(await refuseForAll(phone, alone)).toMatchObject({ failure: { code: "wrong_state" } });
    expect(await endResult(sessionID)).toBe("RUNNING");
    expect((await refuseTransaction(phone.client, alone, "USER_REFUSED")).ok).toBe(true);

    await askPerson();
    const transactionId = await onlyTransaction(phone);
    expect((await claimTransaction(phone.client, transactionId)).ok).toBe(true);
    expect(await refuseForAll(phone, transactionId)).toMatchObject({ failure: { code: "wrong_state" } });
    expect((await refuseTransaction(phone.client, transactionId, "USER_REFUSED")).ok).toBe(true);
    const practice = await phone.client.call("practise", () => ({
      rpChallenge: toBase64(new Uint8Array(32)),
      displayText: "Try",
    }));
    if (!practice.ok) throw new Error(practice.failure.code);
    expect(await refuseForAll(phone, practice.value.transactionId)).toMatchObject({ failure: { code: "wrong_state" } });
    expect((await claimTransaction(phone.client, practice.value.transactionId)).ok).toBe(true);
    expect((await refuseTransaction(phone.client, practice.value.transactionId, "USER_REFUSED")).ok).toBe(true);
  });
});

describe("an interaction", () => {
  it("is the first that the relying party prefers, and the session says which it was", async () => {
    const interactions = interactionsOf(
      { type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Transfer 1 € to Jüri?" },
      { type: "displayTextAndPIN", displayText60: "Transfer 1 €?" },
    );
    const sessionID = await askPerson({ interactions });
    const claimed = await claimTransaction(phone.client, await onlyTransaction(phone));
    if (!claimed.ok) throw new Error("not claimed");
    const shown = presentation(claimed.value);
    expect(shown).toMatchObject({
      interaction: "confirmationMessageAndVerificationCodeChoice",
      text: "Transfer 1 € to Jüri?",
    });
    expect(shown?.verificationCode).toMatch(/^\d{4}$/);
    expect((await approveTransaction(phone.client, forPin(claimed.value), pinOf(PINS.auth))).ok).toBe(true);
    expect(await sessionStatus(sessionID)).toMatchObject({
      interactionTypeUsed: "confirmationMessageAndVerificationCodeChoice",
    });
    expect(await endResult(sessionID)).toBe("OK");
  });
});

describe("what happens to one of them", () => {
  const notices = async (device: HeadlessDevice) => {
    const answer = await device.client.call("getKeyState", () => ({}));
    if (!answer.ok) throw new Error(answer.failure.code);
    return answer.value.notices;
  };
  const eventually = (device: HeadlessDevice, expected: readonly object[]) =>
    vi.waitFor(async () => expect(await notices(device)).toMatchObject(expected), { timeout: 20_000 });

  it("is told to the other, which says when it was read: a PIN that is locked for ever, then the end of the account", async () => {
    const { documentNumber } = phone;
    const before = Date.now();
    await query((await phone.storage.read())?.handle ?? "", "INSERT OR REPLACE INTO lockout VALUES ('auth', 8, 0)");
    const { socket, received } = await openLive(tablet);
    await askPerson();
    const claimed = await claimTransaction(phone.client, await onlyTransaction(phone));
    if (!claimed.ok) throw new Error("not claimed");
    const wrong = await approveTransaction(phone.client, forPin(claimed.value), pinOf(WRONG_PINS.auth));
    expect(wrong).toMatchObject({ failure: { code: "pin_dead" } });
    await eventually(tablet, [{ kind: "pin_dead", purpose: "auth", documentNumber }]);
    expect(received).toContain("changed");
    socket.close();

    expect((await phone.client.call("revokeKey", () => ({}))).ok).toBe(true);
    await eventually(tablet, [
      { kind: "closed", reason: "owner", documentNumber },
      { kind: "pin_dead", purpose: "auth", documentNumber },
    ]);
    const [closed, dead] = await notices(tablet);
    expect(closed!.at).toBeGreaterThanOrEqual(dead!.at);
    expect(dead!.at).toBeGreaterThanOrEqual(before);
    expect(await notices(phone)).toEqual([]);
    expect(await tablet.client.call("dismissNotices", () => ({ ids: [closed!.id, dead!.id] }))).toMatchObject({ ok: true });
    expect(await notices(tablet)).toEqual([]);
  });

  it("when it is new is told to the other, once, in apps that know of it; its own app and one of before are not", async () => {
    const news = async (device: HeadlessDevice) => {
      const answer = await askKeyState(device.client);
      return answer.ok ? answer.value.notices.filter(({ kind }) => kind === "new_account") : answer.failure;
    };
    const before = await news(tablet);
    const laptop = await enrol();
    await vi.waitFor(
      async () =>
        expect(await news(tablet)).toMatchObject([
          { kind: "new_account", documentNumber: laptop.documentNumber },
          ...(before as object[]),
        ]),
      { timeout: 20_000 },
    );
    expect(await news(laptop)).toEqual([]);
    expect(await notices(tablet)).toEqual([]);
  });

  it("before it was ever active is told to nobody", async () => {
    const enrolling = await identifiedDevice();
    expect((await enrolling.client.call("revokeKey", () => ({}))).ok).toBe(true);
    const { handle = "" } = (await enrolling.storage.read()) ?? {};
    await vi.waitFor(async () => expect(await query(handle, "SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
    expect(await notices(tablet)).toEqual([]);
  });
});
