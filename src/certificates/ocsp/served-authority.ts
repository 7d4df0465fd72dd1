// The authorities that this server answers OCSP for, each with the signers that may speak for it. Read from D1 and the secrets
// store, and remembered in the isolate for at most a minute. A root has none: its CRL alone tells of its issuing authorities.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import { ExtendedKeyUsageExtension, X509Certificate } from "@peculiar/x509";
import type { CertificateLevel } from "../../account/purpose.ts";
import type { Environment } from "../../environment.ts";
import { fromBase64 } from "../../protocol/encoding.ts";
import { certificateOf, loadAuthorities } from "../issuer.ts";
import { keyOf, readKeys } from "../key-secrets.ts";
import { type IssuerHashes, issuerHashes, sha1 } from "./certificate-id.ts";
import { OCSP_SIGNING } from "./object-identifiers.ts";
import type { OcspSigner } from "./response.ts";
import { SIGNER_KEY_ALGORITHM } from "../signer-certificate.ts";
import type { OcspSignerRecord } from "./signer-certificate.ts";

export type OcspEnvironment = Pick<Environment, "DATABASE" | "OCSP_KEY_QUALIFIED" | "OCSP_KEY_NON_QUALIFIED">;

const KEY_BINDINGS = {
  QUALIFIED: "OCSP_KEY_QUALIFIED",
  ADVANCED: "OCSP_KEY_NON_QUALIFIED",
} as const satisfies Record<CertificateLevel, keyof OcspEnvironment>;

export interface ServedAuthority {
  readonly name: string;
  readonly hashes: IssuerHashes;
  /** Milliseconds since the epoch: it issued nothing before, and its index forgets nothing. */
  readonly notBefore: number;
  /** The one to sign with now; undefined where no certificate is valid whose key is at hand. */
  signerAt(now: number): OcspSigner | undefined;
}

/** Milliseconds. A new signer counts after that. */
const REMEMBERED_FOR = 60_000;

const remembered = new WeakMap<D1Database, { readonly authorities: readonly ServedAuthority[]; readonly until: number }>();

/** Throws where D1 or the secrets store cannot be read, or an operator's entry there is malformed. */
export async function servedAuthorities(environment: OcspEnvironment, now: number): Promise<readonly ServedAuthority[]> {
  const known = remembered.get(environment.DATABASE);
  if (known !== undefined && now < known.until && known.until <= now + REMEMBERED_FOR) return known.authorities;
  const authorities = await loadServedAuthorities(environment);
  remembered.set(environment.DATABASE, { authorities, until: now + REMEMBERED_FOR });
  return authorities;
}

async function loadServedAuthorities(environment: OcspEnvironment): Promise<readonly ServedAuthority[]> {
  const authorities = await loadAuthorities(environment.DATABASE);
  const statement = environment.DATABASE.prepare("SELECT authority, certificate FROM ocsp_signers");
  const { results } = await statement.all<OcspSignerRecord>();
  return Promise.all(
    authorities.flatMap((record) => {
      const { name, level } = record;
      if (level === null) return [];
      const own = results.filter(({ authority }) => authority === name);
      return [serve(name, certificateOf(record), own, () => ocspKeys(environment, level))];
    }),
  );
}

const ocspKeys = (environment: OcspEnvironment, level: CertificateLevel): Promise<readonly CryptoKey[]> =>
  readKeys(KEY_BINDINGS[level], environment[KEY_BINDINGS[level]], SIGNER_KEY_ALGORITHM);

async function serve(
  name: string,
  der: Uint8Array<ArrayBuffer>,
  records: readonly OcspSignerRecord[],
  readOcspKeys: () => Promise<readonly CryptoKey[]>,
): Promise<ServedAuthority> {
  const authority = new X509Certificate(der);
  const keys = records.length === 0 ? [] : await readOcspKeys();
  const found = await Promise.all(records.map((record) => signerOf(authority, record, keys)));
  const signers = found
    .filter((signer) => signer !== undefined)
    .toSorted((left, right) => right.notBefore - left.notBefore || right.notAfter - left.notAfter);
  return {
    name,
    hashes: await issuerHashes(der),
    notBefore: authority.notBefore.getTime(),
    signerAt: (now) => signers.find(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter),
  };
}

interface DatedSigner extends OcspSigner {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Undefined where the key is not at hand or no client would believe the certificate (RFC 6960 §4.2.2.2). */
async function signerOf(
  authority: X509Certificate,
  record: OcspSignerRecord,
  keys: readonly CryptoKey[],
): Promise<DatedSigner | undefined> {
  const der = fromBase64(record.certificate);
  if (der === undefined) throw new Error(`a certificate of an OCSP signer of ${record.authority} is not base64`);
  const certificate = new X509Certificate(der);
  const usages = certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  if (!usages.includes(OCSP_SIGNING)) return undefined;
  if (!(await certificate.verify({ publicKey: authority.publicKey, signatureOnly: true }))) return undefined;
  const privateKey = await keyOf(certificate, keys, SIGNER_KEY_ALGORITHM);
  if (privateKey === undefined) return undefined;
  const parsed = AsnConvert.parse(der, Certificate);
  return {
    certificate: parsed,
    keyHash: await sha1(parsed.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey),
    privateKey,
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}
