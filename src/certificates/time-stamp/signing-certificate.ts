// The signed attribute that names the certificate of a signature (RFC 5035 §3), so that no other certificate of the same key can be
// put in its place. The schemas are here because no package of @peculiar has them.
import {
  AsnArray,
  AsnConvert,
  AsnIntegerArrayBufferConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from "@peculiar/asn1-schema";
import { Certificate, GeneralName, GeneralNames } from "@peculiar/asn1-x509";

// Bound as in qualified-statements.ts.
class IssuerSerial {
  issuer: GeneralNames;
  serialNumber: ArrayBuffer;
  constructor(issuer = new GeneralNames(), serialNumber = new ArrayBuffer(0)) {
    this.issuer = issuer;
    this.serialNumber = serialNumber;
  }
}
AsnProp({ type: GeneralNames })(IssuerSerial.prototype, "issuer");
AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerArrayBufferConverter })(IssuerSerial.prototype, "serialNumber");

/** ESSCertIDv2 without hashAlgorithm, which is left out in DER for the default: SHA-256. */
class CertificateId {
  certHash: OctetString;
  issuerSerial: IssuerSerial;
  constructor(certHash = new OctetString(), issuerSerial = new IssuerSerial()) {
    this.certHash = certHash;
    this.issuerSerial = issuerSerial;
  }
}
AsnProp({ type: OctetString })(CertificateId.prototype, "certHash");
AsnProp({ type: IssuerSerial })(CertificateId.prototype, "issuerSerial");

class CertificateIds extends AsnArray<CertificateId> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: CertificateId })(CertificateIds);

/** Without the optional policies. */
class SigningCertificateV2 {
  certs: CertificateIds;
  constructor(certs = new CertificateIds()) {
    this.certs = certs;
  }
}
AsnProp({ type: CertificateIds })(SigningCertificateV2.prototype, "certs");

/** DER of the value of the attribute. `certificate`: DER. */
export async function encodeSigningCertificate(certificate: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const { issuer, serialNumber } = AsnConvert.parse(certificate, Certificate).tbsCertificate;
  const issuerSerial = new IssuerSerial(new GeneralNames([new GeneralName({ directoryName: issuer })]), serialNumber);
  const hash = new OctetString(await crypto.subtle.digest("SHA-256", certificate));
  return AsnConvert.serialize(new SigningCertificateV2(new CertificateIds([new CertificateId(hash, issuerSerial)])));
}
