// From a session to the answer of `GET session/{sessionID}`: exactly the fields that existing client libraries insist on, and
// none that the relying party did not ask for. Pure.
import { HASH_LENGTHS } from "../protocol/algorithms.ts";
import type { SessionSignature, SessionStatus } from "../protocol/session-status.ts";
import type { OfferedTransaction, TransactionOutcome } from "./objects.ts";
import { completionAt, type Session, type SessionOutcome } from "./session.ts";

type Complete = Extract<SessionStatus, { readonly state: "COMPLETE" }>;
type Signed = Extract<TransactionOutcome, { readonly endResult: "OK" }>;

export function sessionStatus(session: Session, now: number): SessionStatus {
  const completion = completionAt(session, now);
  if (completion === undefined) return { state: "RUNNING" };
  const { outcome } = completion;
  const { transaction, ignoredProperties } = session;
  return {
    state: "COMPLETE",
    result: resultOf(outcome, transaction),
    ...(outcome.endResult === "OK" && signed(outcome, transaction)),
    ...(outcome.endResult === "OK" && session.shareClientAddress && { deviceIpAddress: outcome.deviceIpAddress }),
    ...(ignoredProperties.length > 0 && { ignoredProperties }),
  };
}

function resultOf(outcome: SessionOutcome, transaction: OfferedTransaction): Complete["result"] {
  return {
    endResult: outcome.endResult,
    ...("documentNumber" in outcome && { documentNumber: outcome.documentNumber }),
    ...(outcome.endResult === "USER_REFUSED_INTERACTION" && { details: { interaction: transaction.interactionTypeUsed } }),
  };
}

function signed(outcome: Signed, transaction: OfferedTransaction): Partial<Complete> {
  return {
    signatureProtocol: transaction.toSign.protocol,
    signature: signatureOf(outcome, transaction),
    cert: { value: outcome.certificate.value, certificateLevel: outcome.certificate.certificateLevel },
    interactionTypeUsed: transaction.interactionTypeUsed,
  };
}

function signatureOf(outcome: Signed, transaction: OfferedTransaction): SessionSignature {
  const { toSign, flowType, signatureAlgorithm } = transaction;
  return {
    value: outcome.signature,
    ...(toSign.protocol === "ACSP_V2" && { serverRandom: toSign.serverRandom }),
    ...(toSign.protocol === "ACSP_V2" && outcome.userChallenge !== undefined && { userChallenge: outcome.userChallenge }),
    flowType,
    signatureAlgorithm,
    signatureAlgorithmParameters: signatureParameters(transaction),
  };
}

/** RFC 8017 A.2.3: MGF1 with the same hash, a salt as long as the hash, trailer 0xbc. PKCS#1 v1.5 has none of these. */
function signatureParameters(transaction: OfferedTransaction): SessionSignature["signatureAlgorithmParameters"] {
  const { signatureAlgorithm, hashAlgorithm } = transaction;
  if (signatureAlgorithm !== "rsassa-pss") return { hashAlgorithm };
  return {
    hashAlgorithm,
    maskGenAlgorithm: { algorithm: "id-mgf1", parameters: { hashAlgorithm } },
    saltLength: HASH_LENGTHS[hashAlgorithm],
    trailerField: "0xbc",
  };
}
