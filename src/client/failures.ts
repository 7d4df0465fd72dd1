// Every way in which something can fail, as stable codes. Nothing personal is in them: they may be logged.
import type { EndResult } from "./session/answer.ts";

/** Why a call of the API gave nothing. */
export type CallFailureCode =
  /** Refused before it was sent, or by the API (400): `fields` names what was wrong, where that is known. */
  | "request_invalid"
  /** 401: UUID, name, credential or address of the relying party do not go together. */
  | "not_authenticated"
  /** 403: the relying party may not do this. */
  | "not_permitted"
  /** 404 to a start: no such person, or no such document. */
  | "account_unknown"
  /** The person has an account, but none of the level that was asked for (404 with that detail, or 471). */
  | "no_suitable_account"
  /** 472: the person has to look at the service's portal or app. */
  | "person_must_act"
  /** 404 to a status: over since some minutes, or another party's. */
  | "session_unknown"
  /** 429; `retryAfterSeconds`, where the API says it. */
  | "too_many_requests"
  /** 480: this client is too old for the API. */
  | "client_too_old"
  /** 580. */
  | "maintenance"
  /** Another status, 5xx and redirects among them: `status`. */
  | "service_trouble"
  /** 200 with what the documentation does not know: other types, too long, no JSON. */
  | "answer_malformed"
  /** Nobody answered, or not in time. */
  | "unreachable"
  /** The person was too late, and the API did not say so in time. */
  | "session_over"
  /** The caller's signal. */
  | "aborted";

export interface CallFailure {
  readonly code: CallFailureCode;
  /** Of HTTP, where there was an answer. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** Names of the request's fields that are wrong; never their content. */
  readonly fields?: readonly string[];
}

/** Why an answer is not believed, or what it says instead of OK. */
export type VerificationFailureCode =
  /** The session ended otherwise: `endResult`. */
  | "not_ok"
  /** Longer ago than the API gives out an answer: somebody brings an old one again. A signature that was kept: `verifyKeptSignature`. */
  | "too_late"
  /** The answer is not one to the kind of session that was started. */
  | "signature_protocol"
  /** Not how the session was to be reached; or the browser came back from a session that no browser comes back from. */
  | "flow_type"
  /** A login or signature on the same device needs the address that the browser came back to. */
  | "callback_missing"
  | CallbackFailureCode
  /** Not one of the interactions that were sent. */
  | "interaction_type"
  /** Less than was asked for, or nonsense. */
  | "certificate_level"
  /** None, or not the one that was asked for. */
  | "document_number"
  | "signature_algorithm"
  | "signature_parameters"
  | "server_random"
  | "user_challenge"
  | CertificateFailureCode
  | "signature_encoding"
  | "signature"
  /** Says nothing about the signature: the WebCrypto of this runtime has no Ed25519. */
  | "algorithm_unsupported";

/** Why the address that a browser came back to proves nothing. */
export type CallbackFailureCode =
  /** Not the address that was given, or one of the two values is there twice or not at all. */
  | "callback_url"
  /** Another session's secret: this browser is not the one that began. */
  | "session_secret_digest"
  /** Not of the userChallenge that was signed. */
  | "user_challenge_verifier";

/** What is wrong with a certificate. */
export type CertificateFailureCode =
  | "certificate_encoding"
  | "certificate_extensions"
  | "certificate_chain"
  | "certificate_validity"
  | "certificate_key_usage"
  | "certificate_policies"
  | "certificate_qualification"
  | "certificate_subject"
  | "certificate_document_number"
  /** The certificate is about another person than was asked for. */
  | "certificate_person"
  | "certificate_key"
  | CertificateStatusFailureCode;

/** What the certificate's authority says, or does not say. */
export type CertificateStatusFailureCode =
  | "certificate_revoked"
  | "certificate_unknown"
  | "status_address"
  /** Decides nothing about the certificate: asking again may give an answer. */
  | "status_unreachable"
  | "status_answer"
  | "status_signer"
  | "status_signature"
  | "status_nonce"
  | "status_time";

export interface VerificationFailure {
  readonly code: VerificationFailureCode;
  /** With `not_ok`. */
  readonly endResult?: EndResult;
  /** With `not_ok` and `USER_REFUSED_INTERACTION`, where the API says which. */
  readonly refusedInteraction?: string;
}
