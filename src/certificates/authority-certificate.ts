// Makes certification authorities: a root that signs itself, and the issuing authorities below it. What an operator's tool and the
// TEST hierarchy of a developer's machine have in common. No I/O, no clock; keeps no key.
import "reflect-metadata";
import { AsnConvert, AsnIA5StringConverter } from "@peculiar/asn1-schema";
import { CertificatePolicies, id_ce_certificatePolicies, PolicyInformation, PolicyQualifierInfo } from "@peculiar/asn1-x509";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { CertificateLevel } from "../account/purpose.ts";
import { toBase64 } from "../protocol/encoding.ts";
import { authorityAddresses } from "./addresses.ts";
import { AUTHORITY_KEY_ALGORITHM, type AuthorityRecord } from "./authority.ts";
import { type AttributeName, distinguishedName, encodeName } from "./distinguished-name.ts";
import { hashOf } from "./ecdsa-signature.ts";
import { SERIAL_NUMBER_BYTES, serialNumberHex } from "./serial-number.ts";

/** RFC 5280 §4.2.1.4: the issuing CA may issue under any policy, so that a relying party can ask for a certain one. */
export const ANY_POLICY = "2.5.29.32.0";
/** RFC 5280 §4.2.1.4, id-qt-cps. */
const CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1";

/** Of a root; issuing authorities are always on P-384, which the Worker signs with. */
export const ROOT_CURVES = ["P-384", "P-521"] as const;
export type RootCurve = (typeof ROOT_CURVES)[number];

interface AuthorityPlan {
  /** Short name: part of addresses in certificates, and never another authority's. */
  readonly name: string;
  readonly subject: readonly (readonly [AttributeName, string])[];
  readonly years: number;
}

export interface RootPlan extends AuthorityPlan {
  readonly curve: RootCurve;
}

export interface IssuingPlan extends AuthorityPlan {
  readonly level: CertificateLevel;
  readonly policy?: AuthorityPolicy | undefined;
}

/** The policy that an issuing authority is run under. Where it is not `ANY_POLICY`, that one stands beside it. */
export interface AuthorityPolicy {
  readonly identifier: string;
  /** Address of the certification practice statement, ASCII. */
  readonly cps?: string | undefined;
}

/** An authority that can sign: certificate in DER, and its key. */
export interface SigningAuthority {
  readonly name: string;
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly privateKey: CryptoKey;
}

export interface MadeAuthority extends SigningAuthority {
  readonly record: AuthorityRecord;
}

/** `now`: milliseconds since the epoch; valid from the full hour before it. The private key can be exported: the caller keeps it. */
export function makeRoot(plan: RootPlan, now: number): Promise<MadeAuthority> {
  return makeAuthority({ ...plan, level: null, pathLength: 1 }, { now });
}

/** Likewise, and valid within the validity of its root. Has no OCSP address: the root is offline and publishes a CRL alone. */
export function makeIssuingAuthority(
  plan: IssuingPlan,
  root: SigningAuthority,
  { pkiBaseUrl, now }: { readonly pkiBaseUrl: string; readonly now: number },
): Promise<MadeAuthority> {
  const { namedCurve } = AUTHORITY_KEY_ALGORITHM;
  return makeAuthority({ ...plan, curve: namedCurve, pathLength: 0 }, { now, root, addresses: pkiBaseUrl });
}

type AnyPlan = RootPlan & {
  readonly level: CertificateLevel | null;
  readonly pathLength: number;
  readonly policy?: AuthorityPolicy | undefined;
};

async function makeAuthority(
  plan: AnyPlan,
  { now, root, addresses = "" }: { readonly now: number; readonly root?: SigningAuthority; readonly addresses?: string },
): Promise<MadeAuthority> {
  // The types of workerd do not tell key pairs from single keys; ECDSA always gives a pair.
  const keys = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: plan.curve }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const subject = new Name(encodeName(distinguishedName(plan.subject)));
  const parent = root && new X509Certificate(root.certificate);
  const signingKey = root?.privateKey ?? keys.privateKey;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumberHex(crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))),
    subject,
    issuer: parent?.subjectName ?? subject,
    ...validity(plan.years, now, parent),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: { name: "ECDSA", hash: hashOf(signingKey) },
    extensions: [
      new BasicConstraintsExtension(true, plan.pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(root && parent ? await subordinateExtensions(root.name, parent, addresses, plan.policy) : []),
    ],
  });
  const der = new Uint8Array(certificate.rawData);
  const record = { name: plan.name, level: plan.level, certificate: toBase64(der) };
  return { record, name: plan.name, certificate: der, privateKey: keys.privateKey };
}

function validity(years: number, now: number, parent: X509Certificate | undefined) {
  const notBefore = new Date(Math.max(Math.floor(now / 3_600_000) * 3_600_000, parent?.notBefore.getTime() ?? 0));
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + years);
  return { notBefore, notAfter: new Date(Math.min(end.getTime(), parent?.notAfter.getTime() ?? Infinity)) };
}

async function subordinateExtensions(
  rootName: string,
  root: X509Certificate,
  pkiBaseUrl: string,
  policy: AuthorityPolicy | undefined,
): Promise<Extension[]> {
  const addresses = authorityAddresses(pkiBaseUrl, rootName);
  return [
    await AuthorityKeyIdentifierExtension.create(root.publicKey),
    new Extension(id_ce_certificatePolicies, false, AsnConvert.serialize(policies(policy))),
    new AuthorityInfoAccessExtension({ caIssuers: [addresses.certificate] }),
    new CRLDistributionPointsExtension([addresses.revocationList]),
  ];
}

/** ANY_POLICY is always there: what people's certificates are issued under is another configuration. */
function policies({ identifier, cps }: AuthorityPolicy = { identifier: ANY_POLICY }): CertificatePolicies {
  const own = new PolicyInformation({
    policyIdentifier: identifier,
    ...(cps !== undefined && {
      policyQualifiers: [
        new PolicyQualifierInfo({ policyQualifierId: CPS_QUALIFIER, qualifier: AsnIA5StringConverter.toASN(cps).toBER() }),
      ],
    }),
  });
  return new CertificatePolicies(
    identifier === ANY_POLICY ? [own] : [own, new PolicyInformation({ policyIdentifier: ANY_POLICY })],
  );
}
