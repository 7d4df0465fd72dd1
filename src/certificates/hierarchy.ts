// A throw-away certificate hierarchy for local use and tests: root, issuing CA for qualified, issuing CA for non-qualified, and the
// root's CRL, which nobody can make later.
// Every name in it says TEST, so that whoever meets one of its certificates sees that it proves nothing about anybody; the
// subjects of people's certificates carry no mark, since client libraries parse them. Not for production.
import "reflect-metadata";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { CertificateLevel } from "../account/purpose.ts";
import { fromBase64, toBase64 } from "../protocol/encoding.ts";
import { authorityAddresses } from "./addresses.ts";
import { AUTHORITY_KEY_ALGORITHM, AUTHORITY_SIGNATURE_ALGORITHM, type AuthorityRecord, TEST_MARK } from "./authority.ts";
import { distinguishedName, encodeName } from "./distinguished-name.ts";
import { buildRevocationList, listDigest } from "./revocation-list/build-list.ts";
import type { BroughtList } from "./revocation-list/stored-list.ts";
import { SERIAL_NUMBER_BYTES, serialNumberHex } from "./serial-number.ts";

/** RFC 5280 §4.2.1.4: the issuing CA may issue under any policy, so that a relying party can ask for a certain one. */
const ANY_POLICY = "2.5.29.32.0";

const ROOT_YEARS = 20;
const ISSUER_YEARS = 15;

export interface TestHierarchy {
  /** Root first. What goes into the table `certificate_authorities`. */
  readonly authorities: readonly [root: AuthorityRecord, qualified: AuthorityRecord, nonQualified: AuthorityRecord];
  /** PKCS#8 in base64: the secrets ISSUER_KEY_QUALIFIED and ISSUER_KEY_NON_QUALIFIED. */
  readonly issuerKeys: Readonly<Record<CertificateLevel, string>>;
  /** Lists nothing, and is valid as long as the root. */
  readonly rootList: BroughtList;
  /** PKCS#8 in base64. The caller keeps it away from the Worker, or throws it away. */
  readonly rootKey: string;
}

interface AuthorityPlan {
  readonly name: string;
  readonly commonName: string;
  readonly level: CertificateLevel | null;
  readonly pathLength: number;
  readonly years: number;
}

/** `now`: milliseconds since the epoch; the hierarchy is valid from the full hour before it. */
export async function makeTestHierarchy(input: { readonly pkiBaseUrl: string; readonly now: number }): Promise<TestHierarchy> {
  const root = await makeAuthority(input, { name: "root", commonName: "Root", level: null, pathLength: 1, years: ROOT_YEARS });
  const issuer = (name: string, commonName: string, level: CertificateLevel) =>
    makeAuthority(input, { name, commonName, level, pathLength: 0, years: ISSUER_YEARS }, root);
  const qualified = await issuer("eid-q", "EID-Q", "QUALIFIED");
  const nonQualified = await issuer("eid-nq", "EID-NQ", "ADVANCED");
  return {
    authorities: [root.record, qualified.record, nonQualified.record],
    issuerKeys: { QUALIFIED: await exportKey(qualified.keys), ADVANCED: await exportKey(nonQualified.keys) },
    rootList: await emptyList(root),
    rootKey: await exportKey(root.keys),
  };
}

async function emptyList({ record, keys, notBefore, notAfter }: MadeAuthority): Promise<BroughtList> {
  const certificate = fromBase64(record.certificate) ?? new Uint8Array(0);
  const content = { number: 1, thisUpdate: notBefore.getTime(), nextUpdate: notAfter.getTime() };
  const der = await buildRevocationList({ issuer: { certificate, privateKey: keys.privateKey }, ...content, revocations: [] });
  return { authority: record.name, ...content, digest: await listDigest(der), list: toBase64(der) };
}

interface MadeAuthority {
  readonly record: AuthorityRecord;
  readonly subject: Name;
  readonly keys: CryptoKeyPair;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

async function makeAuthority(
  { pkiBaseUrl, now }: { readonly pkiBaseUrl: string; readonly now: number },
  plan: AuthorityPlan,
  parent?: MadeAuthority,
): Promise<MadeAuthority> {
  // The types of workerd do not tell key pairs from single keys; ECDSA always gives a pair.
  const keys = (await crypto.subtle.generateKey(AUTHORITY_KEY_ALGORITHM, true, ["sign", "verify"])) as CryptoKeyPair;
  const subject = authorityName(plan.commonName);
  const notBefore = new Date(Math.floor(now / 3_600_000) * 3_600_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + plan.years);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumberHex(crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))),
    subject,
    issuer: parent?.subject ?? subject,
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: (parent?.keys ?? keys).privateKey,
    signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, plan.pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(parent === undefined ? [] : await subordinateExtensions(parent, pkiBaseUrl)),
    ],
  });
  const record = { name: plan.name, level: plan.level, certificate: toBase64(new Uint8Array(certificate.rawData)) };
  return { record, subject, keys, notBefore, notAfter };
}

/** The issuing CAs have no OCSP address: the root is offline and publishes a CRL alone. */
async function subordinateExtensions(parent: MadeAuthority, pkiBaseUrl: string): Promise<Extension[]> {
  const addresses = authorityAddresses(pkiBaseUrl, parent.record.name);
  return [
    await AuthorityKeyIdentifierExtension.create(parent.keys.publicKey),
    new CertificatePolicyExtension([ANY_POLICY]),
    new AuthorityInfoAccessExtension({ caIssuers: [addresses.certificate] }),
    new CRLDistributionPointsExtension([addresses.revocationList]),
  ];
}

/** The country is `XX`, which ISO 3166-1 leaves to users: no country answers for these certificates. */
function authorityName(commonName: string): Name {
  return new Name(
    encodeName(
      distinguishedName([
        ["countryName", "XX"],
        ["organizationName", `${TEST_MARK} Tally`],
        ["commonName", `${TEST_MARK} Tally ${commonName}`],
      ]),
    ),
  );
}

async function exportKey(keys: CryptoKeyPair): Promise<string> {
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", keys.privateKey)) as ArrayBuffer;
  return toBase64(new Uint8Array(pkcs8));
}
