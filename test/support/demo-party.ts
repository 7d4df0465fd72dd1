// The relying party DEMO in whole sessions against the Worker under test, by the public interface alone.
import type { Suite } from "../../src/account/purpose.ts";
import { hash, type HashAlgorithm, type SignatureAlgorithm } from "../../src/protocol/algorithms.ts";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";
import type { SessionStatus } from "../../src/protocol/session-status.ts";
import { anAuthentication, aSignature, get, post } from "./relying-party.ts";

export const interactionsOf = (...interactions: readonly object[]): string => toBase64(utf8(JSON.stringify(interactions)));
export const LOGIN_TEXT = interactionsOf({ type: "displayTextAndPIN", displayText60: "Log in to the self-service?" });

export interface Algorithms {
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly hashAlgorithm: HashAlgorithm;
}
export const PSS: Algorithms = { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512" };
/** What is asked for where a key of that suite is to answer. */
export const ALGORITHMS: Readonly<Record<Suite, Algorithms>> = {
  rsa: PSS,
  ed25519: { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-512" },
};

export const randomChallenge = (): string => toBase64(crypto.getRandomValues(new Uint8Array(64)));

const parameters = ({ signatureAlgorithm, hashAlgorithm }: Algorithms): object => ({
  signatureAlgorithm,
  signatureAlgorithmParameters: { hashAlgorithm },
});

/** Starts a login on one document; gives the session's id. */
export async function startLogin(
  documentNumber: string,
  rpChallenge = randomChallenge(),
  interactions = LOGIN_TEXT,
  algorithms = PSS,
): Promise<string> {
  const signatureProtocolParameters = { rpChallenge, ...parameters(algorithms) };
  const body = { ...anAuthentication(), signatureProtocolParameters, interactions };
  return sessionIdOf(await post(`/authentication/notification/document/${documentNumber}`, body));
}

/** Asks one document for a signature over that file. */
export async function startSignature(documentNumber: string, file: Uint8Array, algorithms = PSS): Promise<string> {
  const digest = toBase64(hash(algorithms.hashAlgorithm, file));
  const body = { ...aSignature(), signatureProtocolParameters: { digest, ...parameters(algorithms) } };
  return sessionIdOf(await post(`/signature/notification/document/${documentNumber}`, body));
}

async function sessionIdOf(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const { sessionID } = await response.json<{ sessionID: string }>();
  return sessionID;
}

export async function sessionStatus(sessionID: string): Promise<SessionStatus> {
  const response = await get(`/session/${sessionID}?timeoutMs=1000`);
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as SessionStatus;
}

/** The end result, or RUNNING. */
export async function endResult(sessionID: string): Promise<string> {
  const status = await sessionStatus(sessionID);
  return status.state === "COMPLETE" ? status.result.endResult : status.state;
}
