// An operator closes an account: by its object, or without it where it is lost. What the object does not see to is revoked from here,
// so that no certificate of a closed account stays good: of a lost account, of an object that was brought back from a backup, and
// whatever the index forgot when it was brought back from one itself.
import { REVOCATION_OF_CLOSING } from "../account/account-state.ts";
import type { AccountApi, AccountRecord } from "../account/objects.ts";
import { randomIdentifier } from "../account/random.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Revocation } from "../certificates/certificate-index.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import type { AccountNotice } from "../protocol/device-messages.ts";
import type { AccountDetails, Answer } from "../protocol/operator-orders.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import { accountOf, type DescribedAccount, described, logUnreachable, personOf, recordsOf } from "./accounts.ts";
import { reportOn } from "./report.ts";
import { revokeRest } from "./revoke-rest.ts";

export interface Closing {
  readonly documentNumber: string;
  readonly reason: RevocationReason;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Names the order (`jti`). */
  readonly order: string;
  /** Before anything is done to the account of this handle. */
  readonly found: (handle: string) => void;
}

type Closed = Result<Answer<"close">, Failure>;

/** An account whose certificates are being made is closed too: what is issued meanwhile is revoked by the account itself. */
export async function close(environment: Environment, closing: Closing): Promise<Closed> {
  const [record] = await recordsOf(environment, closing.documentNumber);
  if (record === undefined) return failed({ kind: "no_such_account" });
  closing.found(record.handle);
  let outcome: Awaited<ReturnType<AccountApi["closeByOperator"]>>;
  try {
    outcome = await accountOf(environment, record).closeByOperator(closing.reason, closing.order);
  } catch (error) {
    logUnreachable(record, error);
    return conflict("The account's object did not answer: whether the account is closed, show tells. Give the order again.");
  }
  return outcome === undefined ? closeLost(environment, record, closing) : seeToTheRest(environment, record, closing, outcome);
}

/** Certificates first: whoever hears of the closing may rely on them being revoked. */
async function closeLost(environment: Environment, record: AccountRecord, closing: Closing): Promise<Closed> {
  const { reason, now } = closing;
  const rest = await revokeRest(environment.DATABASE, described(record, undefined), { revokedAt: now, reason });
  if (rest === undefined) {
    return conflict(
      "The account's object is lost, and the certificate index did not answer: nothing is closed. Give the order again.",
    );
  }
  const isToldOf = record.state === "active" && record.serialNumbers.length > 0 && rest.unknown.length === 0;
  await personOf(environment, record.documentNumber).close(record.handle, isToldOf ? noticeOf(record, now) : undefined);
  return answer(environment, described(record, undefined), {
    closed: record.state !== "closed",
    revokedByOrder: rest.revoked,
  });
}

function noticeOf({ documentNumber }: AccountRecord, at: number): AccountNotice {
  return { kind: "closed", reason: "operator", id: randomIdentifier(), documentNumber, at };
}

async function seeToTheRest(
  environment: Environment,
  record: AccountRecord,
  closing: Closing,
  { closed, details }: { readonly closed: boolean; readonly details: AccountDetails },
): Promise<Closed> {
  const account = described(record, details);
  // What the account still repeats has the true time and reason: the first revocation that arrives is the one that stands.
  const waits = details.undelivered.some(({ kind }) => kind === "revocation");
  const rest = waits ? undefined : await revokeRest(environment.DATABASE, account, revocationOf(details, closing));
  if (rest === undefined && !waits && !closed) {
    return conflict(
      "The account was closed before. The certificate index did not answer, so nobody knows whether it forgot: try again.",
    );
  }
  return answer(environment, account, { closed, revokedByOrder: rest?.revoked ?? [] });
}

/** As it was when the account closed, as far as the account keeps it. */
function revocationOf({ closedReason, expiresAt }: AccountDetails, { reason, now }: Closing): Revocation {
  switch (closedReason) {
    case "expired":
      return { revokedAt: expiresAt, reason: REVOCATION_OF_CLOSING.expired };
    case "owner":
    case "renewed":
    case "cloned":
    case "rolled_back":
      return { revokedAt: now, reason: REVOCATION_OF_CLOSING[closedReason] };
    default:
      return { revokedAt: now, reason };
  }
}

/** The list again, for the account has told it meanwhile. What was done is answered even where the list fails. */
async function answer(
  environment: Environment,
  { record, ...account }: DescribedAccount,
  effect: Omit<Answer<"close">, "account">,
): Promise<Closed> {
  const records = await recordsOf(environment, record.documentNumber).catch((error: unknown) => {
    console.error("the person's list did not answer:", error instanceof Error ? error.message : typeof error);
    return [record];
  });
  const [report] = await reportOn(environment.DATABASE, [{ ...account, record: records[0] ?? record }]);
  if (report === undefined) throw new Error("an account without a report");
  return success({ ...effect, account: report });
}

const conflict = (detail: string): Closed => failed({ kind: "conflict", detail });
