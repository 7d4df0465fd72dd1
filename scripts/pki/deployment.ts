// Everything public about one deployment's hierarchy: the content of pki.json, and what follows from it at a point in time. No I/O.
import { createHash, X509Certificate } from "node:crypto";
import { z } from "zod";
import { CERTIFICATE_LEVELS, type CertificateLevel } from "../../src/account/purpose.ts";
import { REVOCATION_REASONS } from "../../src/certificates/revocation.ts";
import { configurationSchema } from "./configuration.ts";

/** Raised whenever an older Tally could not use the file any more. */
export const DEPLOYMENT_VERSION = 1;

/** People's certificates are valid for three years. */
const CERTIFICATE_YEARS = 3;
const DAY = 86_400_000;
/** After the last certificate's end: what was revoked at the last moment still appears on a CRL, and publishing may come late. */
const MARGIN = 60 * DAY;

const time = z.int().nonnegative();
const certificate = z.base64().refine(isCertificate, "is no certificate");
const keyFile = z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.pem$/);

export const CA_REVOCATION_REASONS = [
  "cACompromise",
  ...REVOCATION_REASONS.filter((reason) => reason !== "keyCompromise"),
] as const;

const rootNameForm = z
  .string()
  .max(64)
  .regex(/^root(?:-[1-9][0-9]*)?$/);

const issuingAuthority = z.strictObject({
  name: z
    .string()
    .max(64)
    .regex(/^eid-n?q(?:-r[1-9][0-9]*)?(?:-[1-9][0-9]*)?$/),
  level: z.enum(CERTIFICATE_LEVELS),
  certificate,
  /** In the folder keys/. */
  keyFile,
  /** Milliseconds since the epoch; since then another one issues at its level. */
  succeededAt: time.nullable(),
  revocation: z.strictObject({ revokedAt: time, reason: z.enum(CA_REVOCATION_REASONS) }).nullable(),
});

const ocspSigner = z.strictObject({ authority: z.string(), certificate, keyFile });

const publication = z.strictObject({
  kind: z.enum(["remote", "local"]),
  /** The secrets store, or the folder of this machine. */
  place: z.string(),
  publishedAt: time,
  /** `rowsDigest` of what was published: rows name every key by its certificate. */
  digest: z.hex().length(64),
});

export const deploymentSchema = z.strictObject({
  version: z.literal(DEPLOYMENT_VERSION),
  /** Its authorities are marked TEST. */
  test: z.boolean(),
  configuration: configurationSchema,
  root: z.strictObject({ name: rootNameForm, certificate }),
  /** In the order in which they were made. */
  issuers: z.array(issuingAuthority).min(1),
  /** In the order in which they were made. One key may speak for several authorities of a level. */
  ocspSigners: z.array(ocspSigner),
  /** Key files that nobody can open any more (`rotate-issuer --new-keys-passphrase`). */
  lostKeys: z.array(keyFile).default([]),
  /** The newest CRL of the root, as the table `revocation_lists` has it. */
  rootList: z.strictObject({
    authority: rootNameForm,
    number: z.int().positive(),
    thisUpdate: time,
    nextUpdate: time,
    digest: z.hex().length(64),
    list: z.base64().min(1),
  }),
  /** The last one to each place. */
  publications: z.array(publication).optional(),
});

export type Deployment = z.output<typeof deploymentSchema>;
export type IssuingAuthority = z.output<typeof issuingAuthority>;
export type OcspSigner = z.output<typeof ocspSigner>;
export type Publication = z.output<typeof publication>;

/** Part of authorities' short names. */
export const LEVEL_NAMES = { QUALIFIED: "eid-q", ADVANCED: "eid-nq" } as const satisfies Record<CertificateLevel, string>;

/** `generation`: of the configuration; 1 for a deployment's first hierarchy. */
export const rootName = (generation: number): string => (generation === 1 ? "root" : `root-${generation}`);

/** `eid-q`, and after a rotation `eid-q-2`; below `root-2` it is `eid-q-r2` and `eid-q-r2-2`. `place`: 1 for the first of its level. */
export function issuerName(root: string, level: CertificateLevel, place: number): string {
  const generation = root === rootName(1) ? "" : root.replace("root-", "-r");
  return `${LEVEL_NAMES[level]}${generation}${place === 1 ? "" : `-${place}`}`;
}

/** As the command line and people call them. */
export const LEVEL_WORDS = { QUALIFIED: "qualified", ADVANCED: "non-qualified" } as const satisfies Record<
  CertificateLevel,
  string
>;

export const parsedCertificate = ({ certificate: base64 }: { readonly certificate: string }): X509Certificate =>
  new X509Certificate(Buffer.from(base64, "base64"));

export const endOf = (holder: { readonly certificate: string }): number => parsedCertificate(holder).validToDate.getTime();

/** The one that issues at the level: the newest. */
export function currentIssuer({ issuers }: Deployment, level: CertificateLevel): IssuingAuthority {
  const found = issuers.findLast((issuer) => issuer.level === level);
  if (found === undefined) throw new Error(`there is no authority of level ${level}`);
  return found;
}

/**
 * Those whose OCSP signers are renewed: not ended, with a key. One that was revoked goes on saying what it issued is worth, unless
 * whoever stole its key can say that as well.
 */
export const livingIssuers = ({ issuers, lostKeys }: Deployment, level: CertificateLevel, now: number): IssuingAuthority[] =>
  issuers
    .filter((issuer) => issuer.level === level && issuer.revocation?.reason !== "cACompromise" && endOf(issuer) > now)
    .filter((issuer) => !lostKeys.includes(issuer.keyFile));

/** Milliseconds since the epoch: how long its key has to sign CRLs. A revoked one too, for what it issued is being revoked. */
export function neededUntil(issuer: IssuingAuthority): number {
  if (issuer.succeededAt === null) return Infinity;
  const last = new Date(issuer.succeededAt);
  last.setUTCFullYear(last.getUTCFullYear() + CERTIFICATE_YEARS);
  return last.getTime() + MARGIN;
}

/**
 * Key files for the secret of a level's issuing authorities, the one that issues first. `inUse`: by name, until when certificates of
 * an authority are valid, where the database was asked.
 */
export function issuerKeyFiles(
  deployment: Deployment,
  level: CertificateLevel,
  now: number,
  inUse: ReadonlyMap<string, number> = new Map(),
): string[] {
  return deployment.issuers
    .filter((issuer) => issuer.level === level && !deployment.lostKeys.includes(issuer.keyFile))
    .filter((issuer) => Math.max(neededUntil(issuer), (inUse.get(issuer.name) ?? 0) + MARGIN) > now)
    .toReversed()
    .map((issuer) => issuer.keyFile);
}

/** Likewise for the OCSP signers of a level, the newest first: old ones stay until they end. */
export function ocspKeyFiles({ issuers, ocspSigners, lostKeys }: Deployment, level: CertificateLevel, now: number): string[] {
  const names = new Set(issuers.filter((issuer) => issuer.level === level).map(({ name }) => name));
  const lasting = ocspSigners.filter(
    (signer) => names.has(signer.authority) && endOf(signer) > now && !lostKeys.includes(signer.keyFile),
  );
  return [...new Set(lasting.toReversed().map((signer) => signer.keyFile))];
}

/** Hexadecimal SHA-256 of a public key (SubjectPublicKeyInfo): what keys' files are named after. */
export const keyDigest = (spki: Uint8Array): string => createHash("sha256").update(spki).digest("hex");

function isCertificate(base64: string): boolean {
  try {
    return new X509Certificate(Buffer.from(base64, "base64")).raw.length > 0;
  } catch {
    return false;
  }
}
