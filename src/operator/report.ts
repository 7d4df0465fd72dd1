// What an operator reads of accounts: what the person's list says, what each account knows of itself, and what the index says of its
// certificates. The three can differ for a while, which is what an operator looks for.
import type { AccountDetails, AccountReport } from "../protocol/operator-orders.ts";
import type { DescribedAccount } from "./accounts.ts";
import { statusOf } from "./certificate-status.ts";

type Status = Awaited<ReturnType<typeof statusOf>>;

/** In the same order. */
export async function reportOn(database: D1Database, accounts: readonly DescribedAccount[]): Promise<AccountReport[]> {
  const status = await statusOf(database, [...new Set(accounts.flatMap(serialNumbersOf))]);
  return accounts.map(({ record: { documentNumber, level, handle, state, serialNumbers }, object, details }) => ({
    documentNumber,
    level,
    listedAs: state,
    listedCertificates: serialNumbers.map((serialNumber) => ({ serialNumber, index: status(serialNumber) })),
    handle,
    object,
    details: details === undefined ? null : withStatus(details, status),
  }));
}

const serialNumbersOf = (account: DescribedAccount): string[] => [...knownTo(account), ...account.record.serialNumbers];

const knownTo = ({ details }: DescribedAccount): string[] => details?.certificates.map(({ serialNumber }) => serialNumber) ?? [];

/** Serial numbers that the person's list has and the account itself does not know. */
export function serialNumbersOnlyListed(account: DescribedAccount): string[] {
  const known = knownTo(account);
  return account.record.serialNumbers.filter((serialNumber) => !known.includes(serialNumber));
}

function withStatus(details: AccountDetails, status: Status): NonNullable<AccountReport["details"]> {
  const certificates = details.certificates.map((certificate) => ({ ...certificate, index: status(certificate.serialNumber) }));
  return { ...details, certificates };
}
