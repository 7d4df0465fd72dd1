// What waits for this device: list, claim, look, approve with a PIN, or refuse. What is signed is computed here from what is
// shown, never taken from the server.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { MAIN_SUITE } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { acspV2Payload } from "../protocol/acsp-v2.ts";
import { hash, HASH_LENGTHS, SUITE_OF } from "../protocol/algorithms.ts";
import { callbackAddress, isCallbackUrl, parseDeviceLink, userChallengeOf } from "../protocol/device-link.ts";
import type { ClaimedTransaction, ShownTransaction, SignedTransaction } from "../protocol/claimed-transaction.ts";
import type { AnswerBody } from "../protocol/device-messages.ts";
import { fromBase64, lengthPrefixed, toBase64Url } from "../protocol/encoding.ts";
import { type InteractionType, parseInteractions } from "../protocol/interactions.ts";
import { applicationMessage, proofMessage } from "../protocol/proof-message.ts";
import { verificationCode } from "../protocol/verification-code.ts";
import type { MessageToSign } from "../split-key/scheme.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import { type DeviceRecord, keyNamed, storedBytes } from "./device-record.ts";
import { type Pin, sealContribution } from "./pin-key.ts";

/** A relying party's request as it is shown. */
export interface Presentation {
  readonly relyingPartyName: string;
  readonly interaction: InteractionType;
  readonly text: string;
  /** Four digits, to be compared with what the relying party shows; empty where the person began on its page (device links). */
  readonly verificationCode: string;
}

export type TransactionFailure =
  | ChannelFailure
  /** No key of that purpose lies on this device. */
  | { readonly code: "no_key" }
  /** The server's description contradicts itself: nothing of it is signed. */
  | { readonly code: "not_presentable" };

export type ListedTransaction = AnswerBody<"listTransactions">["transactions"][number];
export type Refusal = "USER_REFUSED" | "USER_REFUSED_INTERACTION" | "WRONG_VC" | "PROTOCOL_FAILURE";

export async function listTransactions(client: ChannelClient): Promise<Result<readonly ListedTransaction[], ChannelFailure>> {
  const answer = await client.call("listTransactions", () => ({}));
  return answer.ok ? success(answer.value.transactions) : answer;
}

