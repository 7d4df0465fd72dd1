// The answer of `GET session/{sessionID}`, field for field as existing client libraries read it.
import type { HashAlgorithm, SignatureAlgorithm } from "./algorithms.ts";
import type { InteractionType } from "./interactions.ts";

export type FlowType = "QR" | "App2App" | "Web2App" | "Notification";

/** How a session ended, as clients tell it apart. */
export type EndResult =
  | "OK"
  | "USER_REFUSED"
  | "USER_REFUSED_INTERACTION"
  | "USER_REFUSED_CERT_CHOICE"
  | "TIMEOUT"
  | "WRONG_VC"
  | "DOCUMENT_UNUSABLE"
  | "ACCOUNT_UNUSABLE"
  | "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP"
  | "EXPECTED_LINKED_SESSION"
  | "PROTOCOL_FAILURE"
  | "SERVER_ERROR";

export interface SessionSignature {
  /** Base64, on one line. */
  readonly value: string;
  /** ACSP_V2 only. */
  readonly serverRandom?: string;
  /** ACSP_V2 only: 43 characters of base64url. */
  readonly userChallenge?: string;
  readonly flowType: FlowType;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signatureAlgorithmParameters: {
    readonly hashAlgorithm: HashAlgorithm;
    /** The remaining fields belong to RSASSA-PSS. */
    readonly maskGenAlgorithm?: { readonly algorithm: "id-mgf1"; readonly parameters: { readonly hashAlgorithm: HashAlgorithm } };
    readonly saltLength?: number;
    readonly trailerField?: "0xbc";
  };
}

/** What stands in the place of a signature after a certificate choice. */
export type ChosenCertificate = { readonly flowType: FlowType } & {
  readonly [Field in Exclude<keyof SessionSignature, "flowType">]?: never;
};

export type SessionStatus =
  | { readonly state: "RUNNING" }
  | {
      readonly state: "COMPLETE";
      readonly result: {
        readonly endResult: EndResult;
        readonly documentNumber?: string;
        readonly details?: { readonly interaction: InteractionType };
      };
      readonly signatureProtocol?: "ACSP_V2" | "RAW_DIGEST_SIGNATURE";
      /** Of a certificate choice the flow type alone. */
      readonly signature?: SessionSignature | ChosenCertificate;
      readonly cert?: { readonly value: string; readonly certificateLevel: "ADVANCED" | "QUALIFIED" };
      readonly interactionTypeUsed?: InteractionType;
      readonly deviceIpAddress?: string;
      readonly ignoredProperties?: readonly string[];
    };
