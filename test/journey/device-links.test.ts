import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { presentation } from "../../src/authenticator/presentation.ts";
import {
  approveTransaction,
  confirmCertificateChoice,
  listTransactions,
  openDeviceLink,
  refuseTransaction,
  returnAddress,
  stopWaiting,
} from "../../src/authenticator/transactions.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { fromBase64, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import type { SessionStatus } from "../../src/protocol/session-status.ts";
import {
  ALGORITHMS,
  endResult,
  interactionsOf,
  randomChallenge,
  sessionStatus,
  startLogin,
  startSignature,
} from "../support/demo-party.ts";
import {
  CALLBACK,
  linkOf,
  startAuthenticationLink,
  startCertificateChoiceLink,
  type StartedLink,
  startSignatureLink,
} from "../support/device-links.ts";
import {
  accountStub,
  claimOnly,
  deviceOn,
  enrol,
  forPin,
  type HeadlessDevice,
  PERSON,
  PINS,
  pinOf,
  WRONG_PINS,
} from "../support/headless-device.ts";
import { aSignature, DEMO, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";
import { isSignedBy } from "../support/signature.ts";

let device: HeadlessDevice & { readonly documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});

/** What a test left behind; the account itself stays. */
afterEach(async () => {
  await runInDurableObject(accountStub(device.storage.record), (_instance, { storage }) => {
    for (const table of ["pending_transaction", "awaited"]) storage.sql.exec(`DELETE FROM ${table}`);
  });
});

const query = (statement: string): Promise<readonly Record<string, SqlStorageValue>[]> =>
  runInDurableObject(accountStub(device.storage.record), (_instance, { storage }) => storage.sql.exec(statement).toArray());

async function waitingId(): Promise<string> {
  const listed = await listTransactions(device.client);
  const [only] = listed.ok ? listed.value : [];
  return only?.transactionId ?? "";
}

type Complete = Extract<SessionStatus, { state: "COMPLETE" }>;

async function completed(sessionID: string): Promise<Complete> {
  const status = await sessionStatus(sessionID);
  if (status.state !== "COMPLETE") throw new Error("the session still runs");
  return status;
}

async function opened(started: StartedLink, type: "QR" | "Web2App" | "App2App" = "QR") {
  const answer = await openDeviceLink(device.client, linkOf(started, type));
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value;
}

async function codeOf(link: string, by: HeadlessDevice = device): Promise<string> {
  const answer = await openDeviceLink(by.client, link);
  return answer.ok ? "opened" : answer.failure.code;
}

