// What there is to remember of a session that was started: all that is needed later to make its links, to fetch its answer and to
// verify it. Plain data, so that a web application keeps it in a database between two requests (`JSON.stringify` and back).
// Keep it in the back end, bound to the browser that began: `sessionSecret` and `rpChallenge` belong to nobody else.
import type { Algorithm } from "../algorithms.ts";
import type { FlowType } from "./answer.ts";

/** How long a person has, from the start. */
export const SESSION_MILLISECONDS = 180_000;
/** How long after that the API gives out the answer. */
export const RESULT_MILLISECONDS = 300_000;

/** What a person's account must have; `QSCD` (signatures and certificate choices): qualified, the key in a qualified device. */
export type CertificateLevel = "ADVANCED" | "QUALIFIED" | "QSCD";

/** Who was asked; empty where whoever comes by the link may answer. */
export interface Asked {
  /** ETSI EN 319 412-1, for example `PNOEE-40504040001`. */
  readonly semanticsIdentifier?: string;
  /** For example `PNOEE-40504040001-DEM0-Q`. */
  readonly documentNumber?: string;
}

interface Session {
  /** UUID. */
  readonly sessionID: string;
  /** When the answer to the start came: milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly schemeName: string;
  readonly relyingPartyName: string;
  /** Empty where the relying party acts for itself. */
  readonly brokeredRelyingPartyName: string;
  readonly certificateLevel: CertificateLevel;
  readonly asked: Asked;
}

/** What device links are made of. The secret never leaves the back end: whoever has it makes links that count as yours. */
interface ByDeviceLink {
  readonly flow: "device-link";
  /** Letters and digits. */
  readonly sessionToken: string;
  /** Base64. */
  readonly sessionSecret: string;
  readonly deviceLinkBase: string;
  /** As sent; empty where none was. */
  readonly initialCallbackUrl: string;
}

interface ByNotification {
  readonly flow: "notification";
}

/** Four digits that the page shows, for the person to compare. */
interface WithVerificationCode {
  readonly verificationCode: string;
}

interface Authentication extends Session {
  readonly kind: "authentication";
  /** Base64, 64 random bytes. */
  readonly rpChallenge: string;
  readonly algorithm: Algorithm;
  /** Base64, as sent. */
  readonly interactions: string;
}

interface Signature extends Session {
  readonly kind: "signature";
  /** Base64 of the hash that is signed. */
  readonly digest: string;
  readonly algorithm: Algorithm;
  /** Base64, as sent. */
  readonly interactions: string;
}

interface CertificateChoice extends Session {
  readonly kind: "certificate-choice";
}

export interface StartedNotificationAuthentication extends Authentication, ByNotification, WithVerificationCode {}
export interface StartedDeviceLinkAuthentication extends Authentication, ByDeviceLink {}
export type StartedAuthentication = StartedNotificationAuthentication | StartedDeviceLinkAuthentication;

export interface StartedNotificationSignature extends Signature, ByNotification, WithVerificationCode {}
export interface StartedDeviceLinkSignature extends Signature, ByDeviceLink {}
/** Follows the choice of a certificate by device link; there is no code, and no second link. */
export interface StartedLinkedSignature extends Signature {
  readonly flow: "linked";
  /** Unless it was by QR code, the person's browser comes back to this address, and proves itself by the choice's secret. */
  readonly choice: Pick<ByDeviceLink, "initialCallbackUrl" | "sessionSecret"> & { readonly flowType: FlowType };
}
export type StartedSignature = StartedNotificationSignature | StartedDeviceLinkSignature | StartedLinkedSignature;

export interface StartedNotificationCertificateChoice extends CertificateChoice, ByNotification {}
export interface StartedDeviceLinkCertificateChoice extends CertificateChoice, ByDeviceLink {}
export type StartedCertificateChoice = StartedNotificationCertificateChoice | StartedDeviceLinkCertificateChoice;

export type StartedSession = StartedAuthentication | StartedSignature | StartedCertificateChoice;
export type StartedDeviceLink = StartedDeviceLinkAuthentication | StartedDeviceLinkSignature | StartedDeviceLinkCertificateChoice;
