// Starts the sessions of notification flows: an authentication or a signature on the devices that a person already has.
import { sha256 } from "@noble/hashes/sha2.js";
import type { SessionStart } from "../account/objects.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { lengthPrefixed, toBase64, toBase64Url } from "../protocol/encoding.ts";
import { authenticationRequest, type SignatureRequest, signatureRequest } from "../protocol/relying-party-requests.ts";
import { type Addressee, admit, personObject, suitableAccounts } from "./admission.ts";
import { sessionName, signatureVerificationCode } from "./session-name.ts";

/** Seconds after which some of what waits on an account may have expired. */
const RETRY_AFTER_PENDING = 30;
/** Bytes; base64 makes 32 characters of them, and clients refuse fewer than 24. */
const SERVER_RANDOM_LENGTH = 24;

export interface AuthenticationStarted {
  readonly sessionID: string;
}

export interface SignatureStarted extends AuthenticationStarted {
  readonly vc: { readonly type: "numeric4"; readonly value: string };
}

export async function startAuthentication(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<AuthenticationStarted, Failure>> {
  const admitted = await admit(environment, request, authenticationRequest, "authentication");
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const accounts = await suitableAccounts(environment, addressee, asked.certificateLevel);
  if (!accounts.ok) return accounts;
  const { rpChallenge, signatureAlgorithm, hashAlgorithm } = asked.signatureProtocolParameters;
  const sessionID = crypto.randomUUID();
  const started = await start(environment, sessionID, {
    ...sessionBasics(asked),
    accounts: accounts.value,
    transaction: {
      ...transactionBasics(asked),
      purpose: "auth",
      signatureAlgorithm,
      hashAlgorithm,
      toSign: {
        protocol: "ACSP_V2",
        schemeName: environment.SCHEME_NAME,
        rpChallenge,
        serverRandom: toBase64(crypto.getRandomValues(new Uint8Array(SERVER_RANDOM_LENGTH))),
        initialCallbackUrl: "",
      },
    },
  });
  return started.ok ? success({ sessionID }) : started;
}

export async function startSignature(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<SignatureStarted, Failure>> {
  const admitted = await admit(environment, request, signatureRequest, "signature");
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const accounts = await suitableAccounts(environment, addressee, asked.certificateLevel);
  if (!accounts.ok) return accounts;
  const { digest, signatureAlgorithm, hashAlgorithm } = asked.signatureProtocolParameters;
  const sessionID = await signatureSessionID(environment, addressee, asked);
  const verificationCode = await signatureVerificationCode(environment, sessionID);
  const started = await start(environment, sessionID, {
    ...sessionBasics(asked),
    accounts: accounts.value,
    transaction: {
      ...transactionBasics(asked),
      purpose: "sign",
      signatureAlgorithm,
      hashAlgorithm,
      toSign: { protocol: "RAW_DIGEST_SIGNATURE", digest, verificationCode },
    },
  });
  return started.ok ? success({ sessionID, vc: { type: "numeric4", value: verificationCode } }) : started;
}

type Asked = Pick<SignatureRequest, "relyingPartyUUID" | "relyingPartyName" | "interactions" | "requestProperties">;

const sessionBasics = ({ relyingPartyUUID, requestProperties }: Asked) => ({ relyingPartyUUID, ...requestProperties });

const transactionBasics = ({ relyingPartyName, interactions }: Asked) => ({
  relyingPartyName,
  brokeredRpName: "",
  interactions: interactions.encoded,
  interactionTypeUsed: interactions.typeUsed,
  flowType: "Notification" as const,
});

async function start(environment: Environment, sessionID: string, input: SessionStart): Promise<Result<undefined, Failure>> {
  const name = await sessionName(environment, sessionID);
  const session = environment.SESSIONS.get(environment.SESSIONS.idFromName(name));
  const started: Result<undefined, "too_many_pending"> = await session.start(name, input);
  return started.ok ? started : failed({ kind: "too_many_requests", retryAfterSeconds: RETRY_AFTER_PENDING });
}

/** The same request again within 15 s and without a nonce is the same session: a client that lost the answer asks again. */
async function signatureSessionID(environment: Environment, addressee: Addressee, asked: SignatureRequest): Promise<string> {
  const sessionID = crypto.randomUUID();
  if (asked.nonce !== undefined) return sessionID;
  const { semanticsIdentifier, documentNumber = "" } = addressee;
  const fingerprint = toBase64Url(
    sha256(lengthPrefixed("signature", semanticsIdentifier, documentNumber, JSON.stringify(asked))),
  );
  return personObject(environment, semanticsIdentifier).repeatedSession(fingerprint, sessionID);
}
