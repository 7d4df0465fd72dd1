// Messages of the channel made by hand from a device's record and an unmasked share, so that a test can send what no honest
// device sends, when no honest device would.
import { runInDurableObject } from "cloudflare:test";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { DeviceKey, DeviceRecord } from "../../src/authenticator/device-record.ts";
import { randomBytes } from "../../src/authenticator/pin-key.ts";
import { type EnvelopeBinding, sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import { hash } from "../../src/protocol/algorithms.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import type { ChannelAnswer, Operation } from "../../src/protocol/device-messages.ts";
import { fromBase64, fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { applicationMessage } from "../../src/protocol/proof-message.ts";
import { deviceHalves } from "../../src/split-key/device-halves.ts";
import { pinStream } from "../../src/split-key/pin-mask.ts";
import type { MessageToSign, TranscriptInput } from "../../src/split-key/scheme.ts";
import { accountStub, server } from "./headless-device.ts";

export const randomId = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
const bytes = (text: string): Uint8Array<ArrayBuffer> => fromBase64Url(text) ?? new Uint8Array(0);

/** A constant user challenge: the device's own randomness plays no part in these tests. */
const USER_CHALLENGE = toBase64Url(new Uint8Array(32).fill(5));

/** What unmasks under that PIN, right or wrong. */
export async function shareOf(record: DeviceRecord, purpose: Purpose, pin: string, suite: Suite = "rsa"): Promise<Uint8Array> {
  const key = newestKey(record, purpose, suite);
  const half = deviceHalves[suite];
  const { keyVersion } = key;
  const stream = await pinStream({ pin: utf8(pin), salt: bytes(key.salt), purpose, suite, keyVersion, length: half.maskLength });
  return half.unmask(bytes(key.masked), stream);
}

export function newestKey({ keys }: DeviceRecord, purpose: Purpose, suite: Suite): DeviceKey {
  const key = keys.findLast((each) => each.purpose === purpose && each.suite === suite);
  if (key === undefined) throw new Error("no key");
  return key;
}

function messageOf(handle: string, claimed: SignedTransaction): MessageToSign {
  if (claimed.kind === "application") return applicationMessage(handle, claimed);
  const { signatureAlgorithm, hashAlgorithm } = claimed;
  const digest =
    claimed.kind === "signature"
      ? (fromBase64(claimed.digest) ?? new Uint8Array(0))
      : hash(hashAlgorithm, acspV2Payload({ ...claimed, userChallenge: USER_CHALLENGE }));
  return { signatureAlgorithm, hashAlgorithm, digest };
}

/** Contribution and transcript for a claimed transaction. */
export function contributionFor(record: DeviceRecord, claimed: SignedTransaction, share: Uint8Array) {
  const { purpose, suite, keyVersion, offer } = claimed;
  const message = messageOf(record.handle, claimed);
  return contributionOver(record, share, { operation: "performSignature", purpose, keyVersion, offer, message }, suite);
}

export function contributionOver(record: DeviceRecord, share: Uint8Array, input: TranscriptInput, suite: Suite = "rsa") {
  const { stored } = newestKey(record, input.purpose, suite);
  return deviceHalves[suite].contribute({ ...input, stored: bytes(stored), share, random: randomBytes });
}

export interface HandmadeRequest {
  readonly operation: Operation;
  readonly body: unknown;
  readonly oneTimePassword: string;
  readonly requestId?: string;
}

export async function sealRequest(
  record: DeviceRecord,
  request: HandmadeRequest,
): Promise<{ readonly message: string; readonly requestId: string }> {
  const { operation, body, oneTimePassword, requestId = randomId() } = request;
  const plaintext = utf8(JSON.stringify({ operation, requestId, oneTimePassword, body }));
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
  return { message: await sealMessage(bytes(record.deviceToServer), record.handle, plaintext, iv), requestId };
}

/** The sealed answer's bytes; throws unless it is a 200. */
export async function deliver(message: string): Promise<string> {
  const headers = { "content-type": "application/jose" };
  const response = await server.fetch(`${server.url}/device/messages`, { method: "POST", headers, body: message });
  const body = fromUtf8(new Uint8Array(await response.arrayBuffer()));
  if (response.status !== 200) throw new Error(`${response.status} ${body}`);
  return body;
}

export async function openAnswer(record: DeviceRecord, sealed: string): Promise<ChannelAnswer> {
  const plaintext = await openMessage(bytes(record.serverToDevice), record.handle, sealed);
  if (plaintext === undefined) throw new Error("the answer does not open");
  return JSON.parse(fromUtf8(plaintext)) as ChannelAnswer;
}

export async function sendRequest(record: DeviceRecord, request: HandmadeRequest): Promise<ChannelAnswer> {
  return openAnswer(record, await deliver((await sealRequest(record, request)).message));
}

/** The request of an attempt, with an envelope bound to it. */
export async function attemptRequest(
  record: DeviceRecord,
  claimed: SignedTransaction,
  contents: { readonly contribution: Uint8Array; readonly transcript: Uint8Array },
  oneTimePassword: string,
  requestId = randomId(),
  binding: Partial<EnvelopeBinding> = {},
): Promise<HandmadeRequest> {
  const { handle, encryptionKey } = record;
  const { transactionId } = claimed;
  const honest = { handle, requestId, operation: "performSignature", subject: transactionId };
  const envelope = await sealSecondEnvelope(encryptionKey, { ...honest, ...binding }, contents);
  const body = { transactionId, envelope, ...(claimed.kind === "authentication" && { userChallenge: USER_CHALLENGE }) };
  return { operation: "performSignature", body, oneTimePassword, requestId };
}

/** Every row of every table of the account's object, as SQLite holds it. */
export async function dumpAccount(record: DeviceRecord | undefined): Promise<Record<string, unknown[]>> {
  return runInDurableObject(accountStub(record), (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'")
      .toArray();
    return Object.fromEntries(
      tables.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM "${name}"`).toArray().map(readable)]),
    );
  });
}

const readable = (row: Record<string, SqlStorageValue>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? toBase64Url(new Uint8Array(value)) : value]),
  );
