// Whether an answer proves what the relying party asked for: everything that the public page on response verification asks, from the
// relying party's own record of the session. Revocation comes last, so that nobody is asked about a certificate that is wrong anyway.
import { ALGORITHMS, type Algorithm } from "../algorithms.ts";
import { isVerifierOf } from "../device-link/callback.ts";
import { digestBytes, fromBase64 } from "../encoding.ts";
import type { VerificationFailure, VerificationFailureCode } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { CertificateAnswer, CompletedSession } from "../session/answer.ts";
import type {
  Asked,
  CertificateLevel,
  StartedAuthentication,
  StartedCertificateChoice,
  StartedSignature,
} from "../session/started.ts";
import { acspV2Payload } from "./acsp-v2.ts";
import {
  announcementFault,
  challengeFault,
  expectedIdentities,
  interactionUsed,
  levelOf,
  verifyEnd,
  verifyFlow,
} from "./form.ts";
import type {
  CallbackOption,
  VerificationOptions,
  VerifiedAuthentication,
  VerifiedCertificateChoice,
  VerifiedPerson,
  VerifiedSignature,
} from "./options.ts";
import { type CertificateOfPerson, type Purpose, verifyPersonCertificate } from "./person-certificate.ts";
import { PUBLIC_PROFILE } from "./profile.ts";
import { signatureFault } from "./signature.ts";

export type Verdict<Value> = Promise<Result<Value, VerificationFailure>>;

/**
 * Whether the answer proves that the person who was asked, or for whom the link was, has confirmed exactly this login. A login that was
 * confirmed on the same device needs `callbackUrl`: without it, somebody who was sent another's link would log in that other.
 */
export async function verifyAuthentication(
  started: StartedAuthentication,
  answer: CompletedSession,
  options: VerificationOptions & CallbackOption,
): Verdict<VerifiedAuthentication> {
  const end = verifyEnd(started, answer, options.now);
  if (end !== undefined) return failed(end);
  const { signature = {} } = answer;
  if (answer.signatureProtocol !== "ACSP_V2") return refused("signature_protocol");
  const flow = await verifyFlow(started, signature.flowType, options.callbackUrl);
  if (!flow.ok) return refused(flow.failure);
  const interactionTypeUsed = interactionUsed(started, answer);
  if (interactionTypeUsed === undefined) return refused("interaction_type");
  const fault = announcementFault(started.algorithm, signature) ?? challengeFault(signature);
  if (fault !== undefined) return refused(fault);
  const { serverRandom = "", userChallenge = "" } = signature;
  const { flowType, callback } = flow.value;
  if (callback !== undefined && !(await isVerifierOf(userChallenge, callback.userChallengeVerifier))) {
    return refused("user_challenge_verifier");
  }
  const certificate = await certificateOf(started, answer, "authentication", options);
  if (!certificate.ok) return certificate;
  const payload = await acspV2Payload(started, { serverRandom, userChallenge, interactionTypeUsed, flowType });
  const digest = await digestBytes(ALGORITHMS[started.algorithm].hashAlgorithm, payload);
  const wrong =
    (await signatureFault(certificate.value.certificate, started.algorithm, digest, signature.value ?? "")) ??
    (await statusFault(certificate.value, options));
  if (wrong !== undefined) return refused(wrong);
  return success({ ...certificate.value.person, flowType, interactionTypeUsed });
}

/**
 * Whether the answer is a signature over exactly the digest that was sent, and by whom. One that was made on the same device, or that
 * follows a choice there, needs `callbackUrl`.
 */
export async function verifySignature(
  started: StartedSignature,
  answer: CompletedSession,
  options: VerificationOptions & CallbackOption,
): Verdict<VerifiedSignature> {
  const end = verifyEnd(started, answer, options.now);
  if (end !== undefined) return failed(end);
  const { signature = {} } = answer;
  if (answer.signatureProtocol !== "RAW_DIGEST_SIGNATURE") return refused("signature_protocol");
  const flow = await verifyFlow(started, signature.flowType, options.callbackUrl);
  if (!flow.ok) return refused(flow.failure);
  const interactionTypeUsed = interactionUsed(started, answer);
  if (interactionTypeUsed === undefined) return refused("interaction_type");
  const fault = announcementFault(started.algorithm, signature);
  if (fault !== undefined) return refused(fault);
  const certificate = await certificateOf(started, answer, "signature", options);
  if (!certificate.ok) return certificate;
  const wrong =
    (await signatureFault(certificate.value.certificate, started.algorithm, fromBase64(started.digest), signature.value ?? "")) ??
    (await statusFault(certificate.value, options));
  if (wrong !== undefined) return refused(wrong);
  const { person } = certificate.value;
  const { flowType } = flow.value;
  return success({ ...person, signature: signature.value ?? "", flowType, interactionTypeUsed });
}