describe("a person who opens a device link", () => {
  it.each(["anonymous", "etsi", "document"])("logs in by a QR code (%s), without a code to compare", async (audience) => {
    const paths: Record<string, string> = {
      etsi: `etsi/PNOEE-${PERSON.personalCode}`,
      document: `document/${device.documentNumber}`,
    };
    const signatureProtocolParameters = {
      rpChallenge: randomChallenge(),
      signatureAlgorithm: "rsassa-pss",
      signatureAlgorithmParameters: { hashAlgorithm: "SHA-512" },
    };
    const changes = { initialCallbackUrl: CALLBACK, signatureProtocolParameters };
    const started = await startAuthenticationLink(paths[audience] ?? audience, changes);
    expect(Object.keys(started)).toEqual(
      expect.arrayContaining(["sessionID", "sessionToken", "sessionSecret", "deviceLinkBase"]),
    );
    expect(started.sessionToken).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(fromBase64(started.sessionSecret)).toHaveLength(32);
    const claimed = forPin(await opened(started));
    expect(presentation(claimed)).toMatchObject({ relyingPartyName: "DEMO", verificationCode: "" });
    expect(returnAddress((await device.storage.read())!, claimed, true)).toBeUndefined();
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.auth))).ok).toBe(true);

    const status = await completed(started.sessionID);
    expect(status).toMatchObject({
      result: { endResult: "OK", documentNumber: device.documentNumber },
      signature: { flowType: "QR" },
    });
    const payload = acspV2Payload({
      schemeName: "smart-id",
      serverRandom: status.signature?.serverRandom ?? "",
      rpChallenge: signatureProtocolParameters.rpChallenge,
      userChallenge: status.signature?.userChallenge ?? "",
      relyingPartyName: "DEMO",
      brokeredRpName: "",
      interactions: started.body.interactions ?? "",
      interactionTypeUsed: "confirmationMessage",
      initialCallbackUrl: CALLBACK,
      flowType: "QR",
    });
    expect(await isSignedBy(status, payload)).toBe(true);
  });

  it.each(["Web2App", "App2App"] as const)("returns by %s to the page they came from, which knows them again", async (type) => {
    const started = await startAuthenticationLink("anonymous", { initialCallbackUrl: CALLBACK });
    const claimed = forPin(await opened(started, type));
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.auth))).ok).toBe(true);
    const status = await completed(started.sessionID);
    const record = (await device.storage.read())!;
    const back = new URL(returnAddress(record, claimed, true) ?? "");
    expect(back.href.startsWith(`${CALLBACK}&sessionSecretDigest=`)).toBe(true);
    const secret = fromBase64(started.sessionSecret) ?? new Uint8Array();
    expect(back.searchParams.get("sessionSecretDigest")).toBe(createHash("sha256").update(secret).digest("base64url"));
    const verifier = back.searchParams.get("userChallengeVerifier") ?? "";
    expect(createHash("sha256").update(verifier, "ascii").digest("base64url")).toBe(status.signature?.userChallenge);
    // Who refused proves nothing.
    expect(new URL(returnAddress(record, claimed, false) ?? "").searchParams.get("userChallengeVerifier")).toBeNull();
    expect(status.signature?.flowType).toBe(type);
  });

  it("signs a document", async () => {
    const started = await startSignatureLink(`document/${device.documentNumber}`, { initialCallbackUrl: CALLBACK });
    const claimed = forPin(await opened(started, "App2App"));
    expect(presentation(claimed)?.verificationCode).toBe("");
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.sign))).ok).toBe(true);
    const status = await completed(started.sessionID);
    expect(status).toMatchObject({ signatureProtocol: "RAW_DIGEST_SIGNATURE", signature: { flowType: "App2App" } });
    expect(status.signature).not.toHaveProperty("userChallenge");
  });

  it("leaves no secret of the session behind when it is complete", async () => {
    const started = await startAuthenticationLink();
    const { transactionId } = await opened(started);
    const session = env.SESSIONS.get(env.SESSIONS.idFromName(started.sessionToken));
    const kept = async (): Promise<string> =>
      JSON.stringify(
        await runInDurableObject(session, (_instance, { storage }) => storage.sql.exec("SELECT * FROM session").toArray()),
      );
    expect(await kept()).toContain(started.sessionSecret);
    expect((await refuseTransaction(device.client, transactionId, "USER_REFUSED")).ok).toBe(true);
    expect(await endResult(started.sessionID)).toBe("USER_REFUSED");
    expect(await kept()).not.toContain(started.sessionSecret);
  });

  it("may open it again, and gets the same transaction", async () => {
    const started = await startAuthenticationLink();
    expect((await opened(started)).transactionId).toBe((await opened(started)).transactionId);
    expect(await query("SELECT * FROM pending_transaction")).toHaveLength(1);
  });
});

