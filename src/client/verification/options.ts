// What verification is told besides the session and its answer.
import type { X509Certificate } from "@peculiar/x509";
import type { CertificateStatusFailureCode } from "../failures.ts";
import type { FlowType, InteractionType } from "../session/answer.ts";
import type { Asked } from "../session/started.ts";
import type { CertificateProfile } from "./profile.ts";
import type { TrustAnchors } from "./trust-anchors.ts";

/** Undefined where the certificate is good at `now` (milliseconds since the epoch). The issuer is one of the anchors. */
export type CertificateStatusCheck = (
  certificate: X509Certificate,
  issuer: X509Certificate,
  now: number,
) => Promise<CertificateStatusFailureCode | undefined>;

export interface VerificationOptions {
  readonly anchors: TrustAnchors;
  /** Milliseconds since the epoch; the clock's where it is not given. */
  readonly now?: number;
  /** Besides what the session was started with: who it must be. Where it is given and names nobody, verification throws. */
  readonly expectedIdentity?: Asked;
  /** More than the session was started with; less changes nothing. */
  readonly minimumLevel?: "ADVANCED" | "QUALIFIED";
  /** Whether the certificate was revoked: `ocspStatus()` of the entry `/ocsp`. Without it nobody is asked. */
  readonly certificateStatus?: CertificateStatusCheck;
  /** `PUBLIC_PROFILE` where it is not given. */
  readonly profile?: CertificateProfile;
}

export interface CallbackOption {
  /**
   * The whole address that the person's browser came back to. A session that was answered on the same device (`Web2App`, `App2App`), or
   * follows a choice that was, is refused without it; with it, one that was answered by QR code or notification is.
   */
  readonly callbackUrl?: string | URL;
}

/** Who it is, by a certificate that was verified. */
export interface VerifiedPerson {
  /** ETSI EN 319 412-1, for example `PNOEE-40504040001`. */
  readonly semanticsIdentifier: string;
  readonly givenName: string;
  readonly surname: string;
  readonly documentNumber: string;
  /** Of the certificate: may be more than was asked for. */
  readonly certificateLevel: "ADVANCED" | "QUALIFIED";
  /** Base64 of DER. */
  readonly certificate: string;
}

export interface VerifiedAuthentication extends VerifiedPerson {
  readonly flowType: FlowType;
  readonly interactionTypeUsed: InteractionType;
}

export interface VerifiedSignature extends VerifiedPerson {
  /** Base64. */
  readonly signature: string;
  readonly flowType: FlowType;
  readonly interactionTypeUsed: InteractionType;
}

export interface VerifiedCertificateChoice extends VerifiedPerson {
  readonly flowType: FlowType;
}
