// Where the issuing authorities live: certificates in D1, private keys in the secrets store. A key that belongs to no stored
// certificate of its level issues nothing: such certificates would chain to nobody.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import type { CertificateLevel } from "../account/purpose.ts";
import type { Environment } from "../environment.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import {
  AUTHORITY_KEY_ALGORITHM,
  AUTHORITY_SIGNATURE_ALGORITHM,
  type AuthorityRecord,
  INSERT_AUTHORITY,
  type Issuer,
} from "./authority.ts";

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
  const stored = await database
    .prepare("SELECT name, level, certificate FROM certificate_authorities WHERE name = ?")
    .bind(name)
    .first<AuthorityRecord>();
  if (stored?.certificate !== certificate || stored.level !== level) {
    throw new Error(`the certificate authority ${name} exists with another certificate`);
  }
}

/**
 * The authority that issues at this level: of the stored ones (several after a rollover) the one whose key the secret is.
 * Throws, naming what is missing or does not match, where a deployment is not set up.
 */
export async function loadIssuer(environment: IssuerEnvironment, level: CertificateLevel): Promise<Issuer> {
  const { results } = await environment.DATABASE.prepare(
    "SELECT name, level, certificate FROM certificate_authorities WHERE level = ? ORDER BY name",
  )
    .bind(level)
    .all<AuthorityRecord>();
  if (results.length === 0) throw new Error(`no certificate authority of level ${level} in the database`);
  const privateKey = await loadKey(environment, level);
  for (const { name, certificate } of results) {
    const der = fromBase64(certificate);
    if (der === undefined) throw new Error(`the certificate of the authority ${name} is not base64`);
    if (await belongTogether(new X509Certificate(der), privateKey)) return { name, level, certificate: der, privateKey };
  }
  throw new Error(`${KEY_BINDINGS[level]} is not the key of any certificate authority of level ${level} in the database`);
}

async function loadKey(environment: IssuerEnvironment, level: CertificateLevel): Promise<CryptoKey> {
  const binding = KEY_BINDINGS[level];
  let secret: string;
  try {
    secret = await environment[binding].get();
  } catch {
    throw new Error(`the secret ${binding} is missing`);
  }
  const pkcs8 = fromBase64(secret.trim());
  if (pkcs8 === undefined) throw new Error(`the secret ${binding} is not base64`);
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, AUTHORITY_KEY_ALGORITHM, false, ["sign"]);
  } catch {
    throw new Error(`the secret ${binding} is not an ECDSA P-384 key in PKCS#8`);
  }
}

/** By a trial signature: the private key stays non-extractable. */
async function belongTogether(certificate: X509Certificate, privateKey: CryptoKey): Promise<boolean> {
  const publicKey = await certificate.publicKey.export(AUTHORITY_KEY_ALGORITHM, ["verify"]);
  const probe = new TextEncoder().encode("tally-issuer-key-check");
  const signature = await crypto.subtle.sign(AUTHORITY_SIGNATURE_ALGORITHM, privateKey, probe);
  return crypto.subtle.verify(AUTHORITY_SIGNATURE_ALGORITHM, publicKey, signature, probe);
}