describe("a device link is refused", () => {
  it("when its QR code is old, and the session goes on", async () => {
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started, "QR", { elapsedSeconds: 60 }))).toBe("stale_link");
    expect(await endResult(started.sessionID)).toBe("RUNNING");
    expect(await codeOf(linkOf(started))).toBe("opened");
  });

  it("when its relying party did not make it, which ends the session as PROTOCOL_FAILURE", async () => {
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started, "QR", { forged: true }))).toBe("forged_link");
    expect(await endResult(started.sessionID)).toBe("PROTOCOL_FAILURE");
    expect(await codeOf(linkOf(started))).toBe("no_such_link");
  });

  it("when its form is wrong, which its relying party hears as well", async () => {
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started).replace("lang=eng", "lang=en"))).toBe("forged_link");
    expect(await endResult(started.sessionID)).toBe("PROTOCOL_FAILURE");
  });

  it("when it is forged, which takes the request away that was opened by the right one", async () => {
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started))).toBe("opened");
    expect(await codeOf(linkOf(started, "QR", { forged: true }))).toBe("forged_link");
    await vi.waitFor(async () => expect(await query("SELECT * FROM pending_transaction")).toEqual([]), { timeout: 20_000 });
  });

  it("when its session ends while the account is still at it, which then asks for no PIN", async () => {
    const started = await startAuthenticationLink();
    let isWithdrawn = false;
    vi.spyOn(AccountObject.prototype, "withdraw").mockImplementationOnce(async function (this: AccountObject, transactionId) {
      await AccountObject.prototype.withdraw.call(this, transactionId);
      isWithdrawn = true;
    });
    vi.spyOn(SessionObject.prototype, "openLink").mockImplementationOnce(async function (this: SessionObject, account, link) {
      const first = await SessionObject.prototype.openLink.call(this, account, link);
      await SessionObject.prototype.openLink.call(this, account, linkOf(started, "QR", { forged: true }));
      await vi.waitFor(() => expect(isWithdrawn).toBe(true), { timeout: 20_000 });
      return first;
    });
    expect(await codeOf(linkOf(started))).toBe("no_such_link");
    expect(await query("SELECT * FROM pending_transaction")).toEqual([]);
  });

  it("when it comes back before its session heard how it ended", async () => {
    const started = await startAuthenticationLink();
    const { transactionId } = await opened(started);
    const finish = vi.spyOn(SessionObject.prototype, "finish").mockRejectedValue(new Error("out of reach"));
    const log = vi.spyOn(console, "error").mockReturnValue();
    expect((await refuseTransaction(device.client, transactionId, "USER_REFUSED")).ok).toBe(true);
    expect(await codeOf(linkOf(started))).toBe("no_such_link");
    finish.mockRestore();
    log.mockRestore();
    await query("DELETE FROM outbox");
  });

  it("and nothing of what was opened stays when its time is over", async () => {
    await opened(await startAuthenticationLink());
    await query("UPDATE pending_transaction SET expires_at = 0");
    expect(await runDurableObjectAlarm(accountStub(device.storage.record))).toBe(true);
    expect(await query("SELECT * FROM pending_transaction")).toEqual([]);
  });

  it("when it is for somebody else, and the session goes on", async () => {
    const other = await listedAccount("PNOEE-40404040009", "QUALIFIED");
    const started = await startAuthenticationLink(`document/${other.documentNumber}`);
    for (const forged of [false, true]) expect(await codeOf(linkOf(started, "QR", { forged }))).toBe("not_for_this_account");
    expect(await endResult(started.sessionID)).toBe("RUNNING");
  });

  it.each([
    ["an address", "https://example.com/"],
    ["nothing", ""],
    ["long", "x".repeat(2048)],
  ])("when it is none but %s", async (_what, link) => {
    expect(await codeOf(link)).toBe("no_such_link");
  });

  it("when the PIN it asks for is locked, and the person's other accounts can still answer", async () => {
    const lock = (until: number) =>
      query(`INSERT OR REPLACE INTO lockout (purpose, wrong, locked_until) VALUES ('auth', 3, ${until})`);
    await lock(Date.now() + 60_000);
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started))).toBe("pin_locked");
    await query("DELETE FROM lockout");
    expect(await codeOf(linkOf(started))).toBe("opened");
  });

  it("when a copy of the device's storage opens it: the channel is out of step", async () => {
    const started = await startAuthenticationLink();
    const copy = deviceOn(device.storage.copy());
    expect(await codeOf(linkOf(started))).toBe("opened");
    expect(await codeOf(linkOf(started), copy)).toBe("out_of_step");
  });
});

describe("a person with two accounts", () => {
  const juri = { ...PERSON, givenName: "JÜRI", personalCode: "40504040001" };
  const forBoth = (changes: object = {}): Promise<StartedLink> =>
    startAuthenticationLink(`etsi/PNOEE-${juri.personalCode}`, { nonce: crypto.randomUUID().slice(0, 30), ...changes });
  let [first, second]: readonly HeadlessDevice[] = [];
  const atFirst = (statement: string) =>
    runInDurableObject(accountStub(first!.storage.record), (_instance, { storage }) => void storage.sql.exec(statement));

  beforeAll(async () => void ([first, second] = [await enrol(juri), await enrol(juri)]));

  it("opens on the second what the first has no key for", async () => {
    const { signatureAlgorithm, hashAlgorithm } = ALGORITHMS.ed25519;
    const signatureAlgorithmParameters = { hashAlgorithm };
    const signatureProtocolParameters = { rpChallenge: randomChallenge(), signatureAlgorithm, signatureAlgorithmParameters };
    const started = await forBoth({ signatureProtocolParameters });
    await atFirst("UPDATE key_pair SET state = 'destroyed' WHERE suite = 'ed25519' AND purpose = 'auth'");
    expect(await codeOf(linkOf(started), first)).toBe("key_missing");
    expect(await endResult(started.sessionID)).toBe("RUNNING");
    expect(await codeOf(linkOf(started), second)).toBe("opened");
  });

  it("opens on the second what the first has no room for, where nothing that is over takes any", async () => {
    for (let index = 0; index < 5; index++) expect(await codeOf(linkOf(await forBoth()), first)).toBe("opened");
    const late = await forBoth();
    expect(await codeOf(linkOf(late), first)).toBe("too_many_opened");
    expect(await codeOf(linkOf(late), second)).toBe("opened");
    await atFirst("UPDATE pending_transaction SET expires_at = 0");
    expect(await codeOf(linkOf(await forBoth()), first)).toBe("opened");
  });
});

