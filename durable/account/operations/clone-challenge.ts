// Clone detection. A request out of step means that two devices may hold one channel: the sender is asked for PIN1 over a
// check message. A right answer proves that two devices hold one share, and the account is closed. Wrong answers are
// paid into a lifetime counter of their own, so that a copied device cannot guess for ever, and an old backup in
// somebody's drawer cannot suspend the device that is in step.
import { randomBytes, randomIdentifier } from "../../../src/account/random.ts";
import { MAIN_SUITE } from "../../../src/account/purpose.ts";
import type { DeviceFailure, RequestBody } from "../../../src/protocol/device-messages.ts";
import { PROOF_ALGORITHMS, proofMessage } from "../../../src/protocol/proof-message.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
import { type AccountContext, done, type OperationHandler, refusal } from "../account-context.ts";
import { check, pinFailure, transcriptFailure } from "../attempt.ts";
import { record } from "../audit.ts";
import { closeAccount } from "../closing.ts";
import { heldAgainst, openContribution, thenForget } from "../contribution.ts";
import { raiseEpoch } from "../outbox.ts";
import { recordRepeated } from "../repeated-events.ts";

const CHALLENGE_LIFETIME_MS = 5 * 60 * 1000;
/** After that many wrong answers, over the account's life, no challenge is evaluated ever again. */
export const MAXIMUM_WRONG_ANSWERS = 3;

/** Records the event and challenges the sender where that is possible. Runs inside the caller's storage transaction. */
export function challengeSender(context: AccountContext, now: number): DeviceFailure {
  context.cloneWatch.recordOutOfStep(now);
  const key = context.keys.current("auth", MAIN_SUITE);
  const active = context.account.account()?.status === "active";
  const exhausted = context.cloneWatch.read().wrongAnswers >= MAXIMUM_WRONG_ANSWERS;
  const challenged = active && !exhausted && key !== undefined && pinFailure(context, "auth", now) === undefined;
  recordRepeated(context, { kind: "out_of_step", detail: { challenged } }, now);
  if (!challenged) return { code: "out_of_step" };
  const { suite, keyVersion, publicKey } = key;
  const algorithms = PROOF_ALGORITHMS[suite];
  const { offer } = serverHalves[suite].offer({ publicKey, serverShare: undefined, algorithms, random: randomBytes });
  const proof = { nonce: randomIdentifier(), offer };
  const challenge = randomIdentifier();
  context.cloneWatch.setChallenge({ challenge, proof, expiresAt: now + CHALLENGE_LIFETIME_MS });
  return { code: "out_of_step", challenge: { challenge, suite, keyVersion, proof } };
}

export const answerChallenge: OperationHandler<RequestBody<"answerChallenge">> = async (context, body, requestId) => {
  const binding = { requestId, operation: "answerChallenge", subject: body.challenge };
  const opened = await openContribution(context, binding, body.envelope, { key: context.keys.current("auth", MAIN_SUITE) });
  if (opened === undefined) return () => refusal({ code: "malformed" });

  return thenForget(opened, (now) => {
    const { challenge, wrongAnswers } = context.cloneWatch.read();
    if (challenge?.challenge !== body.challenge || now >= challenge.expiresAt) return refusal({ code: "challenge_over" });
    context.cloneWatch.burnChallenge();
    if (wrongAnswers >= MAXIMUM_WRONG_ANSWERS) return refusal({ code: "challenge_over" });
    const unusable = pinFailure(context, "auth", now);
    if (unusable !== undefined) return refusal(unusable);
    const held = heldAgainst(opened, context.keys.current("auth", MAIN_SUITE));
    if (held === undefined) return refusal({ code: "server_error" });
    const { handle } = context;
    const { purpose, keyVersion, suite } = held.key;
    const { nonce, offer } = challenge.proof;
    const message = proofMessage({ operation: "answerChallenge", handle, purpose, suite, keyVersion, nonce });
    const input = { operation: "answerChallenge", purpose, keyVersion, message, offer };
    const differs = transcriptFailure(serverHalves[suite], input, opened.transcript);
    if (differs !== undefined) return refusal(differs);

    context.cloneWatch.setWrongAnswers(wrongAnswers + 1);
    raiseEpoch(context);
    switch (check(held.key, input, held.sent)) {
      case "right":
        closeAccount(context, "cloned", now);
        return done({ closed: true });
      case "damaged":
        context.cloneWatch.setWrongAnswers(wrongAnswers);
        recordRepeated(context, { kind: "damaged", detail: { purpose, operation: "answerChallenge" } }, now);
        return refusal({ code: "server_error" });
      case "wrong":
        record(context, { kind: "challenge_wrong", detail: { wrong: wrongAnswers + 1 } }, now);
        return refusal({ code: "challenge_failed" });
    }
  });
};
