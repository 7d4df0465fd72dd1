// Time stamp tokens (RFC 3161 §2.4.2 as updated by RFC 5816): TSTInfo, signed as CMS SignedData (RFC 5652 §5). No I/O, no clock: the
// only randomness that is not given is the nonce inside ECDSA.
import "reflect-metadata";
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  id_signedData,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from "@peculiar/asn1-cms";
import { AsnArray, AsnConvert, AsnObjectIdentifierConverter, AsnType, AsnTypeTypes, OctetString } from "@peculiar/asn1-schema";
import { Accuracy, TSTInfo } from "@peculiar/asn1-tsp";
import { AlgorithmIdentifier, type Certificate, GeneralName } from "@peculiar/asn1-x509";
import { signatureAlgorithm } from "../ecdsa-signature.ts";
import { fromHexadecimal, toHexadecimal } from "../hexadecimal.ts";
import { serialNumberHex } from "../serial-number.ts";
import { CONTENT_TYPE, MESSAGE_DIGEST, SHA_256, SIGNING_CERTIFICATE_V2, TEST_POLICY, TST_INFO } from "./object-identifiers.ts";
import type { TimeStampRequest } from "./request.ts";

export interface TimeStampSigner {
  readonly certificate: Certificate;
  /** DER of the attribute's value that names the certificate. */
  readonly signingCertificate: ArrayBuffer;
  /** ECDSA P-256, usage `sign`. */
  readonly privateKey: CryptoKey;
}

export interface TimeStamp {
  readonly request: TimeStampRequest;
  readonly signer: TimeStampSigner;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /**
   * 16 random bytes, new for each token. A serial number must be unique even across a crash (RFC 3161 §2.4.2), and isolates share
   * no counter. With 126 random bits there is nothing to remember: among 2^40 tokens the odds that any two are alike are below 2^-46.
   */
  readonly random: Uint8Array;
}

/** Seconds: genTime is cut to the whole second in which the token was made. */
const ACCURACY = 1;

export async function signTimeStamp(timeStamp: TimeStamp): Promise<ContentInfo> {
  const { signer, request } = timeStamp;
  const content = AsnConvert.serialize(tstInfo(timeStamp));
  const digestAlgorithm = new AlgorithmIdentifier({ algorithm: SHA_256 });
  const attributes = inSetOrder([
    attribute(CONTENT_TYPE, AsnObjectIdentifierConverter.toASN(TST_INFO).toBER()),
    attribute(MESSAGE_DIGEST, AsnConvert.serialize(new OctetString(await crypto.subtle.digest("SHA-256", content)))),
    attribute(SIGNING_CERTIFICATE_V2, signer.signingCertificate),
  ]);
  const { identifier, sign } = signatureAlgorithm(signer.privateKey);
  const { issuer, serialNumber } = signer.certificate.tbsCertificate;
  const signerInfo = new SignerInfo({
    version: CMSVersion.v1,
    sid: new SignerIdentifier({ issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }) }),
    digestAlgorithm,
    signedAttrs: attributes,
    signatureAlgorithm: identifier,
    // The attributes with the tag of a SET, not with the one that they have inside SignerInfo (RFC 5652 §5.4).
    signature: new OctetString(await sign(AsnConvert.serialize(new SignedAttributes(attributes)))),
  });
  const signedData = new SignedData({
    version: CMSVersion.v3,
    digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: TST_INFO,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    ...(request.wantsCertificate && {
      certificates: new CertificateSet([new CertificateChoices({ certificate: signer.certificate })]),
    }),
    signerInfos: new SignerInfos([signerInfo]),
  });
  return new ContentInfo({ contentType: id_signedData, content: AsnConvert.serialize(signedData) });
}

function tstInfo({ request, signer, now, random }: TimeStamp): TSTInfo {
  return new TSTInfo({
    policy: TEST_POLICY,
    messageImprint: request.messageImprint,
    serialNumber: fromHexadecimal(serialNumberHex(random)).buffer,
    genTime: new Date(Math.floor(now / 1000) * 1000),
    accuracy: new Accuracy({ seconds: ACCURACY }),
    ...(request.nonce !== undefined && { nonce: request.nonce }),
    tsa: new GeneralName({ directoryName: signer.certificate.tbsCertificate.subject }),
  });
}

class SignedAttributes extends AsnArray<Attribute> {}
AsnType({ type: AsnTypeTypes.Set, itemType: Attribute })(SignedAttributes);

const attribute = (attrType: string, value: ArrayBuffer): Attribute => new Attribute({ attrType, attrValues: [value] });

/** The elements of a SET OF stand in the order of their encodings (X.690 §11.6); the library leaves them as they are. */
function inSetOrder(attributes: readonly Attribute[]): Attribute[] {
  const spelled = (value: Attribute) => toHexadecimal(new Uint8Array(AsnConvert.serialize(value)));
  return attributes.toSorted((left, right) => (spelled(left) < spelled(right) ? -1 : 1));
}