describe("a certificate choice", () => {
  const file = utf8("a contract");
  const linked = (linkedSessionID: string, changes: object = {}, documentNumber = device.documentNumber) =>
    post(`/signature/notification/linked/${documentNumber}`, { ...aSignature(), linkedSessionID, ...changes });
  const idOf = async (response: Response): Promise<string> => {
    expect(response.status, await response.clone().text()).toBe(200);
    const answer = await response.json<{ sessionID: string }>();
    expect(Object.keys(answer)).toEqual(["sessionID"]);
    return answer.sessionID;
  };
  const choose = async (type: "QR" | "Web2App" = "QR"): Promise<StartedLink> => {
    const started = await startCertificateChoiceLink({ initialCallbackUrl: CALLBACK });
    const claimed = await opened(started, type);
    expect(claimed.kind).toBe("certificate-choice");
    expect(await confirmCertificateChoice(device.client, claimed.transactionId)).toEqual({ ok: true, value: { awaits: true } });
    return started;
  };
  const awaited = async () => {
    const state = await device.client.call("getKeyState", () => ({}));
    return state.ok ? state.value.awaited : undefined;
  };

  it("gives the signing certificate, and the signature that follows it needs no code", async () => {
    const started = await choose("Web2App");
    const choice = await completed(started.sessionID);
    const { cert } = await (await post(`/signature/certificate/${device.documentNumber}`, DEMO)).json<Complete>();
    expect(choice).toEqual({
      state: "COMPLETE",
      result: { endResult: "OK", documentNumber: device.documentNumber },
      signature: { flowType: "Web2App" },
      cert,
    });
    expect(await awaited()).toMatchObject({ relyingPartyName: "DEMO" });
    const sessionID = await idOf(await linked(started.sessionID));
    expect(await awaited()).toBeNull();
    const claimed = await claimOnly(device);
    expect(presentation(claimed)).toMatchObject({ verificationCode: "" });
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.sign))).ok).toBe(true);
    expect(await completed(sessionID)).toMatchObject({ signature: { flowType: "Notification" }, cert });
  });

  it("is followed once: the same request is the same session, another one is refused", async () => {
    const { sessionID } = await choose();
    const first = await idOf(await linked(sessionID));
    expect(await idOf(await linked(sessionID))).toBe(first);
    const second = await linked(sessionID, { nonce: "again" });
    expect(second.status).toBe(400);
    // However late: the choice has this one follower.
    const person = env.PERSONS.get(env.PERSONS.idFromName(`PNOEE-${PERSON.personalCode}`));
    await runInDurableObject(person, (_instance, { storage }) => storage.sql.exec("DELETE FROM recent_request"));
    expect(await idOf(await linked(sessionID))).toBe(first);
    expect(await second.json()).toMatchObject({ errors: [{ pointer: "#/linkedSessionID" }] });
  });

  it.each<[string, () => Promise<string>]>([
    ["a session that nobody started", () => Promise.resolve(crypto.randomUUID())],
    ["a choice that still runs", async () => (await startCertificateChoiceLink()).sessionID],
    ["a login", async () => (await startAuthenticationLink()).sessionID],
  ])("is not %s", async (_what, sessionID) => {
    expect((await linked(await sessionID())).status).toBe(400);
  });

  it("ends whatever else comes while its signature is awaited as EXPECTED_LINKED_SESSION", async () => {
    const { sessionID } = await choose();
    expect(await endResult(await startLogin(device.documentNumber))).toBe("EXPECTED_LINKED_SESSION");
    expect(await endResult(await startSignature(device.documentNumber, file))).toBe("EXPECTED_LINKED_SESSION");
    const follower = await idOf(await linked(sessionID));
    // It came: what comes now is taken again.
    expect(await endResult(await startLogin(device.documentNumber))).toBe("RUNNING");
    expect(await endResult(follower)).toBe("RUNNING");
  });

  it("whose person waits no longer refuses the signature, and takes other requests", async () => {
    const { sessionID } = await choose();
    expect((await stopWaiting(device.client)).ok).toBe(true);
    expect(await endResult(await startLogin(device.documentNumber))).toBe("RUNNING");
    expect(await endResult(await idOf(await linked(sessionID)))).toBe("USER_REFUSED");
  });

  it("is followed within three minutes; later is a TIMEOUT", async () => {
    const { sessionID } = await choose();
    await query("UPDATE awaited SET until = until - 180000");
    expect(await awaited()).toBeNull();
    await runDurableObjectAlarm(accountStub(device.storage.record));
    expect(await query("SELECT * FROM awaited")).toEqual([]);
    expect(await endResult(await idOf(await linked(sessionID)))).toBe("TIMEOUT");
  });

  it("is waited for until the person stops it: a link that a page sends them to opens nothing meanwhile", async () => {
    await choose();
    const started = await startAuthenticationLink();
    expect(await codeOf(linkOf(started))).toBe("awaits_signature");
    expect(await awaited()).not.toBeNull();
    expect(await endResult(started.sessionID)).toBe("RUNNING");
    await stopWaiting(device.client);
    expect(await codeOf(linkOf(started))).toBe("opened");
  });

  it("of before is not what is waited for after a newer one", async () => {
    const older = await choose();
    await stopWaiting(device.client);
    const newer = await choose();
    expect(await endResult(await idOf(await linked(older.sessionID)))).toBe("EXPECTED_LINKED_SESSION");
    expect(await endResult(await idOf(await linked(newer.sessionID)))).toBe("RUNNING");
  });

  it("is not followed by anything once PIN2 is locked, and keeps nothing else waiting", async () => {
    const earlier = forPin(await opened(await startSignatureLink(`document/${device.documentNumber}`, { nonce: "earlier" })));
    await choose();
    for (let attempt = 0; attempt < 3; attempt++) await approveTransaction(device.client, earlier, pinOf(WRONG_PINS.sign));
    expect(await query("SELECT * FROM awaited")).toEqual([]);
    expect(await endResult(await startLogin(device.documentNumber))).toBe("RUNNING");
    await query("DELETE FROM lockout");
  });

  it("whose signature comes to a locked PIN2 keeps nothing else waiting", async () => {
    const { sessionID } = await choose();
    await query(`INSERT OR REPLACE INTO lockout (purpose, wrong, locked_until) VALUES ('sign', 3, ${Date.now() + 60_000})`);
    expect(await endResult(await idOf(await linked(sessionID)))).toBe("DOCUMENT_UNUSABLE");
    expect(await endResult(await startLogin(device.documentNumber))).toBe("RUNNING");
    await query("DELETE FROM lockout");
  });

  it("by notification is answered on the device, and nothing is waited for", async () => {
    const response = await post(`/signature/certificate-choice/notification/etsi/PNOEE-${PERSON.personalCode}`, DEMO);
    const sessionID = await idOf(response);
    const transactionId = await waitingId();
    const claimed = await device.client.call("claimTransaction", () => ({ transactionId }));
    expect(claimed).toMatchObject({ ok: true, value: { kind: "certificate-choice", flowType: "Notification" } });
    expect(await confirmCertificateChoice(device.client, transactionId)).toEqual({ ok: true, value: { awaits: false } });
    expect(await completed(sessionID)).toMatchObject({ signature: { flowType: "Notification" } });
  });

  it("is not confirmed unclaimed, nor is anything else confirmed as one", async () => {
    await idOf(
      await post(`/signature/certificate-choice/notification/etsi/PNOEE-${PERSON.personalCode}`, { ...DEMO, nonce: "1" }),
    );
    const unclaimed = await confirmCertificateChoice(device.client, await waitingId());
    expect(unclaimed).toMatchObject({ failure: { code: "not_claimed" } });
    const login = await opened(await startAuthenticationLink());
    expect(await confirmCertificateChoice(device.client, login.transactionId)).toMatchObject({ failure: { code: "malformed" } });
  });

  it("that is refused ends so, and cannot be refused for a code that was never shown", async () => {
    const started = await startCertificateChoiceLink();
    const { transactionId } = await opened(started);
    expect((await refuseTransaction(device.client, transactionId, "WRONG_VC")).ok).toBe(false);
    expect((await refuseTransaction(device.client, transactionId, "USER_REFUSED")).ok).toBe(true);
    expect(await endResult(started.sessionID)).toBe("USER_REFUSED");
  });

  it("of whoever comes is never shared: the same request is another customer's", async () => {
    const [one, two] = [await startCertificateChoiceLink(), await startCertificateChoiceLink()];
    expect(two.sessionID).not.toBe(one.sessionID);
    expect(two.sessionToken).not.toBe(one.sessionToken);
    expect(two.sessionSecret).not.toBe(one.sessionSecret);
  });
});

