// Starts the sessions that a person comes to by a device link: nobody is asked, and who holds the link's secret is the relying party.
import type { SessionStart } from "../account/objects.ts";
import type { AskedTransaction } from "../account/transaction.ts";
import { type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";
import { sessionSecretDigest } from "../protocol/device-link.ts";
import { toBase64 } from "../protocol/encoding.ts";
import type { LinkStarted } from "../protocol/relying-party-answers.ts";
import {
  authenticationLinkRequest,
  certificateChoiceLinkRequest,
  signatureLinkRequest,
} from "../protocol/relying-party-requests.ts";
import { type Addressee, admit, levelAsked, suitableAccounts } from "./admission.ts";
import { sessionName, sessionSecret } from "./session-name.ts";
import { authenticationToSign, digestToSign, repeatableSessionID, startSession, transactionBasics } from "./session-start.ts";

/** `addressee`: undefined for whoever comes. */
export async function startAuthenticationLink(
  environment: Environment,
  request: Request,
  addressee: Addressee | undefined,
): Promise<Result<LinkStarted, Failure>> {
  const permission = { endpoint: "authentication", flow: "device-link" } as const;
  const admitted = await admit(environment, request, authenticationLinkRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const audience = await audienceOf(environment, addressee, asked);
  if (!audience.ok) return audience;
  const toSign = authenticationToSign(environment, asked);
  return start(environment, request, crypto.randomUUID(), asked, audience.value, (back) => ({
    ...transactionBasics(asked, back),
    ...toSign,
  }));
}

export async function startSignatureLink(
  environment: Environment,
  request: Request,
  addressee: Addressee,
): Promise<Result<LinkStarted, Failure>> {
  const permission = { endpoint: "signature", flow: "device-link" } as const;
  const admitted = await admit(environment, request, signatureLinkRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const audience = await audienceOf(environment, addressee, asked);
  if (!audience.ok) return audience;
  // With the address in front of its links, which depends on where the request came in.
  const repeated = { ...asked, deviceLinkBase: deviceLinkBase(environment, request) };
  const sessionID = await repeatableSessionID(environment, "signature link", addressee, repeated);
  return start(environment, request, sessionID, asked, audience.value, (back) => ({
    ...transactionBasics(asked, back),
    ...digestToSign(asked, ""),
  }));
}

export async function startCertificateChoiceLink(
  environment: Environment,
  request: Request,
): Promise<Result<LinkStarted, Failure>> {
  const permission = { endpoint: "certificate", flow: "device-link" } as const;
  const admitted = await admit(environment, request, certificateChoiceLinkRequest, permission);
  if (!admitted.ok) return admitted;
  const asked = admitted.value;
  const audience = await audienceOf(environment, undefined, asked);
  if (!audience.ok) return audience;
  return start(environment, request, crypto.randomUUID(), asked, audience.value, (back) => ({
    ...transactionBasics(asked, back),
    purpose: "sign",
  }));
}

type LevelAsked = Parameters<typeof suitableAccounts>[2];
type Audience = Pick<SessionStart, "accounts"> & Pick<NonNullable<SessionStart["link"]>, "anyoneOfLevel">;

/** Who may answer. */
async function audienceOf(
  environment: Environment,
  addressee: Addressee | undefined,
  asked: LevelAsked,
): Promise<Result<Audience, Failure>> {
  if (addressee === undefined) return success({ accounts: [], anyoneOfLevel: levelAsked(asked) });
  const accounts = await suitableAccounts(environment, addressee, asked);
  return accounts.ok ? success({ accounts: accounts.value }) : accounts;
}

interface Asked extends LevelAsked {
  readonly initialCallbackUrl?: string | undefined;
  readonly requestProperties: Pick<SessionStart, "shareClientAddress" | "ignoredProperties">;
}

async function start(
  environment: Environment,
  request: Request,
  sessionID: string,
  asked: Asked,
  { accounts, ...anyone }: Audience,
  transaction: (back: Parameters<typeof transactionBasics>[1]) => AskedTransaction,
): Promise<Result<LinkStarted, Failure>> {
  const { initialCallbackUrl, requestProperties } = asked;
  const secret = await sessionSecret(environment, sessionID);
  const link = {
    sessionSecret: toBase64(secret),
    deviceLinkBase: deviceLinkBase(environment, request),
    schemeName: environment.SCHEME_NAME,
    ...anyone,
  };
  const input: SessionStart = {
    ...requestProperties,
    level: levelAsked(asked),
    accounts,
    link,
    transaction: transaction({ initialCallbackUrl, sessionSecretDigest: sessionSecretDigest(secret) }),
  };
  const started = await startSession(environment, sessionID, input);
  if (!started.ok) return started;
  const sessionToken = await sessionName(environment, sessionID);
  return success({ sessionID, sessionToken, sessionSecret: link.sessionSecret, deviceLinkBase: link.deviceLinkBase });
}

/** Where the authenticator is: by configuration, or beside this API. */
const deviceLinkBase = ({ DEVICE_LINK_BASE }: Environment, request: Request): string =>
  DEVICE_LINK_BASE === "" ? `${new URL(request.url).origin}/device-link` : DEVICE_LINK_BASE;
