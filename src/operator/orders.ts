// What each order does. All of them may come twice: within its minute an order can be sent again by whoever saw it, which changes
// nothing more.
import type { AccountRecord } from "../account/objects.ts";
import { failed, type Result, success } from "../account/result.ts";
import { revokeBySerialNumber } from "../certificates/certificate-index.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { parseDocumentNumber } from "../protocol/document-number.ts";
import type { Answer, Order } from "../protocol/operator-orders.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import { statusOf } from "./certificate-status.ts";
import { reportOn } from "./report.ts";

type Carried<Kind extends Order["kind"]> = Promise<Result<Answer<Kind>, Failure>>;

/** `now`: milliseconds since the epoch. */
export async function carryOut(environment: Environment, order: Order, now: number): Carried<Order["kind"]> {
  switch (order.kind) {
    case "show":
      return show(environment, order.account);
    case "revoke":
      return close(environment, order.documentNumber, order.reason);
    case "close":
      return close(environment, order.documentNumber, "cessationOfOperation");
    case "revokeCertificate":
      return revokeCertificate(environment, order.serialNumber, order.reason, now);
  }
}

async function show(environment: Environment, account: string): Carried<"show"> {
  const records = await recordsOf(environment, account);
  if (records.length === 0) return failed({ kind: "no_such_account" });
  const accounts = await Promise.all(
    records.map(async (record) => ({ record, details: await accountOf(environment, record).describe() })),
  );
  return success({ accounts: await reportOn(environment.DATABASE, accounts) });
}

/** An account whose certificates are being made is closed too: what is issued meanwhile is revoked by the account itself. */
async function close(environment: Environment, documentNumber: string, reason: RevocationReason): Carried<"close"> {
  const [known] = await recordsOf(environment, documentNumber);
  if (known === undefined) return failed({ kind: "no_such_account" });
  const outcome = await accountOf(environment, known).closeByOperator(reason);
  if (outcome === undefined) {
    return failed({ kind: "conflict", detail: "The account's object is lost: revoke its certificates by their serial numbers." });
  }
  // Again: the account has told the person's list meanwhile.
  const [record = known] = await recordsOf(environment, documentNumber);
  const [account] = await reportOn(environment.DATABASE, [{ record, details: outcome.details }]);
  if (account === undefined) throw new Error("an account without a report");
  return success({ closed: outcome.closed, account });
}

async function revokeCertificate(
  { DATABASE }: Environment,
  serialNumber: string,
  reason: RevocationReason,
  now: number,
): Carried<"revokeCertificate"> {
  const revoked = await revokeBySerialNumber(DATABASE, serialNumber, { revokedAt: now, reason });
  const index = (await statusOf(DATABASE, [serialNumber]))(serialNumber);
  return index.state === "unknown" ? failed({ kind: "no_such_certificate" }) : success({ revoked, serialNumber, index });
}

const accountOf = ({ ACCOUNTS }: Environment, { handle }: AccountRecord) => ACCOUNTS.get(ACCOUNTS.idFromString(handle));

/** The account of a document number, or all accounts of a person. */
async function recordsOf({ PERSONS }: Environment, account: string): Promise<readonly AccountRecord[]> {
  const person = parseDocumentNumber(account)?.semanticsIdentifier;
  const records = await PERSONS.get(PERSONS.idFromName(person ?? account)).history();
  return person === undefined ? records : records.filter(({ documentNumber }) => documentNumber === account);
}
