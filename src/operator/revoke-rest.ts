// Revokes those certificates of one account that the index does not call revoked, from outside of the account. Idempotent: what is
// revoked stays as it was revoked.
import { recordRevoked, type Revocation, revokeBySerialNumber } from "../certificates/certificate-index.ts";
import type { DescribedAccount } from "./accounts.ts";
import { statusOf } from "./certificate-status.ts";
import { serialNumbersOnlyListed } from "./report.ts";

/** Serial numbers. `unknown`: those of which the index has no row, and the account not enough to make one. */
export interface Rest {
  readonly revoked: string[];
  readonly unknown: string[];
}

/** Undefined where the index did not take a revocation; some may be taken all the same. */
export async function revokeRest(
  database: D1Database,
  account: DescribedAccount,
  revocation: Revocation,
): Promise<Rest | undefined> {
  const known = account.details?.certificates ?? [];
  const alone = serialNumbersOnlyListed(account).map((serialNumber) => ({ serialNumber, issuer: "", notBefore: 0, notAfter: 0 }));
  const certificates = [...known, ...alone];
  const status = await statusOf(
    database,
    certificates.map(({ serialNumber }) => serialNumber),
  );
  const rest: Rest = { revoked: [], unknown: [] };
  try {
    for (const { serialNumber, issuer, notBefore, notAfter } of certificates) {
      if (status(serialNumber).state === "revoked") continue;
      if (issuer !== "") {
        await recordRevoked(database, { serialNumberHex: serialNumber, issuer, notBefore, notAfter }, revocation);
        rest.revoked.push(serialNumber);
      } else {
        const list = (await revokeBySerialNumber(database, serialNumber, revocation)) ? rest.revoked : rest.unknown;
        list.push(serialNumber);
      }
    }
    return rest;
  } catch (error) {
    console.error("the certificate index took no revocation:", error instanceof Error ? error.message : typeof error);
    return undefined;
  }
}
