import { describe, expect, test } from "vitest";
import type { AccountSummary, LinkStart, SessionStart } from "../../src/account/objects.ts";
import { sessionStatus } from "../../src/account/session-answer.ts";
import { endForged, openLink } from "../../src/account/session-link.ts";
import {
  claimSession,
  finishSession,
  followSession,
  offeredTransaction,
  type Session,
  startSession,
  TIME_TO_ANSWER,
} from "../../src/account/session.ts";
import { authCodeOf, type DeviceLinkType, deviceLinkText, type UnprotectedLink } from "../../src/protocol/device-link.ts";
import { fromBase64, toBase64 } from "../../src/protocol/encoding.ts";
import { anAuthenticationStart, signedBy } from "../support/session-start.ts";

const NOW = 1_800_000_000_000;
const NAME = "S2gPzh0R9tNHjvCz4mmuQmxZ2PSY1X3lQFcFRQXkq0b";
const CALLBACK = "https://rp.example.com/back";
const account = (handle: string, level: AccountSummary["level"] = "QUALIFIED"): AccountSummary => ({
  handle,
  documentNumber: `PNOEE-1-${handle}-Q`,
  level,
});
const [a, b, basic] = [account("AAAA"), account("BBBB"), account("CCCC", "ADVANCED")];
const LINK: LinkStart = {
  sessionSecret: toBase64(new Uint8Array(32).fill(3)),
  deviceLinkBase: "https://id.example.ee/device-link",
  schemeName: "smart-id",
};

function linkSession(accounts: readonly AccountSummary[], link: Partial<LinkStart> = {}): Session {
  const start = anAuthenticationStart(accounts);
  const transaction = { ...start.transaction, initialCallbackUrl: CALLBACK, sessionSecretDigest: "digest" };
  const input: SessionStart = { ...start, transaction, link: { ...LINK, ...link } };
  return startSession(NAME, input, { transactionId: "transaction", meteringId: "metering" }, NOW);
}

/** As the relying party makes it. */
function made(
  deviceLinkType: DeviceLinkType,
  elapsedSeconds = 0,
  changes: Partial<UnprotectedLink> = {},
  initialCallbackUrl = CALLBACK,
): string {
  const { transaction } = anAuthenticationStart([]);
  const unprotected: UnprotectedLink = {
    deviceLinkBase: LINK.deviceLinkBase,
    deviceLinkType,
    ...(deviceLinkType === "QR" && { elapsedSeconds }),
    sessionToken: NAME,
    sessionType: "auth",
    language: "eng",
    ...changes,
  };
  const toSign = transaction.toSign.protocol === "ACSP_V2" ? transaction.toSign.rpChallenge : "";
  const terms = {
    schemeName: "smart-id",
    signatureProtocol: "ACSP_V2",
    toSign,
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    interactions: transaction.interactions,
    initialCallbackUrl,
  } as const;
  const secret = fromBase64(LINK.sessionSecret) ?? new Uint8Array();
  return deviceLinkText({ ...unprotected, authCode: authCodeOf(secret, terms, unprotected) });
}

const opened = (session: Session, by: AccountSummary, link: string, now = NOW): Session => {
  const result = openLink(session, by, link, now);
  if (!result.ok) throw new Error(result.failure);
  return result.value;
};
const refusal = (session: Session, by: AccountSummary, link: string, now = NOW): string | undefined => {
  const result = openLink(session, by, link, now);
  return result.ok ? undefined : result.failure;
};

