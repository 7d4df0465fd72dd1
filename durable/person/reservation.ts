// A document number for a new account, which is the first that the person's list hears of it: the person's other accounts are told in the
// same commit, once, however often the number is asked for.
import type { AccountSummary } from "../../src/account/objects.ts";
import { formatDocumentNumber, randomSuffix } from "../../src/protocol/document-number.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { recordNotice } from "./notice-store.ts";
import { documentNumberOf, insertAccount } from "./person-store.ts";

/** Bytes. */
const NOTICE_ID_LENGTH = 16;

export interface Wanted extends Omit<AccountSummary, "documentNumber"> {
  readonly semanticsIdentifier: string;
  readonly wishedSuffix?: string | undefined;
}

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

export function reserve(storage: DurableObjectStorage, { semanticsIdentifier, wishedSuffix, handle, level }: Wanted): string {
  const earlier = documentNumberOf(storage.sql, handle);
  if (earlier !== undefined) return earlier;
  for (let suffix = wishedSuffix ?? randomSuffix(randomBytes); ; suffix = randomSuffix(randomBytes)) {
    const documentNumber = formatDocumentNumber({ semanticsIdentifier, suffix, qualified: level === "QUALIFIED" });
    if (insertAndTell(storage, { handle, documentNumber, level }, suffix)) return documentNumber;
  }
}

function insertAndTell(storage: DurableObjectStorage, account: AccountSummary, suffix: string): boolean {
  return storage.transactionSync(() => {
    if (!insertAccount(storage.sql, account, suffix)) return false;
    const { handle, documentNumber } = account;
    const id = toBase64Url(randomBytes(NOTICE_ID_LENGTH));
    recordNotice(storage.sql, handle, { kind: "new_account", id, documentNumber, at: Date.now() });
    return true;
  });
}