describe("a signature by device link that is asked for twice within 15 seconds", () => {
  const path = () => `/signature/device-link/document/${device.documentNumber}`;

  it("is one session, by the same links; with a nonce it is another", async () => {
    const [one, two] = [await (await post(path(), aSignature())).text(), await (await post(path(), aSignature())).text()];
    expect(one).toBe(two);
    expect(await (await post(path(), { ...aSignature(), nonce: "n" })).text()).not.toBe(one);
  });

  it("is another one by another name of the server, whose links begin with that name", async () => {
    const ask = async (host: string) => {
      const headers = { "cf-connecting-ip": "127.0.0.1", "content-type": "application/json" };
      const body = JSON.stringify(aSignature());
      const response = await exports.default.fetch(`http://${host}/v3${path()}`, { method: "POST", headers, body });
      return response.json<StartedLink>();
    };
    const [one, two] = [await ask("localhost"), await ask("127.0.0.1")];
    expect([one.deviceLinkBase, two.deviceLinkBase]).toEqual(["http://localhost/device-link", "http://127.0.0.1/device-link"]);
    expect(two.sessionID).not.toBe(one.sessionID);
  });

  it("counts the seconds of its codes from the second answer, too", async () => {
    const apart = { initialCallbackUrl: `${CALLBACK}&apart` };
    const started = await startSignatureLink(`document/${device.documentNumber}`, apart);
    const session = env.SESSIONS.get(env.SESSIONS.idFromName(started.sessionToken));
    // The first answer was lost on its way, twelve seconds ago.
    await runInDurableObject(session, (_instance, { storage }) => {
      storage.sql.exec(
        `UPDATE session SET transaction_offered = json_set(transaction_offered, '$.expiresAt',
         (transaction_offered ->> '$.expiresAt') - 12000)`,
      );
    });
    expect(await codeOf(linkOf(started))).toBe("stale_link");
    const again = await startSignatureLink(`document/${device.documentNumber}`, apart);
    expect(again.sessionID).toBe(started.sessionID);
    expect(await codeOf(linkOf(again))).toBe("opened");
  });
});

