// `show`: what there is and what is due, for a person to read. Needs no passphrase.
import { existsSync } from "node:fs";
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import type { Context } from "./context.ts";
import {
  currentIssuer,
  type Deployment,
  endOf,
  type IssuingAuthority,
  LEVEL_WORDS,
  neededUntil,
  parsedCertificate,
} from "./deployment.ts";
import { dueWork } from "./due.ts";
import { keyFilesIn, keyPath, readDeployment } from "./folder.ts";
import type { Options } from "./options.ts";

export function show(context: Context, options: Options): Promise<void> {
  context.out(describe(readDeployment(options.folder), options, context.now));
  return Promise.resolve();
}

export function describe(deployment: Deployment, options: Pick<Options, "folder" | "rootKeyFile">, now: number): string {
  const { configuration, rootList } = deployment;
  const revoked = deployment.issuers.filter(({ revocation }) => revocation !== null).map(({ name }) => name);
  const lists = revoked.length === 0 ? "revokes nobody" : `revokes ${revoked.join(", ")}`;
  return [
    `${configuration.organisation}, ${configuration.country}${deployment.test ? " (TEST)" : ""}`,
    `${options.folder}, for ${configuration.pkiBaseUrl}`,
    "",
    ...table([["AUTHORITY", "LEVEL", "VALID", "STATE", "KEY"], ...authorityRows(deployment, options, now)]),
    "",
    ...table([["OCSP SIGNER OF", "VALID", "STATE", "KEY"], ...signerRows(deployment, options.folder, now)]),
    "",
    `ROOT CRL  number ${rootList.number}, valid ${day(rootList.thisUpdate)} to ${day(rootList.nextUpdate)}, ${lists}`,
    "",
    "SERIAL NUMBERS AND SHA-256 FINGERPRINTS",
    ...[deployment.root, ...deployment.issuers].flatMap(identityLines),
    "",
    "DUE",
    ...dueLines(deployment, now),
    ...strayKeys(deployment, options.folder),
  ].join("\n");
}

type Row = readonly string[];

function authorityRows(
  deployment: Deployment,
  { folder, rootKeyFile }: Pick<Options, "folder" | "rootKeyFile">,
  now: number,
): Row[] {
  const { root, issuers } = deployment;
  const rootKey = existsSync(rootKeyFile) ? rootKeyFile.replace(`${folder}/`, "") : "not here (as it should be)";
  return [
    [root.name, "root", validity(root), endOf(root) > now ? "signs authorities" : "ended", rootKey],
    ...issuers.map((issuer) => [
      issuer.name,
      LEVEL_WORDS[issuer.level],
      validity(issuer),
      stateOf(deployment, issuer, now),
      presence(folder, issuer.keyFile),
    ]),
  ];
}

function stateOf(deployment: Deployment, issuer: IssuingAuthority, now: number): string {
  const { revocation } = issuer;
  if (revocation !== null) return `revoked ${day(revocation.revokedAt)}, ${revocation.reason}`;
  if (endOf(issuer) <= now) return "ended";
  if (currentIssuer(deployment, issuer.level) === issuer) return "issues";
  return neededUntil(issuer) > now ? `signs status until ${day(neededUntil(issuer))}` : "out of use";
}

function signerRows({ ocspSigners }: Deployment, folder: string, now: number): Row[] {
  const newest = new Map(ocspSigners.map((signer) => [signer.authority, signer]));
  return ocspSigners.map((signer) => {
    const state = newest.get(signer.authority) === signer ? "signs" : "stays until it ends";
    return [signer.authority, validity(signer), endOf(signer) > now ? state : "ended", presence(folder, signer.keyFile)];
  });
}

const presence = (folder: string, keyFile: string): string =>
  existsSync(keyPath(folder, keyFile)) ? `keys/${keyFile}` : `keys/${keyFile} IS MISSING`;

function identityLines(holder: { readonly name: string; readonly certificate: string }): string[] {
  const { serialNumber, fingerprint256 } = parsedCertificate(holder);
  return [`  ${holder.name.padEnd(9)} ${serialNumber.toLowerCase()}`, `            ${fingerprint256}`];
}

function dueLines(deployment: Deployment, now: number): string[] {
  const work = dueWork(deployment, now).map(({ at, what }) => `  ${at <= now ? "NOW       " : day(at)}  ${what}`);
  const levels = CERTIFICATE_LEVELS.filter((level) => {
    const issuer = currentIssuer(deployment, level);
    return issuer.revocation !== null || endOf(issuer) <= now;
  });
  return [...levels.map((level) => `  NOW         nobody issues ${LEVEL_WORDS[level]} certificates`), ...work];
}

function strayKeys(deployment: Deployment, folder: string): string[] {
  const known = new Set([...deployment.issuers, ...deployment.ocspSigners].map(({ keyFile }) => keyFile));
  const stray = keyFilesIn(folder).filter((name) => !known.has(name));
  return stray.length === 0
    ? []
    : ["", `In keys/ but of no authority here (left by a command that was cut off): ${stray.join(", ")}`];
}

const validity = (holder: { readonly certificate: string }): string => {
  const { validFromDate, validToDate } = parsedCertificate(holder);
  return `${day(validFromDate.getTime())} to ${day(validToDate.getTime())}`;
};

/** UTC. */
const day = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : "ever");

/** The first row is the head. */
function table(rows: readonly Row[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
