import { describe, expect, test } from "vitest";
import type { AccountSummary, SessionStart } from "../../src/account/objects.ts";
import type { TransactionOutcome } from "../../src/account/transaction.ts";
import {
  claimSession,
  completionAt,
  DELIVERY_ALLOWANCE,
  finishSession,
  isGone,
  nextChange,
  offeredTransaction,
  type OfferVerdict,
  type Session,
  startSession,
  strayOffers,
  takeOffers,
  TIME_TO_ANSWER,
  TIME_TO_FETCH,
} from "../../src/account/session.ts";
import { aSignatureStart, anAuthenticationStart, signedBy } from "../support/session-start.ts";
import { sessionStatus } from "../../src/account/session-answer.ts";

const NOW = 1_800_000_000_000;
const DEADLINE = NOW + TIME_TO_ANSWER + DELIVERY_ALLOWANCE;

const account = (handle: string): AccountSummary => ({ handle, documentNumber: `PNOEE-1-${handle}-Q`, level: "QUALIFIED" });
const [a, b, c] = [account("AAAA"), account("BBBB"), account("CCCC")];
const refused: TransactionOutcome = { endResult: "USER_REFUSED", documentNumber: a.documentNumber };
const unusable: TransactionOutcome = { endResult: "DOCUMENT_UNUSABLE", documentNumber: a.documentNumber };

const started = (accounts: readonly AccountSummary[] = [a, b], overrides: Partial<SessionStart> = {}): Session =>
  startSession(
    "name",
    { ...anAuthenticationStart(accounts), ...overrides },
    { transactionId: "transaction", meteringId: "metering" },
    NOW,
  );
const claimed = (session: Session, handle: string, now = NOW): Session => {
  const result = claimSession(session, handle, now);
  if (!result.ok) throw new Error(result.failure);
  return result.value;
};
const verdicts = (entries: Record<string, OfferVerdict>): ReadonlyMap<string, OfferVerdict> => new Map(Object.entries(entries));
const endResultAt = (session: Session, now = NOW): string | undefined => completionAt(session, now)?.outcome.endResult;

describe("time", () => {
  test("accounts may sign for three minutes, and the session waits five seconds more for what they signed", () => {
    const session = started();
    expect(session.transaction.expiresAt).toBe(NOW + 180_000);
    expect(endResultAt(session, NOW + 184_999)).toBeUndefined();
    expect(endResultAt(session, NOW + 185_000)).toBe("TIMEOUT");
  });

  test("a result signed in time and delivered within the allowance counts", () => {
    const session = finishSession(claimed(started(), "AAAA"), "AAAA", signedBy(a), DEADLINE - 1);
    expect(endResultAt(session, DEADLINE)).toBe("OK");
  });

  test("a result delivered later does not", () => {
    const session = claimed(started(), "AAAA");
    expect(finishSession(session, "AAAA", signedBy(a), DEADLINE)).toBe(session);
  });

  test("a result is there for five minutes and then gone, without any alarm", () => {
    const session = finishSession(started(), "AAAA", refused, NOW + 1000);
    expect(isGone(session, NOW + 1000 + TIME_TO_FETCH - 1)).toBe(false);
    expect(isGone(session, NOW + 1000 + TIME_TO_FETCH)).toBe(true);
    expect(isGone(started(), DEADLINE + TIME_TO_FETCH - 1)).toBe(false);
    expect(isGone(started(), DEADLINE + TIME_TO_FETCH)).toBe(true);
  });

  test("the next change is the deadline, then the forgetting", () => {
    expect(nextChange(started())).toBe(DEADLINE);
    expect(nextChange(finishSession(started(), "AAAA", refused, NOW))).toBe(NOW + TIME_TO_FETCH);
  });
});

