// A throw-away certificate hierarchy for local use and tests: root, issuing CA for qualified, issuing CA for non-qualified, and the
// root's CRL, which nobody can make later.
// Every name in it says TEST, so that whoever meets one of its certificates sees that it proves nothing about anybody; the
// subjects of people's certificates carry no mark, since client libraries parse them. Not for production.
import "reflect-metadata";
import { X509Certificate } from "@peculiar/x509";
import type { CertificateLevel } from "../account/purpose.ts";
import { toBase64 } from "../protocol/encoding.ts";
import { type AuthorityRecord, TEST_MARK } from "./authority.ts";
import { type MadeAuthority, makeIssuingAuthority, makeRoot } from "./authority-certificate.ts";
import type { AttributeName } from "./distinguished-name.ts";
import { makeBroughtList } from "./revocation-list/brought-list.ts";
import type { BroughtList } from "./revocation-list/stored-list.ts";

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

/** `now`: milliseconds since the epoch; the hierarchy is valid from the full hour before it. */
export async function makeTestHierarchy(input: { readonly pkiBaseUrl: string; readonly now: number }): Promise<TestHierarchy> {
  const root = await makeRoot({ name: "root", subject: testName("Root"), curve: "P-384", years: ROOT_YEARS }, input.now);
  const issuer = (name: string, commonName: string, level: CertificateLevel) =>
    makeIssuingAuthority({ name, subject: testName(commonName), level, years: ISSUER_YEARS }, root, input);
  const qualified = await issuer("eid-q", "EID-Q", "QUALIFIED");
  const nonQualified = await issuer("eid-nq", "EID-NQ", "ADVANCED");
  const { notBefore, notAfter } = new X509Certificate(root.certificate);
  return {
    authorities: [root.record, qualified.record, nonQualified.record],
    issuerKeys: { QUALIFIED: await exportKey(qualified), ADVANCED: await exportKey(nonQualified) },
    rootList: await makeBroughtList(root, {
      number: 1,
      thisUpdate: notBefore.getTime(),
      nextUpdate: notAfter.getTime(),
      revocations: [],
    }),
    rootKey: await exportKey(root),
  };
}

/** The country is `XX`, which ISO 3166-1 leaves to users: no country answers for these certificates. */
const testName = (commonName: string): readonly (readonly [AttributeName, string])[] => [
  ["countryName", "XX"],
  ["organizationName", `${TEST_MARK} Tally`],
  ["commonName", `${TEST_MARK} Tally ${commonName}`],
];

async function exportKey({ privateKey }: MadeAuthority): Promise<string> {
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer;
  return toBase64(new Uint8Array(pkcs8));
}
