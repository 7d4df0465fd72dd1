// The end of an account: shares destroyed, certificates revoked, relying parties and the person told. Runs inside the
// caller's storage transaction. The channel keys stay, so that a device can be told why.
import type { ClosedReason } from "../../src/account/account-state.ts";
import { PURPOSES } from "../../src/account/purpose.ts";
import type { RevocationReason } from "../../src/certificates/certificate-index.ts";
import type { AccountContext } from "./account-context.ts";
import { raiseEpoch, revokeCertificate, tellPersonClosed } from "./outbox.ts";
import { endUnusable } from "./operations/transactions.ts";

const REVOCATION_REASONS: Readonly<Record<ClosedReason, RevocationReason>> = {
  owner: "cessationOfOperation",
  cloned: "keyCompromise",
  rolled_back: "keyCompromise",
};

export function closeAccount(context: AccountContext, reason: ClosedReason, now: number): void {
  const account = context.account.account();
  if (account === undefined || account.status === "closed") return;
  for (const transaction of context.transactions.all()) endUnusable(context, transaction);
  for (const purpose of PURPOSES) {
    const key = context.keys.current(purpose);
    if (key?.state === "certified") revokeCertificate(context, key, REVOCATION_REASONS[reason], now);
    context.keys.destroy(purpose);
  }
  context.cloneWatch.burnChallenge();
  context.live.burnAll();
  context.push.remove();
  // Rows from before the closing are older than what the Person object was told.
  raiseEpoch(context);
  context.account.close(reason);
  if (account.identity !== undefined) tellPersonClosed(context, account.identity.semanticsIdentifier);
}
