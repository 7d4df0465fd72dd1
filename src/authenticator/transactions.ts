// What waits for this device: list, claim, look, approve with a PIN, or refuse. What is signed is computed here from what is
// shown, never taken from the server.
import { MAIN_SUITE } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { ClaimedTransaction, SignedTransaction } from "../protocol/claimed-transaction.ts";
import { callbackAddress, isCallbackUrl, parseDeviceLink } from "../protocol/device-link.ts";
import type { AnswerBody, RequestBody } from "../protocol/device-messages.ts";
import type { InteractionType } from "../protocol/interactions.ts";
import { proofMessage } from "../protocol/proof-message.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import type { Preparation } from "../split-key/scheme.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import { type DeviceRecord, type DeviceStorage, keyNamed, storedBytes } from "./device-record.ts";
import { toSign, verifierOf } from "./message-to-sign.ts";
import { type Pin, sealContribution } from "./pin-key.ts";

export type TransactionFailure =
  | ChannelFailure
  /** No key of that purpose lies on this device. */
  | { readonly code: "no_key" }
  /** The server's description contradicts itself: nothing of it is signed. */
  | { readonly code: "not_presentable" };

export type ListedTransaction = AnswerBody<"listTransactions">["transactions"][number];
/** `USER_REFUSED_CERT_CHOICE`: where the person was asked which device to use, before anything was claimed. */
export type Refusal = RequestBody<"refuseTransaction">["refusal"];

/** A server of before knows nothing of several. */
export async function listTransactions(client: ChannelClient): Promise<Result<readonly ListedTransaction[], ChannelFailure>> {
  const asked = await client.call("listTransactions", () => ({ amongSeveral: true }));
  const isOlder = !asked.ok && asked.failure.code === "malformed";
  const answer = isOlder ? await client.call("listTransactions", () => ({})) : asked;
  return answer.ok ? success(answer.value.transactions) : answer;
}

/** `supported`: what this app can show; undefined for everything. */
export const claimTransaction = (
  client: ChannelClient,
  transactionId: string,
  supported?: readonly InteractionType[],
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("claimTransaction", () => ({ transactionId, ...asked(supported) }), transactionId);

/**
 * Takes the account's own application, with the public keys that this device holds its own against. A server of before, which does not give
 * them, says `malformed` and is asked for nothing less: what it could say then is signed for nobody.
 */
export const claimApplication = (
  client: ChannelClient,
  transactionId: string,
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("claimTransaction", () => ({ transactionId, publicKeys: true }), transactionId);

/** Takes the transaction behind a link that was scanned or opened. The link as it came: the server judges every byte. */
export const openDeviceLink = (
  client: ChannelClient,
  link: string,
  supported?: readonly InteractionType[],
): Promise<Result<ClaimedTransaction, ChannelFailure>> =>
  client.call("openDeviceLink", () => ({ link, ...asked(supported) }), parseDeviceLink(link)?.sessionToken);

const asked = (supported?: readonly InteractionType[]): { supportedInteractions?: InteractionType[] } =>
  supported === undefined ? {} : { supportedInteractions: [...supported] };

/**
 * One attempt with a PIN. Where the server made the signature's offer anew, or the keys were exchanged after the claim, what is there now
 * is claimed and signed with the same PIN, once: nothing was paid for, and nothing else is signed than what was shown.
 * `preparation`: of `prepareApproval`; where it is for anything else than what is signed now, it is of no use and does no harm.
 */
export async function approveTransaction(
  client: ChannelClient,
  claimed: SignedTransaction,
  pin: Pin,
  preparation?: Preparation,
): Promise<Result<undefined, TransactionFailure>> {
  const signed = await sign(client, claimed, pin, preparation);
  if (signed.ok || (signed.failure.code !== "transcript_mismatch" && signed.failure.code !== "no_key")) return signed;
  const again = await (claimed.kind === "application"
    ? claimApplication(client, claimed.transactionId)
    : claimTransaction(client, claimed.transactionId, [claimed.interactionTypeUsed]));
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

async function sign(
  client: ChannelClient,
  claimed: SignedTransaction,
  pin: Pin,
  preparation?: Preparation,
): Promise<Result<undefined, TransactionFailure>> {
  const record = await client.storage.read();
  if (record === undefined) return failed({ code: "no_account" });
  const wanted = toSign(record, claimed);
  if (!wanted.ok) return wanted;
  const { key, message, userChallenge } = wanted.value;
  const { transactionId, offer } = claimed;
  const signed = await client.call(
    "performSignature",
    async (current, requestId) => {
      const input = { operation: "performSignature", message, offer, preparation };
      const binding = { requestId, operation: "performSignature", subject: transactionId };
      const envelope = await sealContribution(current, key, pin, input, binding);
      return { transactionId, envelope, ...(userChallenge !== undefined && { userChallenge }) };
    },
    transactionId,
  );
  return signed.ok ? success(undefined) : signed;
}

/**
 * What can be computed of an approval while the person reads what it is for: nothing in it is secret. For memory alone, and to be
 * forgotten with the request. Undefined where there is nothing to prepare, or nothing that could be approved.
 */
export async function prepareApproval(storage: DeviceStorage, claimed: SignedTransaction): Promise<Preparation | undefined> {
  const record = await storage.read();
  const wanted = record && toSign(record, claimed);
  if (wanted?.ok !== true) return undefined;
  const { key, message } = wanted.value;
  try {
    return deviceHalves[key.suite].prepare?.({ stored: storedBytes(key.stored), message, offer: claimed.offer });
  } catch (error) {
    // An offer that fits nothing: the approval itself says so.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
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
