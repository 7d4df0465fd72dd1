// What a database has of a hierarchy, held against the folder before anything is changed there: an old copy of the folder, or another
// hierarchy's, must not undo a rotation or a revocation. No I/O.
import { z } from "zod";
import { numberOf, parseList, type ParsedList } from "../../src/certificates/revocation-list/parse-list.ts";
import { firstProblem } from "./configuration.ts";
import { type Deployment, endOf, parsedCertificate } from "./deployment.ts";
import { PkiFailure } from "./pki-failure.ts";

/** One statement for each part of `StoredRows`. */
export const SELECT_STORED = [
  "SELECT name, level, certificate FROM certificate_authorities",
  "SELECT issuer, max(not_after) AS not_after FROM certificates GROUP BY issuer",
  "SELECT authority, certificate FROM ocsp_signers",
  "SELECT authority, number, hex(list) AS list FROM revocation_lists JOIN certificate_authorities ON name = authority WHERE level IS NULL",
].join("; ");

const storedRows = z.tuple([
  z.array(z.looseObject({ name: z.string(), level: z.string().nullable(), certificate: z.string() })),
  z.array(z.looseObject({ issuer: z.string(), not_after: z.number() })),
  z.array(z.looseObject({ authority: z.string(), certificate: z.string() })),
  z.array(z.looseObject({ authority: z.string(), number: z.number(), list: z.hex() })),
]);

export interface StoredRows {
  readonly authorities: z.output<typeof storedRows>[0];
  /** By authority, until when certificates are valid: milliseconds since the epoch. */
  readonly inUse: ReadonlyMap<string, number>;
  readonly signers: z.output<typeof storedRows>[2];
  /** CRLs of roots, DER in hexadecimal. */
  readonly lists: z.output<typeof storedRows>[3];
}

/** What SELECT_STORED gives. PkiFailure for anything else. */
export function parseStored(answer: unknown): StoredRows {
  const parsed = storedRows.safeParse(answer);
  if (!parsed.success)
    throw new PkiFailure(`the database answers in a form that is not known here: ${firstProblem(parsed.error)}`);
  const [authorities, certificates, signers, lists] = parsed.data;
  return { authorities, inUse: new Map(certificates.map(({ issuer, not_after }) => [issuer, not_after])), signers, lists };
}

/** PkiFailure where the database knows of the hierarchy what this folder does not. `now`: milliseconds since the epoch. */
export function checkStored(stored: Omit<StoredRows, "inUse">, deployment: Deployment, now: number): void {
  checkAuthorities(stored.authorities, deployment);
  checkSigners(stored.signers, deployment, now);
  checkRootList(stored.lists, deployment);
}

/** Names stand in addresses inside certificates: two authorities never share one, and none is forgotten. `found`: what D1 has. */
export function checkAuthorities(
  found: StoredRows["authorities"],
  { root, issuers }: Pick<Deployment, "root" | "issuers">,
): void {
  const own = new Map([{ ...root, level: null }, ...issuers].map((authority) => [authority.name, authority]));
  for (const authority of found) {
    const { name, level, certificate } = authority;
    const mine = own.get(name);
    if (mine === undefined && isIssuedBy(authority, root)) throw oldCopy(`an authority ${name} of this root`);
    if (mine !== undefined && (mine.certificate !== certificate || mine.level !== level)) {
      throw new PkiFailure(
        `the database has another authority named ${name}: it belongs to another hierarchy or another copy of this folder, and nothing was changed`,
      );
    }
  }
}

/** Its key stands in a secret, which is about to be replaced. One that has ended signs nothing. */
function checkSigners(found: StoredRows["signers"], { issuers, ocspSigners }: Deployment, now: number): void {
  const known = new Set(ocspSigners.map(({ certificate }) => certificate));
  for (const signer of found) {
    const isOurs = issuers.some(({ name }) => name === signer.authority);
    if (isOurs && !known.has(signer.certificate) && !(endOf(signer) <= now))
      throw oldCopy(`an OCSP signer of ${signer.authority}`);
  }
}

/** A list is replaced by one with a higher number, which is a time: so the number alone says nothing about what was revoked. */
function checkRootList(found: StoredRows["lists"], { root, issuers, rootList }: Deployment): void {
  const stored = found.find(({ authority }) => authority === root.name);
  if (stored === undefined) return;
  const ours = revokedBy(rootList.list, "base64");
  const forgotten = [...revokedBy(stored.list, "hex")].find((serialNumber) => !ours.has(serialNumber));
  if (forgotten !== undefined) {
    const issuer = issuers.find((one) => numberOf(parsedCertificate(one).serialNumber) === forgotten);
    throw oldCopy(`a CRL that revokes ${issuer?.name ?? `the serial number ${forgotten.toString(16)}`}`);
  }
  const isOther = stored.number === rootList.number && stored.list.toLowerCase() !== hexadecimal(rootList.list);
  if (stored.number > rootList.number || isOther) throw oldCopy(`the root's CRL number ${stored.number}`);
}

/** Whether the folder's list revokes an authority that the database's list does not. */
export function revokesMore({ lists }: Pick<StoredRows, "lists">, { root, rootList }: Deployment): boolean {
  const stored = lists.find(({ authority }) => authority === root.name);
  const before = stored === undefined ? new Set() : revokedBy(stored.list, "hex");
  return [...revokedBy(rootList.list, "base64")].some((serialNumber) => !before.has(serialNumber));
}

function revokedBy(list: string, encoding: "hex" | "base64"): ParsedList["revoked"] {
  try {
    return parseList(new Uint8Array(Buffer.from(list, encoding))).revoked;
  } catch {
    throw new PkiFailure("the root's CRL in the database or in pki.json is no CRL, and nothing was changed");
  }
}

const hexadecimal = (base64: string): string => Buffer.from(base64, "base64").toString("hex");

const oldCopy = (what: string): PkiFailure =>
  new PkiFailure(`the database has ${what}, which this folder does not know: it is an old copy, and nothing was changed`);

function isIssuedBy(authority: { readonly certificate: string }, root: { readonly certificate: string }): boolean {
  try {
    return parsedCertificate(authority).verify(parsedCertificate(root).publicKey);
  } catch {
    return false;
  }
}
