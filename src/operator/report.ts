// What an operator reads of accounts: what the person's list says, what each account knows of itself, and what the index says of its
// certificates. The three can differ for a while, which is what an operator looks for.
import type { AccountRecord } from "../account/objects.ts";
import type { AccountDetails, AccountReport } from "../protocol/operator-orders.ts";
import { statusOf } from "./certificate-status.ts";

export interface DescribedAccount {
  readonly record: AccountRecord;
  /** Undefined where the Account object holds nothing. */
  readonly details: AccountDetails | undefined;
}

/** In the same order. */
export async function reportOn(database: D1Database, accounts: readonly DescribedAccount[]): Promise<AccountReport[]> {
  const serialNumbers = accounts.flatMap(({ details }) => details?.certificates.map(({ serialNumber }) => serialNumber) ?? []);
  const status = await statusOf(database, serialNumbers);
  return accounts.map(({ record: { documentNumber, level, handle, state }, details }) => ({
    documentNumber,
    level,
    listedAs: state,
    handle,
    details: details === undefined ? null : withStatus(details, status),
  }));
}

function withStatus(
  details: AccountDetails,
  status: Awaited<ReturnType<typeof statusOf>>,
): NonNullable<AccountReport["details"]> {
  const certificates = details.certificates.map((certificate) => ({ ...certificate, index: status(certificate.serialNumber) }));
  return { ...details, certificates };
}
