// Somebody who can sign anything: a hierarchy of its own, and a person's keys in one piece. Makes answers of the API that are right,
// for every kind of session, so that a test can spoil one thing in them.
import "reflect-metadata";
import { type Extension, Name, X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import type { Identity } from "../../src/account/objects.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { makeTestHierarchy, type TestHierarchy } from "../../src/certificates/hierarchy.ts";
import { DEFAULT_POLICIES } from "../../src/certificates/policies.ts";
import { encodeSubject, personExtensions } from "../../src/certificates/profile.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { fromBase64, toBase64, toBase64Url } from "../../src/protocol/encoding.ts";
import type { InteractionType } from "../../src/protocol/interactions.ts";
import type { FlowType } from "../../src/protocol/session-status.ts";
import { type Authority, makeResponder, type Responder } from "./forged-responder.ts";

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

/** For Ed25519. */
export const newEd25519Keys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

export const newKeys = (modulusLength = 3072, publicExponent = new Uint8Array([1, 0, 1])): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey({ name: "RSA-PSS", hash: "SHA-512", modulusLength, publicExponent }, true, [
    "sign",
    "verify",
  ]) as Promise<CryptoKeyPair>;

export interface CertificateChanges {
  readonly identity?: Identity;
  /** RDNs in place of the identity's. */
  readonly subject?: Name;
  readonly documentNumber?: string;
  readonly keys?: Pick<CryptoKeyPair, "publicKey">;
  /** SubjectPublicKeyInfo, in place of the keys'. */
  readonly publicKey?: Uint8Array<ArrayBuffer>;
  readonly extensions?: (extensions: Extension[]) => Extension[];
  readonly notAfter?: Date;
  /** With which the issuer signs. */
  readonly hash?: string;
  /** Of whom the certificate seems to come, and who signs it; the qualified CA otherwise. */
  readonly issuer?: Authority;
}

/** How a signature is made. */
export interface Signing {
  /** Ed25519 signs the hash. */
  readonly scheme?: "RSA-PSS" | "RSASSA-PKCS1-v1_5" | "Ed25519";
  readonly hash?: "SHA-256" | "SHA-384" | "SHA-512";
  /** Bytes; as many as the hash has otherwise. */
  readonly saltLength?: number;
  readonly key?: CryptoKey;
}

export interface Signer {
  readonly hierarchy: TestHierarchy;
  /** PEM of root and both issuing CAs. */
  readonly anchors: string;
  readonly root: string;
  readonly issuing: string;
  readonly keys: CryptoKeyPair;
  readonly ed25519Keys: CryptoKeyPair;
  /** The qualified CA. */
  readonly authority: Authority;
  readonly responder: Responder;
  /** Base64 of DER. */
  certificate(purpose: Purpose, changes?: CertificateChanges): Promise<string>;
  /** Base64. */
  sign(message: Uint8Array<ArrayBuffer>, how?: Signing): Promise<string>;
}

const HASH_BYTES = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 } as const;

export async function makeSigner(): Promise<Signer> {
  const hierarchy = await makeTestHierarchy({ pkiBaseUrl: PKI, now: Date.now() - 3_600_000 });
  const [root, qualified, nonQualified] = hierarchy.authorities.map((authority) => fromBase64(authority.certificate)!);
  const pem = (...all: (Uint8Array<ArrayBuffer> | undefined)[]) =>
    all.map((der) => new X509Certificate(der!).toString("pem")).join("\n");
  const [keys, ed25519Keys] = [await newKeys(), await newEd25519Keys()];
  const caKey = await privateKey(hierarchy.issuerKeys.QUALIFIED);
  const authority = { certificate: new X509Certificate(qualified!), key: caKey };
  return {
    hierarchy,
    anchors: pem(root, qualified, nonQualified),
    root: pem(root),
    issuing: pem(qualified, nonQualified),
    keys,
    ed25519Keys,
    authority,
    responder: await makeResponder(authority),
    certificate: (purpose, changes = {}) => makeCertificate(purpose, { keys, issuer: authority, ...changes }),
    async sign(message, { scheme = "RSA-PSS", hash = "SHA-512", saltLength = HASH_BYTES[hash], key } = {}) {
      if (scheme === "Ed25519") {
        const digest = await crypto.subtle.digest(hash, message);
        return toBase64(new Uint8Array(await crypto.subtle.sign("Ed25519", key ?? ed25519Keys.privateKey, digest)));
      }
      const pkcs8 = (await crypto.subtle.exportKey("pkcs8", key ?? keys.privateKey)) as ArrayBuffer;
      const own = await crypto.subtle.importKey("pkcs8", pkcs8, { name: scheme, hash }, false, ["sign"]);
      return toBase64(new Uint8Array(await crypto.subtle.sign({ name: scheme, saltLength }, own, message)));
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
    subject: changes.subject ?? new Name(encodeSubject(identity)),
    issuer: issuer.certificate.subjectName,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: changes.notAfter ?? new Date(Date.now() + 86_400_000),
    publicKey: changes.publicKey ?? keys.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: "ECDSA", hash: changes.hash ?? "SHA-384" },
    extensions: changes.extensions?.(extensions) ?? extensions,
  });
  return toBase64(new Uint8Array(certificate.rawData));
}

