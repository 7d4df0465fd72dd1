// From a session to the answer of `GET session/{sessionID}`: exactly the fields that existing client libraries insist on, and
// none that the relying party did not ask for. Pure.
import { HASH_LENGTHS } from "../protocol/algorithms.ts";
import type { FlowType, SessionSignature, SessionStatus } from "../protocol/session-status.ts";
import { isSignature, type SignatureAsked, type TransactionOutcome } from "./transaction.ts";
import { completionAt, type Session, type SessionOutcome } from "./session.ts";

type Complete = Extract<SessionStatus, { readonly state: "COMPLETE" }>;
type Signed = Extract<TransactionOutcome, { readonly endResult: "OK" }>;

export function sessionStatus(session: Session, now: number): SessionStatus {
  const completion = completionAt(session, now);
  if (completion === undefined) return { state: "RUNNING" };
  const { outcome } = completion;
  const { ignoredProperties } = session;
  return {
    state: "COMPLETE",
    result: resultOf(outcome, session),
    ...(outcome.endResult === "OK" && given(outcome, session)),
    ...(outcome.endResult === "OK" && session.shareClientAddress && { deviceIpAddress: outcome.deviceIpAddress }),
    ...(ignoredProperties.length > 0 && { ignoredProperties }),
  };
}

function resultOf(outcome: SessionOutcome, { transaction }: Session): Complete["result"] {
  const refused = outcome.endResult === "USER_REFUSED_INTERACTION" && isSignature(transaction);
  return {
    endResult: outcome.endResult,
    ...("documentNumber" in outcome && { documentNumber: outcome.documentNumber }),
    ...(refused && { details: { interaction: outcome.interactionTypeUsed ?? transaction.interactionTypeUsed } }),
  };
}

function given(outcome: Signed, session: Session): Partial<Complete> {
  const { transaction, flowType } = session;
  if (flowType === undefined) throw new Error("a session that nobody came to has no result");
  const cert = { value: outcome.certificate.value, certificateLevel: outcome.certificate.certificateLevel };
  if (!isSignature(transaction)) return { signature: { flowType }, cert };
  return {
    signatureProtocol: transaction.toSign.protocol,
    signature: signatureOf(outcome, transaction, flowType),
    cert,
    interactionTypeUsed: outcome.interactionTypeUsed ?? transaction.interactionTypeUsed,
  };
}

function signatureOf(outcome: Signed, transaction: SignatureAsked, flowType: FlowType): SessionSignature {
  const { toSign, signatureAlgorithm } = transaction;
  if (outcome.signature === undefined) throw new Error("a signature was asked for, and a certificate given");
  return {
    value: outcome.signature,
    ...(toSign.protocol === "ACSP_V2" && { serverRandom: toSign.serverRandom }),
    ...(toSign.protocol === "ACSP_V2" && outcome.userChallenge !== undefined && { userChallenge: outcome.userChallenge }),
    flowType,
    signatureAlgorithm,
    signatureAlgorithmParameters: signatureParameters(transaction),
  };
}

/** RFC 8017 A.2.3: MGF1 with the same hash, a salt as long as the hash, trailer 0xbc. PKCS#1 v1.5 and Ed25519 have none of these. */
function signatureParameters(transaction: SignatureAsked): SessionSignature["signatureAlgorithmParameters"] {
  const { signatureAlgorithm, hashAlgorithm } = transaction;
  if (signatureAlgorithm !== "rsassa-pss") return { hashAlgorithm };
  return {
    hashAlgorithm,
    maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm } },
    saltLength: HASH_LENGTHS[hashAlgorithm],
    trailerField: "0xbc",
  };
}
