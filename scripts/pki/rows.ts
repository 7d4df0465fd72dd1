// What of a hierarchy goes into D1, as SQL that may be run again and again: nothing that is there changes, save the root's CRL, which a
// newer one replaces. Only what is public.
import { createHash } from "node:crypto";
import { INSERT_AUTHORITY } from "../../src/certificates/authority.ts";
import { INSERT_OCSP_SIGNER } from "../../src/certificates/ocsp/signer-certificate.ts";
import { BRING_REVOCATION_LIST, broughtListParameters } from "../../src/certificates/revocation-list/stored-list.ts";
import { withValues } from "../wrangler/sql-values.ts";
import type { Deployment } from "./deployment.ts";

/** Statements without a semicolon; `present`: certificates (base64) that the database has already. */
export function certificateRows({ root, issuers, ocspSigners }: Deployment, present: ReadonlySet<string> = new Set()): string[] {
  const authorities = [{ ...root, level: null }, ...issuers].filter(({ certificate }) => !present.has(certificate));
  const signers = ocspSigners.filter(({ certificate }) => !present.has(certificate));
  return [
    ...authorities.map(({ name, level, certificate }) => withValues(INSERT_AUTHORITY, [name, level, certificate])),
    ...signers.map(({ authority, certificate }) => withValues(INSERT_OCSP_SIGNER, [authority, certificate])),
  ];
}

export const rootListRow = ({ rootList }: Pick<Deployment, "rootList">): string =>
  // Whatever was revoked of a list that was made elsewhere is on it: 0 in the column for that.
  withValues(BRING_REVOCATION_LIST, broughtListParameters(rootList));

/** Everything, each statement on lines of its own. */
export const rowsAsSql = (deployment: Deployment): string =>
  [...certificateRows(deployment), rootListRow(deployment)].map((statement) => `${statement};\n`).join("");

/** Hexadecimal SHA-256 of everything. */
export const rowsDigest = (deployment: Deployment): string => createHash("sha256").update(rowsAsSql(deployment)).digest("hex");