describe("an interaction", () => {
  const both = interactionsOf(
    { type: "confirmationMessage", displayText200: "Long" },
    { type: "displayTextAndPIN", displayText60: "Short" },
  );

  it("is the first of the relying party's that the app can show, and that one is reported and signed", async () => {
    const started = await startAuthenticationLink("anonymous", { interactions: both });
    const answer = await openDeviceLink(device.client, linkOf(started), ["displayTextAndPIN"]);
    if (!answer.ok) throw new Error(answer.failure.code);
    expect(presentation(answer.value)).toMatchObject({ interaction: "displayTextAndPIN", text: "Short" });
    expect((await approveTransaction(device.client, forPin(answer.value), pinOf(PINS.auth))).ok).toBe(true);
    expect(await completed(started.sessionID)).toMatchObject({ interactionTypeUsed: "displayTextAndPIN" });
  });

  it("that the app cannot show ends the session as REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP", async () => {
    const started = await startAuthenticationLink();
    const answer = await openDeviceLink(device.client, linkOf(started), ["displayTextAndPIN"]);
    expect(answer).toMatchObject({ failure: { code: "interaction_not_supported" } });
    expect(await endResult(started.sessionID)).toBe("REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP");

    const sessionID = await startLogin(
      device.documentNumber,
      undefined,
      interactionsOf({ type: "confirmationMessage", displayText200: "x" }),
    );
    const transactionId = await waitingId();
    const claimed = await device.client.call("claimTransaction", () => ({ transactionId, supportedInteractions: [] }));
    expect(claimed).toMatchObject({ failure: { code: "interaction_not_supported" } });
    expect(await endResult(sessionID)).toBe("REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP");
  });

  it("that contradicts itself on the device ends as PROTOCOL_FAILURE", async () => {
    const started = await startAuthenticationLink();
    const { transactionId } = await opened(started);
    expect((await refuseTransaction(device.client, transactionId, "PROTOCOL_FAILURE")).ok).toBe(true);
    expect(await endResult(started.sessionID)).toBe("PROTOCOL_FAILURE");
  });
});

