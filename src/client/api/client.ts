// The calls of the relying-party API v3. What comes back is a claim until verification/ has looked at it; here only its size and
// shape are settled.
import { systemClock } from "../clock.ts";
import { randomBytes, toBase64 } from "../encoding.ts";
import type { CallFailure } from "../failures.ts";
import { failed, type Result, success } from "../result.ts";
import type { CertificateAnswer, CompletedSession, SessionAnswer } from "../session/answer.ts";
import { readCertificate, readDeviceLink, readSession, readSessionID, readVerificationCode } from "../session/read.ts";
import type {
  StartedDeviceLinkAuthentication,
  StartedDeviceLinkCertificateChoice,
  StartedDeviceLinkSignature,
  StartedLinkedSignature,
  StartedNotificationAuthentication,
  StartedNotificationCertificateChoice,
  StartedNotificationSignature,
  StartedSession,
} from "../session/started.ts";
import { verificationCode } from "../verification-code.ts";
import { exchange, type Transport } from "./exchange.ts";
import { checkedBase, type ClientOptions } from "./options.ts";
import {
  authenticationPlan,
  commonPlan,
  documentTarget,
  linkedSignaturePlan,
  type Plan,
  signaturePlan,
  type Target,
  targetOf,
} from "./plan.ts";
import { pollUntilComplete } from "./poll.ts";
import { refusal } from "./refusal.ts";
import type {
  Addressee,
  CertificateRequest,
  DeviceLinkAuthenticationRequest,
  DeviceLinkCertificateChoiceRequest,
  DeviceLinkSignatureRequest,
  LinkedSignatureRequest,
  NotificationAuthenticationRequest,
  NotificationCertificateChoiceRequest,
  NotificationSignatureRequest,
  ToChosen,
  ToDocument,
  ToPerson,
} from "./requests.ts";

export type CallResult<Value> = Promise<Result<Value, CallFailure>>;

export interface StatusOptions {
  /** How long the API waits for the end: 1000 to 120000 milliseconds; 60000 where it is not given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ResultOptions {
  readonly signal?: AbortSignal;
}

const START_WITHIN_MILLISECONDS = 15_000;
/** On top of what a long poll waits anyway. */
const ANSWER_WITHIN_MILLISECONDS = 10_000;
/** Of an rpChallenge: as many as the API takes. */
const CHALLENGE_BYTES = 64;

/** Holds no state but its options: one serves a whole program. */
export class RelyingPartyClient {
  readonly #base: string;
  readonly #party: { readonly relyingPartyUUID: string; readonly relyingPartyName: string };
  readonly #names: Pick<StartedSession, "schemeName" | "relyingPartyName" | "brokeredRelyingPartyName">;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #transport: Transport;

