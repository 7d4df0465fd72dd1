// Somebody who can sign anything: a hierarchy of its own, and a person's keys in one piece. Makes answers of the API that are
// right, so that a test can spoil one thing in them.
import "reflect-metadata";
import { type Extension, Name, X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import type { Identity } from "../../src/account/objects.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { DEFAULT_POLICIES } from "../../src/certificates/policies.ts";
import { encodeSubject, personExtensions } from "../../src/certificates/profile.ts";
import { toPem } from "../../src/demo-bank/bytes.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { fromBase64, toBase64, toBase64Url } from "../../src/protocol/encoding.ts";
import { type Authority, makeResponder, type Responder } from "./forged-responder.ts";

const ALGORITHM = { name: "RSA-PSS", hash: "SHA-512" };
const PKI = "http://localhost/pki";
/** What certificates say about who knows their status. */
export const RESPONDER = `${PKI}/ocsp`;

export const IDENTITY: Identity = {
  givenName: "MARI",
  surname: "TAMM",
  country: "EE",
  semanticsIdentifier: "PNOEE-50001029996",
  level: "QUALIFIED",
  method: "test",
};
export const DOCUMENT_NUMBER = "PNOEE-50001029996-ABCD-Q";

export const newKeys = (modulusLength = 3072): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey({ ...ALGORITHM, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }, true, [
    "sign",
    "verify",
  ]) as Promise<CryptoKeyPair>;

export interface CertificateChanges {
  readonly identity?: Identity;
  readonly documentNumber?: string;
  readonly keys?: CryptoKeyPair;
  readonly extensions?: (extensions: Extension[]) => Extension[];
  readonly notAfter?: Date;
  /** With which the issuer signs. */
  readonly hash?: string;
  /** Of whom the certificate seems to come, and who signs it; the qualified CA otherwise. */
  readonly issuer?: Authority;
}

export interface Signer {
  readonly hierarchy: TestHierarchy;
  /** PEM of root and both issuing CAs. */
  readonly anchors: string;
  readonly keys: CryptoKeyPair;
  /** Of the qualified CA. */
  readonly responder: Responder;
  /** Base64 of DER. */
  certificate(purpose: Purpose, changes?: CertificateChanges): Promise<string>;
  /** Base64. */
  sign(message: Uint8Array<ArrayBuffer>, options?: { readonly saltLength?: number; readonly key?: CryptoKey }): Promise<string>;
}

export async function makeSigner(): Promise<Signer> {
  const hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI, now: Date.now() - 3_600_000 });
  const [root, qualified, nonQualified] = hierarchy.authorities.map((authority) => fromBase64(authority.certificate)!);
  const keys = await newKeys();
  const caKey = await privateKey(hierarchy.issuerKeys.QUALIFIED);
  const issuer = { certificate: new X509Certificate(qualified!), key: caKey };
  return {
    hierarchy,
    anchors: [root!, qualified!, nonQualified!].map((der) => toPem("CERTIFICATE", der)).join(""),
    keys,
    responder: await makeResponder(issuer),
    certificate: (purpose, changes = {}) => makeCertificate(purpose, { keys, issuer, ...changes }),
    async sign(message, { saltLength = 64, key = keys.privateKey } = {}) {
      return toBase64(new Uint8Array(await crypto.subtle.sign({ name: "RSA-PSS", saltLength }, key, message)));
    },
  };
}

/** PKCS#8 in base64, as the hierarchy gives it. */
export const privateKey = (pkcs8: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("pkcs8", fromBase64(pkcs8)!, { name: "ECDSA", namedCurve: "P-384" }, false, ["sign"]);

async function makeCertificate(
  purpose: Purpose,
  changes: CertificateChanges & Required<Pick<CertificateChanges, "keys" | "issuer">>,
): Promise<string> {
  const { identity = IDENTITY, documentNumber = DOCUMENT_NUMBER, issuer, keys } = changes;
  const authorityKeyIdentifier = (issuer.certificate.getExtension("2.5.29.14") as unknown as { keyId: string }).keyId;
  const extensions = personExtensions({
    purpose,
    identity,
    documentNumber,
    subjectKeyIdentifier: "00".repeat(20),
    authorityKeyIdentifier,
    authority: "eid-q",
    pkiBaseUrl: PKI,
    policies: DEFAULT_POLICIES,
  });
  const certificate = await X509CertificateGenerator.create({
    serialNumber: "1234",
    subject: new Name(encodeSubject(identity)),
    issuer: issuer.certificate.subjectName,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: changes.notAfter ?? new Date(Date.now() + 86_400_000),
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: "ECDSA", hash: changes.hash ?? "SHA-384" },
    extensions: changes.extensions?.(extensions) ?? extensions,
  });
  return toBase64(new Uint8Array(certificate.rawData));
}

const PARAMETERS = {
  flowType: "Notification",
  signatureAlgorithm: "rsassa-pss",
  signatureAlgorithmParameters: {
    hashAlgorithm: "SHA-512",
    maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm: "SHA-512" } },
    saltLength: 64,
    trailerField: "0xbc",
  },
};

const complete = (value: string, certificate: string, type: string, protocol: string, more: object = {}) => ({
  state: "COMPLETE",
  result: { endResult: "OK", documentNumber: DOCUMENT_NUMBER },
  signatureProtocol: protocol,
  signature: { value, ...PARAMETERS, ...more },
  cert: { value: certificate, certificateLevel: "QUALIFIED" },
  interactionTypeUsed: type,
});

/** What `GET session` answers when the person has typed PIN1. `interactions`: base64. */
export async function rightLogin(
  signer: Signer,
  asked: { readonly rpChallenge: string; readonly interactions: string },
  certificate?: string,
) {
  const serverRandom = toBase64(crypto.getRandomValues(new Uint8Array(24)));
  const userChallenge = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const payload = acspV2Payload({
    ...asked,
    schemeName: "smart-id",
    serverRandom,
    userChallenge,
    relyingPartyName: "DEMO",
    brokeredRpName: "",
    interactionTypeUsed: "displayTextAndPIN",
    initialCallbackUrl: "",
    flowType: "Notification",
  });
  const own = certificate ?? (await signer.certificate("auth"));
  return complete(await signer.sign(payload), own, "displayTextAndPIN", "ACSP_V2", { serverRandom, userChallenge });
}

/** The same for PIN2. */
export async function rightSignature(signer: Signer, document: Uint8Array<ArrayBuffer>, type = "confirmationMessage") {
  return complete(await signer.sign(document), await signer.certificate("sign"), type, "RAW_DIGEST_SIGNATURE");
}
