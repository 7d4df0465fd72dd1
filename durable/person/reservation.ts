// A document number for a new account, which is the first that the person's list hears of it: the person's other accounts are told in the
// same commit, once, however often the number is asked for.
import type { AccountSummary } from "../../src/account/objects.ts";
import { randomBytes, randomIdentifier } from "../../src/account/random.ts";
import { formatDocumentNumber, randomSuffix } from "../../src/protocol/document-number.ts";
import { recordNotice } from "./notice-store.ts";
import { documentNumberOf, insertAccount } from "./person-store.ts";

export interface Wanted extends Omit<AccountSummary, "documentNumber"> {
  readonly semanticsIdentifier: string;
  readonly wishedSuffix?: string | undefined;
}

/** `isNew`: the others are still to be told. */
export function reserve(
  storage: DurableObjectStorage,
  { semanticsIdentifier, wishedSuffix, handle, level }: Wanted,
): { readonly documentNumber: string; readonly isNew: boolean } {
  const earlier = documentNumberOf(storage.sql, handle);
  if (earlier !== undefined) return { documentNumber: earlier, isNew: false };
  for (let suffix = wishedSuffix ?? randomSuffix(randomBytes); ; suffix = randomSuffix(randomBytes)) {
    const documentNumber = formatDocumentNumber({ semanticsIdentifier, suffix, qualified: level === "QUALIFIED" });
    if (insertAndTell(storage, { handle, documentNumber, level }, suffix)) return { documentNumber, isNew: true };
  }
}

function insertAndTell(storage: DurableObjectStorage, account: AccountSummary, suffix: string): boolean {
  return storage.transactionSync(() => {
    if (!insertAccount(storage.sql, account, suffix)) return false;
    const { handle, documentNumber } = account;
    recordNotice(storage.sql, handle, { kind: "new_account", id: randomIdentifier(), documentNumber, at: Date.now() });
    return true;
  });
}
