// The device's end of the channel: one request at a time, written down before it is sent, resumed after a lost answer.
// While a request is pending only its own bytes are sent again, or `resume` with its id and OTP; so an honest device never
// comes out of step, whatever is lost on the way and wherever it crashes.
import type { Result } from "../account/result.ts";
import { failed, success } from "../account/result.ts";
import { IV_LENGTH, openMessage, sealMessage } from "../channel/message.ts";
import { hash } from "../protocol/algorithms.ts";
import {
  type AnswerBody,
  ANSWER_BODIES,
  answerSchema,
  type ChannelAnswer,
  type DeviceFailure,
  type Operation,
  type RequestBody,
} from "../protocol/device-messages.ts";
import { fromUtf8, toBase64Url, utf8 } from "../protocol/encoding.ts";
import { type DeviceRecord, type DeviceStorage, type PendingRequest, storedBytes } from "./device-record.ts";
import { postMessage, type ServerConnection, ServerUnreachable } from "./server-connection.ts";

/** `unreadable_answer`: the server's own, and in words that this version does not know. Nothing is wrong with the account. */
export type ChannelFailure = DeviceFailure | { readonly code: "no_account" | "unknown_channel" | "unreadable_answer" };

/** What became of a request that was interrupted. `received: false`: it never reached the server. */
export interface Settled {
  readonly request: PendingRequest;
  readonly received: boolean;
  readonly outcome: Result<unknown, ChannelFailure>;
}

/** Thrown where a request cannot be built from what the server said before: nothing is sent. */
export class Unanswerable extends Error {
  override name = "Unanswerable";
}

/** `undefined`: the server does not know the channel. */
type Answered = ChannelAnswer | "unreadable" | undefined;

/** Of an interrupted request: the next one would fare no better. */
const NOTHING_MORE_TO_ASK: readonly string[] = ["unknown_channel", "unreadable_answer"];

/** How often the same bytes are sent before the caller hears that the server is unreachable. */
const SENDINGS = 3;
const PAUSE_MS = 300;

export class ChannelClient {
  readonly storage: DeviceStorage;
  readonly server: ServerConnection;
  readonly #pause: (milliseconds: number) => Promise<void>;
  readonly #onSettled: (settled: Settled) => void;

  /**
   * `pause`: how the client waits between two sendings of the same bytes. `onSettled`: told of every interrupted request whose fate
   * became known, also where another call settled it on its way.
   */
  constructor(
    server: ServerConnection,
    storage: DeviceStorage,
    pause = sleep,
    onSettled: (settled: Settled) => void = () => undefined,
  ) {
    this.server = server;
    this.storage = storage;
    this.#pause = pause;
    this.#onSettled = onSettled;
  }

  /**
   * Sends one operation. The body is built when the request's id is known, since second envelopes are bound to it.
   * Throws `ServerUnreachable` when no answer came: the request stays pending, and the next call resumes it first.
   */
  async call<Name extends Operation>(
    operation: Name,
    build: (record: DeviceRecord, requestId: string) => RequestBody<Name> | Promise<RequestBody<Name>>,
    transactionId = "",
  ): Promise<Result<AnswerBody<Name>, ChannelFailure>> {
    return this.storage.exclusively(async () => {
      const before = await this.#settlePending();
      if (before?.outcome.ok === false && NOTHING_MORE_TO_ASK.includes(before.outcome.failure.code))
        return failed(before.outcome.failure);
      const record = await this.storage.read();
      if (record === undefined) return failed({ code: "no_account" });
      const requestId = toBase64Url(randomBytes(16));
      const body = await Promise.resolve(build(record, requestId)).catch(notAnswerable);
      if (body === undefined) return failed({ code: "server_error" });
      const { oneTimePassword } = record;
      const request: PendingRequest = { requestId, operation, transactionId, oneTimePassword };
      await this.storage.write({ ...record, pending: request });
      const answer = await this.#exchange(record, request, operation, body);
      const outcome = await this.#takeIn(answer);
      if (!outcome.ok) return outcome;
      const answerBody = ANSWER_BODIES[operation].safeParse(outcome.value);
      // Sealed by the server, and yet not what this version knows as an answer to this operation.
      return answerBody.success ? success(answerBody.data as AnswerBody<Name>) : failed({ code: "unreadable_answer" });
    });
  }

