// The answer of `GET session/{sessionID}`, field for field as existing client libraries read it.
import type { HashAlgorithm, SignatureAlgorithm } from "./algorithms.ts";
import type { InteractionType } from "./interactions.ts";

export type FlowType = "QR" | "App2App" | "Web2App" | "Notification";

export type EndResult =
  "OK" | "USER_REFUSED" | "USER_REFUSED_INTERACTION" | "TIMEOUT" | "WRONG_VC" | "DOCUMENT_UNUSABLE" | "SERVER_ERROR";

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
      readonly signature?: SessionSignature;
      readonly cert?: { readonly value: string; readonly certificateLevel: "ADVANCED" | "QUALIFIED" };
      readonly interactionTypeUsed?: InteractionType;
      readonly deviceIpAddress?: string;
      readonly ignoredProperties?: readonly string[];
    };
