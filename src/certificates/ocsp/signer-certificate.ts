// Certificates of delegated OCSP signers (RFC 6960 §4.2.2.2): each issuing authority names the key that may speak for it, so that
// its own key is not needed for every status. No I/O, no clock.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate, Name as AsnName } from "@peculiar/asn1-x509";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { AUTHORITY_SIGNATURE_ALGORITHM, type Issuer } from "../authority.ts";
import { distinguishedName, encodeName } from "../distinguished-name.ts";
import { SERIAL_NUMBER_BYTES, serialNumberHex } from "../serial-number.ts";
import { NO_CHECK, OCSP_SIGNING } from "./object-identifiers.ts";

/** Small and quick: a key for a year at most. */
export const OCSP_KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** `id-pkix-ocsp-nocheck` leaves no way to revoke a signer: it must end soon by itself. */
const VALIDITY_YEARS = 1;

/** One row of the table `ocsp_signers`. */
export interface OcspSignerRecord {
  /** Short name of the authority that it speaks for. */
  readonly authority: string;
  /** DER in base64. */
  readonly certificate: string;
}

/** Parameters: authority, certificate. */
export const INSERT_OCSP_SIGNER =
  "INSERT INTO ocsp_signers (authority, certificate) VALUES (?, ?) ON CONFLICT (certificate) DO NOTHING";

/**
 * DER of the certificate, valid from the full hour before `now` (milliseconds since the epoch) for a year, and not beyond its
 * issuer on either side. `publicKey`: ECDSA on P-256.
 */
export async function issueOcspSigner(input: {
  readonly issuer: Issuer;
  readonly publicKey: CryptoKey;
  readonly now: number;
  /** Less than the year. */
  readonly days?: number | undefined;
}): Promise<Uint8Array<ArrayBuffer>> {
  const issuer = new X509Certificate(input.issuer.certificate);
  const notBefore = new Date(Math.max(Math.floor(input.now / 3_600_000) * 3_600_000, issuer.notBefore.getTime()));
  const end = new Date(notBefore);
  end.setUTCFullYear(end.getUTCFullYear() + VALIDITY_YEARS);
  if (input.days !== undefined) end.setTime(Math.min(end.getTime(), notBefore.getTime() + input.days * 86_400_000));
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumberHex(crypto.getRandomValues(new Uint8Array(SERIAL_NUMBER_BYTES))),
    subject: signerName(input.issuer),
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(Math.min(end.getTime() - 1000, issuer.notAfter.getTime())),
    publicKey: input.publicKey,
    signingKey: input.issuer.privateKey,
    signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([OCSP_SIGNING]),
      new Extension(NO_CHECK, false, DER_NULL),
      await SubjectKeyIdentifierExtension.create(input.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

const DER_NULL = Uint8Array.of(5, 0);
const COMMON_NAME = "2.5.4.3";

/** The issuer's name with OCSP behind its common name; TEST in it stays in it. */
function signerName({ certificate }: Issuer): Name {
  const { subject } = AsnConvert.parse(certificate, Certificate).tbsCertificate;
  const isCommonName = (part: AsnName[number]) => part.some(({ type }) => type === COMMON_NAME);
  const [commonName] = new X509Certificate(certificate).subjectName.getField("CN");
  if (commonName === undefined) throw new Error("the issuer's certificate has no common name");
  const own = distinguishedName([["commonName", `${commonName} OCSP`]]);
  return new Name(encodeName(new AsnName([...subject.filter((part) => !isCommonName(part)), ...own])));
}