describe("a device link", () => {
  test("gives the session to the account that brings it, in the flow that it names", () => {
    const session = opened(linkSession([], { anyoneOfLevel: "QUALIFIED" }), a, made("Web2App"));
    expect(session).toMatchObject({ claimedBy: "AAAA", accounts: [a], flowType: "Web2App" });
    expect(offeredTransaction(session)).toMatchObject({ flowType: "Web2App", initialCallbackUrl: CALLBACK, session: NAME });
    const { claimedBy: _, ...unclaimed } = { ...session, accounts: [a, a] };
    expect(offeredTransaction(unclaimed)).not.toHaveProperty("amongSeveral");
    const status = sessionStatus(finishSession(session, "AAAA", signedBy(a), NOW), NOW);
    expect(status).toMatchObject({ result: { endResult: "OK" }, signature: { flowType: "Web2App" } });
  });

  test("of another device leads back nowhere", () => {
    const session = opened(linkSession([a]), a, made("QR"));
    expect(offeredTransaction(session)).toMatchObject({ flowType: "QR", initialCallbackUrl: "", sessionSecretDigest: "" });
  });

  test("may be brought again by the same account, in whatever flow, and stays what it was", () => {
    const session = opened(linkSession([a, b]), a, made("QR"));
    expect(opened(session, a, made("App2App"))).toBe(session);
    expect(refusal(session, b, made("QR"))).toBe("claimed_elsewhere");
  });

  test("is for the accounts that the relying party named, for one of the level it asked for, and for nobody else", () => {
    expect(refusal(linkSession([a]), b, made("QR"))).toBe("not_for_this_account");
    expect(refusal(linkSession([], { anyoneOfLevel: "QUALIFIED" }), basic, made("QR"))).toBe("not_for_this_account");
    expect(refusal(linkSession([], { anyoneOfLevel: "ADVANCED" }), basic, made("QR"))).toBeUndefined();
    expect(refusal(linkSession([]), a, made("QR"))).toBe("not_for_this_account");
  });

  test("that is forged says so only to those it would be for", () => {
    const session = linkSession([a]);
    const forged = made("QR").replace(/authCode=./, "authCode=!");
    expect(refusal(session, a, forged)).toBe("forged_link");
    expect(refusal(session, b, forged)).toBe("not_for_this_account");
    expect(refusal(opened(session, a, made("QR")), b, forged)).toBe("not_for_this_account");
  });

  test.each<[string, Partial<UnprotectedLink>]>([
    ["another base", { deviceLinkBase: "https://evil.example/device-link" }],
    ["another token", { sessionToken: NAME.replace("S", "T") }],
    ["another kind of session", { sessionType: "sign" }],
  ])("with %s is forged, even with an authCode that goes with it", (_what, changes) => {
    expect(refusal(linkSession([a]), a, made("QR", 0, changes))).toBe("forged_link");
  });

  test.each(["lav", "est"])("may be in the language %s of the page", (language) => {
    expect(refusal(linkSession([a]), a, made("QR", 0, { language }))).toBeUndefined();
  });

  test("whose seconds or language were changed afterwards is forged", () => {
    expect(refusal(linkSession([a]), a, made("QR").replace("elapsedSeconds=0", "elapsedSeconds=1"))).toBe("forged_link");
    expect(refusal(linkSession([a]), a, made("QR").replace("lang=eng", "lang=est"))).toBe("forged_link");
  });

  test.each([
    [0, 10_000, undefined],
    [0, 10_001, "stale_link"],
    [30, 20_000, undefined],
    [30, 19_999, "stale_link"],
    [30, 40_001, "stale_link"],
  ])("of %i s is good for ten seconds around them: at %i ms it is %s", (elapsed, after, expected) => {
    expect(refusal(linkSession([a]), a, made("QR", elapsed), NOW + after)).toBe(expected);
  });

  test("of a request that was answered twice counts its seconds from either answer", () => {
    const again = linkSession([a], { answeredAgainAt: NOW + 14_000 });
    expect(refusal(again, a, made("QR", 1), NOW + 15_000)).toBeUndefined();
    expect(refusal(again, a, made("QR", 15), NOW + 15_000)).toBeUndefined();
    expect(refusal(again, a, made("QR", 1), NOW + 26_000)).toBe("stale_link");
    expect(refusal(linkSession([a]), a, made("QR", 1), NOW + 15_000)).toBe("stale_link");
  });

  test("that was opened before is found again, however old it is by now", () => {
    const session = opened(linkSession([a]), a, made("QR"));
    expect(opened(session, a, made("QR"), NOW + 60_000)).toBe(session);
  });

  test.each(["Web2App", "App2App"] as const)("by %s that returns nowhere logs nobody in whom it was sent to", (type) => {
    const { transaction, ...start } = anAuthenticationStart([a]);
    const session = startSession(
      NAME,
      { ...start, transaction, link: LINK },
      { transactionId: "transaction", meteringId: "metering" },
      NOW,
    );
    expect(refusal(session, a, made(type, 0, {}, ""))).toBe("forged_link");
    expect(refusal(session, a, made("QR", 0, {}, ""))).toBeUndefined();
  });

  test("that names its person is left to their other accounts by one without the key, and stays without an end", () => {
    const session = linkSession([a, b]);
    expect(openLink(session, a, made("QR"), NOW, ["ed25519"])).toEqual({ ok: false, failure: "key_missing" });
    expect(openLink(session, a, made("QR").replace(/authCode=./, "authCode=!"), NOW, [])).toMatchObject({
      failure: "forged_link",
    });
    expect(openLink(session, b, made("QR"), NOW, ["rsa"])).toMatchObject({ ok: true, value: { claimedBy: "BBBB" } });
    // Whoever came, the party hears of it at once.
    expect(openLink(linkSession([], { anyoneOfLevel: "ADVANCED" }), a, made("QR"), NOW, []).ok).toBe(true);
  });

  test("on the same device does not age while the session waits", () => {
    expect(refusal(linkSession([a]), a, made("Web2App"), NOW + TIME_TO_ANSWER - 1)).toBeUndefined();
    expect(refusal(linkSession([a]), a, made("Web2App"), NOW + TIME_TO_ANSWER)).toBe("over");
  });

  test("finds nothing where the session is complete, or was never one of links", () => {
    const session = opened(linkSession([a]), a, made("QR"));
    expect(refusal(finishSession(session, "AAAA", signedBy(a), NOW), a, made("QR"))).toBe("over");
    expect(
      refusal(
        startSession(NAME, anAuthenticationStart([a]), { transactionId: "transaction", meteringId: "metering" }, NOW),
        a,
        made("QR"),
      ),
    ).toBe("over");
  });

  test("that is forged ends a session for anybody as PROTOCOL_FAILURE, and none that names its person", () => {
    const status = sessionStatus(endForged(linkSession([], { anyoneOfLevel: "ADVANCED" }), NOW), NOW);
    expect(status).toEqual({ state: "COMPLETE", result: { endResult: "PROTOCOL_FAILURE" } });
    for (const session of [linkSession([a]), opened(linkSession([a]), a, made("QR"))]) {
      expect(endForged(session, NOW)).toBe(session);
    }
  });

  test("of a person who has opened it looks to everybody else as if nobody had", () => {
    const session = linkSession([a]);
    for (const each of [session, opened(session, a, made("QR"))]) {
      expect(refusal(each, b, made("QR"))).toBe("not_for_this_account");
    }
  });

  test("is the only way into a session of links: nobody claims one that they were not asked for", () => {
    expect(claimSession(linkSession([], { anyoneOfLevel: "ADVANCED" }), "AAAA", NOW).ok).toBe(false);
  });
});