/** `supported`: what this app can show; undefined for everything. */
export const claimTransaction = (
  client: ChannelClient,
  transactionId: string,
  supported?: readonly InteractionType[],
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("claimTransaction", () => ({ transactionId, ...asked(supported) }), transactionId);

/** Takes the transaction behind a link that was scanned or opened. The link as it came: the server judges every byte. */
export const openDeviceLink = (
  client: ChannelClient,
  link: string,
  supported?: readonly InteractionType[],
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("openDeviceLink", () => ({ link, ...asked(supported) }), parseDeviceLink(link)?.sessionToken);

const asked = (supported?: readonly InteractionType[]): { supportedInteractions?: InteractionType[] } =>
  supported === undefined ? {} : { supportedInteractions: [...supported] };

/** Undefined for what shows no text of a relying party, and for a request that contradicts itself. */
export function presentation(claimed: ClaimedTransaction): Presentation | undefined {
  if (claimed.kind === "application" || claimed.kind === "certificate-choice") return undefined;
  const interactions = parseInteractions(claimed.interactions);
  if (typeof interactions === "string") return undefined;
  const shown = interactions.find(({ type }) => type === claimed.interactionTypeUsed);
  const code = shownCode(claimed);
  if (shown === undefined || code === undefined) return undefined;
  // A code to choose from is the only thing that ties such a request to the page of the relying party.
  if (code === "" && shown.type === "confirmationMessageAndVerificationCodeChoice") return undefined;
  const { relyingPartyName } = claimed;
  return { relyingPartyName, interaction: shown.type, text: shown.displayText, verificationCode: code };
}

/** A device link ties the request to the page it was made for: there is no code to compare. */
function shownCode(claimed: ShownTransaction): string | undefined {
  if (claimed.flowType !== "Notification") return "";
  return claimed.kind === "signature" ? claimed.verificationCode : codeOf(claimed.rpChallenge);
}

function codeOf(rpChallenge: string): string | undefined {
  const bytes = fromBase64(rpChallenge);
  return bytes === undefined ? undefined : verificationCode(bytes);
}

/**
 * One attempt with a PIN. Where the server made the signature's offer anew, or the keys were exchanged after the claim, what is there now
 * is claimed and signed with the same PIN, once: nothing was paid for, and nothing else is signed than what was shown.
 */
export async function approveTransaction(
  client: ChannelClient,
  claimed: SignedTransaction,
  pin: Pin,
): Promise<Result<undefined, TransactionFailure>> {
  const signed = await sign(client, claimed, pin);
  if (signed.ok || (signed.failure.code !== "transcript_mismatch" && signed.failure.code !== "no_key")) return signed;
  const supported = claimed.kind === "application" ? undefined : [claimed.interactionTypeUsed];
  const again = await claimTransaction(client, claimed.transactionId, supported);
  if (!again.ok) return again;
  return again.value.kind !== "certificate-choice" && isSameRequest(again.value, claimed)
    ? sign(client, again.value, pin)
    : signed;
}

/** All but the key and its offer, which nobody was shown. */
function isSameRequest(now: SignedTransaction, before: SignedTransaction): boolean {
  const shown = (request: SignedTransaction): string =>
    JSON.stringify(
      Object.entries({ ...request, keyVersion: 0, offer: {} }).toSorted(([left], [right]) => (left < right ? -1 : 1)),
    );
  return shown(now) === shown(before);
}

async function sign(client: ChannelClient, claimed: SignedTransaction, pin: Pin): Promise<Result<undefined, TransactionFailure>> {
  const record = await client.storage.read();
  if (record === undefined) return failed({ code: "no_account" });
  const toSign = isPresentable(record.owner, claimed) ? messageOf(record, claimed) : undefined;
  if (toSign === undefined) return failed({ code: "not_presentable" });
  const key = keyNamed(record, claimed);
  if (key === undefined) return failed({ code: "no_key" });
  const { transactionId, offer } = claimed;
  const { message, userChallenge } = toSign;
  const signed = await client.call(
    "performSignature",
    async (current, requestId) => {
      const input = { operation: "performSignature", message, offer };
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

/** The relying party gets this account's signing certificate. `awaits`: its signature request is waited for next. */
export async function confirmCertificateChoice(
  client: ChannelClient,
  transactionId: string,
): Promise<Result<{ readonly awaits: boolean }, ChannelFailure>> {
  const confirmed = await client.call("confirmCertificateChoice", () => ({ transactionId }), transactionId);
  return confirmed.ok ? success({ awaits: confirmed.value.awaits }) : confirmed;
}

/** The signature that would follow a certificate choice ends as refused when it comes. */
export async function stopWaiting(client: ChannelClient): Promise<Result<undefined, ChannelFailure>> {
  const stopped = await client.call("stopWaiting", () => ({}));
  return stopped.ok ? success(undefined) : stopped;
}

/**
 * Where the person returns to after a request that was opened on the relying party's page or app; undefined where there is no way back.
 * The same after a reload. `signed`: with what proves an authentication to the browser that began it.
 */
export function returnAddress(record: DeviceRecord, claimed: ClaimedTransaction, signed: boolean): string | undefined {
  if (claimed.kind === "application" || claimed.initialCallbackUrl === "") return undefined;
  if (claimed.flowType !== "Web2App" && claimed.flowType !== "App2App") return undefined;
  // Whatever the server says: the person is sent to web pages only.
  if (!isCallbackUrl(claimed.initialCallbackUrl)) return undefined;
  const userChallengeVerifier = signed && claimed.kind === "authentication" ? verifierOf(record, claimed) : undefined;
  return callbackAddress(claimed.initialCallbackUrl, { sessionSecretDigest: claimed.sessionSecretDigest, userChallengeVerifier });
}

/**
 * What the user challenge is the hash of: 43 characters of base64url that only this device can know before it returns to the relying
 * party. Derived, so that a reload between signature and return loses nothing; from all that makes the login what it is, so that a server
 * which gives two logins one id learns nothing about the second from the first.
 */
function verifierOf({ returnSecret }: DeviceRecord, claimed: Extract<ClaimedTransaction, { kind: "authentication" }>): string {
  const { transactionId, relyingPartyName, rpChallenge, serverRandom, initialCallbackUrl } = claimed;
  const about = [transactionId, relyingPartyName, rpChallenge, serverRandom, initialCallbackUrl];
  return toBase64Url(hmac(sha256, storedBytes(returnSecret), lengthPrefixed("tally-user-challenge-verifier-1", ...about)));
}

/** The answer to a challenge: PIN1 over the check message. Success closes the account, on every device. */
export async function answerChallenge(
  client: ChannelClient,
  challenge: NonNullable<Extract<ChannelFailure, { code: "out_of_step" }>["challenge"]>,
  pin: Pin,
): Promise<Result<undefined, TransactionFailure>> {
  const record = await client.storage.read();
  const { suite, keyVersion, proof } = challenge;
  // The main suite proves what PIN1 is, and nothing else is asked of another.
  if (record === undefined || suite !== MAIN_SUITE) return failed({ code: "no_key" });
  const key = keyNamed(record, { purpose: "auth", suite, keyVersion });
  if (key === undefined) return failed({ code: "no_key" });
  const operation = "answerChallenge";
  const answered = await client.call(operation, async (current, requestId) => {
    const { handle } = current;
    const { nonce, offer } = proof;
    const message = proofMessage({ operation, handle, purpose: "auth", suite, keyVersion, nonce });
    const binding = { requestId, operation, subject: challenge.challenge };
    const envelope = await sealContribution(current, key, pin, { operation, message, offer }, binding);
    return { challenge: challenge.challenge, envelope };
  });
  return answered.ok ? success(undefined) : answered;
}

/** Whether it is what it says: a server that asks one key for another's work, or in another's algorithm, gets nothing. */
function isPresentable(owner: DeviceRecord["owner"], claimed: SignedTransaction): boolean {
  const { kind, purpose, suite, signatureAlgorithm } = claimed;
  if (purpose !== (kind === "authentication" ? "auth" : "sign") || suite !== SUITE_OF[signatureAlgorithm]) return false;
  return kind === "application" ? isAbout(owner, claimed) : presentation(claimed) !== undefined;
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

/** Computed from what was shown. Undefined where a request does not fit its own algorithms. */
function messageOf(
  record: DeviceRecord,
  claimed: SignedTransaction,
): { readonly message: MessageToSign; readonly userChallenge?: string } | undefined {
  if (claimed.kind === "application") return { message: applicationMessage(record.handle, claimed) };
  const { signatureAlgorithm, hashAlgorithm } = claimed;
  if (claimed.kind === "signature") {
    const digest = fromBase64(claimed.digest);
    if (digest?.length !== HASH_LENGTHS[hashAlgorithm]) return undefined;
    return { message: { signatureAlgorithm, hashAlgorithm, digest } };
  }
  const userChallenge = userChallengeOf(verifierOf(record, claimed));
  const digest = hash(hashAlgorithm, acspV2Payload({ ...claimed, userChallenge }));
  return { message: { signatureAlgorithm, hashAlgorithm, digest }, userChallenge };
}
