// A device that says anything: whatever plaintext, sealed with the real keys of its channel, and messages that are no messages
// at all. For fuzzing and attacks; a device that behaves is in headless-device.ts.
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../../src/channel/message.ts";
import { answerSchema, type ChannelAnswer } from "../../src/protocol/device-messages.ts";
import type { EcPublicKey } from "../../src/protocol/ec-public-key.ts";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../src/protocol/encoding.ts";

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
export const randomIdentifier = (): string => toBase64Url(randomBytes(16));

export const postMessage = (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  exports.default.fetch("http://localhost:8787/device/messages", { method: "POST", headers, body });

export class RawDevice {
  readonly handle: string;
  readonly encryptionKey: EcPublicKey;
  readonly deviceToServer: Uint8Array<ArrayBuffer>;
  readonly serverToDevice: Uint8Array<ArrayBuffer>;
  /** The current one: taken from each answer that carries one. */
  oneTimePassword: string;

  constructor(record: DeviceRecord | undefined) {
    if (record === undefined) throw new Error("no account");
    this.handle = record.handle;
    this.encryptionKey = record.encryptionKey;
    this.deviceToServer = fromBase64Url(record.deviceToServer) ?? new Uint8Array(0);
    this.serverToDevice = fromBase64Url(record.serverToDevice) ?? new Uint8Array(0);
    this.oneTimePassword = record.oneTimePassword;
  }

  /** The account's object. */
  stub() {
    return env.ACCOUNTS.get(env.ACCOUNTS.idFromString(this.handle));
  }

  /** A request as the schema has it, under a new id and in step. */
  request(operation: string, body: unknown, requestId = randomIdentifier()) {
    return { operation, requestId, oneTimePassword: this.oneTimePassword, body };
  }

  seal(plaintext: Uint8Array, key = this.deviceToServer, handle = this.handle): Promise<string> {
    return sealMessage(key, handle, plaintext, randomBytes(IV_LENGTH));
  }

  /** A message whose protected header is `header`, whatever that is, and which is authentic under it. */
  async sealUnder(header: string, plaintext: Uint8Array<ArrayBuffer>): Promise<string> {
    const protectedHeader = toBase64Url(utf8(header));
    const key = await crypto.subtle.importKey("raw", this.deviceToServer, "AES-GCM", false, ["encrypt"]);
    const iv = randomBytes(IV_LENGTH);
    const parameters = { name: "AES-GCM", iv, additionalData: utf8(protectedHeader) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, plaintext));
    return [protectedHeader, "", toBase64Url(iv), toBase64Url(sealed.slice(0, -16)), toBase64Url(sealed.slice(-16))].join(".");
  }

  /** Seals anything and sends it. The answer must be sealed and of the form that devices read. */
  async send(request: object | string | Uint8Array): Promise<ChannelAnswer> {
    const text = typeof request === "string" ? request : JSON.stringify(request);
    return this.post(await this.seal(request instanceof Uint8Array ? request : utf8(text)));
  }

  async post(message: string): Promise<ChannelAnswer> {
    const sealed = await sealedText(await postMessage(message));
    const plaintext = await openMessage(this.serverToDevice, this.handle, sealed);
    const answer = answerSchema.parse(JSON.parse(fromUtf8(plaintext ?? new Uint8Array(0))));
    this.oneTimePassword = answer.oneTimePassword ?? this.oneTimePassword;
    return answer;
  }

  /** One operation in step; the code of its failure, or "ok". */
  async code(operation: string, body: unknown, requestId?: string): Promise<string> {
    return codeOf(await this.send(this.request(operation, body, requestId)));
  }
}

export const codeOf = ({ outcome }: ChannelAnswer): string => (outcome.ok ? "ok" : outcome.failure.code);

async function sealedText(response: Response): Promise<string> {
  const text = fromUtf8(new Uint8Array(await response.arrayBuffer()));
  const { status, headers } = response;
  expect({ status, type: headers.get("content-type"), text }).toEqual({ status: 200, type: "application/jose", text });
  return text;
}