  /** Throws for options that no API could take: they are the programmer's. */
  constructor(options: ClientOptions) {
    const { relyingPartyUUID, relyingPartyName, credential } = options;
    this.#base = checkedBase(options);
    this.#party = { relyingPartyUUID, relyingPartyName };
    this.#names = {
      schemeName: options.schemeName ?? "smart-id",
      relyingPartyName,
      brokeredRelyingPartyName: options.brokeredRelyingPartyName ?? "",
    };
    this.#headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    // Called by its name: a global one that is taken off its global object throws in some runtimes.
    this.#transport = {
      fetch: options.fetch ?? ((address, init) => fetch(address, init)),
      clock: options.clock ?? systemClock,
    };
  }

  /** A login, asked of the person's devices. Show `verificationCode` on your page. */
  async startNotificationAuthentication(
    to: Addressee,
    request: NotificationAuthenticationRequest,
  ): CallResult<StartedNotificationAuthentication> {
    const rpChallenge = newChallenge();
    const target = targetOf("authentication/notification", to);
    const plan = authenticationPlan(request, rpChallenge, { vcType: "numeric4" });
    const started = await this.#start(target, plan, request, readSessionID);
    if (!started.ok) return started;
    const code = await verificationCode(rpChallenge);
    return success({ ...started.value, kind: "authentication", flow: "notification", verificationCode: code });
  }

  /** A login by whoever opens the link (`anyone`), or by this person alone. */
  async startDeviceLinkAuthentication(
    to: Addressee | "anyone",
    request: DeviceLinkAuthenticationRequest,
  ): CallResult<StartedDeviceLinkAuthentication> {
    const target = targetOf("authentication/device-link", to);
    const started = await this.#start(target, authenticationPlan(request, newChallenge()), request, readDeviceLink);
    if (!started.ok) return started;
    return success({ ...started.value, ...callbackOf(request), kind: "authentication", flow: "device-link" });
  }

  /** A signature, asked of the person's devices. Show `verificationCode`, which the API drew, on your page. */
  async startNotificationSignature(
    to: Addressee,
    request: NotificationSignatureRequest,
  ): CallResult<StartedNotificationSignature> {
    const target = targetOf("signature/notification", to);
    const started = await this.#start(target, signaturePlan(request), request, readVerificationCode);
    return started.ok ? success({ ...started.value, kind: "signature", flow: "notification" }) : started;
  }

  /** A signature by this person, who opens the link. */
  async startDeviceLinkSignature(to: Addressee, request: DeviceLinkSignatureRequest): CallResult<StartedDeviceLinkSignature> {
    const target = targetOf("signature/device-link", to);
    const started = await this.#start(target, signaturePlan(request), request, readDeviceLink);
    if (!started.ok) return started;
    return success({ ...started.value, ...callbackOf(request), kind: "signature", flow: "device-link" });
  }

  /** The signature that follows a choice by device link, within three minutes; `to`: what `verifyCertificateChoice` said. */
  async startLinkedSignature(
    choice: StartedDeviceLinkCertificateChoice,
    to: ToChosen,
    request: LinkedSignatureRequest,
  ): CallResult<StartedLinkedSignature> {
    const target = documentTarget("signature/notification/linked", to.documentNumber);
    const plan = linkedSignaturePlan(request, choice.sessionID);
    const started = await this.#start(target, plan, request, readSessionID);
    if (!started.ok) return started;
    const { initialCallbackUrl, sessionSecret } = choice;
    const { flowType } = to;
    return success({
      ...started.value,
      kind: "signature",
      flow: "linked",
      choice: { flowType, initialCallbackUrl, sessionSecret },
    });
  }

  /** Which of a person's accounts is to sign: the person says. */
  async startNotificationCertificateChoice(
    to: ToPerson,
    request: NotificationCertificateChoiceRequest = {},
  ): CallResult<StartedNotificationCertificateChoice> {
    const target = targetOf("signature/certificate-choice/notification", to);
    const started = await this.#start(target, commonPlan(request), request, readSessionID);
    return started.ok ? success({ ...started.value, kind: "certificate-choice", flow: "notification" }) : started;
  }

  /** The same of whoever opens the link; `startLinkedSignature` follows. */
  async startDeviceLinkCertificateChoice(
    request: DeviceLinkCertificateChoiceRequest = {},
  ): CallResult<StartedDeviceLinkCertificateChoice> {
    const target = targetOf("signature/certificate-choice/device-link", "anyone");
    const started = await this.#start(target, commonPlan(request), request, readDeviceLink);
    if (!started.ok) return started;
    return success({ ...started.value, ...callbackOf(request), kind: "certificate-choice", flow: "device-link" });
  }

  /** The certificate for signatures of an account, without asking the person. Not believed before `verifyCertificate`. */
  async certificate(of: ToDocument, request: CertificateRequest = {}): CallResult<CertificateAnswer> {
    const target = documentTarget("signature/certificate", of.documentNumber);
    const plan = commonPlan(request);
    if (!target.ok) return target;
    return plan.ok ? this.#post(target.value.path, plan.value.body, request.signal, readCertificate) : plan;
  }

  /** One long poll: RUNNING after `timeoutMs`, or the end as soon as it is there. Throws for a `timeoutMs` out of its range. */
  async status(started: StartedSession, { timeoutMs = 60_000, signal }: StatusOptions = {}): CallResult<SessionAnswer> {
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1000 || timeoutMs > 120_000) {
      throw new RangeError("timeoutMs: 1000 to 120000 milliseconds");
    }
    const path = `session/${encodeURIComponent(started.sessionID)}?timeoutMs=${timeoutMs}`;
    const limits = { withinMilliseconds: timeoutMs + ANSWER_WITHIN_MILLISECONDS, signal };
    return this.#ask(path, { headers: this.#headers }, limits, readSession, "session");
  }

  /**
   * Polls until the session is complete. Broken connections, 5xx, 429 and pages that are no answer are tried again, later each time.
   * Gives up when the session's time is over with `session_over`; with the last failure where one lasts until the API gives out no
   * answer anymore, five minutes later.
   */
  result(started: StartedSession, { signal }: ResultOptions = {}): CallResult<CompletedSession> {
    const poll = (timeoutMs: number) => this.status(started, { timeoutMs, ...(signal !== undefined && { signal }) });
    return pollUntilComplete(poll, started.receivedAt, this.#transport.clock, signal);
  }

  async #start<Remembered extends object, Read extends object>(
    target: Result<Target, CallFailure>,
    plan: Result<Plan<Remembered>, CallFailure>,
    { signal }: { readonly signal?: AbortSignal },
    read: (answer: unknown) => Read | undefined,
  ) {
    if (!target.ok) return target;
    if (!plan.ok) return plan;
    const { path, asked } = target.value;
    const answer = await this.#post(path, plan.value.body, signal, read);
    if (!answer.ok) return answer;
    const receivedAt = this.#transport.clock.now();
    return success({ ...this.#names, ...plan.value.remembered, ...answer.value, asked, receivedAt });
  }

  #post<Value>(
    path: string,
    body: object,
    signal: AbortSignal | undefined,
    read: (answer: unknown) => Value | undefined,
  ): CallResult<Value> {
    const init = {
      method: "POST",
      headers: { ...this.#headers, "content-type": "application/json" },
      body: JSON.stringify({ ...this.#party, ...body }),
    };
    return this.#ask(path, init, { withinMilliseconds: START_WITHIN_MILLISECONDS, signal }, read, "account");
  }

  async #ask<Value>(
    path: string,
    init: RequestInit,
    limits: Parameters<typeof exchange>[3],
    read: (answer: unknown) => Value | undefined,
    about: Parameters<typeof refusal>[1],
  ): CallResult<Value> {
    const answered = await exchange(this.#transport, `${this.#base}/${path}`, init, limits);
    if (typeof answered === "string") return failed({ code: answered });
    if (answered.status !== 200) return failed(refusal(answered, about));
    const value = read(answered.body);
    return value === undefined ? failed({ code: "answer_malformed" }) : success(value);
  }
}

const newChallenge = (): string => toBase64(randomBytes(CHALLENGE_BYTES));

const callbackOf = ({ initialCallbackUrl = "" }: { readonly initialCallbackUrl?: string }) => ({ initialCallbackUrl });
