// What a relying party asks for, in the words of its own program. Challenges, names and parameters are for client.ts to add.
import type { Algorithm, RsaAlgorithm } from "../algorithms.ts";
import type { FlowType } from "../session/answer.ts";
import type { CertificateLevel } from "../session/started.ts";
import type { Interaction, InteractionWithoutChoice } from "./interactions.ts";

/** A person, on all devices. */
export interface ToPerson {
  /** ETSI EN 319 412-1: `PNO`, `PAS` or `IDC`, country, hyphen, identifier; for example `PNOEE-40504040001`. */
  readonly semanticsIdentifier: string;
}

/** One account. */
export interface ToDocument {
  /** As an answer gave it; for example `PNOEE-40504040001-DEM0-Q`. */
  readonly documentNumber: string;
}

/** Of a choice by device link: what `verifyCertificateChoice` said, or these two fields of it. */
export interface ToChosen extends ToDocument {
  /** Decides whether the signature needs the browser that comes back. */
  readonly flowType: FlowType;
}

export type Addressee = ToPerson | ToDocument;

interface Common {
  /** Asks for the address of the person's device; for relying parties that may. */
  readonly shareClientAddress?: boolean;
  /** As agreed with the operator. */
  readonly capabilities?: readonly string[];
  /** For the start alone. */
  readonly signal?: AbortSignal;
}

interface WithCallback {
  /**
   * Where the app sends the person back to, for links on the same device: https, at most 1800 characters, no `|` and no `#`. Put a
   * random value of your own into its query. Web2App and App2App need it; a QR code ignores it.
   */
  readonly initialCallbackUrl?: string;
}

interface AuthenticationRequest extends Common {
  /** `QUALIFIED` where it is not given. */
  readonly certificateLevel?: Exclude<CertificateLevel, "QSCD">;
  /** `rsassa-pss/SHA-512` where it is not given. */
  readonly algorithm?: Algorithm;
}

export interface NotificationAuthenticationRequest extends AuthenticationRequest {
  readonly interactions: readonly Interaction[];
}

export interface DeviceLinkAuthenticationRequest extends AuthenticationRequest, WithCallback {
  readonly interactions: readonly InteractionWithoutChoice[];
}

interface OfSigning extends Common {
  /** `QUALIFIED` where it is not given. */
  readonly certificateLevel?: CertificateLevel;
  /**
   * 1 to 30 characters. Without one, the same request within 15 seconds is the same session: give one, where a second try is to be a
   * second session.
   */
  readonly nonce?: string;
}

interface SignatureRequest extends OfSigning {
  /** Base64 of the document's hash, by the hash of `algorithm`: `digestOf(document, algorithm)`. */
  readonly digest: string;
  /** `rsassa-pss/SHA-512` where it is not given. */
  readonly algorithm?: Algorithm;
}

export interface NotificationSignatureRequest extends SignatureRequest {
  readonly interactions: readonly Interaction[];
}

export interface DeviceLinkSignatureRequest extends SignatureRequest, WithCallback {
  readonly interactions: readonly InteractionWithoutChoice[];
}

export interface LinkedSignatureRequest extends SignatureRequest {
  /** `rsassa-pss/SHA-512` where it is not given. The certificate that was chosen is that of the RSA key, so only that key can sign. */
  readonly algorithm?: RsaAlgorithm;
  readonly interactions: readonly InteractionWithoutChoice[];
}

export interface NotificationCertificateChoiceRequest extends OfSigning {}

export interface DeviceLinkCertificateChoiceRequest extends OfSigning, WithCallback {}

export interface CertificateRequest extends Common {
  /** `QUALIFIED` where it is not given. */
  readonly certificateLevel?: CertificateLevel;
}