describe("offers", () => {
  test("accounts that cannot take the offer drop out", () => {
    const taken = takeOffers(started(), verdicts({ AAAA: "unusable", BBBB: "accepted" }), NOW);
    expect(taken).toMatchObject({ ok: true, value: { accounts: [b], offered: true } });
    expect(taken.ok && endResultAt(taken.value)).toBeUndefined();
  });

  test.each([
    [{ AAAA: "unusable", BBBB: "unusable" }, "DOCUMENT_UNUSABLE"],
    [{ AAAA: "unusable", BBBB: "unreachable" }, "SERVER_ERROR"],
  ] as const)("%j ends the session as %s", (given, endResult) => {
    const taken = takeOffers(started(), verdicts(given), NOW);
    expect(taken.ok && endResultAt(taken.value)).toBe(endResult);
  });

  test.each([
    { AAAA: "too_many_pending", BBBB: "too_many_pending" } as const,
    { AAAA: "too_many_pending", BBBB: "unusable" } as const,
  ])("%j makes no session", (given) => {
    expect(takeOffers(started(), verdicts(given), NOW)).toEqual({ ok: false, failure: "too_many_pending" });
  });

  test("nobody to ask is an unusable document", () => {
    const taken = takeOffers(started([]), verdicts({}), NOW);
    expect(taken.ok && endResultAt(taken.value)).toBe("DOCUMENT_UNUSABLE");
  });

  test("an answer that came while others were being asked stands", () => {
    const session = finishSession(started(), "AAAA", refused, NOW);
    const taken = takeOffers(session, verdicts({ AAAA: "unreachable", BBBB: "unusable" }), NOW);
    expect(taken.ok && endResultAt(taken.value)).toBe("USER_REFUSED");
  });

  test("of two starts side by side the first to come back counts, also where the second would have given up", () => {
    const first = takeOffers(started(), verdicts({ AAAA: "accepted", BBBB: "unusable" }), NOW);
    if (!first.ok) throw new Error(first.failure);
    expect(takeOffers(first.value, verdicts({ AAAA: "too_many_pending", BBBB: "accepted" }), NOW)).toEqual(first);
  });

  test("that an account may have taken are to be taken back where the session does not ask it", () => {
    const given = verdicts({ AAAA: "unreachable", BBBB: "accepted", CCCC: "unusable" });
    const all = started([a, b, c]);
    const stray = (session: Session | undefined) => strayOffers(given, session, NOW);
    expect(stray(undefined)).toEqual(["AAAA", "BBBB"]);
    expect(stray(started([b]))).toEqual(["AAAA"]);
    expect(stray(all)).toEqual([]);
    expect(stray(claimed(all, "AAAA"))).toEqual(["BBBB"]);
    expect(stray(finishSession(claimed(all, "AAAA"), "AAAA", refused, NOW))).toEqual(["AAAA", "BBBB"]);
    expect(strayOffers(given, started([a, b]), DEADLINE)).toEqual(["AAAA", "BBBB"]);
  });

  test("an account that claimed before its acceptance was heard of stays", () => {
    const taken = takeOffers(claimed(started(), "AAAA"), verdicts({ AAAA: "unreachable", BBBB: "unusable" }), NOW);
    expect(taken).toMatchObject({ ok: true, value: { accounts: [a], claimedBy: "AAAA" } });
  });
});

describe("an offer says that others were asked", () => {
  const offered = (session: Session) => offeredTransaction(session).amongSeveral;

  test("where a notification went to more than one account, and not where one is all that is left", () => {
    expect(offered(started())).toBe(true);
    expect(offered(started([a]))).toBeUndefined();
    const taken = takeOffers(started(), verdicts({ AAAA: "unusable", BBBB: "accepted" }), NOW);
    expect(taken.ok && offered(taken.value)).toBeUndefined();
  });

  test("not where one has claimed it, and not of what follows a certificate choice, which is for one account", () => {
    expect(offered(claimed(started(), "AAAA"))).toBeUndefined();
    expect(offered(started([a, b], { follows: "choice" }))).toBeUndefined();
  });
});

describe("a refusal of an account that claimed nothing", () => {
  const cancelled: TransactionOutcome = { endResult: "USER_REFUSED_CERT_CHOICE", documentNumber: b.documentNumber };

  test("on the question which device to use ends the session for all of them, whatever is asked", () => {
    expect(endResultAt(finishSession(started(), "BBBB", cancelled, NOW))).toBe("USER_REFUSED_CERT_CHOICE");
  });

  test("takes no session from the account that has claimed it", () => {
    const session = claimed(started(), "AAAA");
    expect(finishSession(session, "BBBB", cancelled, NOW)).toBe(session);
  });
});

describe("claims", () => {
  test("the first wins and may claim again; the others come too late", () => {
    const session = claimed(started(), "AAAA");
    expect(claimed(session, "AAAA").claimedBy).toBe("AAAA");
    expect(claimSession(session, "BBBB", NOW)).toEqual({ ok: false, failure: "claimed_elsewhere" });
  });

  test("an account that was never asked cannot claim", () => {
    expect(claimSession(started(), "CCCC", NOW)).toEqual({ ok: false, failure: "over" });
  });

  test("nobody claims once accounts may no longer sign", () => {
    expect(claimSession(started(), "AAAA", NOW + TIME_TO_ANSWER - 1).ok).toBe(true);
    expect(claimSession(started(), "AAAA", NOW + TIME_TO_ANSWER)).toEqual({ ok: false, failure: "over" });
  });

  test("nobody claims what is complete", () => {
    const session = finishSession(started(), "AAAA", refused, NOW);
    expect(claimSession(session, "AAAA", NOW)).toEqual({ ok: false, failure: "over" });
  });
});

