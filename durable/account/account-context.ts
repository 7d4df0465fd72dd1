// What every operation of an account works with. Nothing here outlives one call on the object, save the isolate's keys and what was
// withdrawn.
import { parseLifetime } from "../../src/account/account-life.ts";
import type { RequestSource } from "../../src/account/objects.ts";
import { parseSuites, type Suite } from "../../src/account/purpose.ts";
import type { Environment } from "../../src/environment.ts";
import type { DeviceFailure } from "../../src/protocol/device-messages.ts";
import { vaultOf } from "../../src/vault/configuration.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { AccountStore } from "./account-store.ts";
import { AuditStore } from "./audit-store.ts";
import { AwaitedStore } from "./awaited-store.ts";
import { KeyPairStore } from "./key-pair-store.ts";
import { CloneWatchStore } from "./clone-watch-store.ts";
import { DisownedStore } from "./disowned-store.ts";
import { LiveStore } from "./live-store.ts";
import { NoticeStore } from "./notice-store.ts";
import { OutboxStore } from "./outbox-store.ts";
import { PushStore } from "./push-store.ts";
import { ReKeyStore } from "./re-key-store.ts";
import { RepeatedEvents } from "./repeated-events.ts";
import { TransactionStore } from "./transaction-store.ts";
import { Withdrawn } from "./withdrawn.ts";
import { WrappedStore } from "./wrapped-store.ts";

export type { RequestSource };

export interface AccountContext {
  readonly environment: Environment;
  readonly handle: string;
  readonly account: AccountStore;
  readonly keys: KeyPairStore;
  readonly transactions: TransactionStore;
  readonly cloneWatch: CloneWatchStore;
  readonly outbox: OutboxStore;
  readonly live: LiveStore;
  readonly push: PushStore;
  readonly notices: NoticeStore;
  readonly awaited: AwaitedStore;
  readonly disowned: DisownedStore;
  readonly reKeys: ReKeyStore;
  readonly audit: AuditStore;
  readonly repeatedEvents: RepeatedEvents;
  readonly wrapped: WrappedStore;
  readonly withdrawn: Withdrawn;
  /** In which the keys of new accounts are made. */
  readonly suites: readonly Suite[];
  /** Of new accounts. */
  readonly lifetimeMonths: number;
  readonly secrets: AccountSecrets;
  /** Where the device's request came from; empty for calls that are not from a device. */
  readonly clientAddress: string;
  /** Under which the device reaches this server (`https://…`); empty for calls that are not from a device. */
  readonly origin: string;
}

export interface AccountSecrets {
  /** Read when it is first needed: what fails for want of a KEK fails there. */
  readonly vault: Vault;
  /** Private JWK: opens second envelopes. */
  readonly encryptionKey: JsonWebKey;
  /** Private JWK: signs transcripts. */
  readonly signingKey: JsonWebKey;
}

/** Further members of an answer's body that are never stored in the clear. */
export interface SecretMembers {
  /** JSON. */
  readonly members: Uint8Array;
  /** The same for `answerSecretPlace`: for when the answer is asked for again. */
  readonly wrapped: Uint8Array;
}

export type Outcome =
  | { readonly ok: true; readonly body: object; readonly secret?: SecretMembers }
  | { readonly ok: false; readonly failure: DeviceFailure };

/**
 * An operation in two halves: whatever awaits comes first and gives the second half, which is synchronous, runs inside one
 * storage transaction, re-reads every fact that it decides on, and does not throw for an expected outcome.
 */
export interface Decide {
  (now: number): Outcome;
  /** Overwrites what was unwrapped for it; called whether or not there was a decision. */
  readonly forget?: () => void;
}
export type OperationHandler<Body> = (context: AccountContext, body: Body, requestId: string) => Promise<Decide> | Decide;

export const done = (body: object): Outcome & { ok: true } => ({ ok: true, body });
export const refusal = (failure: DeviceFailure): Outcome => ({ ok: false, failure });

const secretsOfIsolate = new WeakMap<Environment, Promise<AccountSecrets>>();

/** Read once in an isolate's life; a failure is not remembered. */
export function accountSecrets(environment: Environment): Promise<AccountSecrets> {
  const known = secretsOfIsolate.get(environment);
  if (known !== undefined) return known;
  const loading = loadSecrets(environment);
  secretsOfIsolate.set(environment, loading);
  loading.catch(() => secretsOfIsolate.delete(environment));
  return loading;
}

async function loadSecrets(environment: Environment): Promise<AccountSecrets> {
  const [encryptionKey, signingKey] = await Promise.all([
    environment.CHANNEL_ENCRYPTION_KEY.get(),
    environment.CHANNEL_SIGNING_KEY.get(),
  ]);
  return {
    vault: vaultOf(environment),
    encryptionKey: JSON.parse(encryptionKey) as JsonWebKey,
    signingKey: JSON.parse(signingKey) as JsonWebKey,
  };
}

export function accountContext(
  storage: DurableObjectStorage,
  environment: Environment,
  handle: string,
  secrets: AccountSecrets,
  { clientAddress, origin }: RequestSource,
  withdrawn = new Withdrawn(),
): AccountContext {
  return {
    environment,
    handle,
    secrets,
    clientAddress,
    origin,
    withdrawn,
    account: new AccountStore(storage.sql),
    keys: new KeyPairStore(storage.sql),
    transactions: new TransactionStore(storage.sql),
    cloneWatch: new CloneWatchStore(storage.sql),
    outbox: new OutboxStore(storage.sql),
    live: new LiveStore(storage.sql),
    push: new PushStore(storage.sql),
    notices: new NoticeStore(storage.sql),
    awaited: new AwaitedStore(storage.sql),
    disowned: new DisownedStore(storage.sql),
    reKeys: new ReKeyStore(storage.sql),
    wrapped: new WrappedStore(storage.sql),
    audit: new AuditStore(storage.sql, handle),
    repeatedEvents: new RepeatedEvents(storage.sql),
    suites: parseSuites(environment.KEY_SUITES),
    lifetimeMonths: parseLifetime(environment.ACCOUNT_LIFETIME_MONTHS),
  };
}
