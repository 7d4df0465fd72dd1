// A client of the relying-party API v3, for Node, Workers and Deno: starts sessions, makes device links, fetches answers and verifies
// them. The status of certificates (OCSP) has an entry of its own: ocsp.ts. Imports nothing of this project's other folders.
export { type Algorithm, DEFAULT_ALGORITHM, type HashAlgorithm, type RsaAlgorithm } from "./algorithms.ts";
export { type CallResult, RelyingPartyClient, type ResultOptions, type StatusOptions } from "./api/client.ts";
export type { ClientOptions } from "./api/options.ts";
export type { Interaction, InteractionWithoutChoice } from "./api/interactions.ts";
export type {
  Addressee,
  CertificateRequest,
  DeviceLinkAuthenticationRequest,
  DeviceLinkCertificateChoiceRequest,
  DeviceLinkSignatureRequest,
  LinkedSignatureRequest,
  NotificationAuthenticationRequest,
  NotificationCertificateChoiceRequest,
  NotificationSignatureRequest,
  ToChosen,
  ToDocument,
  ToPerson,
} from "./api/requests.ts";
export { type Clock, systemClock } from "./clock.ts";
export { verifyCallback, type VerifiedCallback } from "./device-link/callback.ts";
export { deviceLink, type LinkOptions, qrLink } from "./device-link/link.ts";
export { type QrFrame, qrFrames, type QrFramesOptions } from "./device-link/qr-frames.ts";
export { digestOf } from "./digest.ts";
export type {
  CallbackFailureCode,
  CallFailure,
  CallFailureCode,
  CertificateFailureCode,
  CertificateStatusFailureCode,
  VerificationFailure,
  VerificationFailureCode,
} from "./failures.ts";
export type { Result } from "./result.ts";
export type {
  CertificateAnswer,
  CompletedSession,
  EndResult,
  FlowType,
  InteractionType,
  SessionAnswer,
  SignatureAnswer,
} from "./session/answer.ts";
export type {
  Asked,
  CertificateLevel,
  StartedAuthentication,
  StartedCertificateChoice,
  StartedDeviceLink,
  StartedDeviceLinkAuthentication,
  StartedDeviceLinkCertificateChoice,
  StartedDeviceLinkSignature,
  StartedLinkedSignature,
  StartedNotificationAuthentication,
  StartedNotificationCertificateChoice,
  StartedNotificationSignature,
  StartedSession,
  StartedSignature,
} from "./session/started.ts";
export type {
  CallbackOption,
  CertificateStatusCheck,
  VerificationOptions,
  VerifiedAuthentication,
  VerifiedCertificateChoice,
  VerifiedPerson,
  VerifiedSignature,
} from "./verification/options.ts";
export { type CertificateProfile, type PoliciesByLevel, PUBLIC_PROFILE } from "./verification/profile.ts";
export { type CertificateSource, trustAnchors, type TrustAnchors } from "./verification/trust-anchors.ts";
export {
  type KeptSignature,
  verifyAuthentication,
  verifyCertificate,
  verifyCertificateChoice,
  verifyKeptSignature,
  verifySignature,
} from "./verification/verify.ts";
export { verificationCode } from "./verification-code.ts";
