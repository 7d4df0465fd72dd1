import { beforeAll, describe, expect, it } from "vitest";
import { presentation } from "../../src/authenticator/presentation.ts";
import { approveTransaction, refuseTransaction } from "../../src/authenticator/transactions.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { fromBase64, utf8 } from "../../src/protocol/encoding.ts";
import type { SessionStatus } from "../../src/protocol/session-status.ts";
import { verificationCode } from "../../src/protocol/verification-code.ts";
import { claimOnly, enrol, PINS, pinOf, WRONG_PINS } from "../support/headless-device.ts";
import {
  type Algorithms,
  endResult,
  interactionsOf,
  LOGIN_TEXT,
  randomChallenge,
  sessionStatus,
  startLogin,
  startSignature,
} from "../support/demo-party.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { isSignedBy } from "../support/signature.ts";

let device: Awaited<ReturnType<typeof enrol>>;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});

type Complete = Extract<SessionStatus, { state: "COMPLETE" }>;

function complete(status: SessionStatus): Complete {
  if (status.state !== "COMPLETE") throw new Error("the session still runs");
  return status;
}

describe("a person with a headless authenticator", () => {
  it("logs in with PIN1, and the relying party can verify who it was", async () => {
    const rpChallenge = randomChallenge();
    const sessionID = await startLogin(device.documentNumber, rpChallenge);
    const claimed = await claimOnly(device);
    expect(presentation(claimed)).toEqual({
      relyingPartyName: "DEMO",
      interaction: "displayTextAndPIN",
      text: "Log in to the self-service?",
      verificationCode: verificationCode(fromBase64(rpChallenge) ?? new Uint8Array(0)),
    });
    expect(await approveTransaction(device.client, claimed, pinOf(PINS.auth))).toEqual({ ok: true, value: undefined });

    const status = complete(await sessionStatus(sessionID));
    expect(status.result).toEqual({ endResult: "OK", documentNumber: device.documentNumber });
    const payload = acspV2Payload({
      schemeName: "smart-id",
      serverRandom: status.signature?.serverRandom ?? "",
      rpChallenge,
      userChallenge: status.signature?.userChallenge ?? "",
      relyingPartyName: "DEMO",
      brokeredRpName: "",
      interactions: LOGIN_TEXT,
      interactionTypeUsed: "displayTextAndPIN",
      initialCallbackUrl: "",
      flowType: "Notification",
    });
    expect(await isSignedBy(status, payload)).toBe(true);
    expect(await isSignedBy(status, utf8("anything else"))).toBe(false);
  });

  it("signs a file with PIN2, by PSS, by PKCS#1 v1.5 and by Ed25519", async () => {
    const file = utf8("a contract");
    const cases: Algorithms[] = [
      { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-256" },
      { signatureAlgorithm: "sha384WithRSAEncryption", hashAlgorithm: "SHA-384" },
      { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-384" },
    ];
    for (const algorithms of cases) {
      const sessionID = await startSignature(device.documentNumber, file, algorithms);
      const claimed = await claimOnly(device);
      expect(await approveTransaction(device.client, claimed, pinOf(PINS.sign))).toEqual({ ok: true, value: undefined });
      const status = complete(await sessionStatus(sessionID));
      expect(await isSignedBy(status, file)).toBe(true);
    }
  });

  it("is told how many attempts are left after a wrong PIN, and may try again", async () => {
    const sessionID = await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    const wrong = await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth));
    expect(wrong).toEqual({ ok: false, failure: { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } });
    expect(await endResult(sessionID)).toBe("RUNNING");
    expect((await approveTransaction(device.client, claimed, pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("refuses, and the relying party hears of it", async () => {
    const choice = interactionsOf({ type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Log in?" });
    for (const refusal of ["USER_REFUSED", "USER_REFUSED_INTERACTION", "WRONG_VC"] as const) {
      const sessionID = await startLogin(device.documentNumber, randomChallenge(), choice);
      const { transactionId } = await claimOnly(device);
      expect((await refuseTransaction(device.client, transactionId, refusal)).ok).toBe(true);
      expect(await endResult(sessionID)).toBe(refusal);
    }
  });

  it("cannot refuse for a wrong code where no choice among codes was asked for", async () => {
    const sessionID = await startLogin(device.documentNumber);
    const { transactionId } = await claimOnly(device);
    expect((await refuseTransaction(device.client, transactionId, "WRONG_VC")).ok).toBe(false);
    expect(await endResult(sessionID)).toBe("RUNNING");
    expect((await refuseTransaction(device.client, transactionId, "USER_REFUSED")).ok).toBe(true);
  });

  it("ends the transaction as DOCUMENT_UNUSABLE with the third wrong PIN, and new ones for that PIN at once", async () => {
    const sessionID = await startLogin(device.documentNumber);
    const claimed = await claimOnly(device);
    for (let attempt = 0; attempt < 3; attempt++) await approveTransaction(device.client, claimed, pinOf(WRONG_PINS.auth));
    expect(await endResult(sessionID)).toBe("DOCUMENT_UNUSABLE");
    expect(await endResult(await startLogin(device.documentNumber))).toBe("DOCUMENT_UNUSABLE");
    // The other PIN is another counter.
    const signing = await startSignature(device.documentNumber, utf8("file"));
    expect((await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.sign))).ok).toBe(true);
    expect(await endResult(signing)).toBe("OK");
  });
});
