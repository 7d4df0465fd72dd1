// Starts the sessions of notification flows: the person's devices are asked, because the relying party knows their number.
import { type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import { type Failure, malformed } from "../http/failures.ts";
import type { SessionStarted, SignatureStarted } from "../protocol/relying-party-answers.ts";
import {
  authenticationRequest,
  certificateChoiceRequest,
  linkedSignatureRequest,
  signatureRequest,
} from "../protocol/relying-party-requests.ts";
import { failed } from "../account/result.ts";
import { type Addressee, admit, levelAsked, notifiedAccounts, suitableAccounts } from "./admission.ts";
import { followingSessionID, sessionName, signatureVerificationCode } from "./session-name.ts";
import { authenticationToSign, digestToSign, repeatableSessionID, startSession, transactionBasics } from "./session-start.ts";

export async function startAuthentication(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<SessionStarted, Failure>> {
  const permission = { endpoint: "authentication", flow: "notification" } as const;
  const admitted = await admit(environment, request, authenticationRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const notified = await notifiedAccounts(environment, addressee, asked);
  if (!notified.ok) return notified;
  const sessionID = crypto.randomUUID();
  const transaction = { ...transactionBasics(asked), ...authenticationToSign(environment, asked) };
  const input = { ...asked.requestProperties, level: levelAsked(asked), ...notified.value, transaction };
  const started = await startSession(environment, sessionID, input);
  return started.ok ? success({ sessionID }) : started;
}

export async function startSignature(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<SignatureStarted, Failure>> {
  const permission = { endpoint: "signature", flow: "notification" } as const;
  const admitted = await admit(environment, request, signatureRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const notified = await notifiedAccounts(environment, addressee, asked);
  if (!notified.ok) return notified;
  const sessionID = await repeatableSessionID(environment, "signature", addressee, asked);
  const verificationCode = await signatureVerificationCode(environment, sessionID);
  const transaction = { ...transactionBasics(asked), ...digestToSign(asked, verificationCode) };
  const input = { ...asked.requestProperties, level: levelAsked(asked), ...notified.value, transaction };
  const started = await startSession(environment, sessionID, input);
  return started.ok ? success({ sessionID, vc: { type: "numeric4", value: verificationCode } }) : started;
}

/** Which account, and its signing certificate: the person picks the device. */
export async function startCertificateChoice(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<SessionStarted, Failure>> {
  const permission = { endpoint: "certificate", flow: "notification" } as const;
  const admitted = await admit(environment, request, certificateChoiceRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const notified = await notifiedAccounts(environment, addressee, asked);
  if (!notified.ok) return notified;
  const sessionID = await repeatableSessionID(environment, "certificate choice", addressee, asked);
  const transaction = { ...transactionBasics(asked), purpose: "sign" } as const;
  const started = await startSession(environment, sessionID, {
    ...asked.requestProperties,
    level: levelAsked(asked),
    ...notified.value,
    transaction,
  });
  return started.ok ? success({ sessionID }) : started;
}

/**
 * The signature that follows a certificate choice by device link, on a device that waits for it. No code is compared: the person came
 * from the relying party's own page. Part of the device-link flow, whatever its path says: nobody refuses it beforehand.
 */
export async function startLinkedSignature(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<SessionStarted, Failure>> {
  const permission = { endpoint: "signature", flow: "device-link" } as const;
  const admitted = await admit(environment, request, linkedSignatureRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const accounts = await suitableAccounts(environment, addressee, asked);
  if (!accounts.ok) return accounts;
  const { linkedSessionID, relyingPartyUUID } = asked;
  const { semanticsIdentifier, documentNumber = "" } = addressee;
  const sameRequest = JSON.stringify([semanticsIdentifier, documentNumber, asked]);
  const sessionID = await followingSessionID(environment, linkedSessionID, sameRequest);
  const follows = await sessionName(environment, linkedSessionID);
  const follower = await sessionName(environment, sessionID);
  const { SESSIONS } = environment;
  const choice = SESSIONS.get(SESSIONS.idFromName(follows));
  const followed: Result<undefined, "not_to_be_followed"> = await choice.follow(relyingPartyUUID, documentNumber, follower);
  if (!followed.ok) return failed(NOT_TO_BE_FOLLOWED);
  const transaction = { ...transactionBasics(asked), ...digestToSign(asked, "") };
  const input = { ...asked.requestProperties, level: levelAsked(asked), accounts: accounts.value, transaction, follows };
  const started = await startSession(environment, sessionID, input);
  return started.ok ? success({ sessionID }) : started;
}

const NOT_TO_BE_FOLLOWED = malformed("No signature can follow this session.", {
  code: "invalid",
  detail:
    "must be a certificate choice of yours by device link, ended OK on this document in the last five minutes, followed by nothing yet",
  pointer: "#/linkedSessionID",
});
