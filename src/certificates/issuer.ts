// Where the issuing authorities live: certificates in D1, private keys in the secrets store. A key that belongs to no stored
// certificate of its level issues nothing: such certificates would chain to nobody. Nor does one that its root revoked.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import type { CertificateLevel } from "../account/purpose.ts";
import type { Environment } from "../environment.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { AUTHORITY_KEY_ALGORITHM, type AuthorityRecord, INSERT_AUTHORITY, type Issuer } from "./authority.ts";
import { keyOf, readKeys } from "./key-secrets.ts";
import { isRevokedByRoot } from "./revocation-list/root-revocations.ts";

export type IssuerEnvironment = Pick<Environment, "DATABASE" | "ISSUER_KEY_QUALIFIED" | "ISSUER_KEY_NON_QUALIFIED">;

const KEY_BINDINGS = {
  QUALIFIED: "ISSUER_KEY_QUALIFIED",
  ADVANCED: "ISSUER_KEY_NON_QUALIFIED",
} as const satisfies Record<CertificateLevel, keyof IssuerEnvironment>;

/**
 * Adds an authority; the same one again changes nothing. Throws where its name already belongs to another certificate: the
 * name stands in the addresses inside issued certificates.
 */
export async function saveAuthority(database: D1Database, authority: AuthorityRecord): Promise<void> {
  const { name, level, certificate } = authority;
  await database.prepare(INSERT_AUTHORITY).bind(name, level, certificate).run();
  const stored = await findAuthority(database, name);
  if (stored?.certificate !== certificate || stored.level !== level) {
    throw new Error(`the certificate authority ${name} exists with another certificate`);
  }
}

/**
 * The authority that issues at this level: the stored one (there are several after a rollover) that the first key of the secret
 * belongs to. Throws, naming what is missing or does not match, where a deployment is not set up, and where the root revoked it.
 */
export async function loadIssuer(environment: IssuerEnvironment, level: CertificateLevel): Promise<Issuer> {
  const stored = await loadAuthorities(environment.DATABASE);
  const authorities = stored.filter((authority) => authority.level === level);
  if (authorities.length === 0) throw new Error(`no certificate authority of level ${level} in the database`);
  const [first] = await issuerKeys(environment, level);
  for (const authority of authorities) {
    const issuer = first && (await withKey(authority, level, [first]));
    if (issuer === undefined) continue;
    if (await isRevokedByRoot(environment.DATABASE, stored, issuer.certificate)) {
      throw new Error(`the root revoked the authority ${issuer.name}: nothing is issued until another one's key comes first`);
    }
    return issuer;
  }
  throw new Error(`${KEY_BINDINGS[level]} is not the key of any certificate authority of level ${level} in the database`);
}

/** This authority with its key, for signing CRLs. Undefined for a root, and where the key is not at hand. Throws as `loadIssuer`. */
export async function findIssuer(environment: IssuerEnvironment, authority: AuthorityRecord): Promise<Issuer | undefined> {
  const { level } = authority;
  return level === null ? undefined : withKey(authority, level, await issuerKeys(environment, level));
}

export async function loadAuthorities(database: D1Database): Promise<readonly AuthorityRecord[]> {
  const { results } = await database
    .prepare("SELECT name, level, certificate FROM certificate_authorities ORDER BY name")
    .all<AuthorityRecord>();
  return results;
}

/** Undefined where there is no authority of that name. */
export async function findAuthority(database: D1Database, name: string): Promise<AuthorityRecord | undefined> {
  const statement = database.prepare("SELECT name, level, certificate FROM certificate_authorities WHERE name = ?");
  return (await statement.bind(name).first<AuthorityRecord>()) ?? undefined;
}

/** DER. Throws for an operator's row that is not base64. */
export function certificateOf({ name, certificate }: AuthorityRecord): Uint8Array<ArrayBuffer> {
  const der = fromBase64(certificate);
  if (der === undefined) throw new Error(`the certificate of the authority ${name} is not base64`);
  return der;
}

const issuerKeys = (environment: IssuerEnvironment, level: CertificateLevel): Promise<readonly CryptoKey[]> =>
  readKeys(KEY_BINDINGS[level], environment[KEY_BINDINGS[level]], AUTHORITY_KEY_ALGORITHM);

async function withKey(
  authority: AuthorityRecord,
  level: CertificateLevel,
  keys: readonly CryptoKey[],
): Promise<Issuer | undefined> {
  const certificate = certificateOf(authority);
  const privateKey = await keyOf(new X509Certificate(certificate), keys, AUTHORITY_KEY_ALGORITHM);
  return privateKey && { name: authority.name, level, certificate, privateKey };
}
