// Judges the results of sessions as a careful relying party does: every field, the certificate's chain and purpose, and the signature, the
// latter two by node:crypto and by openssl, which share no code with the server.
import { constants, createHash, verify, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hasOpensslFor } from "../support/openssl.ts";
import { acspV2Payload, type FlowType } from "./exact-bytes.ts";
import { openssl, write } from "./openssl-command.ts";
import { type Algorithm, HASHES, type Json, signedOf, type Started } from "./relying-party.ts";

/** Extended key usage of authentication certificates, as clients look for it. */
const SMART_ID_AUTHENTICATION = "1.3.6.1.4.1.62306.5.7.0";
/** One line, standard alphabet, padding. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

export type Purpose = "auth" | "sign";

interface Authority {
  /** PEM. */
  readonly file: string;
  readonly certificate: X509Certificate;
}

export interface Judge {
  readonly authorities: readonly Authority[];
  /** For what openssl is given. */
  readonly folder: string;
  readonly openssl: boolean;
  /** Fingerprints of the certificates whose chain openssl has judged. */
  readonly chained: Set<string>;
}

/** `trustAnchors`: folder of PEM files, the root's among them. */
export function makeJudge(trustAnchors: string, folder: string): Judge {
  const authorities = readdirSync(trustAnchors).map((name) => {
    const file = join(trustAnchors, name);
    return { file, certificate: new X509Certificate(readFileSync(file)) };
  });
  const hasOpenssl = hasOpensslFor("certificate chains and signatures of the relying-party API");
  return { authorities, folder, openssl: hasOpenssl, chained: new Set() };
}

export interface Expected {
  readonly documentNumber: string;
  readonly flowType: FlowType;
  readonly certificateLevel?: "QUALIFIED" | "ADVANCED";
  readonly interactionTypeUsed?: string;
  /** What else stands in the status. */
  readonly besides?: Json;
}

/** Throws unless the session ended OK as expected, in every byte that a relying party can judge. */
export function acceptResult(judge: Judge, started: Started, status: Json, expected: Expected): void {
  const { sessionType } = started;
  expect(status).toEqual(statusOf(started, expected));
  const purpose = sessionType === "auth" ? "auth" : "sign";
  const leaf = acceptCertificate(judge, status["cert"] as CertificateGiven, purpose, expected.documentNumber);
  if (sessionType === "cert") return;
  const signature = status["signature"] as SignatureGiven;
  if (sessionType === "auth") expect(signature.serverRandom.length).toBeGreaterThanOrEqual(24);
  const message = sessionType === "auth" ? contextOf(started, signature, expected) : started.document;
  const verdicts = judgeSignature(judge, leaf, started.algorithm, message, Buffer.from(signature.value, "base64"));
  const byOpenssl = started.algorithm.signatureAlgorithm === "ed25519" ? { pkeyutl: true } : { dgst: true, pkeyutl: true };
  expect(verdicts).toEqual({ node: true, ...(judge.openssl && byOpenssl) });
}

export interface CertificateGiven {
  readonly value: string;
  readonly certificateLevel: string;
}

/** Throws unless it is this person's, for this purpose, and leads to the root. */
export function acceptCertificate(
  judge: Judge,
  given: CertificateGiven,
  purpose: Purpose,
  documentNumber: string,
): X509Certificate {
  const leaf = new X509Certificate(Buffer.from(given.value, "base64"));
  const semanticsIdentifier = documentNumber.replace(/-[0-9A-Z]{4}-N?Q$/, "");
  const subject = leaf.subject.split("\n");
  expect(subject).toContain(`serialNumber=${semanticsIdentifier}`);
  expect(subject).toContain(`C=${semanticsIdentifier.slice(3, 5)}`);
  expect(leaf.subjectAltName).toContain(documentNumber);
  expect(leaf.ca).toBe(false);
  // A key for documents logs nobody in.
  expect(leaf.keyUsage).toEqual(purpose === "auth" ? [SMART_ID_AUTHENTICATION] : undefined);
  const { issuer, root } = chainOf(judge, leaf);
  expect(issuer.file).toMatch(given.certificateLevel === "QUALIFIED" ? /-q\.pem$/ : /-nq\.pem$/);
  expect(leaf.verify(issuer.certificate.publicKey)).toBe(true);
  expect(issuer.certificate.verify(root.certificate.publicKey)).toBe(true);
  if (judge.openssl && !judge.chained.has(leaf.fingerprint256)) judgeChain(judge, leaf, purpose, issuer.file, root.file);
  return leaf;
}

/** By their names; what they signed is judged elsewhere. */
export function chainOf({ authorities }: Judge, leaf: X509Certificate): { readonly issuer: Authority; readonly root: Authority } {
  const issuer = authorities.find(({ certificate }) => leaf.checkIssued(certificate));
  const root = authorities.find(({ certificate }) => certificate.checkIssued(certificate));
  if (issuer === undefined || root === undefined) throw new Error(`no trust anchor issued the certificate of ${leaf.subject}`);
  return { issuer, root };
}

