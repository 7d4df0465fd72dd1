// What of a hierarchy goes into D1, as SQL that may be run again and again: nothing that is there changes, save the root's CRL, which a
// newer one replaces. Only what is public.
import { INSERT_AUTHORITY } from "../../src/certificates/authority.ts";
import { INSERT_OCSP_SIGNER } from "../../src/certificates/ocsp/signer-certificate.ts";
import { BRING_REVOCATION_LIST, broughtListParameters } from "../../src/certificates/revocation-list/stored-list.ts";
import type { Deployment } from "./deployment.ts";

/** Statements, each on lines of its own. */
export function rowsAsSql({ root, issuers, ocspSigners, rootList }: Deployment): string {
  // Whatever was revoked of a list that was made elsewhere is on it: 0 in the column for that.
  const list = broughtListParameters(rootList);
  return [
    withValues(INSERT_AUTHORITY, [root.name, null, root.certificate]),
    ...issuers.map(({ name, level, certificate }) => withValues(INSERT_AUTHORITY, [name, level, certificate])),
    ...ocspSigners.map(({ authority, certificate }) => withValues(INSERT_OCSP_SIGNER, [authority, certificate])),
    withValues(BRING_REVOCATION_LIST, list),
  ]
    .map((statement) => `${statement};\n`)
    .join("");
}

/** wrangler runs files without parameters. */
function withValues(statement: string, values: readonly (string | number | ArrayBufferLike | null)[]): string {
  let next = 0;
  return statement.replace(/\?(\d*)/g, (_, place: string) => literal(values[place === "" ? next++ : Number(place) - 1] ?? null));
}

function literal(value: string | number | ArrayBufferLike | null): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  return `x'${Buffer.from(value).toString("hex")}'`;
}