describe("a certificate choice", () => {
  const choice = (accounts: readonly AccountSummary[], link?: LinkStart): Session => {
    const { transaction, ...start } = anAuthenticationStart(accounts);
    const { relyingPartyUUID, relyingPartyName, brokeredRpName, initialCallbackUrl, sessionSecretDigest } = transaction;
    const asked = { relyingPartyUUID, relyingPartyName, brokeredRpName, initialCallbackUrl, sessionSecretDigest };
    const input: SessionStart = { ...start, transaction: { ...asked, purpose: "sign" }, ...(link && { link }) };
    return startSession(NAME, input, { transactionId: "transaction", meteringId: "metering" }, NOW);
  };
  const { signature: _, userChallenge: __, ...chosen } = { ...signedBy(a), signature: "", userChallenge: "" };

  test("is answered with flow type and certificate, and nothing else", () => {
    const session = finishSession(choice([a]), "AAAA", chosen, NOW);
    expect(sessionStatus(session, NOW)).toEqual({
      state: "COMPLETE",
      result: { endResult: "OK", documentNumber: a.documentNumber },
      signature: { flowType: "Notification" },
      cert: { value: "Y2VydGlmaWNhdGU=", certificateLevel: "QUALIFIED" },
    });
  });

  test.each([[[a]], [[a, b]]])(
    "that is refused on the device that was chosen is USER_REFUSED, however many were asked",
    (accounts) => {
      const refused = { endResult: "USER_REFUSED", documentNumber: a.documentNumber } as const;
      const status = sessionStatus(finishSession({ ...choice(accounts), claimedBy: "AAAA" }, "AAAA", refused, NOW), NOW);
      expect(status).toMatchObject({ result: { endResult: "USER_REFUSED" } });
    },
  );

  const done = { ...choice([], LINK), flowType: "QR", accounts: [a], claimedBy: "AAAA" } as Session;
  const follows = (session: Session, changes: object = {}) => {
    const asked = {
      relyingPartyUUID: session.transaction.relyingPartyUUID,
      documentNumber: a.documentNumber,
      follower: "first",
      ...changes,
    };
    return followSession(session, asked, NOW);
  };

  test("by device link is followed by one signature, which may be asked for again", () => {
    const followed = follows(finishSession(done, "AAAA", chosen, NOW));
    expect(followed?.followedBy).toBe("first");
    expect(followed && follows(followed)?.followedBy).toBe("first");
    expect(followed && follows(followed, { follower: "second" })).toBeUndefined();
  });

  test.each<[string, () => Session | undefined]>([
    ["while it runs", () => follows(done)],
    ["that was refused", () => follows(finishSession(done, "AAAA", { endResult: "USER_REFUSED", documentNumber: "" }, NOW))],
    ["of another party", () => follows(finishSession(done, "AAAA", chosen, NOW), { relyingPartyUUID: "other" })],
    ["of another document", () => follows(finishSession(done, "AAAA", chosen, NOW), { documentNumber: b.documentNumber })],
    ["by notification", () => follows(finishSession(choice([a]), "AAAA", chosen, NOW))],
    ["that is a login", () => follows(finishSession(opened(linkSession([a]), a, made("QR")), "AAAA", signedBy(a), NOW))],
  ])("%s is followed by nothing", (_what, followed) => {
    expect(followed()).toBeUndefined();
  });
});
