import { beforeAll, describe, expect, it, vi } from "vitest";
import { presentation } from "../../src/authenticator/presentation.ts";
import {
  approveTransaction,
  claimTransaction,
  listTransactions,
  refuseTransaction,
} from "../../src/authenticator/transactions.ts";
import { endResult, interactionsOf, sessionStatus } from "../support/demo-party.ts";
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

  it("before it was ever active is told to nobody", async () => {
    const enrolling = await identifiedDevice();
    expect((await enrolling.client.call("revokeKey", () => ({}))).ok).toBe(true);
    const { handle = "" } = (await enrolling.storage.read()) ?? {};
    await vi.waitFor(async () => expect(await query(handle, "SELECT * FROM outbox")).toEqual([]), { timeout: 20_000 });
    expect(await notices(tablet)).toEqual([]);
  });
});
