// The end of an account: shares destroyed, certificates revoked, relying parties and the person told. Runs inside the
// caller's storage transaction. The channel keys stay, so that a device can be told why.
import { randomIdentifier } from "../../src/account/random.ts";
import { type Account, type ClosedReason, hasEnd, REVOCATION_OF_CLOSING } from "../../src/account/account-state.ts";
import { PURPOSES } from "../../src/account/purpose.ts";
import type { RevocationReason } from "../../src/certificates/certificate-index.ts";
import { serialNumberHex } from "../../src/certificates/serial-number.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import { type AccountContext } from "./account-context.ts";
import { record } from "./audit.ts";
import { raiseEpoch, revokeCertificate, revokeUnknown, tellPersonClosed } from "./outbox.ts";
import { endUnusable } from "./operations/transactions.ts";

interface ClosingDetails {
  /** For an operator who knows better than what goes with the reason. */
  readonly revocationReason?: RevocationReason;
  /** Handle of the account that takes the place of this one. */
  readonly successor?: string;
  /** The operator's order by which it is closed (`jti`). */
  readonly order?: string;
  /** When it ended, where nobody looked then: its certificates are revoked as of that time. */
  readonly endedAt?: number;
}

/** A closed account stays as it was closed. */
export function closeAccount(
  context: AccountContext,
  reason: ClosedReason,
  now: number,
  { revocationReason = REVOCATION_OF_CLOSING[reason], successor, order, endedAt = now }: ClosingDetails = {},
): void {
  const account = context.account.account();
  if (account === undefined || account.status === "closed") return;
  for (const transaction of context.transactions.all()) endUnusable(context, transaction, now, "ACCOUNT_UNUSABLE");
  context.awaited.remove();
  for (const key of PURPOSES.flatMap((purpose) => context.keys.living(purpose))) {
    // Also before it is certified: what is being issued may be in the index by now.
    revokeCertificate(context, key, revocationReason, now, endedAt);
    context.keys.destroy(key);
  }
  context.reKeys.remove();
  context.cloneWatch.burnChallenge();
  context.live.burnAll();
  context.push.remove();
  context.notices.removeAll();
  context.disowned.removeAll();
  // Rows from before the closing are older than what the Person object was told.
  raiseEpoch(context);
  context.account.close(reason);
  record(context, { kind: "closed", detail: { reason, order, successor } }, now);
  if (account.identity !== undefined) {
    tellPersonClosed(context, account.identity.semanticsIdentifier, noticeOf(account, reason, endedAt));
  }
}

/** `serialNumbers`: those of the person's list, since the certificates of keys that came after these rows are not in them. */
export function closeRolledBack(context: AccountContext, serialNumbers: readonly string[], now: number): void {
  const known = new Set([
    ...context.keys.indexEntries().map(({ entry }) => entry.serialNumberHex),
    ...context.keys.unannouncedSerialNumbers().map(({ serialNumber }) => serialNumberHex(serialNumber)),
  ]);
  closeAccount(context, "rolled_back", now);
  for (const serialNumber of serialNumbers) {
    if (!known.has(serialNumber)) revokeUnknown(context, serialNumber, REVOCATION_OF_CLOSING.rolled_back, now);
  }
}

/** What never was active was only asked for, as the person's other devices have heard: of its end they have nothing to know. */
function noticeOf({ status, documentNumber }: Account, reason: ClosedReason, now: number): AccountNotice | null {
  return status === "active" ? { kind: "closed", reason, id: randomIdentifier(), documentNumber, at: now } : null;
}

/** True where it was closed now. However late somebody looks, it says that it ended at its time; the audit log has when it was closed. */
export function closeIfExpired(context: AccountContext, now: number): boolean {
  const account = context.account.account();
  if (account === undefined || !hasEnd(account) || now < account.expiresAt) return false;
  closeAccount(context, "expired", now, { endedAt: account.expiresAt });
  return true;
}
