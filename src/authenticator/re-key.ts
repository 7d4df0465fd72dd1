// New keys for an account that stands: all of a purpose under a new PIN, or those of suites that it lacks. The old PIN is proven first, in
// an attempt that counts. Old and new keys lie on the device together until the server says which of them stand, so that an
// interruption at any point, a lost answer or a window that closes costs new keys at most, and never the account.
import type { Purpose, Suite } from "../account/purpose.ts";
import { MAIN_SUITE, PURPOSES, SUITES } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { AnswerBody, RequestBody } from "../protocol/device-messages.ts";
import { proofMessage } from "../protocol/proof-message.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import { type DeviceKey, type DeviceRecord, isKey, keyNamed, type KeyName } from "./device-record.ts";
import { type KeyMakingStep, makeKey } from "./key-making.ts";
import { type Pin, randomBytes, sealContribution } from "./pin-key.ts";
import { askKeyState } from "./renewal.ts";

export type ReKeyFailure =
  | ChannelFailure
  /** The key that proves the PIN does not lie on this device. */
  | { readonly code: "no_key" }
  /** An interrupted exchange of these keys was found to have come to its end: its PIN holds, and nothing was begun now. */
  | { readonly code: "exchanged_before" }
  /** The keys are made and proven, and their certificates are late. They hold as soon as those are there. */
  | { readonly code: "certificates_late" }
  /** The new keys were not proven in time. The old ones stand, and their PIN holds. */
  | { readonly code: "exchange_given_up" };

export type KeyState = AnswerBody<"getKeyState">;
type Change = RequestBody<"beginReKey">["change"];

interface ReKeyOptions {
  readonly progress?: ((step: KeyMakingStep) => void) | undefined;
  /** Of PBKDF2, where the PINs are no secret. */
  readonly iterations?: number | undefined;
  /** Of the main suite's key that the old PIN is for: on another one it is not tried. */
  readonly standing?: number | undefined;
  /** Between two looks at whether the certificates are there. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Certificates are issued with the last proof; where that failed, the server repeats it after two seconds. */
const PATIENCE = 15;
const PAUSE_MS = 1_000;

/**
 * New keys of a purpose under `newPin`, which was checked before. `oldPin`: one attempt. What an earlier call left unfinished is begun anew,
 * or, where only certificates were missing, told as `exchanged_before`.
 */
export async function changePin(
  client: ChannelClient,
  purpose: Purpose,
  pins: { readonly oldPin: Pin; readonly newPin: Pin },
  options: ReKeyOptions = {},
): Promise<Result<undefined, ReKeyFailure>> {
  const ready = await readyFor(client, purpose, options);
  return ready.ok ? exchange(client, { purpose, change: "replace", ...pins }, options) : ready;
}

/** The keys that the account lacks, under the PIN that it has: one attempt. Which suites were added; none where none was missing. */
export async function addSuites(
  client: ChannelClient,
  purpose: Purpose,
  pin: Pin,
  options: ReKeyOptions = {},
): Promise<Result<readonly Suite[], ReKeyFailure>> {
  const ready = await readyFor(client, purpose, options);
  if (!ready.ok) return ready;
  const missing = missingSuites(ready.value, purpose);
  if (missing.length === 0) return success([]);
  const added = await exchange(client, { purpose, change: "add", oldPin: pin, newPin: pin }, options);
  return added.ok ? success(missing) : added;
}

/** Of an active account: in which the server makes keys for others. */
export const missingSuites = ({ suites, keys }: KeyState, purpose: Purpose): readonly Suite[] =>
  SUITES.filter((suite) => suites.includes(suite) && !keys.some((key) => key.purpose === purpose && key.suite === suite));

/** Of the main suite's key; 0 where no PIN of that purpose is left. */
export const standingVersion = ({ keys }: KeyState, purpose: Purpose): number =>
  keys.find((key) => key.purpose === purpose && key.suite === MAIN_SUITE)?.keyVersion ?? 0;

export interface Settlement {
  readonly state: KeyState;
  /** Of which purposes new keys turned out to stand. */
  readonly exchanged: readonly Purpose[];
}

/**
 * Asks for the account's state, and drops the keys that it shows to be over: replaced, or not proven in time. To be called at a start, and
 * after every exchange.
 */
export async function settleKeys(client: ChannelClient): Promise<Result<Settlement, ChannelFailure>> {
  const before = (await client.storage.read())?.keys ?? [];
  const answer = await askKeyState(client);
  if (!answer.ok) return answer;
  const state = answer.value;
  // A key that came into the record after the question was asked may be one that the answer knows nothing of.
  const over = before.filter((key) => isOver(key, state));
  if (over.length > 0) await dropKeys(client, over);
  const exchanged = PURPOSES.filter((purpose) => over.some((key) => key.purpose === purpose && isReplaced(key, state)));
  return success({ state, exchanged });
}

/**
 * While an account is enrolled, and while new keys of a purpose are being made or certified, every key may be the one that will stand. A
 * purpose without any key at the server is dead: nothing is gained by dropping its keys.
 */
function isOver(key: DeviceKey, { status, keys, reKey }: KeyState): boolean {
  if (status !== "active" || reKey?.purpose === key.purpose) return false;
  return keys.some(({ purpose }) => purpose === key.purpose) && !keys.some((standing) => isKey(standing, key));
}

const isReplaced = (key: KeyName, { keys }: KeyState): boolean =>
  keys.some(({ purpose, suite, keyVersion }) => purpose === key.purpose && suite === key.suite && keyVersion > key.keyVersion);

async function dropKeys({ storage }: ChannelClient, over: readonly KeyName[]): Promise<void> {
  await storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) return;
    await storage.write({ ...record, keys: record.keys.filter((key) => !over.some((name) => isKey(name, key))) });
  });
}