describe("outcomes", () => {
  test("the first stands, whatever comes after it", () => {
    const session = finishSession(started(), "AAAA", refused, NOW);
    expect(finishSession(session, "AAAA", signedBy(a), NOW)).toBe(session);
    expect(finishSession(session, "BBBB", signedBy(b), NOW)).toBe(session);
  });

  test("only the account that claimed is heard", () => {
    const session = claimed(started(), "AAAA");
    expect(finishSession(session, "BBBB", signedBy(b), NOW)).toBe(session);
    expect(endResultAt(finishSession(session, "AAAA", signedBy(a), NOW))).toBe("OK");
  });

  test("an account that was never asked is not heard", () => {
    const session = started();
    expect(finishSession(session, "CCCC", signedBy(c), NOW)).toBe(session);
  });

  test("one device of several that breaks down leaves the others to answer", () => {
    const one = finishSession(started(), "AAAA", unusable, NOW);
    expect(endResultAt(one)).toBeUndefined();
    expect(claimSession(one, "AAAA", NOW).ok).toBe(false);
    expect(endResultAt(finishSession(one, "BBBB", unusable, NOW))).toBe("DOCUMENT_UNUSABLE");
    expect(endResultAt(finishSession(one, "BBBB", signedBy(b), NOW))).toBe("OK");
  });

  test("the device that claimed and got locked ends the session", () => {
    expect(endResultAt(finishSession(claimed(started(), "AAAA"), "AAAA", unusable, NOW))).toBe("DOCUMENT_UNUSABLE");
  });
});

describe("the answer to the relying party", () => {
  test("while the session runs is its state alone", () => {
    expect(sessionStatus(started(), NOW)).toEqual({ state: "RUNNING" });
  });

  test("has every field of a signed authentication, and no other", () => {
    expect(sessionStatus(finishSession(started(), "AAAA", signedBy(a), NOW), NOW)).toEqual({
      state: "COMPLETE",
      result: { endResult: "OK", documentNumber: a.documentNumber },
      signatureProtocol: "ACSP_V2",
      signature: {
        value: "c2lnbmF0dXJl",
        serverRandom: "c2VydmVyUmFuZG9tc2VydmVyUmFuZG9t",
        userChallenge: "GnsWXXEjTCKR89fj9uo5u5ReBZ9JR7_pezLAI5jMS00",
        flowType: "Notification",
        signatureAlgorithm: "rsassa-pss",
        signatureAlgorithmParameters: {
          hashAlgorithm: "SHA3-384",
          maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm: "SHA3-384" } },
          saltLength: 48,
          trailerField: "0xbc",
        },
      },
      cert: { value: "Y2VydGlmaWNhdGU=", certificateLevel: "QUALIFIED" },
      interactionTypeUsed: "confirmationMessage",
    });
  });

  test("has neither random nor challenge for a signature, and only the hash for PKCS#1 v1.5", () => {
    const session = startSession("name", aSignatureStart([a]), { transactionId: "transaction", meteringId: "metering" }, NOW);
    const status = sessionStatus(finishSession(session, "AAAA", signedBy(a), NOW), NOW);
    expect(status).toMatchObject({ signatureProtocol: "RAW_DIGEST_SIGNATURE" });
    expect(status.state === "COMPLETE" && status.signature).toEqual({
      value: "c2lnbmF0dXJl",
      flowType: "Notification",
      signatureAlgorithm: "sha256WithRSAEncryption",
      signatureAlgorithmParameters: { hashAlgorithm: "SHA-256" },
    });
  });

  test("has of the parameters only the hash for Ed25519, in a login and in a signature", () => {
    const named = { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA3-256" } as const;
    for (const start of [anAuthenticationStart([a]), aSignatureStart([a])]) {
      const transaction = { ...start.transaction, ...named };
      const ids = { transactionId: "transaction", meteringId: "metering" };
      const session = finishSession(startSession("name", { ...start, transaction }, ids, NOW), "AAAA", signedBy(a), NOW);
      const status = sessionStatus(session, NOW);
      const { signature } = status as Extract<typeof status, { readonly state: "COMPLETE" }>;
      expect(signature?.signatureAlgorithm).toBe("ed25519");
      expect(signature?.signatureAlgorithmParameters).toEqual({ hashAlgorithm: "SHA3-256" });
    }
  });

  test("tells the device's address only to a party that asked for it", () => {
    const shared = finishSession(started([a], { shareClientAddress: true }), "AAAA", signedBy(a), NOW);
    expect(sessionStatus(shared, NOW)).toMatchObject({ deviceIpAddress: "192.0.2.7" });
    expect(sessionStatus(finishSession(started([a]), "AAAA", signedBy(a), NOW), NOW)).not.toHaveProperty("deviceIpAddress");
  });

  test("names the properties that were ignored, where there were any", () => {
    const session = finishSession(started([a], { ignoredProperties: ["colour"] }), "AAAA", refused, NOW);
    expect(sessionStatus(session, NOW)).toEqual({
      state: "COMPLETE",
      result: { endResult: "USER_REFUSED", documentNumber: a.documentNumber },
      ignoredProperties: ["colour"],
    });
  });

  test("says which interaction was refused", () => {
    const outcome: TransactionOutcome = { endResult: "USER_REFUSED_INTERACTION", documentNumber: a.documentNumber };
    expect(sessionStatus(finishSession(started([a]), "AAAA", outcome, NOW), NOW)).toMatchObject({
      result: { endResult: "USER_REFUSED_INTERACTION", details: { interaction: "confirmationMessage" } },
    });
  });

  test("of a session that nobody answered is TIMEOUT and nothing more", () => {
    expect(sessionStatus(started(), DEADLINE)).toEqual({ state: "COMPLETE", result: { endResult: "TIMEOUT" } });
  });
});
