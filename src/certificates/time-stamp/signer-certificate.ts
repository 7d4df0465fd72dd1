// The certificate of a signer of time stamps (RFC 3161 §2.3), for local use: by its name it says TEST. No I/O, no clock.
import "reflect-metadata";
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { authorityAddresses } from "../addresses.ts";
import { AUTHORITY_SIGNATURE_ALGORITHM, type Issuer, TEST_MARK } from "../authority.ts";
import { distinguishedName, encodeName } from "../distinguished-name.ts";
import { SERIAL_NUMBER_BYTES, serialNumberHex } from "../serial-number.ts";
import { TIME_STAMPING } from "./object-identifiers.ts";

export const TIME_STAMP_KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

const VALIDITY_YEARS = 1;

/**
 * DER of the certificate, valid from the full hour before `now` (milliseconds since the epoch) for a year, and not beyond its
 * issuer on either side. `publicKey`: ECDSA on P-256. For the index, the caller reads the serial number from it.
 */
export async function issueTimeStampSigner(input: {
  readonly issuer: Issuer;
  readonly publicKey: CryptoKey;
  readonly pkiBaseUrl: string;
  readonly now: number;
}): Promise<Uint8Array<ArrayBuffer>> {
  const issuer = new X509Certificate(input.issuer.certificate);
  const notBefore = new Date(Math.max(Math.floor(input.now / 3_600_000) * 3_600_000, issuer.notBefore.getTime()));
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + VALIDITY_YEARS);
  const addresses = authorityAddresses(input.pkiBaseUrl, input.issuer.name);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumberHex(crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))),
    subject: SIGNER_NAME,
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(Math.min(end.getTime() - 1000, issuer.notAfter.getTime())),
    publicKey: input.publicKey,
    signingKey: input.issuer.privateKey,
    signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      // Critical and alone (RFC 3161 §2.3): the key is good for nothing else.
      new ExtendedKeyUsageExtension([TIME_STAMPING], true),
      await SubjectKeyIdentifierExtension.create(input.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new AuthorityInfoAccessExtension({ ocsp: [addresses.ocsp], caIssuers: [addresses.certificate] }),
      new CRLDistributionPointsExtension([addresses.revocationList]),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

/** As the names of the authorities of makeTestHierarchy. */
const SIGNER_NAME = new Name(
  encodeName(
    distinguishedName([
      ["countryName", "XX"],
      ["organizationName", `${TEST_MARK} Tally`],
      ["commonName", `${TEST_MARK} Tally TSA`],
    ]),
  ),
);
