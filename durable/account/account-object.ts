// One account: one person on one device. Loads, lets the pure rules decide, saves, tells others. The rules are in
// src/account and src/channel; what each operation does is in operations/.
import { isAbandoned, PRECONDITIONS } from "../../src/account/account-state.ts";
import { type AccountApi, type AuditHead, type Identity, type OfferFailure, TICKET_HEADER } from "../../src/account/objects.ts";
import type { GivenCertificate, OfferedTransaction } from "../../src/account/transaction.ts";
import { MAIN_SUITE, type Purpose } from "../../src/account/purpose.ts";
import { failed, type Result, success } from "../../src/account/result.ts";
import { type EcPublicKey, publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import { answerHandshake, packChannelKeys } from "../../src/channel/handshake.ts";
import type { Environment } from "../../src/environment.ts";
import type { AccountNotice } from "../../src/protocol/device-messages.ts";
import type { AccountDetails } from "../../src/protocol/operator-orders.ts";
import type { RevocationReason } from "../../src/protocol/revocation-reasons.ts";
import { recordCurrentKekInUse } from "../../src/vault/kek-index.ts";
import { LocatedObject } from "../located-object.ts";
import { migrate, schemaVersion } from "../storage/migrations.ts";
import { type AccountContext, accountContext, accountSecrets, type RequestSource } from "./account-context.ts";
import { AccountEnd } from "./account-end.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { AlarmWork } from "./alarm-work.ts";
import { record } from "./audit.ts";
import { AuditExport } from "./audit-export.ts";
import { ACCOUNT_MIGRATIONS } from "./account-migrations.ts";
import { receiveMessage } from "./channel.ts";
import { withdrawTransaction } from "./history.ts";
import { IssuingAttempts } from "./issuing-attempts.ts";
import { LiveChannel } from "./live-channel.ts";
import { isIssuing } from "./issuing.ts";
import { askAlone, takeOffer } from "./offers.ts";
import { hashOf } from "./operations/notices.ts";
import { certificateOf } from "./operations/signing.ts";
import { isUsable } from "./attempt.ts";
import { closeByOperator, describeAccount } from "./operator-orders.ts";
import { OutboxDelivery } from "./outbox-delivery.ts";
import { VaultKeeper } from "./vault-keeper.ts";
import { unlessUnavailable } from "./vault-outage.ts";
import { pushWaiting } from "./push-delivery.ts";
import { Withdrawn } from "./withdrawn.ts";
import { channelKeysPlace } from "./wrapped-places.ts";

export class AccountObject extends LocatedObject implements AccountApi {
  readonly #live: LiveChannel;
  readonly #alarm: AlarmClock;
  readonly #delivery: OutboxDelivery;
  readonly #issuing: IssuingAttempts;
  readonly #end: AccountEnd;
  readonly #alarmWork: AlarmWork;
  readonly #keeper: VaultKeeper;
  readonly #withdrawn = new Withdrawn();

  constructor(state: DurableObjectState, environment: Environment) {
    super(state, environment);
    this.#live = new LiveChannel(state);
    this.#alarm = new AlarmClock(state.storage, this.#live);
    const [alarm, live, audit] = [this.#alarm, this.#live, new AuditExport(state.storage)];
    const delivery = new OutboxDelivery(state, { alarm, live, audit });
    const issuing = new IssuingAttempts(state, { alarm, delivery, live });
    const end = new AccountEnd(state, { alarm, afterCommit: (context) => delivery.afterCommit(context) });
    [this.#delivery, this.#issuing, this.#end] = [delivery, issuing, end];
    this.#keeper = new VaultKeeper(state, { alarm, delivery });
    this.#alarmWork = new AlarmWork(state, { alarm, audit, delivery, issuing, end, live });
  }

  async handshake(deviceKey: EcPublicKey): ReturnType<AccountApi["handshake"]> {
    const handle = this.ctx.id.toString();
    const { vault, encryptionKey, signingKey } = await accountSecrets(this.env);
    const opened = await answerHandshake({ handle, deviceKey, signingKey, encryptionKey: publicKeyOf(encryptionKey) });
    if (opened === undefined) return failed("unacceptable_key");
    await recordCurrentKekInUse(this.env);
    const channelKeys = await unlessUnavailable(vault.wrap(channelKeysPlace(handle), packChannelKeys(opened.keys)));
    if (channelKeys === undefined) return failed("unavailable");
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
    const context = await this.#context();
    const { account } = context;
    const current = account.account();
    if (current?.transcriptHash !== transcriptHash || isAbandoned(current, Date.now())) return failed("no_such_account");
    // An answer that was lost is asked for again: the same identity is accepted twice, another one is not.
    if (current.status === "identified" && JSON.stringify(current.identity) === JSON.stringify(identity))
      return success(undefined);
    if (current.status !== "opened") return failed("wrong_state");
    const { level, method } = identity;
    this.ctx.storage.transactionSync(() => {
      account.setIdentity(identity);
      record(context, { kind: "identified", detail: { level, method } }, Date.now());
    });
    await this.#delivery.afterCommit(context);
    return success(undefined);
  }

  async receive(message: string, from: RequestSource): ReturnType<AccountApi["receive"]> {
    if (!this.#exists()) return failed("unauthorized");
    const context = await this.#context(from);
    await this.#end.closeIfOver(context);
    if (isAbandoned(context.account.account(), Date.now())) return failed("unauthorized");
    const wasIssuing = isIssuing(context);
    const answer = receiveMessage(this.ctx.storage, context, message, async () => {
      if (isIssuing(context) && !wasIssuing) this.#alarm.soon(context);
      else if (context.transactions.takeAdded() || context.reKeys.takeAsked()) await this.#alarm.set(context);
      this.#keeper.tell(context);
      await this.#delivery.afterCommit(context);
      // The first try at once; after it a device that asks again and again is no reason to try more often than the alarm does.
      if (isIssuing(context) && (!wasIssuing || (await this.#alarm.isRetryDue()))) await this.#issuing.issue(context);
    });
    const sealed = await unlessUnavailable(answer);
    if (sealed === undefined) return failed("unavailable");
    this.#keeper.rewrapOnUse(context);
    return sealed;
  }

  async offer(transaction: OfferedTransaction): Promise<Result<undefined, OfferFailure>> {
    if (!this.#exists()) return failed("unusable");
    const context = await this.#context();
    await this.#end.closeIfOver(context);
    const now = Date.now();
    const taken = takeOffer(context, transaction, now);
    if (taken.ok && taken.value === "known") return success(undefined);
    // Of what ran out meanwhile the person's history hears.
    const told = this.#delivery.afterCommit(context);
    if (!taken.ok) return told.then(() => taken);
    if (!this.#live.isConnected(now)) this.ctx.waitUntil(pushWaiting(context, transaction.expiresAt, now));
    // A phone that lost its network without a word looks connected for a while: the alarm looks again.
    else if (context.push.read() !== undefined) context.transactions.owePush(transaction.transactionId);
    await Promise.all([told, this.#alarm.set(context)]);
    return success(undefined);
  }

  async withdraw(transactionId: string): Promise<void> {
    await this.#change((context) => withdrawTransaction(context, transactionId, Date.now()));
  }

  async askAlone(transactionId: string): Promise<void> {
    await this.#change((context) => askAlone(context, transactionId));
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

  async auditHead(): Promise<AuditHead | undefined> {
    if (!this.#exists()) return undefined;
    const { audit } = await this.#context();
    return { ...audit.head(), taken: audit.lastTaken() };
  }

  async rewrap(target: string): ReturnType<AccountApi["rewrap"]> {
    if (!this.#exists()) return failed("lost");
    return this.#keeper.rewrapNow(await this.#context(), target);
  }

  async closeByOperator(
    reason: RevocationReason,
    order: string,
  ): Promise<{ closed: boolean; details: AccountDetails } | undefined> {
    if (!this.#exists()) return undefined;
    const context = await this.#context();
    const closed = this.ctx.storage.transactionSync(() => closeByOperator(context, { reason, order }, Date.now()));
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

  override async alarm(): Promise<void> {
    if (!this.#exists()) return;
    try {
      const context = await this.#context();
      await this.#alarmWork.run(context);
    } catch (error) {
      // The platform gives up on an alarm that keeps failing: what waits here must not be forgotten with it.
      console.error("an alarm will be repeated:", error);
      await this.#alarm.fellBehind();
    }
  }

  async #change(change: (context: AccountContext) => void): Promise<void> {
    if (!this.#exists()) return;
    const context = await this.#context();
    this.ctx.storage.transactionSync(() => change(context));
    await this.#delivery.afterCommit(context);
  }

  #exists(): boolean {
    return schemaVersion(this.ctx.storage) > 0;
  }

  async #context(from: RequestSource = { clientAddress: "", origin: "" }): Promise<AccountContext> {
    // Not in the constructor: a failure there is no call's, and the platform would give up the alarm.
    if (this.#exists()) migrate(this.ctx.storage, ACCOUNT_MIGRATIONS);
    const secrets = await accountSecrets(this.env);
    const context = accountContext(this.ctx.storage, this.env, this.ctx.id.toString(), secrets, from, this.#withdrawn);
    this.#live.watch(context);
    if (this.#exists()) this.#keeper.tell(context);
    return context;
  }
}
