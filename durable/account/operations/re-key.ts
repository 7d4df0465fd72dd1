// New keys in an account that is active: for a new PIN, which needs new shares (one share is never masked twice), and for a suite that
// the account has none of. Allowed by a proof of the PIN that stands, which counts as an attempt; certificates and the end of the
// old keys follow when every new one is proven (issuing.ts).
import { randomBytes, randomIdentifier } from "../../../src/account/random.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { type ReKey, TIME_TO_MAKE_KEYS, TIME_TO_PROVE } from "../../../src/account/account-state.ts";
import { MAIN_SUITE, type Purpose, type Suite, SUITES } from "../../../src/account/purpose.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { equalBytes } from "../../../src/protocol/encoding.ts";
import { PROOF_ALGORITHMS, proofMessage } from "../../../src/protocol/proof-message.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { attempt, pinFailure } from "../attempt.ts";
import { recordKeys } from "../audit.ts";
import { heldAgainst, openContribution, thenForget } from "../contribution.ts";
import { raiseEpoch } from "../outbox.ts";
import { recordRepeated } from "../repeated-events.ts";
import { endUnusableOf } from "./transactions.ts";

/** Bytes. */
export const GRANT_LENGTH = 32;

export const beginReKey: OperationHandler<RequestBody<"beginReKey">> =
  (context, { purpose, change }) =>
  (now) => {
    const unusable = pinFailure(context, purpose, now);
    if (unusable !== undefined) return refusal(unusable);
    const key = context.keys.current(purpose, MAIN_SUITE);
    if (key === undefined) return refusal({ code: "server_error" });
    const suites = suitesToMake(context, purpose, change);
    // What is being issued is not given up, and there is something to make.
    if (context.reKeys.read()?.state === "issuing" || suites.length === 0) return refusal({ code: "wrong_state" });
    giveUpReKey(context, now);
    // Whatever else was begun and never finished may be under another PIN.
    for (const halfMade of context.keys.unfinished(purpose)) context.keys.destroy(halfMade);
    const { suite, keyVersion, publicKey } = key;
    const algorithms = PROOF_ALGORITHMS[suite];
    const { offer } = serverHalves[suite].offer({ publicKey, serverShare: undefined, algorithms, random: randomBytes });
    const proof = { nonce: randomIdentifier(), offer };
    context.reKeys.ask({ purpose, change, suites }, proof, now + TIME_TO_PROVE);
    return done({ suite, keyVersion, proof, suites });
  };

export const reKey: OperationHandler<RequestBody<"reKey">> = async (context, { purpose, envelope }, requestId) => {
  const binding = { requestId, operation: "reKey", subject: `${purpose}:${context.reKeys.proof()?.nonce ?? ""}` };
  const opened = await openContribution(context, binding, envelope, { key: context.keys.current(purpose, MAIN_SUITE) });
  if (opened?.grant?.length !== GRANT_LENGTH) return () => refusal({ code: "malformed" });
  const grantHash = sha256(opened.grant);

  return thenForget(opened, (now) => {
    const asked = context.reKeys.read();
    const proof = context.reKeys.proof();
    if (asked?.state !== "asked" || asked.purpose !== purpose || proof === undefined || now >= asked.until) {
      return refusal({ code: "wrong_state" });
    }
    context.reKeys.burnProof();
    const held = heldAgainst(opened, context.keys.current(purpose, MAIN_SUITE));
    if (held === undefined) return refusal({ code: "server_error" });
    const { handle } = context;
    const { suite, keyVersion } = held.key;
    const { nonce, offer } = proof;
    const message = proofMessage({ operation: "reKey", handle, purpose, suite, keyVersion, nonce });
    const input = { operation: "reKey", purpose, keyVersion, message, offer } as const;
    const verdict = attempt(context, held.key, input, { sent: held.sent, completes: false, now });
    if (verdict.verdict === "failed") {
      if (verdict.lockFell) endUnusableOf(context, purpose, now);
      return refusal(verdict.failure);
    }
    context.reKeys.allow(now + TIME_TO_MAKE_KEYS, grantHash);
    recordRepeated(context, { kind: "key_change_begun", detail: { purpose, change: asked.change } }, now);
    return done({ suites: asked.suites });
  });
};

function suitesToMake(context: AccountContext, purpose: Purpose, change: ReKey["change"]): readonly Suite[] {
  const has = (suite: Suite): boolean => context.keys.current(purpose, suite) !== undefined;
  // Also in a suite that new accounts are not given any more: a new PIN takes nothing away.
  if (change === "replace") return SUITES.filter((suite) => context.suites.includes(suite) || has(suite));
  return context.suites.filter((suite) => !has(suite));
}

/**
 * Whether a new key of an active account comes from the device that proved the PIN. It drew the grant for that and has it in memory alone:
 * else whoever copied its storage while the window is open would put keys under a PIN of their own in place of the person's.
 */
export function isGranted(context: AccountContext, grantHash: Uint8Array): boolean {
  if (context.account.account()?.status !== "active") return true;
  const expected = context.reKeys.grantHash();
  return expected !== undefined && equalBytes(grantHash, expected);
}

/** Every new key is proven: their certificates come next. Runs inside the caller's storage transaction. */
export function issueWhenProven(context: AccountContext, now: number): void {
  const { keys, reKeys } = context;
  const allowed = reKeys.read();
  if (allowed?.state !== "allowed") return;
  const proven = keys.unfinished(allowed.purpose).filter(({ state }) => state === "proven");
  if (!allowed.suites.every((suite) => proven.some((key) => key.suite === suite))) return;
  recordKeys(context, proven, now);
  reKeys.setIssuing(now);
  raiseEpoch(context);
}

/** What was asked or allowed, with the keys made so far: no certificate was ever issued for any of them. */
export function giveUpReKey(context: AccountContext, now: number): void {
  const { keys, reKeys } = context;
  const standing = reKeys.read();
  if (standing === undefined || standing.state === "issuing") return;
  const { purpose, change, state } = standing;
  for (const key of keys.unfinished(purpose)) keys.destroy(key);
  reKeys.remove();
  if (state === "allowed") recordRepeated(context, { kind: "key_change_given_up", detail: { purpose, change } }, now);
}

/** Time is up for whoever asked for new keys and did not make them. */
export function giveUpLateReKey(context: AccountContext, now: number): void {
  const standing = context.reKeys.read();
  if (standing !== undefined && standing.state !== "issuing" && now >= standing.until) giveUpReKey(context, now);
}
