// The person tries out a login. One practice at a time: beginning another ends the one before.
import { randomBytes } from "../../../src/account/random.ts";
import { isPractice, practiceTransaction } from "../../../src/account/practice.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { toBase64 } from "../../../src/protocol/encoding.ts";
import { done, type OperationHandler, refusal } from "../account-context.ts";
import { pinFailure } from "../attempt.ts";
import { addTransaction } from "../offers.ts";

/** Bytes, as in any login. */
const SERVER_RANDOM_LENGTH = 24;

export const practise: OperationHandler<RequestBody<"practise">> =
  (context, { rpChallenge, displayText }) =>
  (now) => {
    const unusable = pinFailure(context, "auth", now);
    if (unusable !== undefined) return refusal(unusable);
    const transactionId = crypto.randomUUID();
    const serverRandom = toBase64(randomBytes(SERVER_RANDOM_LENGTH));
    const offered = practiceTransaction({ transactionId, rpChallenge, serverRandom, displayText }, now);
    if (offered === undefined) return refusal({ code: "malformed" });
    for (const { transactionId: earlier, details } of context.transactions.all()) {
      if (details.kind === "relying-party" && isPractice(details.offered)) context.transactions.remove(earlier);
    }
    addTransaction(context, offered);
    return done({ transactionId });
  };
