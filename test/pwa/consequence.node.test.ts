// What failures mean for the person: which screen, and whether the same can be tried again.
import { describe, expect, it } from "vitest";
import { type Attempted, consequenceOf } from "../../src/pwa/model/consequence.ts";

const attempted: Attempted = { accountId: "a", purpose: "auth", relyingPartyName: "DEMO" };
const challenge = { challenge: "c", suite: "rsa" as const, keyVersion: 1, proof: { nonce: "n", offer: {} } };

const screens = [
  [
    "a wrong PIN that locks it",
    { code: "wrong_pin", attemptsLeft: 0, lockedUntil: 7 },
    { name: "locked", until: 7, purpose: "auth" },
  ],
  ["a lock", { code: "pin_locked", lockedUntil: 7 }, { name: "locked", until: 7, purpose: "auth" }],
  ["a destroyed key", { code: "pin_dead" }, { name: "dead", purpose: "auth" }],
  [
    "a request that is over",
    { code: "no_such_transaction" },
    { name: "outcome", outcome: "timed-out", relyingPartyName: "DEMO" },
  ],
  ["a request that another device has", { code: "claimed_elsewhere" }, { name: "outcome", outcome: "claimed-elsewhere" }],
  ["a request that contradicts itself", { code: "not_presentable" }, { name: "outcome", outcome: "not-presentable" }],
  ["an answer that is no longer there", { code: "refused", plaintextHash: "" }, { name: "outcome", outcome: "interrupted" }],
  ["an account of a clone", { code: "account_closed", reason: "cloned" }, { name: "closed", reason: "cloned" }],
  ["a reason that is new to this version", { code: "account_closed", reason: "moved" }, { name: "closed", reason: "unknown" }],
  ["a server that does not know the account", { code: "unknown_channel" }, { name: "closed", reason: "unknown" }],
  ["a copy, as long as it can be asked", { code: "out_of_step", challenge }, { name: "challenge" }],
  ["a copy that cannot be asked", { code: "out_of_step" }, { name: "closed", reason: "out_of_step" }],
  ["a link whose session is over", { code: "no_such_link" }, { name: "outcome", outcome: "link-over" }],
  ["a code that is too old", { code: "stale_link" }, { name: "outcome", outcome: "link-stale" }],
  ["a link that the relying party did not make", { code: "forged_link" }, { name: "outcome", outcome: "link-forged" }],
  ["a link while too many wait", { code: "too_many_opened" }, { name: "outcome", outcome: "link-too-many" }],
  ["a link while a signature is awaited", { code: "awaits_signature" }, { name: "outcome", outcome: "link-must-wait" }],
  ["a link for somebody else", { code: "not_for_this_account" }, { name: "outcome", outcome: "link-not-mine" }],
  ["a way of showing that is not here", { code: "interaction_not_supported" }, { name: "outcome", outcome: "not-supported" }],
  ["a kind of signature that there is no key for", { code: "key_missing" }, { name: "outcome", outcome: "key-missing" }],
  ["a key that is not here", { code: "no_key" }, { name: "outcome", outcome: "failed" }],
  ["an operation that the server does not know", { code: "malformed" }, { name: "outcome", outcome: "app-too-old" }],
  ["an answer in words of another version", { code: "unreadable_answer" }, { name: "outcome", outcome: "app-too-old" }],
  ["two versions that compute different things", { code: "transcript_mismatch" }, { name: "outcome", outcome: "failed" }],
] as const;

describe("the consequence of a failure", () => {
  it.each(screens)("%s ends what the person was doing", (_, failure, screen) => {
    expect(consequenceOf(failure, attempted)).toMatchObject({ kind: "screen", screen });
  });

  it("a wrong PIN is asked again, with the attempts that are left", () => {
    const failure = { code: "wrong_pin", attemptsLeft: 2, lockedUntil: 0 } as const;
    expect(consequenceOf(failure, attempted)).toEqual({ kind: "again", attemptsLeft: 2 });
  });

  it("without an answer the person can try again, and no attempt is said to be lost", () => {
    expect(consequenceOf({ code: "unreachable" }, attempted)).toEqual({ kind: "again", problem: { kind: "unreachable" } });
  });

  it("a wrong answer to a challenge says nothing of attempts", () => {
    expect(consequenceOf({ code: "challenge_failed" }, attempted)).toEqual({ kind: "again", problem: { kind: "wrong-pin" } });
  });

  it("an account that another tab removed is gone", () => {
    expect(consequenceOf({ code: "no_account" }, attempted)).toEqual({ kind: "gone" });
  });

  it.each(["no_key", "server_error", "wrong_state", "refused"] as const)(
    "%s outside of a request says nothing of one",
    (code) => {
      const failure = code === "refused" ? { code, plaintextHash: "" } : { code };
      expect(consequenceOf(failure, { accountId: "a", purpose: "auth" })).toMatchObject({ screen: { outcome: "not-done" } });
    },
  );

  it("a lock without a purpose is never shown as that of some PIN", () => {
    const failure = { code: "pin_locked", lockedUntil: 7 } as const;
    expect(consequenceOf(failure, { accountId: "a" })).toMatchObject({ screen: { name: "outcome", outcome: "not-done" } });
  });
});
