// What the API says of a session, as plain data that a database can hold. A claim until verification/ has looked at it.

export const FLOW_TYPES = ["QR", "Web2App", "App2App", "Notification"] as const;
/** How the person came to the session. */
export type FlowType = (typeof FLOW_TYPES)[number];

export const INTERACTION_TYPES = [
  "displayTextAndPIN",
  "confirmationMessage",
  "confirmationMessageAndVerificationCodeChoice",
] as const;
export type InteractionType = (typeof INTERACTION_TYPES)[number];

export const END_RESULTS = [
  "OK",
  "USER_REFUSED",
  "USER_REFUSED_INTERACTION",
  "USER_REFUSED_CERT_CHOICE",
  "TIMEOUT",
  "WRONG_VC",
  "DOCUMENT_UNUSABLE",
  "ACCOUNT_UNUSABLE",
  "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP",
  "EXPECTED_LINKED_SESSION",
  "PROTOCOL_FAILURE",
  "SERVER_ERROR",
  /** Whatever else an API of a later version says. */
  "UNKNOWN",
] as const;
export type EndResult = (typeof END_RESULTS)[number];

export type SessionAnswer = { readonly state: "RUNNING" } | CompletedSession;

/** Fields are there or not, as the API sent them; what is there has the right type. */
export interface CompletedSession {
  readonly state: "COMPLETE";
  readonly endResult: EndResult;
  readonly documentNumber?: string;
  /** With `USER_REFUSED_INTERACTION`. */
  readonly refusedInteraction?: string;
  readonly signatureProtocol?: string;
  readonly interactionTypeUsed?: string;
  /** Where the relying party asked for it, and may. */
  readonly deviceIpAddress?: string;
  readonly ignoredProperties?: readonly string[];
  /** `value`: base64 of DER. `level`: as the API says. */
  readonly certificate?: { readonly value: string; readonly level: string };
  readonly signature?: SignatureAnswer;
}

/** After the choice of a certificate `flowType` alone. */
export interface SignatureAnswer {
  readonly flowType?: string;
  /** Base64. */
  readonly value?: string;
  /** Base64; authentication only. */
  readonly serverRandom?: string;
  /** Base64url; authentication only. */
  readonly userChallenge?: string;
  readonly signatureAlgorithm?: string;
  readonly hashAlgorithm?: string;
  readonly maskGenAlgorithm?: string;
  readonly maskGenHashAlgorithm?: string;
  /** Bytes. */
  readonly saltLength?: number;
  readonly trailerField?: string;
}

/** Answer of `certificate()`. */
export type CertificateAnswer =
  | { readonly state: "OK"; readonly certificate: { readonly value: string; readonly level: string } }
  | { readonly state: "DOCUMENT_UNUSABLE" };
