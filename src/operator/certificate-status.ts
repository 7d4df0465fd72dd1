// What OCSP and CRLs say of certificates, for reports. The index may be down when an operator looks: what accounts know is told even so.
import { type CertificateRow, findCertificates, MAXIMUM_LOOKUP } from "../certificates/certificate-index.ts";
import type { Indexed } from "../protocol/operator-orders.ts";

/** By serial number, of any number of certificates. */
export async function statusOf(
  database: D1Database,
  serialNumbers: readonly string[],
): Promise<(serialNumber: string) => Indexed> {
  const rows = await find(database, serialNumbers);
  return (serialNumber) => {
    if (rows === undefined) return { state: "unreachable" };
    const row = rows.get(serialNumber);
    if (row === undefined) return { state: "unknown" };
    return row.revocation === undefined ? { state: "good" } : { state: "revoked", ...row.revocation };
  };
}

async function find(
  database: D1Database,
  serialNumbers: readonly string[],
): Promise<ReadonlyMap<string, CertificateRow> | undefined> {
  const found = new Map<string, CertificateRow>();
  try {
    for (let start = 0; start < serialNumbers.length; start += MAXIMUM_LOOKUP) {
      const rows = await findCertificates(database, serialNumbers.slice(start, start + MAXIMUM_LOOKUP));
      for (const [serialNumber, row] of rows) found.set(serialNumber, row);
    }
    return found;
  } catch (error) {
    console.error("the certificate index did not answer:", error instanceof Error ? error.message : typeof error);
    return undefined;
  }
}
