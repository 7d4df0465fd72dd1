// Two suites in one account: what is said of a key of one is nothing for a key of the other, whoever says it and in whatever step.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import { answerChallenge, claimTransaction, openDeviceLink } from "../../src/authenticator/transactions.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { concatBytes } from "../../src/protocol/encoding.ts";
import { proofMessage } from "../../src/protocol/proof-message.ts";
import { Attempts } from "../support/attempts.ts";
import { ALGORITHMS, endResult, LOGIN_TEXT, randomChallenge, startLogin } from "../support/demo-party.ts";
import { linkOf, startAuthenticationLink } from "../support/device-links.ts";
import { contributionOver } from "../support/handmade-messages.ts";
import { deviceOn, enrol, identifiedDevice, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

const OTHER: Readonly<Record<Suite, Suite>> = { rsa: "ed25519", ed25519: "rsa" };

let account: Attempts;

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});
afterEach(() => account.clear());

describe.each(SUITES)("a transaction for a key of suite %s", (suite) => {
  it("is not signed by the other's contribution: a difference under its own transcript, a wrong PIN under this one's", async () => {
    const { claimed, sessionID } = await account.wait(suite);
    const { claimed: ofOther } = await account.wait(OTHER[suite]);
    expect([claimed.suite, ofOther.suite]).toEqual([suite, OTHER[suite]]);
    const sent = await account.contribution(ofOther, "right");
    expect(await account.send(claimed, sent)).toBe("transcript_mismatch");
    expect(await account.wrong("auth")).toBe(0);
    const right = await account.contribution(claimed, "right");
    const forged = [
      sent.contribution,
      concatBytes(sent.contribution, new Uint8Array(288)).slice(0, 384),
      sent.contribution.slice(0, 96),
    ];
    for (const [index, contribution] of forged.entries()) {
      expect(await account.send(claimed, { ...right, contribution }), `form ${index}`).toBe("wrong_pin");
      expect(await account.wrong("auth")).toBe(1);
      await account.query("DELETE FROM lockout");
    }
    expect(await account.send(claimed, right)).toBe("signed");
    expect(await endResult(sessionID)).toBe("OK");
    expect(await account.try(ofOther, "right")).toBe("signed");
  });
});

describe("a challenge", () => {
  it("of a clone is answered by the main suite alone: the other's contribution closes nothing and costs nobody", async () => {
    const copy = deviceOn(account.device.storage.copy());
    await account.device.client.call("getKeyState", () => ({}));
    const asked = await copy.client.call("getKeyState", () => ({}));
    const challenge = !asked.ok && asked.failure.code === "out_of_step" ? asked.failure.challenge : undefined;
    if (challenge === undefined) throw new Error("no challenge");
    expect(challenge.suite).toBe("rsa");
    // An honest device does not even ask its other key.
    const { keyVersion } = account.record.keys.find(({ purpose, suite }) => purpose === "auth" && suite === "ed25519") ?? {
      keyVersion: 0,
    };
    const ofEd25519 = { ...challenge, suite: "ed25519" as const, keyVersion };
    expect(await answerChallenge(copy.client, ofEd25519, pinOf(PINS.auth))).toMatchObject({ failure: { code: "no_key" } });

    const { offer } = (await account.wait("ed25519")).claimed;
    const { handle } = account.record;
    const operation = "answerChallenge";
    const message = proofMessage({
      operation,
      handle,
      purpose: "auth",
      suite: "ed25519",
      keyVersion,
      nonce: challenge.proof.nonce,
    });
    const input = { operation, purpose: "auth", keyVersion, message, offer } as const;
    const sent = contributionOver(account.record, await account.share("auth", "ed25519", PINS.auth), input, "ed25519");
    const answered = await copy.client.call(operation, async ({ encryptionKey }, requestId) => {
      const binding = { handle, requestId, operation, subject: challenge.challenge };
      return { challenge: challenge.challenge, envelope: await sealSecondEnvelope(encryptionKey, binding, { ...sent }) };
    });
    expect(answered).toEqual({ ok: false, failure: { code: "transcript_mismatch" } });
    expect(await account.query("SELECT wrong_answers FROM clone_watch")).toEqual([{ wrong_answers: 0 }]);
    expect(await account.query("SELECT status FROM account")).toEqual([{ status: "active" }]);
  });
});

