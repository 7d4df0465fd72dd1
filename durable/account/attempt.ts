// One PIN attempt: pay, evaluate, settle, all inside the caller's storage transaction and without an await, so that
// neither parallel requests nor a crash at any point gives a free guess or eats a good one.
import type { KeyPair } from "../../src/account/account-state.ts";
import { lockoutStatus, pay, settleReplay, settleRight, settleWrong } from "../../src/account/lockout.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import type { DeviceFailure } from "../../src/protocol/device-messages.ts";
import { equalBytes } from "../../src/protocol/encoding.ts";
import type { Evaluation, ServerHalf, TranscriptInput } from "../../src/split-key/scheme.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import type { AccountContext } from "./account-context.ts";
import { record } from "./audit.ts";
import type { Contribution } from "./contribution.ts";
import { raiseEpoch, revokeCertificate, tellPersonPinDead } from "./outbox.ts";
import { recordRepeated } from "./repeated-events.ts";

export type AttemptVerdict =
  /** `signature`: empty for a message that must never become one. */
  | { readonly verdict: "right"; readonly signature: Uint8Array }
  | {
      readonly verdict: "failed";
      readonly failure: DeviceFailure;
      readonly lockFell: boolean;
      /** The server's own data do not fit: the offer's nonce may have been used, and the offer is to be forgotten. */
      readonly damaged: boolean;
    };

const failure = (reason: DeviceFailure, { lockFell = false, damaged = false } = {}): AttemptVerdict => ({
  verdict: "failed",
  failure: reason,
  lockFell,
  damaged,
});

/**
 * The transcript is compared before payment: a difference is nobody's wrong PIN. Undefined where there is none. `server_error`: what is
 * stored here is no offer for this message.
 */
export function transcriptFailure(half: ServerHalf, input: TranscriptInput, sent: Uint8Array): DeviceFailure | undefined {
  try {
    return equalBytes(half.expectedTranscript(input), sent) ? undefined : { code: "transcript_mismatch" };
  } catch (error) {
    console.error("the transcript threw:", error instanceof Error ? error.name : "unknown");
    return { code: "server_error" };
  }
}

/** Evaluates without ever throwing: a throw would roll the payment back, and is the server's own damaged data. */
export function evaluate(key: KeyPair, input: TranscriptInput, sent: Contribution): Evaluation {
  try {
    return serverHalves[key.suite].evaluate({ ...input, ...sent, publicKey: key.publicKey });
  } catch (error) {
    console.error("evaluation threw:", error instanceof Error ? error.name : "unknown");
    return { verdict: "damaged" };
  }
}

/** The same without completing a signature: for check messages, which must never become one. */
export function check(key: KeyPair, input: TranscriptInput, sent: Contribution): Evaluation["verdict"] {
  try {
    return serverHalves[key.suite].check({ ...input, ...sent, publicKey: key.publicKey });
  } catch (error) {
    console.error("check threw:", error instanceof Error ? error.name : "unknown");
    return "damaged";
  }
}

/** Holds a proof against its key, and completes nothing. */
const proven = (key: KeyPair, input: TranscriptInput, sent: Contribution): Evaluation => {
  const verdict = check(key, input, sent);
  return verdict === "right" ? { verdict, signature: new Uint8Array(), messageKey: undefined } : { verdict };
};

export interface AttemptInput extends TranscriptInput {
  readonly operation: "performSignature" | "reKey";
}

/**
 * A counted attempt on a current key of a purpose, whose lockout all its keys share. Writes the lockout, and destroys the keys when the
 * last attempt fails. `completes`: false for a proof.
 */
export function attempt(
  context: AccountContext,
  key: KeyPair,
  input: AttemptInput,
  {
    sent,
    completes,
    now,
    recordedAs = input.operation,
  }: {
    readonly sent: Contribution;
    readonly completes: boolean;
    readonly now: number;
    /** What the attempt is for, in the audit log. */
    readonly recordedAs?: AttemptInput["operation"] | "practise";
  },
): AttemptVerdict {
  const before = context.account.lockout(key.purpose);
  const refused = pinFailure(context, key.purpose, now);
  if (refused !== undefined) return failure(refused);
  const differs = transcriptFailure(serverHalves[key.suite], input, sent.transcript);
  if (differs !== undefined) return failure(differs, { damaged: differs.code === "server_error" });

  const paid = pay(before);
  context.account.setLockout(key.purpose, paid);
  raiseEpoch(context);

  const evaluation = completes ? evaluate(key, input, sent) : proven(key, input, sent);
  switch (evaluation.verdict) {
    case "right": {
      const { signature, messageKey } = evaluation;
      const replay = messageKey !== undefined && context.keys.wasAccepted(messageKey);
      context.account.setLockout(key.purpose, replay ? settleReplay(before) : settleRight());
      if (messageKey !== undefined) context.keys.recordAccepted(messageKey);
      return { verdict: "right", signature };
    }
    case "damaged":
      context.account.setLockout(key.purpose, before);
      recordRepeated(context, { kind: "damaged", detail: { purpose: key.purpose, operation: recordedAs } }, now);
      return failure({ code: "server_error" }, { damaged: true });
    case "wrong": {
      const settled = settleWrong(paid, now);
      context.account.setLockout(key.purpose, settled);
      const status = lockoutStatus(settled, now);
      const { purpose } = key;
      const event = { kind: "wrong_pin", detail: { purpose, operation: recordedAs, wrong: settled.wrong } } as const;
      // A device asks for new keys and practises by itself, and whoever knows the PIN as often as they like, a right one after each wrong one.
      if (recordedAs === "performSignature") record(context, event, now);
      else recordRepeated(context, event, now, `${purpose} ${settled.wrong} ${recordedAs}`);
      if (status.state === "locked") record(context, { kind: "locked", detail: { purpose, until: status.until } }, now);
      if (status.state === "dead") destroyPurpose(context, purpose, now);
      const lockedUntil = status.state === "locked" ? status.until : 0;
      const attemptsLeft = status.state === "usable" ? status.attemptsLeft : 0;
      const reason: DeviceFailure =
        status.state === "dead" ? { code: "pin_dead" } : { code: "wrong_pin", attemptsLeft, lockedUntil };
      return failure(reason, { lockFell: status.state !== "usable" });
    }
  }
}

/** Why a PIN cannot be tried now; undefined while it can. */
export function pinFailure(context: AccountContext, purpose: Purpose, now: number): DeviceFailure | undefined {
  const status = lockoutStatus(context.account.lockout(purpose), now);
  if (status.state === "dead") return { code: "pin_dead" };
  return status.state === "locked" ? { code: "pin_locked", lockedUntil: status.until } : undefined;
}

function destroyPurpose(context: AccountContext, purpose: Purpose, now: number): void {
  record(context, { kind: "pin_dead", detail: { purpose } }, now);
  for (const key of context.keys.living(purpose)) {
    // Also before it is certified: what is being issued may be in the index by now.
    revokeCertificate(context, key, "cessationOfOperation", now);
    context.keys.destroy(key);
  }
  if (context.reKeys.read()?.purpose === purpose) context.reKeys.remove();
  tellPersonPinDead(context, purpose, now);
}

/** Whether relying parties get anything of this account for that purpose. */
export function isUsable(context: AccountContext, purpose: Purpose, now: number): boolean {
  const account = context.account.account();
  return account?.status === "active" && now < account.expiresAt && pinFailure(context, purpose, now) === undefined;
}