/**
 * Whose certificate for signatures was chosen. Nothing is signed, so it proves nobody's presence. On the same device the person may come
 * back only after the signature that follows, which cannot do without: `callbackUrl` is looked at where it is given, and not missed.
 */
export async function verifyCertificateChoice(
  started: StartedCertificateChoice,
  answer: CompletedSession,
  options: VerificationOptions & CallbackOption,
): Verdict<VerifiedCertificateChoice> {
  const end = verifyEnd(started, answer, options.now);
  if (end !== undefined) return failed(end);
  const flow = await verifyFlow(started, answer.signature?.flowType, options.callbackUrl);
  if (!flow.ok) return refused(flow.failure);
  const certificate = await certificateOf(started, answer, "signature", options);
  if (!certificate.ok) return certificate;
  const status = await statusFault(certificate.value, options);
  if (status !== undefined) return refused(status);
  return success({ ...certificate.value.person, flowType: flow.value.flowType });
}

/** The same of the answer of `certificate()`; `asked`: what was asked for. `DOCUMENT_UNUSABLE` is a failure `not_ok`. */
export async function verifyCertificate(
  asked: { readonly documentNumber: string; readonly certificateLevel?: CertificateLevel },
  answer: CertificateAnswer,
  options: VerificationOptions,
): Verdict<VerifiedPerson> {
  if (answer.state !== "OK") return failed({ code: "not_ok", endResult: answer.state });
  const { documentNumber, certificateLevel = "QUALIFIED" } = asked;
  const session = { certificateLevel, asked: { documentNumber } };
  const { certificate: given } = answer;
  const certificate = await certificateOf(session, { documentNumber, certificate: given }, "signature", options);
  if (!certificate.ok) return certificate;
  const status = await statusFault(certificate.value, options);
  return status === undefined ? success(certificate.value.person) : refused(status);
}

/** A signature that was kept, with the certificate it came with. */
export interface KeptSignature {
  /** Base64. */
  readonly signature: string;
  /** Base64 of DER. */
  readonly certificate: string;
  readonly algorithm: Algorithm;
  /** Base64: of the document, made anew by `digestOf(document, algorithm)`. */
  readonly digest: string;
  /** Who signed it, by what was verified then. */
  readonly documentNumber: string;
  readonly semanticsIdentifier: string;
  /** Of the certificate. */
  readonly certificateLevel: "ADVANCED" | "QUALIFIED";
}

/**
 * Again, from what was kept. `now`: a time at which the certificate must have been valid, usually that of the signature. Nobody can ask
 * for its status then: `certificateStatus` asks for today's. A certificate that is good was good; one that was revoked since is refused,
 * also where its owner only changed a PIN. For those leave the option out and look at the status that was kept with the signature.
 */
export async function verifyKeptSignature(kept: KeptSignature, options: VerificationOptions): Verdict<VerifiedPerson> {
  const { documentNumber, semanticsIdentifier, certificateLevel: level } = kept;
  const session = { certificateLevel: level, asked: { documentNumber, semanticsIdentifier } };
  const answer = { documentNumber, certificate: { value: kept.certificate, level } };
  const certificate = await certificateOf(session, answer, "signature", options);
  if (!certificate.ok) return certificate;
  const wrong =
    (await signatureFault(certificate.value.certificate, kept.algorithm, fromBase64(kept.digest), kept.signature)) ??
    (await statusFault(certificate.value, { ...options, now: Date.now() }));
  return wrong === undefined ? success(certificate.value.person) : refused(wrong);
}

async function certificateOf(
  { certificateLevel, asked }: { readonly certificateLevel: CertificateLevel; readonly asked: Asked },
  { documentNumber, certificate }: Pick<CompletedSession, "documentNumber" | "certificate">,
  purpose: Purpose,
  options: VerificationOptions,
): Verdict<CertificateOfPerson> {
  const { anchors, now = Date.now(), minimumLevel = "ADVANCED", profile = PUBLIC_PROFILE } = options;
  const identities = [asked, ...expectedIdentities(options)];
  const level = levelOf(certificate?.level, [certificateLevel, minimumLevel]);
  if (certificate === undefined || level === undefined) return refused("certificate_level");
  const isAsked = identities.every((identity) => [undefined, documentNumber].includes(identity.documentNumber));
  if (documentNumber === undefined || !isAsked) return refused("document_number");
  const expected = { purpose, level, documentNumber, identities, anchors, profile, now };
  const verified = await verifyPersonCertificate(certificate.value, expected);
  return verified.ok ? verified : refused(verified.failure);
}

const statusFault = async (
  { certificate, issuer }: CertificateOfPerson,
  { certificateStatus, now = Date.now() }: VerificationOptions,
): Promise<VerificationFailureCode | undefined> => certificateStatus?.(certificate, issuer, now);

const refused = (code: VerificationFailureCode) => failed<VerificationFailure>({ code });
