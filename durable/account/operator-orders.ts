// What an operator sees of an account and may do to it. Nothing here reads a name, a key, or an address that pushes go to.
import { lockoutStatus } from "../../src/account/lockout.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { serialNumberHex } from "../../src/certificates/serial-number.ts";
import type { AccountDetails } from "../../src/protocol/operator-orders.ts";
import type { RevocationReason } from "../../src/protocol/revocation-reasons.ts";
import type { AccountContext } from "./account-context.ts";
import { closeAccount } from "./closing.ts";

/** Of one moment: nothing here awaits. */
export function describeAccount(context: AccountContext, now: number): AccountDetails {
  const account = context.account.account();
  if (account === undefined) throw new Error("an account without a row");
  const { status, closedReason, appliedAt, expiresAt } = account;
  const { outOfStep, lastAt } = context.cloneWatch.read();
  return {
    status,
    closedReason,
    appliedAt,
    expiresAt,
    pins: { auth: describePin(context, "auth", now), sign: describePin(context, "sign", now) },
    certificates: [...context.keys.indexEntries().map(certificateOf), ...(status === "closed" ? unannounced(context) : [])],
    outOfStep: { count: outOfStep, lastAt },
    undelivered: countKinds(context),
  };
}

type Certificate = AccountDetails["certificates"][number];

const certificateOf = ({ purpose, suite, entry }: ReturnType<AccountContext["keys"]["indexEntries"]>[number]): Certificate => ({
  purpose,
  suite,
  serialNumber: entry.serialNumberHex,
  issuer: entry.issuer,
  notBefore: entry.notBefore,
  notAfter: entry.notAfter,
});

/** Revoked with the closing, in case that rows were brought back from before they were issued. Nothing but the number is known. */
const unannounced = ({ keys }: AccountContext): Certificate[] =>
  keys.unannouncedSerialNumbers().map(({ purpose, suite, serialNumber }) => ({
    purpose,
    suite,
    serialNumber: serialNumberHex(serialNumber),
    issuer: "",
    notBefore: 0,
    notAfter: 0,
  }));

function describePin(context: AccountContext, purpose: Purpose, now: number): AccountDetails["pins"]["auth"] {
  const lockout = context.account.lockout(purpose);
  const status = lockoutStatus(lockout, now);
  return { state: status.state, wrong: lockout.wrong, lockedUntil: status.state === "locked" ? status.until : 0 };
}

function countKinds(context: AccountContext): AccountDetails["undelivered"] {
  const counts = new Map<string, number>();
  for (const { kind } of context.outbox.all()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

/**
 * Runs inside the caller's storage transaction. False where the account was closed before: the same order again, or a later one with
 * another reason, changes nothing.
 */
export function closeByOperator(
  context: AccountContext,
  { reason, order }: { readonly reason: RevocationReason; readonly order: string },
  now: number,
): boolean {
  if (context.account.account()?.status === "closed") return false;
  closeAccount(context, "operator", now, { revocationReason: reason, order });
  return true;
}
