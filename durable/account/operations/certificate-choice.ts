// The person says that a relying party may have this account's signing certificate, and then waits for what is to be signed with it.
import { TIME_TO_BE_FOLLOWED } from "../../../src/account/account-state.ts";
import { MAIN_SUITE } from "../../../src/account/purpose.ts";
import { isSignature, type TransactionOutcome } from "../../../src/account/transaction.ts";
import type { RequestBody } from "../../../src/protocol/device-messages.ts";
import { done, type OperationHandler, refusal } from "../account-context.ts";
import { pinFailure } from "../attempt.ts";
import { finishTransaction } from "../outbox.ts";
import { certificateOf } from "./signing.ts";
import { documentNumber, endUnusable, liveTransaction } from "./transactions.ts";

export const confirmCertificateChoice: OperationHandler<RequestBody<"confirmCertificateChoice">> = (context, body) => (now) => {
  const transaction = liveTransaction(context, body.transactionId, now);
  if (transaction === undefined) return refusal({ code: "no_such_transaction" });
  if (!transaction.claimed) return refusal({ code: "not_claimed" });
  const { details } = transaction;
  if (details.kind === "application" || isSignature(details.offered)) return refusal({ code: "malformed" });
  const unusable = pinFailure(context, "sign", now);
  if (unusable !== undefined) {
    endUnusable(context, transaction, now);
    return refusal(unusable);
  }
  const { session, relyingPartyName, flowType } = details.offered;
  const outcome: TransactionOutcome = {
    endResult: "OK",
    documentNumber: documentNumber(context),
    certificate: certificateOf(context, context.keys.current("sign", MAIN_SUITE)),
    deviceIpAddress: context.clientAddress,
  };
  finishTransaction(context, transaction, outcome, now);
  // Only what began with a device link can be followed without a code to compare.
  const awaits = flowType !== "Notification";
  if (awaits) context.awaited.begin(session, relyingPartyName, now + TIME_TO_BE_FOLLOWED);
  return done({ confirmed: true, awaits });
};

export const stopWaiting: OperationHandler<RequestBody<"stopWaiting">> = (context) => () => {
  context.awaited.stop();
  return done({ stopped: true });
};
