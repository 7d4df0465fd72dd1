// What every operation of an account works with. Nothing here outlives one call on the object, save the isolate's keys.
import type { Environment } from "../../src/environment.ts";
import type { DeviceFailure } from "../../src/protocol/device-messages.ts";
import { toBase64Url } from "../../src/protocol/encoding.ts";
import { importKeyEncryptionKey, type KeyEncryptionKey } from "../../src/vault/wrapping.ts";
import { AccountStore } from "./account-store.ts";
import { parseSuites, type Suite } from "../../src/account/purpose.ts";
import { AwaitedStore } from "./awaited-store.ts";
import { KeyPairStore } from "./key-pair-store.ts";
import { CloneWatchStore } from "./clone-watch-store.ts";
import { LiveStore } from "./live-store.ts";
import { NoticeStore } from "./notice-store.ts";
import { OutboxStore } from "./outbox-store.ts";
import { PushStore } from "./push-store.ts";
import { ReKeyStore } from "./re-key-store.ts";
import { TransactionStore } from "./transaction-store.ts";

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
  readonly reKeys: ReKeyStore;
  /** In which the keys of new accounts are made. */
  readonly suites: readonly Suite[];
  readonly secrets: AccountSecrets;
  /** Where the device's request came from; empty for calls that are not from a device. */
  readonly clientAddress: string;
}

export interface AccountSecrets {
  readonly kek: KeyEncryptionKey;
  /** Private JWK: opens second envelopes. */
  readonly encryptionKey: JsonWebKey;
  /** Private JWK: signs transcripts. */
  readonly signingKey: JsonWebKey;
}

export type Outcome =
  /** `secret`: further members of the body (JSON, wrapped for `answerSecretPlace`) that are never stored in the clear. */
  | { readonly ok: true; readonly body: object; readonly secret?: Uint8Array }
  | { readonly ok: false; readonly failure: DeviceFailure };

/**
 * An operation in two halves: whatever awaits comes first and gives the second half, which is synchronous, runs inside one
 * storage transaction, re-reads every fact that it decides on, and does not throw for an expected outcome.
 */
export type Decide = (now: number) => Outcome;
export type OperationHandler<Body> = (context: AccountContext, body: Body, requestId: string) => Promise<Decide> | Decide;

export const done = (body: object): Outcome & { ok: true } => ({ ok: true, body });
export const refusal = (failure: DeviceFailure): Outcome => ({ ok: false, failure });

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
/** 16 random bytes, base64url. */
export const randomIdentifier = (): string => toBase64Url(randomBytes(16));
/** 32 random bytes, base64url. */
export const randomOneTimePassword = (): string => toBase64Url(randomBytes(32));

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
  const [kek, encryptionKey, signingKey] = await Promise.all([
    environment.KEK.get(),
    environment.CHANNEL_ENCRYPTION_KEY.get(),
    environment.CHANNEL_SIGNING_KEY.get(),
  ]);
  return {
    kek: await importKeyEncryptionKey(environment.KEK_ID, kek),
    encryptionKey: JSON.parse(encryptionKey) as JsonWebKey,
    signingKey: JSON.parse(signingKey) as JsonWebKey,
  };
}

export function accountContext(
  storage: DurableObjectStorage,
  environment: Environment,
  handle: string,
  secrets: AccountSecrets,
  clientAddress: string,
): AccountContext {
  return {
    environment,
    handle,
    secrets,
    clientAddress,
    account: new AccountStore(storage.sql),
    keys: new KeyPairStore(storage.sql),
    transactions: new TransactionStore(storage.sql),
    cloneWatch: new CloneWatchStore(storage.sql),
    outbox: new OutboxStore(storage.sql),
    live: new LiveStore(storage.sql),
    push: new PushStore(storage.sql),
    notices: new NoticeStore(storage.sql),
    awaited: new AwaitedStore(storage.sql),
    reKeys: new ReKeyStore(storage.sql),
    suites: parseSuites(environment.KEY_SUITES),
  };
}