describe("a key of one suite", () => {
  it("is joined by its own operation only; a suite that is not named is not made", async () => {
    const device = await identifiedDevice({ ...PERSON, personalCode: "40504040001" });
    const handle = device.storage.record?.handle ?? "";
    const initiate = (suite: Suite) => device.client.call("initiateKey", () => ({ purpose: "sign", suite }));
    const sealed = (requestId: string, operation: string, keyVersion: number, length: number) =>
      sealSecondEnvelope(
        account.record.encryptionKey,
        { handle, requestId, operation, subject: `sign:${keyVersion}` },
        { secret: new Uint8Array(length).fill(1) },
      );
    for (const suite of SUITES) expect((await initiate(suite)).ok).toBe(true);
    const round = await device.client.call("dkgRound", async (_, requestId) => {
      return { purpose: "sign", keyVersion: 1, envelope: await sealed(requestId, "dkgRound", 1, 160) };
    });
    const part = await device.client.call("submitClient2ndPart", async (_, requestId) => {
      const half = `${"_".repeat(511)}9`;
      return { purpose: "sign", keyVersion: 2, device: half, envelope: await sealed(requestId, "submitClient2ndPart", 2, 384) };
    });
    for (const answer of [round, part]) expect(answer).toEqual({ ok: false, failure: { code: "wrong_state" } });

    const { stub } = new Attempts({ ...device, documentNumber: "" });
    await runInDurableObject(stub, (instance) => {
      (instance as unknown as { env: { KEY_SUITES: string } }).env.KEY_SUITES = "rsa";
    });
    expect(await initiate("ed25519")).toEqual({ ok: false, failure: { code: "wrong_state" } });
    expect((await initiate("rsa")).ok).toBe(true);
  });
});

// Last: it takes the keys away.
describe("an account without the suite that is asked for", () => {
  beforeAll(async () => {
    await account.query("UPDATE key_pair SET state = 'destroyed', server_share = NULL WHERE suite = 'ed25519'");
  });

  it("ends a notification at once as DOCUMENT_UNUSABLE, and is asked nothing", async () => {
    const sessionID = await startLogin(account.documentNumber, randomChallenge(), LOGIN_TEXT, ALGORITHMS.ed25519);
    expect(await endResult(sessionID)).toBe("DOCUMENT_UNUSABLE");
    expect(await account.query("SELECT * FROM pending_transaction")).toEqual([]);
    expect(await endResult((await account.wait("rsa")).sessionID)).toBe("RUNNING");
  });

  it("ends a device link that it opens, and says so on the device", async () => {
    const { signatureAlgorithm, hashAlgorithm } = ALGORITHMS.ed25519;
    const started = await startAuthenticationLink("anonymous", {
      signatureProtocolParameters: {
        rpChallenge: randomChallenge(),
        signatureAlgorithm,
        signatureAlgorithmParameters: { hashAlgorithm },
      },
    });
    const opened = await openDeviceLink(account.device.client, linkOf(started));
    expect(opened).toEqual({ ok: false, failure: { code: "key_missing" } });
    expect(await endResult(started.sessionID)).toBe("DOCUMENT_UNUSABLE");
    expect(await account.query("SELECT * FROM pending_transaction")).toEqual([]);
  });

  it("ends what waited for a key that is gone meanwhile, and signs nothing with another", async () => {
    const { claimed, sessionID } = await account.wait("rsa");
    const details = "json_set(details, '$.offered.signatureAlgorithm', 'ed25519')";
    await account.query(`UPDATE pending_transaction SET details = ${details}`);
    expect(await account.try(claimed, "right")).toBe("server_error");
    expect(await claimTransaction(account.device.client, claimed.transactionId)).toMatchObject({
      failure: { code: "key_missing" },
    });
    expect(await endResult(sessionID)).toBe("DOCUMENT_UNUSABLE");
    expect(await account.wrong("auth")).toBe(0);
  });
});
