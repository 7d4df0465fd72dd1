// Where an operator's orders find accounts: the person's list of them, and their objects. An object that is lost or broken hides none
// of the others.
import type { AccountRecord } from "../account/objects.ts";
import type { Environment } from "../environment.ts";
import { parseDocumentNumber } from "../protocol/document-number.ts";
import type { AccountDetails, AccountReport } from "../protocol/operator-orders.ts";

/** `details`: undefined where the object is not found. */
export interface DescribedAccount {
  readonly record: AccountRecord;
  readonly object: AccountReport["object"];
  readonly details: AccountDetails | undefined;
}

/** The account of a document number, or all accounts of a person. */
export async function recordsOf(environment: Environment, account: string): Promise<readonly AccountRecord[]> {
  const records = await personOf(environment, account).history();
  const isOne = parseDocumentNumber(account) !== undefined;
  return isOne ? records.filter(({ documentNumber }) => documentNumber === account) : records;
}

/** `account`: a document number, or the person's semantics identifier. */
export function personOf({ PERSONS }: Environment, account: string): ReturnType<Environment["PERSONS"]["get"]> {
  return PERSONS.get(PERSONS.idFromName(parseDocumentNumber(account)?.semanticsIdentifier ?? account));
}

export function accountOf({ ACCOUNTS }: Environment, { handle }: AccountRecord): ReturnType<Environment["ACCOUNTS"]["get"]> {
  return ACCOUNTS.get(ACCOUNTS.idFromString(handle));
}

export async function describe(environment: Environment, record: AccountRecord): Promise<DescribedAccount> {
  try {
    return described(record, await accountOf(environment, record).describe());
  } catch (error) {
    logUnreachable(record, error);
    return { record, object: "unreachable", details: undefined };
  }
}

/** By what the object answered. */
export const described = (record: AccountRecord, details: AccountDetails | undefined): DescribedAccount => ({
  record,
  object: details === undefined ? "lost" : "found",
  details,
});

export const logUnreachable = ({ handle }: AccountRecord, error: unknown): void =>
  console.error(`the Account object ${handle} did not answer:`, error instanceof Error ? error.message : typeof error);
