// One account: one person on one device. Loads, lets the pure rules decide, saves, tells others. The rules are in
// src/account and src/channel; what each operation does is in operations/.
import { isAbandoned, PRECONDITIONS } from "../../src/account/account-state.ts";
import {
  type AccountApi,
  type HandshakeAnswer,
  type Identity,
  type OfferFailure,
  TICKET_HEADER,
} from "../../src/account/objects.ts";
import type { GivenCertificate, OfferedTransaction } from "../../src/account/transaction.ts";
import { algorithmsOf } from "../../src/account/pending-transaction.ts";
import { MAIN_SUITE, type Purpose } from "../../src/account/purpose.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import { type EcPublicKey, publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import { answerHandshake, packChannelKeys } from "../../src/channel/handshake.ts";
import type { Environment } from "../../src/environment.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import type { AccountDetails } from "../../src/protocol/operator-orders.ts";
import type { RevocationReason } from "../../src/protocol/revocation-reasons.ts";
import { wrap } from "../../src/vault/wrapping.ts";
import { LocatedObject } from "../located-object.ts";
import { migrate, schemaVersion } from "../storage/migrations.ts";
import { type AccountContext, accountContext, accountSecrets } from "./account-context.ts";
import { AccountEnd } from "./account-end.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { ACCOUNT_MIGRATIONS } from "./account-migrations.ts";
import { receiveMessage } from "./channel.ts";
import { IssuingAttempts } from "./issuing-attempts.ts";
import { LiveChannel } from "./live-channel.ts";
import { isIssuing } from "./issuing.ts";
import { keyFor } from "./offer.ts";
import { pendingFrom, takeOffer } from "./offers.ts";
import { hashOf } from "./operations/notices.ts";
import { giveUpLateReKey } from "./operations/re-key.ts";
import { certificateOf } from "./operations/signing.ts";
import { pinFailure } from "./attempt.ts";
import { closeByOperator, describeAccount } from "./operator-orders.ts";
import { OutboxDelivery } from "./outbox-delivery.ts";
import { pushOwedUntil, pushWaiting, settlePushes } from "./push-delivery.ts";
import { channelKeysPlace } from "./wrapped-places.ts";

export class AccountObject extends LocatedObject implements AccountApi {
  readonly #live: LiveChannel;
  readonly #alarm: AlarmClock;
  readonly #delivery: OutboxDelivery;
  readonly #issuing: IssuingAttempts;
  readonly #end: AccountEnd;

  constructor(state: DurableObjectState, environment: Environment) {
    super(state, environment);
    this.#live = new LiveChannel(state);
    this.#alarm = new AlarmClock(state.storage, this.#live);
    this.#delivery = new OutboxDelivery(state, { alarm: this.#alarm, live: this.#live });
    this.#issuing = new IssuingAttempts(state, { alarm: this.#alarm, delivery: this.#delivery, live: this.#live });
    this.#end = new AccountEnd(state, { alarm: this.#alarm, afterCommit: (context) => this.#delivery.afterCommit(context) });
  }

