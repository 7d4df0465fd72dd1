// Certificates of delegated OCSP signers (RFC 6960 §4.2.2.2): each issuing authority names the key that may speak for it, so that
// its own key is not needed for every status. No I/O, no clock.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate, Name as AsnName } from "@peculiar/asn1-x509";
import { ExtendedKeyUsageExtension, Extension, Name, X509Certificate } from "@peculiar/x509";
import type { Issuer } from "../authority.ts";
import { distinguishedName, encodeName } from "../distinguished-name.ts";
import { issueSignerCertificate, type SignerPlan } from "../signer-certificate.ts";
import { NO_CHECK, OCSP_SIGNING } from "./object-identifiers.ts";

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

/** As `issueSignerCertificate`: it must end soon by itself, since `id-pkix-ocsp-nocheck` leaves no way to revoke a signer. */
export const issueOcspSigner = (
  plan: Pick<SignerPlan, "issuer" | "publicKey" | "now" | "days">,
): Promise<Uint8Array<ArrayBuffer>> =>
  issueSignerCertificate({
    ...plan,
    subject: signerName(plan.issuer),
    extensions: [new ExtendedKeyUsageExtension([OCSP_SIGNING]), new Extension(NO_CHECK, false, DER_NULL)],
  });

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
