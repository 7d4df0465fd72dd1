// What every flow does to start a session: the parts that all transactions have, the session's object, and one session for a request
// that is sent twice.
import { sha256 } from "@noble/hashes/sha2.js";
import type { SessionStart } from "../account/objects.ts";
import type { AuthenticationToSign, SignatureAsked } from "../account/transaction.ts";
import { failed, type Result } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { lengthPrefixed, toBase64, toBase64Url } from "../protocol/encoding.ts";
import type { AuthenticationLinkRequest } from "../protocol/relying-party-requests.ts";
import { type Addressee, personObject } from "./admission.ts";
import { sessionName } from "./session-name.ts";

/** Seconds after which some of what waits on an account may have expired. */
const RETRY_AFTER_PENDING = 30;
/** Bytes; base64 makes 32 characters of them, and clients refuse fewer than 24. */
const SERVER_RANDOM_LENGTH = 24;

interface Asking {
  readonly relyingPartyUUID: string;
  readonly relyingPartyName: string;
  readonly requestProperties: Pick<SessionStart, "shareClientAddress" | "ignoredProperties">;
}

/** `initialCallbackUrl`, `sessionSecretDigest`: of flows that return to the relying party. */
export const transactionBasics = (
  { relyingPartyUUID, relyingPartyName }: Asking,
  back: { readonly initialCallbackUrl?: string | undefined; readonly sessionSecretDigest?: string } = {},
) => ({
  relyingPartyUUID,
  relyingPartyName,
  brokeredRpName: "",
  initialCallbackUrl: back.initialCallbackUrl ?? "",
  sessionSecretDigest: back.initialCallbackUrl === undefined ? "" : (back.sessionSecretDigest ?? ""),
});

/** The parts of an authentication that its signature protocol parameters and interactions make. */
export function authenticationToSign(
  { SCHEME_NAME: schemeName }: Environment,
  asked: Pick<AuthenticationLinkRequest, "signatureProtocolParameters" | "interactions">,
): Omit<SignatureAsked, keyof ReturnType<typeof transactionBasics>> {
  const { rpChallenge, signatureAlgorithm, hashAlgorithm } = asked.signatureProtocolParameters;
  const serverRandom = toBase64(crypto.getRandomValues(new Uint8Array(SERVER_RANDOM_LENGTH)));
  const toSign: AuthenticationToSign = { protocol: "ACSP_V2", schemeName, rpChallenge, serverRandom };
  return { purpose: "auth", signatureAlgorithm, hashAlgorithm, ...interactionsOf(asked), toSign };
}

interface DigestAsked {
  readonly signatureProtocolParameters: Pick<SignatureAsked, "signatureAlgorithm" | "hashAlgorithm"> & {
    readonly digest: string;
  };
  readonly interactions: AuthenticationLinkRequest["interactions"];
}

/** The same of a signature. `verificationCode`: empty where there is none to compare. */
export function digestToSign(
  asked: DigestAsked,
  verificationCode: string,
): Omit<SignatureAsked, keyof ReturnType<typeof transactionBasics>> {
  const { digest, signatureAlgorithm, hashAlgorithm } = asked.signatureProtocolParameters;
  const toSign = { protocol: "RAW_DIGEST_SIGNATURE", digest, verificationCode } as const;
  return { purpose: "sign", signatureAlgorithm, hashAlgorithm, ...interactionsOf(asked), toSign };
}

const interactionsOf = ({ interactions }: Pick<DigestAsked, "interactions">) => ({
  interactions: interactions.encoded,
  interactionTypeUsed: interactions.typeUsed,
});

export async function startSession(
  environment: Environment,
  sessionID: string,
  input: SessionStart,
): Promise<Result<undefined, Failure>> {
  const name = await sessionName(environment, sessionID);
  const session = environment.SESSIONS.get(environment.SESSIONS.idFromName(name));
  const started: Result<undefined, "too_many_pending"> = await session.start(name, input);
  return started.ok ? started : failed({ kind: "too_many_requests", retryAfterSeconds: RETRY_AFTER_PENDING });
}

/**
 * The same request again within 15 s and without a nonce is the same session: a client that lost the answer asks again. Remembered with
 * the person that it is about. Never for a session of whoever comes: the same request is there another customer's, who would share the
 * session, and with it what the other signs next.
 */
export async function repeatableSessionID(
  environment: Environment,
  kind: "signature" | "signature link" | "certificate choice",
  { semanticsIdentifier, documentNumber = "" }: Addressee,
  asked: { readonly nonce?: string | undefined },
): Promise<string> {
  const sessionID = crypto.randomUUID();
  if (asked.nonce !== undefined) return sessionID;
  const fingerprint = toBase64Url(sha256(lengthPrefixed(kind, semanticsIdentifier, documentNumber, JSON.stringify(asked))));
  return personObject(environment, semanticsIdentifier).repeatedSession(fingerprint, sessionID);
}
