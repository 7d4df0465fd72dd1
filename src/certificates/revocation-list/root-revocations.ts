// Which issuing authorities a root revoked, as its stored CRL says. What such an authority issues is void for everybody who checks, so
// it must issue nothing, whichever key the secrets store still has.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import type { AuthorityRecord } from "../authority.ts";
import { readList, readListState } from "./list-store.ts";
import { numberOf, parseList, type ParsedList } from "./parse-list.ts";

/**
 * Whether the stored CRL of one of the roots among `authorities` names this certificate (DER). False where no list is stored. Throws
 * for a list that cannot be read: nobody knows what it revokes.
 */
export async function isRevokedByRoot(
  database: D1Database,
  authorities: readonly AuthorityRecord[],
  certificate: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { issuer, serialNumber } = new X509Certificate(certificate);
  const roots = authorities.filter(({ level }) => level === null);
  const lists = await Promise.all(roots.map(({ name }) => rootList(database, name)));
  return lists.some((list) => list?.issuer === issuer && list.revoked.has(numberOf(serialNumber)));
}

/** By digest: read and parsed once for each isolate. Roots are few, and so are their lists. */
const remembered = new Map<string, ParsedList>();
const MAXIMUM_REMEMBERED = 4;

async function rootList(database: D1Database, name: string): Promise<ParsedList | undefined> {
  const { list: state } = await readListState(database, name);
  if (state === undefined) return undefined;
  const known = remembered.get(state.digest);
  if (known !== undefined) return known;
  const list = await readList(database, name);
  if (list === undefined) throw new Error(`the CRL of ${name} is gone`);
  let parsed: ParsedList;
  try {
    parsed = parseList(list.der);
  } catch {
    throw new Error(`the CRL of ${name} in the database cannot be read`);
  }
  if (remembered.size >= MAXIMUM_REMEMBERED) remembered.clear();
  remembered.set(list.digest, parsed);
  return parsed;
}
