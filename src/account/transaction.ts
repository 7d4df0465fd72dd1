// What a relying party asks of an account, on its way from the API to the device, and what became of it. Plain data: it crosses RPC.
import type { HashAlgorithm, SignatureAlgorithm } from "../protocol/algorithms.ts";
import type { InteractionType } from "../protocol/interactions.ts";
import type { FlowType } from "../protocol/session-status.ts";
import type { CertificateLevel, Purpose } from "./purpose.ts";

/** What an authentication signs is built from these and the device's user challenge (ACSP_V2). */
export interface AuthenticationToSign {
  readonly protocol: "ACSP_V2";
  readonly schemeName: string;
  /** Base64 as the relying party sent it. */
  readonly rpChallenge: string;
  /** Base64, 24 characters or more. */
  readonly serverRandom: string;
}

export interface DigestToSign {
  readonly protocol: "RAW_DIGEST_SIGNATURE";
  /** Base64 as the relying party sent it. */
  readonly digest: string;
  /** Four digits, drawn by the server; empty where the person began on the relying party's page. */
  readonly verificationCode: string;
}

interface Asked {
  readonly purpose: Purpose;
  readonly relyingPartyUUID: string;
  /** The exact bytes that the relying party sent. */
  readonly relyingPartyName: string;
  readonly brokeredRpName: string;
  /** Where the person returns to, and what is said there; empty in the flows that return nowhere. */
  readonly initialCallbackUrl: string;
  readonly sessionSecretDigest: string;
}

export interface SignatureAsked extends Asked {
  /** Base64 as the relying party sent it. */
  readonly interactions: string;
  readonly interactionTypeUsed: InteractionType;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
  readonly toSign: AuthenticationToSign | DigestToSign;
}

/** Nothing is signed: the person says which account's signing certificate the relying party gets. */
export interface CertificateAsked extends Asked {
  readonly purpose: "sign";
  readonly toSign?: never;
}

export type AskedTransaction = SignatureAsked | CertificateAsked;

/** A relying party's request as an account sees it. */
export type OfferedTransaction = AskedTransaction & {
  readonly transactionId: string;
  /** Name of the Session object that waits for the outcome. */
  readonly session: string;
  /** Milliseconds since the epoch; from then on the account refuses to sign. */
  readonly expiresAt: number;
  readonly flowType: FlowType;
  /** Name of the certificate choice's session that this signature follows. */
  readonly follows?: string;
  /** Other accounts of the person were asked, too: which device answers is the person's to say. Absent where this is the only one. */
  readonly amongSeveral?: true;
};

export const isSignature = <Transaction extends AskedTransaction>(
  transaction: Transaction,
): transaction is Transaction & SignatureAsked => transaction.toSign !== undefined;

/** Base64 of the DER form, with the account's level. */
export interface GivenCertificate {
  readonly value: string;
  readonly certificateLevel: CertificateLevel;
}

/** What became of a transaction on an account. */
export type TransactionOutcome =
  | {
      readonly endResult: "OK";
      readonly documentNumber: string;
      /** Base64; undefined for a certificate choice. */
      readonly signature?: string;
      /** Base64url, 43 characters; authentications only. */
      readonly userChallenge?: string;
      readonly interactionTypeUsed?: InteractionType;
      readonly certificate: GivenCertificate;
      /** The address that the device's request came from. */
      readonly deviceIpAddress: string;
    }
  | {
      readonly endResult:
        | "USER_REFUSED"
        | "USER_REFUSED_INTERACTION"
        | "USER_REFUSED_CERT_CHOICE"
        | "WRONG_VC"
        | "DOCUMENT_UNUSABLE"
        | "ACCOUNT_UNUSABLE"
        | "REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP"
        | "PROTOCOL_FAILURE"
        | "SERVER_ERROR";
      readonly documentNumber: string;
      /** The one that was shown, where one was. */
      readonly interactionTypeUsed?: InteractionType;
    };
