// What is true of one account is nothing for another, even of the same person with the same PINs; and what was contributed for one step is
// nothing for another step, even where the sender says of it whatever the server expects to hear.
import { beforeAll, describe, expect, it } from "vitest";
import { randomIdentifier } from "../support/raw-device.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { type Suite, SUITES } from "../../src/account/purpose.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { proofMessage } from "../../src/protocol/proof-message.ts";
import { type Attempt } from "../support/attempts.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
import { contributionOver } from "../support/handmade-messages.ts";
import { enrol, PINS } from "../support/headless-device.ts";
import { ReKeys } from "../support/re-keys.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let own: ReKeys;
let other: ReKeys;

beforeAll(async () => {
  await seedDemoParty();
  // The same person and the same PINs, on two devices.
  own = new ReKeys(await enrol());
  other = new ReKeys(await enrol());
});

const waitingOn = async (account: ReKeys): Promise<readonly string[]> =>
  (await account.query("SELECT transaction_id FROM pending_transaction ORDER BY transaction_id")).map(
    ({ transaction_id: id }) => id as string,
  );

describe("a transaction of another account", () => {
  it.each(SUITES)(
    "is not there: not to be claimed, refused or signed by a key of suite %s, and stays as it was",
    async (suite) => {
      const { claimed, sessionID } = await own.wait(suite);
      const before = await waitingOn(own);
      const { transactionId } = claimed;
      const { client } = other.device;
      const codes = [
        await client.call("claimTransaction", () => ({ transactionId })),
        await client.call("refuseTransaction", () => ({ transactionId, refusal: "USER_REFUSED" })),
        await client.call("confirmCertificateChoice", () => ({ transactionId })),
      ].map((answer) => (answer.ok ? "ok" : answer.failure.code));
      expect(codes).toEqual(["no_such_transaction", "no_such_transaction", "no_such_transaction"]);
      expect(await other.send(claimed, await other.contribution(claimed, "right"))).toBe("no_such_transaction");
      expect([await other.wrong("auth"), await own.wrong("auth")]).toEqual([0, 0]);
      expect(await waitingOn(own)).toEqual(before);
      expect(await own.try(claimed, "right")).toBe("signed");
      expect(await endResult(sessionID)).toBe("OK");
    },
  );

  it.each(SUITES)(
    "is not signed by the other account's share of suite %s under the same PIN: that is a wrong PIN",
    async (suite) => {
      const { claimed } = await own.wait(suite);
      const foreign = await other.contribution(claimed, "right");
      expect(await own.send(claimed, await underTranscriptOf(own, claimed, foreign))).toBe("wrong_pin");
      expect([await own.wrong("auth"), await other.wrong("auth")]).toEqual([1, 0]);
      await own.clear();
    },
  );

  it("of the same person at the same time is another one, and each is signed on its own device", async () => {
    const sessions = [await startLogin(own.documentNumber), await startLogin(other.documentNumber)];
    const [first, second] = [await own.claim(), await other.claim()];
    expect(first.transactionId).not.toBe(second.transactionId);
    expect(await own.send(first, await own.contribution(second, "right"))).toBe("transcript_mismatch");
    expect([await own.try(first, "right"), await other.try(second, "right")]).toEqual(["signed", "signed"]);
    expect(await Promise.all(sessions.map(endResult))).toEqual(["OK", "OK"]);
  });
});

/** The contribution with the transcript that the account expects for that transaction. */
async function underTranscriptOf(account: ReKeys, claimed: SignedTransaction, { contribution }: Attempt): Promise<Attempt> {
  const { transcript } = await account.contribution(claimed, "right");
  return { contribution, transcript };
}

describe("a contribution of the right PIN", () => {
  const suite: Suite = "rsa";

  /** Over what a proof asks for, named as another step. */
  async function overProof(operation: string, proof: { nonce: string; offer: object }, keyVersion: number): Promise<Attempt> {
    const { handle } = own.record;
    const named = { operation: operation as "reKey", handle, purpose: "auth", suite, keyVersion, nonce: proof.nonce } as const;
    const offer = proof.offer as Readonly<Record<string, string | number>>;
    const input = { operation, purpose: "auth", keyVersion, message: proofMessage(named), offer } as const;
    return contributionOver(own.record, await own.share("auth", suite, PINS.auth), input, suite);
  }

  it("for a login is no proof of an old PIN, and one for a proof signs no login: a difference, or paid as a wrong PIN", async () => {
    const { claimed } = await own.wait(suite);
    const login = await own.contribution(claimed, "right");
    const begun = await own.begin();
    const proof = await own.proofOf(begun, PINS.auth);
    expect(await own.prove(login, begun.proof.nonce)).toBe("transcript_mismatch");
    expect(await own.send(claimed, proof)).toBe("transcript_mismatch");
    expect(await own.wrong("auth")).toBe(0);
    // Said to be what it is not.
    const again = await own.begin();
    const { transcript } = await own.proofOf(again, PINS.auth);
    expect(await own.prove({ ...login, transcript }, again.proof.nonce)).toBe("wrong_pin");
    expect(await own.send(claimed, { ...proof, transcript: login.transcript })).toBe("wrong_pin");
    expect(await own.wrong("auth")).toBe(2);
    await own.giveUp();
    await own.clear();
  });

  it("for the proof of an old PIN answers no challenge, nor the other way around", async () => {
    for (const operation of ["answerChallenge", "provePossession"]) {
      const begun = await own.begin();
      const named = await overProof(operation, begun.proof, begun.keyVersion);
      expect(await own.prove(named, begun.proof.nonce)).toBe("transcript_mismatch");
      const again = await own.begin();
      const { contribution } = await overProof(operation, again.proof, again.keyVersion);
      const { transcript } = await own.proofOf(again, PINS.auth);
      expect(await own.prove({ contribution, transcript }, again.proof.nonce)).toBe("wrong_pin");
    }
    expect(await own.wrong("auth")).toBe(2);
    await own.giveUp();
    await own.clear();
  });

  it("in an envelope for another account, step, request or transaction is not even looked at", async () => {
    const { claimed } = await own.wait(suite);
    const right = await own.contribution(claimed, "right");
    const begun = await own.begin();
    for (const binding of [
      { handle: other.record.handle },
      { operation: "reKey" },
      { operation: "answerChallenge" },
      { requestId: randomIdentifier() },
      { subject: `auth:${begun.proof.nonce}` },
      { subject: `auth:${claimed.keyVersion}` },
    ]) {
      expect(await own.send(claimed, right, binding)).toBe("malformed");
    }
    const sealed = await own.device.client.call("reKey", async ({ handle, encryptionKey }, requestId) => ({
      purpose: "auth",
      envelope: await sealSecondEnvelope(
        encryptionKey,
        { handle, requestId, operation: "performSignature", subject: claimed.transactionId },
        { ...right, grant: own.grant },
      ),
    }));
    expect(sealed).toEqual({ ok: false, failure: { code: "malformed" } });
    expect(await own.wrong("auth")).toBe(0);
    expect(await own.try(claimed, "right")).toBe("signed");
    await own.giveUp();
  });
});