function judgeChain({ folder, chained }: Judge, leaf: X509Certificate, purpose: Purpose, issuer: string, root: string): void {
  const certificate = write(folder, "leaf.pem", leaf.toString());
  const verified = openssl("verify", "-x509_strict", "-CAfile", root, "-untrusted", issuer, certificate);
  expect(verified).toEqual({ status: 0, output: `${certificate}: OK\n`, remarks: "" });
  // Without its issuer nothing leads to the root: openssl has found no other way.
  expect(openssl("verify", "-x509_strict", "-CAfile", root, certificate).status).not.toBe(0);
  const { output } = openssl("x509", "-in", certificate, "-noout", "-ext", "keyUsage");
  expect(output.includes("Non Repudiation")).toBe(purpose === "sign");
  expect(output.includes("Digital Signature")).toBe(purpose === "auth");
  chained.add(leaf.fingerprint256);
}

type SignatureGiven = Readonly<Record<"value" | "serverRandom" | "userChallenge", string>>;

/** Exactly these fields. */
function statusOf({ sessionType, algorithm }: Started, expected: Expected): Json {
  const {
    documentNumber,
    flowType,
    certificateLevel = "QUALIFIED",
    interactionTypeUsed = "displayTextAndPIN",
    besides,
  } = expected;
  const base64 = expect.stringMatching(BASE64) as unknown;
  const cert = { value: base64, certificateLevel };
  const common = { state: "COMPLETE", result: { endResult: "OK", documentNumber }, cert, ...besides };
  if (sessionType === "cert") return { ...common, signature: { flowType } };
  const { signatureAlgorithm } = algorithm;
  const signature = { value: base64, flowType, signatureAlgorithm, signatureAlgorithmParameters: parametersOf(algorithm) };
  if (sessionType === "sign") return { ...common, interactionTypeUsed, signatureProtocol: "RAW_DIGEST_SIGNATURE", signature };
  const drawn = { serverRandom: base64, userChallenge: expect.stringMatching(/^[\w-]{43}$/) as unknown };
  return { ...common, interactionTypeUsed, signatureProtocol: "ACSP_V2", signature: { ...signature, ...drawn } };
}

/** What an authentication signs. */
function contextOf({ request }: Started, signature: SignatureGiven, expected: Expected): Buffer {
  const { flowType, interactionTypeUsed = "displayTextAndPIN" } = expected;
  const { relyingPartyName = "", interactions = "", initialCallbackUrl } = request as Readonly<Record<string, string>>;
  const asked = { relyingPartyName, interactions, rpChallenge: signedOf(request).signed ?? "" };
  const back = typeof initialCallbackUrl === "string" ? { initialCallbackUrl } : {};
  return Buffer.from(acspV2Payload({ ...signature, ...asked, ...back, interactionTypeUsed, flowType }));
}

function judgeSignature(judge: Judge, leaf: X509Certificate, algorithm: Algorithm, message: Buffer, value: Buffer): Json {
  const { node: hash, length } = HASHES[algorithm.hash];
  if (algorithm.signatureAlgorithm === "ed25519")
    return judgeEd25519(judge, leaf, createHash(hash).update(message).digest(), value);
  const pss = algorithm.signatureAlgorithm === "rsassa-pss";
  const padding = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: length } : {};
  const node = verify(hash, message, { key: leaf.publicKey, ...padding }, value);
  if (!judge.openssl) return { node };
  const file = (name: string, content: string | Buffer) => write(judge.folder, name, content);
  const key = file("key.pem", leaf.publicKey.export({ type: "spki", format: "pem" }));
  const signature = file("signature.bin", value);
  const options = pss ? ["rsa_padding_mode:pss", `rsa_pss_saltlen:${length}`, `rsa_mgf1_md:${hash}`] : ["rsa_padding_mode:pkcs1"];
  const given = (flag: string) => options.flatMap((option) => [flag, option]);
  const whole = [`-${hash}`, "-verify", key, "-signature", signature, ...given("-sigopt"), file("message.bin", message)];
  const digest = file("digest.bin", createHash(hash).update(message).digest());
  const raw = ["-pubin", "-inkey", key, "-in", digest, "-sigfile", signature, "-pkeyopt", `digest:${hash}`, ...given("-pkeyopt")];
  return { node, dgst: openssl("dgst", ...whole).status === 0, pkeyutl: openssl("pkeyutl", "-verify", ...raw).status === 0 };
}

/** Over these bytes as they are, by a key for nothing else. */
function judgeEd25519(judge: Judge, leaf: X509Certificate, digest: Buffer, value: Buffer): Json {
  expect([leaf.publicKey.asymmetricKeyType, value.length]).toEqual(["ed25519", 64]);
  const node = verify(null, digest, leaf.publicKey, value);
  if (!judge.openssl) return { node };
  const file = (name: string, content: string | Buffer) => write(judge.folder, name, content);
  const key = file("key.pem", leaf.publicKey.export({ type: "spki", format: "pem" }));
  const given = ["-in", file("digest.bin", digest), "-sigfile", file("signature.bin", value)];
  return { node, pkeyutl: openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, ...given).status === 0 };
}

/** RFC 8017: the mask by the same hash, a salt as long as it. */
function parametersOf({ signatureAlgorithm, hash: hashAlgorithm }: Algorithm): Json {
  if (signatureAlgorithm !== "rsassa-pss") return { hashAlgorithm };
  const maskGenAlgorithm = { algorithm: "id-mgf1", parameters: { hashAlgorithm } };
  return { hashAlgorithm, maskGenAlgorithm, saltLength: HASHES[hashAlgorithm].length, trailerField: "0xbc" };
}
