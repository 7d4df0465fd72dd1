// What each order does. All of them may come twice: within its minute an order can be sent again by whoever saw it, which changes
// nothing more.
import { failed, type Result, success } from "../account/result.ts";
import { revokeBySerialNumber } from "../certificates/certificate-index.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import type { Answer, Order } from "../protocol/operator-orders.ts";
import type { RevocationReason } from "../protocol/revocation-reasons.ts";
import { describe, recordsOf } from "./accounts.ts";
import { auditHeads } from "./audit-heads.ts";
import { statusOf } from "./certificate-status.ts";
import { close, type Closing } from "./close.ts";
import { reportOn } from "./report.ts";
import { rewrapStep, vaultStatus } from "./vault.ts";

type Carried<Kind extends Order["kind"]> = Promise<Result<Answer<Kind>, Failure>>;

export async function carryOut(
  environment: Environment,
  order: Order,
  given: Pick<Closing, "now" | "found" | "order">,
): Carried<Order["kind"]> {
  switch (order.kind) {
    case "show":
      return show(environment, order.account);
    case "revoke":
      return close(environment, { ...given, documentNumber: order.documentNumber, reason: order.reason });
    case "close":
      return close(environment, { ...given, documentNumber: order.documentNumber, reason: "cessationOfOperation" });
    case "revokeCertificate":
      return revokeCertificate(environment, order.serialNumber, order.reason, given.now);
    case "auditHeads":
      return auditHeads(environment, order.chains);
    case "vaultStatus":
      return vaultStatus(environment);
    case "rewrap":
      return rewrapStep(environment, order);
  }
}

async function show(environment: Environment, account: string): Carried<"show"> {
  const records = await recordsOf(environment, account);
  if (records.length === 0) return failed({ kind: "no_such_account" });
  const accounts = await Promise.all(records.map((record) => describe(environment, record)));
  return success({ accounts: await reportOn(environment.DATABASE, accounts) });
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