/** How the person answered, where it is not as usual. */
export interface Answering {
  readonly flowType?: FlowType;
  readonly interactionType?: InteractionType;
  readonly algorithm?: Signing & { readonly signatureAlgorithm?: string };
  /** Base64 of DER. */
  readonly certificate?: string;
  /** 43 characters, of which the userChallenge is made. */
  readonly verifier?: string;
}

const parametersOf = ({
  scheme = "RSA-PSS",
  hash = "SHA-512",
  signatureAlgorithm = scheme === "Ed25519" ? "ed25519" : "rsassa-pss",
}: NonNullable<Answering["algorithm"]>) => ({
  signatureAlgorithm,
  signatureAlgorithmParameters: {
    hashAlgorithm: hash,
    ...(scheme === "RSA-PSS" && {
      maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm: hash } },
      saltLength: HASH_BYTES[hash],
      trailerField: "0xbc",
    }),
  },
});

const keysFor = ({ keys, ed25519Keys }: Signer, { scheme }: Signing) => ({ keys: scheme === "Ed25519" ? ed25519Keys : keys });

const complete = <Signature extends object, More extends object>(certificate: string, signature: Signature, more: More) => ({
  state: "COMPLETE",
  result: { endResult: "OK", documentNumber: DOCUMENT_NUMBER },
  signature,
  cert: { value: certificate, certificateLevel: "QUALIFIED" },
  ...more,
});

/** What there is to know of a login that was asked for. `interactions`: base64. */
export interface LoginAsked {
  readonly rpChallenge: string;
  readonly interactions: string;
  readonly schemeName?: string;
  readonly relyingPartyName?: string;
  readonly brokeredRelyingPartyName?: string;
  readonly initialCallbackUrl?: string;
}

/** What `GET session` answers when the person has typed PIN1. */
export async function rightLogin(
  signer: Signer,
  asked: LoginAsked,
  { flowType = "Notification", interactionType = "displayTextAndPIN", algorithm = {}, verifier, certificate }: Answering = {},
) {
  const serverRandom = toBase64(crypto.getRandomValues(new Uint8Array(24)));
  const userChallenge = toBase64Url(await challengeOf(verifier ?? "any verifier"));
  const payload = acspV2Payload({
    schemeName: asked.schemeName ?? "smart-id",
    rpChallenge: asked.rpChallenge,
    interactions: asked.interactions,
    serverRandom,
    userChallenge,
    relyingPartyName: asked.relyingPartyName ?? "DEMO",
    brokeredRpName: asked.brokeredRelyingPartyName ?? "",
    interactionTypeUsed: interactionType,
    initialCallbackUrl: asked.initialCallbackUrl ?? "",
    flowType,
  });
  const value = await signer.sign(payload, algorithm);
  return complete(
    certificate ?? (await signer.certificate("auth", keysFor(signer, algorithm))),
    { value, flowType, ...parametersOf(algorithm), serverRandom, userChallenge },
    { signatureProtocol: "ACSP_V2", interactionTypeUsed: interactionType },
  );
}

/** The same for PIN2. */
export async function rightSignature(
  signer: Signer,
  document: Uint8Array<ArrayBuffer>,
  { flowType = "Notification", interactionType = "confirmationMessage", algorithm = {}, certificate }: Answering = {},
) {
  const value = await signer.sign(document, algorithm);
  return complete(
    certificate ?? (await signer.certificate("sign", keysFor(signer, algorithm))),
    { value, flowType, ...parametersOf(algorithm) },
    { signatureProtocol: "RAW_DIGEST_SIGNATURE", interactionTypeUsed: interactionType },
  );
}

/** When the person has said which certificate. */
export const rightChoice = async (signer: Signer, { flowType = "Notification", certificate }: Answering = {}) =>
  complete(certificate ?? (await signer.certificate("sign")), { flowType }, {});

const challengeOf = async (verifier: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
