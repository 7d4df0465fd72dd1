// OCSP signers of a developer's machine: keys, and the certificates that the local issuing authorities give them. Never used in
// production.
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from "node:crypto";
import type { CertificateLevel } from "../src/account/purpose.ts";
import { AUTHORITY_KEY_ALGORITHM, type AuthorityRecord, type Issuer } from "../src/certificates/authority.ts";
import { issueOcspSigner, type OcspSignerRecord } from "../src/certificates/ocsp/signer-certificate.ts";
import { SIGNER_KEY_ALGORITHM } from "../src/certificates/signer-certificate.ts";
import type { LocalSecrets } from "./local-secrets.ts";

/** Milliseconds: a signer that ends sooner gets a successor. */
export const RENEWED_BEFORE = 30 * 86_400_000;

/** On their own too: state folders of before there was OCSP have none. */
export const makeOcspKeys = () => ({ OCSP_KEY_QUALIFIED: makeOcspKey(), OCSP_KEY_NON_QUALIFIED: makeOcspKey() });

/** PKCS#8 in base64. */
function makeOcspKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
}

type WithSigners = Pick<LocalSecrets, "secrets" | "authorities" | "ocspSigners">;

/** Certificates for the issuing authorities that have no signer which is valid for another month; for the same keys again. */
export async function missingOcspSigners(
  { secrets, authorities, ocspSigners }: WithSigners,
  now: number,
): Promise<readonly OcspSignerRecord[]> {
  const made: OcspSignerRecord[] = [];
  for (const authority of authorities) {
    if (authority.level === null || ocspSigners.some((signer) => isGoodFor(signer, authority, now))) continue;
    const which = SECRET_SUFFIX[authority.level];
    const issuer = await localIssuer({ ...authority, level: authority.level }, secrets);
    const publicKey = await publicKeyOf(secrets[`OCSP_KEY_${which}`]);
    const certificate = await issueOcspSigner({ issuer, publicKey, now });
    made.push({ authority: authority.name, certificate: Buffer.from(certificate).toString("base64") });
  }
  return made;
}

const SECRET_SUFFIX = { QUALIFIED: "QUALIFIED", ADVANCED: "NON_QUALIFIED" } as const satisfies Record<CertificateLevel, string>;

/** An issuing authority with its key. Throws where the key is none. */
export async function localIssuer(
  { name, level, certificate }: AuthorityRecord & { readonly level: CertificateLevel },
  secrets: LocalSecrets["secrets"],
): Promise<Issuer> {
  const privateKey = await importPrivateKey(secrets[`ISSUER_KEY_${SECRET_SUFFIX[level]}`]);
  return { name, level, certificate: new Uint8Array(Buffer.from(certificate, "base64")), privateKey };
}

function isGoodFor(signer: OcspSignerRecord, authority: AuthorityRecord, now: number): boolean {
  const end = new X509Certificate(Buffer.from(signer.certificate, "base64")).validTo;
  return signer.authority === authority.name && Date.parse(end) > now + RENEWED_BEFORE;
}

const importPrivateKey = (base64: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey("pkcs8", Buffer.from(base64, "base64"), AUTHORITY_KEY_ALGORITHM, false, ["sign"]);

function publicKeyOf(base64: string): Promise<webcrypto.CryptoKey> {
  const privateKey = createPrivateKey({ key: Buffer.from(base64, "base64"), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return webcrypto.subtle.importKey("spki", spki, SIGNER_KEY_ALGORITHM, true, ["verify"]);
}