describe("a storm of requests", () => {
  const SHOP = { relyingPartyUUID: "5ad10c3f-6d2b-4f5e-9c43-3f4d6dbe8a11", relyingPartyName: "Shop" };
  const register = (flows: string) =>
    env.DATABASE.prepare(
      "INSERT OR REPLACE INTO relying_parties (uuid, names, networks, flows) VALUES (?, '[\"Shop\"]', '[\"127.0.0.0/8\"]', ?)",
    )
      .bind(SHOP.relyingPartyUUID, flows)
      .run();
  const ask = (changes: object = {}) =>
    post(`/signature/notification/document/${device.documentNumber}`, {
      ...aSignature(),
      ...changes,
      nonce: crypto.randomUUID().slice(0, 30),
    });
  const statuses = async (count: number, changes?: object): Promise<readonly number[]> => {
    const given: number[] = [];
    for (let index = 0; index < count; index++) given.push((await ask(changes)).status);
    return given;
  };

  it("of one relying party ends as 429 after three, and leaves room for another's, up to five in all", async () => {
    await register('["device-link","notification"]');
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    expect(await statuses(3, SHOP)).toEqual([200, 200, 429]);
    expect(await query("SELECT * FROM pending_transaction")).toHaveLength(5);
    // What the person comes for themselves is not held up by it.
    expect(await codeOf(linkOf(await startAuthenticationLink()))).toBe("opened");
  });

  it("of links that one person opens keeps the first five; the others are not opened, and nothing ends", async () => {
    const sessions: StartedLink[] = [];
    for (let index = 0; index < 7; index++) sessions.push(await startAuthenticationLink());
    const codes: string[] = [];
    for (const started of sessions) codes.push(await codeOf(linkOf(started)));
    expect(codes).toEqual([...Array<string>(5).fill("opened"), "too_many_opened", "too_many_opened"]);
    const ends = await Promise.all(sessions.map(({ sessionID }) => endResult(sessionID)));
    expect(new Set(ends)).toEqual(new Set(["RUNNING"]));
    expect(await query("SELECT * FROM pending_transaction")).toHaveLength(5);
    // Nor is there less room for what comes by itself.
    expect(await statuses(1)).toEqual([200]);
  });

  it("is impossible for a party that may only come by device link", async () => {
    const only = { ...SHOP, relyingPartyUUID: "5ad10c3f-6d2b-4f5e-9c43-3f4d6dbe8a12" };
    await env.DATABASE.prepare(
      "INSERT INTO relying_parties (uuid, names, networks, flows) VALUES (?, '[\"Shop\"]', '[\"127.0.0.0/8\"]', '[\"device-link\"]')",
    )
      .bind(only.relyingPartyUUID)
      .run();
    expect((await ask(only)).status).toBe(403);
    const choice = await post(`/signature/certificate-choice/notification/etsi/PNOEE-${PERSON.personalCode}`, only);
    expect(choice.status).toBe(403);
    expect((await post("/authentication/device-link/anonymous", { ...DEMO })).status).toBe(400);
    await startSignatureLink(`document/${device.documentNumber}`, only);
  });
});

it("a digest of a device-link signature that is not the hash's length is refused as in every flow", async () => {
  const parameters = { digest: toBase64(new Uint8Array(31)), signatureAlgorithm: "sha256WithRSAEncryption" };
  const body = { ...aSignature(), signatureProtocolParameters: parameters };
  expect((await post(`/signature/device-link/document/${device.documentNumber}`, body)).status).toBe(400);
});
