// What waits for this device: list, claim, look, approve with a PIN, or refuse. What is signed is computed here from what is
// shown, never taken from the server.
import { failed, type Result, success } from "../account/result.ts";
import { acspV2Payload } from "../protocol/acsp-v2.ts";
import { hash, HASH_LENGTHS } from "../protocol/algorithms.ts";
import type { AnswerBody, ClaimedTransaction } from "../protocol/device-messages.ts";
import { fromBase64, toBase64Url, utf8 } from "../protocol/encoding.ts";
import { type InteractionType, parseInteractions } from "../protocol/interactions.ts";
import { applicationMessage, proofMessage } from "../protocol/proof-message.ts";
import { verificationCode } from "../protocol/verification-code.ts";
import type { MessageToSign } from "../split-key/scheme.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import type { DeviceRecord } from "./device-record.ts";
import { type Pin, sealContribution } from "./pin-key.ts";

/** A relying party's request as it is shown. */
export interface Presentation {
  readonly relyingPartyName: string;
  readonly interaction: InteractionType;
  readonly text: string;
  /** Four digits, to be compared with what the relying party shows. */
  readonly verificationCode: string;
}

export type TransactionFailure =
  | ChannelFailure
  /** No key of that purpose lies on this device. */
  | { readonly code: "no_key" }
  /** The server's description contradicts itself: nothing of it is signed. */
  | { readonly code: "not_presentable" };

export type ListedTransaction = AnswerBody<"listTransactions">["transactions"][number];
export type Refusal = "USER_REFUSED" | "USER_REFUSED_INTERACTION" | "WRONG_VC";

export async function listTransactions(client: ChannelClient): Promise<Result<readonly ListedTransaction[], ChannelFailure>> {
  const answer = await client.call("listTransactions", () => ({}));
  return answer.ok ? success(answer.value.transactions) : answer;
}

export const claimTransaction = (
  client: ChannelClient,
  transactionId: string,
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("claimTransaction", () => ({ transactionId }), transactionId);

/** Undefined for an application, which shows the person's own data, and for a request that contradicts itself. */
export function presentation(claimed: ClaimedTransaction): Presentation | undefined {
  if (claimed.kind === "application") return undefined;
  const interactions = parseInteractions(claimed.interactions);
  if (typeof interactions === "string") return undefined;
  const shown = interactions.find(({ type }) => type === claimed.interactionTypeUsed);
  const code = claimed.kind === "signature" ? claimed.verificationCode : codeOf(claimed.rpChallenge);
  if (shown === undefined || code === undefined) return undefined;
  const { relyingPartyName } = claimed;
  return { relyingPartyName, interaction: shown.type, text: shown.displayText, verificationCode: code };
}

function codeOf(rpChallenge: string): string | undefined {
  const bytes = fromBase64(rpChallenge);
  return bytes === undefined ? undefined : verificationCode(bytes);
}

/** One attempt with a PIN. */
export async function approveTransaction(
  client: ChannelClient,
  claimed: ClaimedTransaction,
  pin: Pin,
): Promise<Result<undefined, TransactionFailure>> {
  const record = await client.storage.read();
  const { purpose, transactionId, keyVersion, offer } = claimed;
  const key = record?.keys[purpose];
  if (record === undefined || key === undefined || key.keyVersion !== keyVersion) return failed({ code: "no_key" });
  if (claimed.kind === "application" && !isAbout(record.owner, claimed)) return failed({ code: "not_presentable" });
  const toSign = messageOf(record.handle, claimed);
  if (toSign === undefined) return failed({ code: "not_presentable" });
  const { message, userChallenge } = toSign;
  const signed = await client.call(
    "performSignature",
    async (current, requestId) => {
      const input = { operation: "performSignature", purpose, keyVersion, message, offer };
      const binding = { requestId, operation: "performSignature", subject: transactionId };
      const envelope = await sealContribution(current, key, pin, input, binding);
      return { transactionId, envelope, ...(userChallenge !== undefined && { userChallenge }) };
    },
    transactionId,
  );
  return signed.ok ? success(undefined) : signed;
}

export async function refuseTransaction(
  client: ChannelClient,
  transactionId: string,
  refusal: Refusal,
): Promise<Result<undefined, ChannelFailure>> {
  const refused = await client.call("refuseTransaction", () => ({ transactionId, refusal }), transactionId);
  return refused.ok ? success(undefined) : refused;
}

/** The answer to a challenge: PIN1 over the check message. Success closes the account, on every device. */
export async function answerChallenge(
  client: ChannelClient,
  challenge: NonNullable<Extract<ChannelFailure, { code: "out_of_step" }>["challenge"]>,
  pin: Pin,
): Promise<Result<undefined, TransactionFailure>> {
  const record = await client.storage.read();
  const key = record?.keys.auth;
  if (record === undefined || key === undefined) return failed({ code: "no_key" });
  const { keyVersion, proof } = challenge;
  const answered = await client.call("answerChallenge", async (current, requestId) => {
    const { handle } = current;
    const { nonce, offer } = proof;
    const message = proofMessage({ operation: "answerChallenge", handle, purpose: "auth", keyVersion, nonce });
    const input = { operation: "answerChallenge", purpose: "auth" as const, keyVersion, message, offer };
    const binding = { requestId, operation: "answerChallenge", subject: challenge.challenge };
    return { challenge: challenge.challenge, envelope: await sealContribution(current, key, pin, input, binding) };
  });
  return answered.ok ? success(undefined) : answered;
}

/** The server says in whose name the certificates will be: only in that of the person who proved who they are here. */
function isAbout(owner: DeviceRecord["owner"], application: Extract<ClaimedTransaction, { kind: "application" }>): boolean {
  return (
    owner !== undefined &&
    owner.givenName.normalize("NFC") === application.givenName &&
    owner.surname.normalize("NFC") === application.surname &&
    owner.semanticsIdentifier === application.semanticsIdentifier
  );
}

/** Computed from what was shown. Undefined where a request does not fit its own algorithms or cannot be shown. */
function messageOf(
  handle: string,
  claimed: ClaimedTransaction,
): { readonly message: MessageToSign; readonly userChallenge?: string } | undefined {
  // A server that asked the signing key for a login, or the other way round, gets nothing.
  if (claimed.purpose !== (claimed.kind === "authentication" ? "auth" : "sign")) return undefined;
  if (claimed.kind === "application") return { message: applicationMessage(handle, claimed) };
  if (presentation(claimed) === undefined) return undefined;
  const { signatureAlgorithm, hashAlgorithm } = claimed;
  if (claimed.kind === "signature") {
    const digest = fromBase64(claimed.digest);
    if (digest?.length !== HASH_LENGTHS[hashAlgorithm]) return undefined;
    return { message: { signatureAlgorithm, hashAlgorithm, digest } };
  }
  // The verifier stays here: a flow that returns to a callback hands it over there (device links).
  const verifier = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const userChallenge = toBase64Url(hash("SHA-256", utf8(verifier)));
  const digest = hash(hashAlgorithm, acspV2Payload({ ...claimed, userChallenge }));
  return { message: { signatureAlgorithm, hashAlgorithm, digest }, userChallenge };
}
