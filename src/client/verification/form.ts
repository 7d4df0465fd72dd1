// What an answer announces about itself, against what was asked: how it ended, by which way, at which level, by which algorithm.
// Nothing here is proven yet; but what is announced wrongly need not be looked at further.
import { ALGORITHMS, type Algorithm } from "../algorithms.ts";
import { interactionTypesOf } from "../api/interactions.ts";
import { verifyCallback, type VerifiedCallback } from "../device-link/callback.ts";
import type { VerificationFailure, VerificationFailureCode } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { CompletedSession, FlowType, InteractionType, SignatureAnswer } from "../session/answer.ts";
import {
  type Asked,
  type CertificateLevel,
  RESULT_MILLISECONDS,
  SESSION_MILLISECONDS,
  type StartedSession,
} from "../session/started.ts";
import { isSameDevice } from "./acsp-v2.ts";

const LEVELS: readonly string[] = ["ADVANCED", "QUALIFIED", "QSCD"] satisfies readonly CertificateLevel[];

/** Characters; the documentation promises at least as many. */
const SERVER_RANDOM_LENGTH = 24;
/** For clocks that differ and for the asking about the certificate's status. */
const TOLERANCE_MILLISECONDS = 60_000;

/**
 * Undefined where it ended with OK, and `now` (milliseconds since the epoch) is a time at which the API gives out its answer: an old
 * record and its answer log nobody in anew.
 */
export function verifyEnd(
  { receivedAt }: StartedSession,
  { endResult, refusedInteraction }: CompletedSession,
  now: number = Date.now(),
): VerificationFailure | undefined {
  if (endResult !== "OK") return { code: "not_ok", endResult, ...(refusedInteraction !== undefined && { refusedInteraction }) };
  const isInTime = now - receivedAt <= SESSION_MILLISECONDS + RESULT_MILLISECONDS + TOLERANCE_MILLISECONDS;
  return isInTime ? undefined : { code: "too_late" };
}

/**
 * How the person came, where that can be. On the same device the callback is checked, too, and must be there except for the choice of a
 * certificate, where the signature that follows needs it; from a session that was answered elsewhere no browser comes back.
 */
export async function verifyFlow(
  started: StartedSession,
  announced: string | undefined,
  callbackUrl: string | URL | undefined,
): Promise<Result<{ readonly flowType: FlowType; readonly callback: VerifiedCallback | undefined }, VerificationFailureCode>> {
  const flowType = possibleFlows(started).find((flow) => flow === announced);
  if (flowType === undefined) return failed("flow_type");
  const link = linkOnSameDevice(started, flowType);
  if (link === undefined) {
    return callbackUrl === undefined ? success({ flowType, callback: undefined }) : failed("flow_type");
  }
  if (callbackUrl === undefined) {
    return started.kind === "certificate-choice" ? success({ flowType, callback: undefined }) : failed("callback_missing");
  }
  const callback = await verifyCallback(link, callbackUrl);
  return callback.ok ? success({ flowType, callback: callback.value }) : failed(callback.failure.code);
}

/** Of whose link the person comes back; a linked signature announces itself as a notification, whichever way its choice went. */
function linkOnSameDevice(started: StartedSession, flowType: FlowType): Parameters<typeof verifyCallback>[0] | undefined {
  if (started.flow === "linked") return started.choice.flowType === "QR" ? undefined : started.choice;
  return started.flow === "device-link" && isSameDevice(flowType) ? started : undefined;
}

function possibleFlows(started: StartedSession): readonly FlowType[] {
  if (started.flow !== "device-link") return ["Notification"];
  return started.initialCallbackUrl === "" ? ["QR"] : ["QR", "Web2App", "App2App"];
}

/** Undefined where it is none of those that were sent. */
export const interactionUsed = (
  { interactions }: { readonly interactions: string },
  { interactionTypeUsed }: CompletedSession,
): InteractionType | undefined => interactionTypesOf(interactions).find((type) => type === interactionTypeUsed);

/**
 * Undefined where it is less than one of the wanted ones, or no level; a wanted one that is none, as of a record that lost it, serves
 * nobody. Qualified serves everybody; nothing else serves `QUALIFIED`.
 */
export function levelOf(
  announced: string | undefined,
  wanted: readonly CertificateLevel[],
): "ADVANCED" | "QUALIFIED" | undefined {
  if (!wanted.every((level) => LEVELS.includes(level))) return undefined;
  if (announced === "QUALIFIED") return announced;
  return announced === "ADVANCED" && wanted.every((level) => level === "ADVANCED") ? announced : undefined;
}

/** Nobody in particular only where the option was not given. Throws where it names nobody: who was to be named got lost on the way. */
export function expectedIdentities(options: { readonly expectedIdentity?: Asked }): readonly Asked[] {
  if (!("expectedIdentity" in options)) return [];
  const { semanticsIdentifier, documentNumber } = options.expectedIdentity ?? {};
  if (semanticsIdentifier === undefined && documentNumber === undefined) throw new TypeError("expectedIdentity names nobody");
  return [{ ...options.expectedIdentity }];
}

/**
 * Undefined where what is announced is what was asked for. PKCS#1 v1.5 has no parameters but its hash, which its name says; Ed25519 none
 * but the hash.
 */
export function announcementFault(algorithm: Algorithm, signature: SignatureAnswer): VerificationFailureCode | undefined {
  const { signatureAlgorithm, scheme, hashAlgorithm, hashLength } = ALGORITHMS[algorithm];
  if (signature.signatureAlgorithm !== signatureAlgorithm) return "signature_algorithm";
  const announced = signature.hashAlgorithm ?? (scheme === "RSASSA-PKCS1-v1_5" ? hashAlgorithm : undefined);
  if (announced !== hashAlgorithm) return "signature_parameters";
  if (scheme !== "RSA-PSS") return undefined;
  const asAsked =
    signature.maskGenAlgorithm === "id-mgf1" &&
    signature.maskGenHashAlgorithm === hashAlgorithm &&
    signature.saltLength === hashLength &&
    signature.trailerField === "0xbc";
  return asAsked ? undefined : "signature_parameters";
}

/** What joins the signed text must not be able to move its fields. */
export function challengeFault({ serverRandom = "", userChallenge = "" }: SignatureAnswer): VerificationFailureCode | undefined {
  if (serverRandom.length < SERVER_RANDOM_LENGTH || !/^[A-Za-z0-9+/]+={0,2}$/.test(serverRandom)) return "server_random";
  return /^[A-Za-z0-9_-]{43}$/.test(userChallenge) ? undefined : "user_challenge";
}
