// Certificates of the signers that speak for an authority: of statuses (ocsp/) and of time stamps (time-stamp/). What each is for
// stands in its own extensions. No I/O, no clock.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { AUTHORITY_SIGNATURE_ALGORITHM, type Issuer } from "./authority.ts";
import { SERIAL_NUMBER_BYTES, serialNumberHex } from "./serial-number.ts";

/** Small and quick: a key for a year at most. */
export const SIGNER_KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

const VALIDITY_YEARS = 1;

export interface SignerPlan {
  readonly issuer: Issuer;
  readonly subject: Name;
  /** ECDSA on P-256. */
  readonly publicKey: CryptoKey;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Less than the year. */
  readonly days?: number | undefined;
  /** Beside those that every signer has: no CA, for signatures only, both key identifiers. */
  readonly extensions: readonly Extension[];
}

/** DER of the certificate, valid from the full hour before `now` for a year, and not beyond its issuer on either side. */
export async function issueSignerCertificate(plan: SignerPlan): Promise<Uint8Array<ArrayBuffer>> {
  const issuer = new X509Certificate(plan.issuer.certificate);
  const notBefore = new Date(Math.max(Math.floor(plan.now / 3_600_000) * 3_600_000, issuer.notBefore.getTime()));
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + VALIDITY_YEARS);
  if (plan.days !== undefined) end.setTime(Math.min(end.getTime(), notBefore.getTime() + plan.days * 86_400_000));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumberHex(crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))),
    subject: plan.subject,
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(Math.min(end.getTime() - 1000, issuer.notAfter.getTime())),
    publicKey: plan.publicKey,
    signingKey: plan.issuer.privateKey,
    signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...plan.extensions,
      await SubjectKeyIdentifierExtension.create(plan.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return new Uint8Array(certificate.rawData);
}