  /** What became of a request that a crash, a reload or a lost answer interrupted; undefined where there was none. */
  async settle(): Promise<Settled | undefined> {
    return this.storage.exclusively(() => this.#settlePending());
  }

  async #settlePending(): Promise<Settled | undefined> {
    const record = await this.storage.read();
    const request = record?.pending;
    if (record === undefined || request === undefined) return undefined;
    const answer = await this.#exchange(record, request, "resume", {});
    const outcome = await this.#takeIn(answer);
    const neverReceived = outcome.ok && ANSWER_BODIES.resume.safeParse(outcome.value).success;
    const settled: Settled = { request, received: !neverReceived, outcome };
    // A newer version will read what became of it.
    if (answer !== "unreadable") this.#onSettled(settled);
    return settled;
  }

  /** The same bytes, a few times over; they are never written anywhere. */
  async #exchange(record: DeviceRecord, request: PendingRequest, operation: Operation, body: unknown): Promise<Answered> {
    const { requestId, oneTimePassword } = request;
    const plaintext = utf8(JSON.stringify({ operation, requestId, oneTimePassword, body }));
    const message = await sealMessage(storedBytes(record.deviceToServer), record.handle, plaintext, randomBytes(IV_LENGTH));
    for (let sending = 1; ; sending++) {
      try {
        const sealed = await postMessage(this.server, message);
        return sealed === undefined ? undefined : await this.#open(record, requestId, plaintext, sealed);
      } catch (error) {
        if (!(error instanceof ServerUnreachable) || sending === SENDINGS) throw error;
        await this.#pause(PAUSE_MS * sending);
      }
    }
  }

  async #open(record: DeviceRecord, requestId: string, sent: Uint8Array, sealed: string): Promise<Answered> {
    const plaintext = await openMessage(storedBytes(record.serverToDevice), record.handle, sealed);
    const content = plaintext && parseJson(plaintext);
    const answer = answerSchema.safeParse(content).data;
    // Whatever else it says, it answers this request: it will be read by a version of the app that can.
    if (answer === undefined && namesRequest(content, requestId)) return "unreadable";
    // An answer to other bytes is as good as none: somebody on the way swaps answers, or plays an old one again.
    if (answer?.requestId !== requestId || !isFor(sent, answer)) throw new ServerUnreachable("the answer is for other bytes");
    return answer;
  }

  /**
   * Of an answer only the OTP is written. Without one (out of step, refused) the old OTP stays. A plain 401 could come from
   * anybody on the way, and what cannot be read now may be read later: the request stays pending.
   */
  async #takeIn(answer: Answered): Promise<Result<unknown, ChannelFailure>> {
    if (answer === undefined) return failed({ code: "unknown_channel" });
    if (answer === "unreadable") return failed({ code: "unreadable_answer" });
    const record = await this.storage.read();
    if (record === undefined) return failed({ code: "no_account" });
    const { pending: _, ...settled } = record;
    await this.storage.write({ ...settled, oneTimePassword: answer.oneTimePassword ?? record.oneTimePassword });
    return answer.outcome.ok ? success(answer.outcome.body) : failed(answer.outcome.failure);
  }
}

function notAnswerable(error: unknown): undefined {
  if (!(error instanceof Unanswerable)) throw error;
}

const randomBytes = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds));

function parseJson(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(plaintext));
  } catch {
    return undefined;
  }
}

const namesRequest = (content: unknown, requestId: string): boolean =>
  typeof content === "object" && content !== null && "requestId" in content && content.requestId === requestId;

/** All answers to one id are one stored answer, save refusals, which name the bytes that were refused. */
function isFor(sent: Uint8Array, { outcome }: ChannelAnswer): boolean {
  if (outcome.ok || outcome.failure.code !== "refused") return true;
  return outcome.failure.plaintextHash === toBase64Url(hash("SHA-256", sent));
}