  async handshake(deviceKey: EcPublicKey): Promise<Result<HandshakeAnswer, "account_exists" | "unacceptable_key">> {
    const handle = this.ctx.id.toString();
    const { kek, encryptionKey, signingKey } = await accountSecrets(this.env);
    const opened = await answerHandshake({ handle, deviceKey, signingKey, encryptionKey: publicKeyOf(encryptionKey) });
    if (opened === undefined) return failed("unacceptable_key");
    const channelKeys = await wrap(kek, channelKeysPlace(handle), packChannelKeys(opened.keys));
    const context = await this.#context();
    if (this.#exists()) return failed("account_exists");
    migrate(this.ctx.storage, ACCOUNT_MIGRATIONS);
    const now = Date.now();
    const { transcriptHash, keys, signedTranscript } = opened;
    context.account.create({ handle, now, transcriptHash, channelKeys, oneTimePassword: keys.firstOneTimePassword });
    await this.#alarm.set(context);
    return success({ handle, signedTranscript });
  }

  async acceptIdentity(
    transcriptHash: string,
    identity: Identity,
  ): Promise<Result<undefined, "no_such_account" | "wrong_state">> {
    if (!this.#exists()) return failed("no_such_account");
    const { account } = await this.#context();
    const current = account.account();
    if (current?.transcriptHash !== transcriptHash || isAbandoned(current, Date.now())) return failed("no_such_account");
    // An answer that was lost is asked for again: the same identity is accepted twice, another one is not.
    if (current.status === "identified" && JSON.stringify(current.identity) === JSON.stringify(identity))
      return success(undefined);
    if (current.status !== "opened") return failed("wrong_state");
    account.setIdentity(identity);
    return success(undefined);
  }

  async receive(message: string, clientAddress: string): Promise<Result<string, "unauthorized">> {
    if (!this.#exists()) return failed("unauthorized");
    const context = await this.#context(clientAddress);
    await this.#end.closeIfOver(context);
    if (isAbandoned(context.account.account(), Date.now())) return failed("unauthorized");
    const wasIssuing = isIssuing(context);
    return receiveMessage(this.ctx.storage, context, message, async () => {
      if (isIssuing(context) && !wasIssuing) this.#alarm.soon(context);
      else if (context.transactions.takeAdded()) await this.#alarm.set(context);
      await this.#delivery.afterCommit(context);
      // The first try at once; after it a device that asks again and again is no reason to try more often than the alarm does.
      if (isIssuing(context) && (!wasIssuing || (await this.#alarm.isRetryDue()))) await this.#issuing.issue(context);
    });
  }

  async offer(transaction: OfferedTransaction): Promise<Result<undefined, OfferFailure>> {
    if (!this.#exists()) return failed("unusable");
    const context = await this.#context();
    await this.#end.closeIfOver(context);
    const now = Date.now();
    const pending = pendingFrom(transaction);
    const hasKey = algorithmsOf(pending.details) === undefined || keyFor(context, pending) !== undefined;
    if (!hasKey || !isUsable(context, transaction.purpose, now)) {
      // What was waited for came in vain, and nothing else will.
      if (transaction.follows !== undefined) context.awaited.remove();
      return failed("unusable");
    }
    const taken = takeOffer(context, transaction, now);
    if (!taken.ok) return taken;
    if (taken.value === "known") return success(undefined);
    this.#live.tell(context);
    if (!this.#live.isConnected(now)) this.ctx.waitUntil(pushWaiting(context, transaction.expiresAt, now));
    // A phone that lost its network without a word looks connected for a while: the alarm looks again.
    else if (context.push.read() !== undefined) context.transactions.owePush(transaction.transactionId);
    await this.#alarm.set(context);
    return success(undefined);
  }

  async withdraw(transactionId: string): Promise<void> {
    if (!this.#exists()) return;
    const context = await this.#context();
    context.transactions.remove(transactionId);
    this.#live.tell(context);
  }

  async certificate(purpose: Purpose): Promise<Result<GivenCertificate, "unusable">> {
    if (!this.#exists()) return failed("unusable");
    const context = await this.#context();
    await this.#end.closeIfOver(context);
    const key = context.keys.current(purpose, MAIN_SUITE);
    return isUsable(context, purpose, Date.now()) ? success(certificateOf(context, key)) : failed("unusable");
  }

  async notice(notice: AccountNotice): Promise<void> {
    if (!this.#exists()) return;
    const context = await this.#context();
    await this.#end.closeIfOver(context);
    // While it is issuing, too: the person's list has it before it is active, and tells it only once.
    const status = context.account.account()?.status;
    if (status !== "active" && status !== "issuing") return;
    if (!context.notices.add(notice, context.push.read() !== undefined)) return;
    this.#live.tell(context);
    // Which pushes: at once where nobody looks on.
    await this.#alarm.set(context);
  }

  async describe(): Promise<AccountDetails | undefined> {
    if (!this.#exists()) return undefined;
    const context = await this.#context();
    await this.#end.closeIfOver(context);
    return describeAccount(context, Date.now());
  }

  async closeByOperator(reason: RevocationReason): Promise<{ closed: boolean; details: AccountDetails } | undefined> {
    if (!this.#exists()) return undefined;
    const context = await this.#context();
    const closed = this.ctx.storage.transactionSync(() => closeByOperator(context, reason, Date.now()));
    await this.#delivery.afterCommit(context);
    return { closed, details: describeAccount(context, Date.now()) };
  }

  /** Opens the live channel for who has a ticket, which is burnt first. 401 without a body for everybody else. */
  override async fetch(request: Request): Promise<Response> {
    const refused = new Response(null, { status: 401 });
    if (!this.#exists()) return refused;
    const context = await this.#context();
    const expiresAt = context.live.burnTicket(hashOf(request.headers.get(TICKET_HEADER) ?? ""));
    if (expiresAt === undefined || Date.now() >= expiresAt) return refused;
    await this.#end.closeIfOver(context);
    const status = context.account.account()?.status ?? "closed";
    if (!PRECONDITIONS.openLiveChannel.includes(status)) return refused;
    return new Response(null, { status: 101, webSocket: this.#live.open(context, Date.now()) });
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#live.refuse(socket);
  }

  /** Only hurries: every request compares times by itself. */
  override async alarm(): Promise<void> {
    if (!this.#exists()) return;
    try {
      const context = await this.#context();
      // Side by side: what is to be told waits for nobody who cannot be asked.
      const tries = await Promise.allSettled([this.#delivery.deliver(context), this.#catchUp(context)]);
      for (const each of tries) if (each.status === "rejected") throw each.reason;
    } catch (error) {
      // The platform gives up on an alarm that keeps failing: what waits here must not be forgotten with it.
      console.error("an alarm will be repeated:", error);
      await this.#alarm.failed();
    }
  }

  async #catchUp(context: AccountContext): Promise<void> {
    await this.#end.closeIfOver(context);
    // A new account has nothing else to catch up with; one that stands has, however long its new keys wait.
    const issued = !isIssuing(context) || (await this.#issuing.issue(context));
    if (!issued && context.account.account()?.status === "issuing") return;
    this.ctx.storage.transactionSync(() => giveUpLateReKey(context, Date.now()));
    context.awaited.removeExpired(Date.now());
    context.transactions.removeExpired(Date.now());
    // Of this moment: meanwhile its device may have signed the application.
    if (isAbandoned(context.account.account(), Date.now())) {
      // Nobody but this device ever heard of the account: nothing of it needs to stay.
      await this.ctx.storage.deleteAll();
      return;
    }
    const now = Date.now();
    const waitsUntil = this.#live.isConnected(now) ? undefined : pushOwedUntil(context, now);
    // First: an alarm that is repeated must not push a second time.
    if (waitsUntil !== undefined) settlePushes(context);
    await this.#alarm.set(context);
    if (waitsUntil !== undefined) await pushWaiting(context, waitsUntil, now);
  }

  #exists(): boolean {
    return schemaVersion(this.ctx.storage) > 0;
  }

  async #context(clientAddress = ""): Promise<AccountContext> {
    // Not in the constructor: a failure there is no call's, and the platform would give up the alarm.
    if (this.#exists()) migrate(this.ctx.storage, ACCOUNT_MIGRATIONS);
    const secrets = await accountSecrets(this.env);
    const context = accountContext(this.ctx.storage, this.env, this.ctx.id.toString(), secrets, clientAddress);
    this.#live.watch(context);
    return context;
  }
}

function isUsable(context: AccountContext, purpose: Purpose, now: number): boolean {
  const account = context.account.account();
  return account?.status === "active" && now < account.expiresAt && pinFailure(context, purpose, now) === undefined;
}