/** Waits for certificates that an earlier call did not see. */
async function readyFor(client: ChannelClient, purpose: Purpose, options: ReKeyOptions): Promise<Result<KeyState, ReKeyFailure>> {
  const settled = await settledWhenIssued(client, options);
  if (!settled.ok) return settled;
  return settled.value.exchanged.includes(purpose) ? failed({ code: "exchanged_before" }) : success(settled.value.state);
}

async function settledWhenIssued(
  client: ChannelClient,
  { pause = oneSecond }: ReKeyOptions,
): Promise<Result<Settlement, ReKeyFailure>> {
  const exchanged = new Set<Purpose>();
  for (let patience = PATIENCE; ; patience--) {
    const settled = await settleKeys(client);
    if (!settled.ok) return settled;
    for (const purpose of settled.value.exchanged) exchanged.add(purpose);
    const { state } = settled.value;
    if (state.reKey?.state !== "issuing") return success({ state, exchanged: [...exchanged] });
    if (patience === 0) return failed({ code: "certificates_late" });
    await pause();
  }
}

interface Exchange {
  readonly purpose: Purpose;
  readonly change: Change;
  readonly oldPin: Pin;
  readonly newPin: Pin;
}

async function exchange(
  client: ChannelClient,
  { purpose, change, oldPin, newPin }: Exchange,
  options: ReKeyOptions,
): Promise<Result<undefined, ReKeyFailure>> {
  // In memory alone: who copies the record meanwhile cannot put keys of their own in place of these.
  const grant = randomBytes(32);
  const allowed = await proveOldPin(client, { purpose, change, pin: oldPin, grant }, options.standing);
  if (!allowed.ok) return allowed;
  const made: KeyName[] = [];
  for (const suite of SUITES.filter((each) => allowed.value.includes(each))) {
    const { progress = () => undefined, iterations } = options;
    const key = await makeKey(client, { purpose, suite, pin: newPin, iterations, grant, keep: besideEarlier }, progress);
    // The window has closed.
    if (!key.ok) return key.failure.code === "wrong_state" ? failed({ code: "exchange_given_up" }) : key;
    made.push(key.value);
  }
  const settled = await settledWhenIssued(client, options);
  if (!settled.ok) return settled;
  const standing = settled.value.state.keys.filter((key) => key.purpose === purpose);
  const isIn = (keys: readonly KeyName[]) => (name: KeyName) => keys.some((key) => isKey(key, name));
  // Whatever the server says was allowed: a PIN is changed when no key is left under the old one.
  const isDone = made.length > 0 && made.every(isIn(standing)) && (change === "add" || standing.every(isIn(made)));
  return isDone ? success(undefined) : failed({ code: "exchange_given_up" });
}

const besideEarlier = (keys: readonly DeviceKey[], made: DeviceKey): readonly DeviceKey[] => [...keys, made];

/** In which suites new keys may be made. */
async function proveOldPin(
  client: ChannelClient,
  { purpose, change, pin, grant }: { purpose: Purpose; change: Change; pin: Pin; grant: Uint8Array },
  standing: number | undefined,
): Promise<Result<readonly Suite[], ReKeyFailure>> {
  const begun = await client.call("beginReKey", () => ({ purpose, change }));
  if (!begun.ok) return begun;
  const { suite, keyVersion, proof } = begun.value;
  if (standing !== undefined && keyVersion !== standing) return failed({ code: "exchanged_before" });
  const record = await client.storage.read();
  if (record === undefined) return failed({ code: "no_account" });
  const key = suite === MAIN_SUITE ? keyNamed(record, { purpose, suite, keyVersion }) : undefined;
  if (key === undefined) return failed({ code: "no_key" });
  const allowed = await client.call("reKey", (current, requestId) => sealProof(current, key, proof, { pin, requestId, grant }));
  return allowed.ok ? success(allowed.value.suites) : allowed;
}

async function sealProof(
  record: DeviceRecord,
  key: DeviceKey,
  { nonce, offer }: AnswerBody<"beginReKey">["proof"],
  { pin, requestId, grant }: { readonly pin: Pin; readonly requestId: string; readonly grant: Uint8Array },
): Promise<RequestBody<"reKey">> {
  const { purpose, suite, keyVersion } = key;
  const operation = "reKey";
  const message = proofMessage({ operation, handle: record.handle, purpose, suite, keyVersion, nonce });
  const binding = { requestId, operation, subject: `${purpose}:${nonce}`, grant };
  return { purpose, envelope: await sealContribution(record, key, pin, { operation, message, offer }, binding) };
}

const oneSecond = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
