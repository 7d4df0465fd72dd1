// The certificate of a signer of time stamps (RFC 3161 §2.3), for local use: by its name it says TEST. No I/O, no clock.
import "reflect-metadata";
import { AuthorityInfoAccessExtension, CRLDistributionPointsExtension, ExtendedKeyUsageExtension, Name } from "@peculiar/x509";
import { authorityAddresses } from "../addresses.ts";
import { TEST_MARK } from "../authority.ts";
import { distinguishedName, encodeName } from "../distinguished-name.ts";
import { issueSignerCertificate, type SignerPlan } from "../signer-certificate.ts";
import { TIME_STAMPING } from "./object-identifiers.ts";

/** As `issueSignerCertificate`. For the index, the caller reads the serial number from it. */
export function issueTimeStampSigner({
  pkiBaseUrl,
  ...plan
}: Pick<SignerPlan, "issuer" | "publicKey" | "now"> & { readonly pkiBaseUrl: string }): Promise<Uint8Array<ArrayBuffer>> {
  const addresses = authorityAddresses(pkiBaseUrl, plan.issuer.name);
  return issueSignerCertificate({
    ...plan,
    subject: SIGNER_NAME,
    extensions: [
      // Critical and alone (RFC 3161 §2.3): the key is good for nothing else.
      new ExtendedKeyUsageExtension([TIME_STAMPING], true),
      new AuthorityInfoAccessExtension({ ocsp: [addresses.ocsp], caIssuers: [addresses.certificate] }),
      new CRLDistributionPointsExtension([addresses.revocationList]),
    ],
  });
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
