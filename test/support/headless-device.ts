// A person with a headless authenticator against the Worker under test, over its HTTP interface.
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import { assertIdentity, makeKeys, openAccount, type SelfAssertedIdentity } from "../../src/authenticator/enrolment.ts";
import type { Pin } from "../../src/authenticator/pin-key.ts";
import type { ServerConnection } from "../../src/authenticator/server-connection.ts";
import {
  approveTransaction,
  claimApplication,
  claimTransaction,
  listTransactions,
} from "../../src/authenticator/transactions.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import type { ClaimedTransaction, SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { MemoryStorage } from "./memory-storage.ts";

export const PERSON: SelfAssertedIdentity = {
  givenName: "MARI",
  surname: "TAMM",
  country: "EE",
  personalCode: "50001029996",
  level: "QUALIFIED",
};
export const PINS = { auth: "4711", sign: "80235" } as const satisfies Record<Purpose, string>;
export const WRONG_PINS = { auth: "4712", sign: "80236" } as const satisfies Record<Purpose, string>;

export const pinOf = (digits: string): Pin => utf8(digits);

/** The Worker under test, as a device reaches it. */
export const server: ServerConnection = {
  url: "http://localhost:8787",
  fetch: (input, init) => exports.default.fetch(new Request(input, withAddress(init))),
};

function withAddress(init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers as HeadersInit);
  headers.set("cf-connecting-ip", "127.0.0.1");
  return { ...init, headers };
}

export interface HeadlessDevice {
  readonly client: ChannelClient;
  readonly storage: MemoryStorage;
}

export const deviceOn = (storage: MemoryStorage, connection: ServerConnection = server): HeadlessDevice => ({
  storage,
  // A network of tests is down or not: nothing is gained by waiting.
  client: new ChannelClient(connection, storage, () => Promise.resolve()),
});

/** A channel of a new account, and no more. */
export async function openedDevice(connection: ServerConnection = server): Promise<HeadlessDevice> {
  const device = deviceOn(new MemoryStorage(), connection);
  expect(await openAccount(connection, device.storage)).toEqual({ ok: true, value: undefined });
  return device;
}

/** The server knows who the person is. */
export async function identifiedDevice(
  person: SelfAssertedIdentity = PERSON,
  connection: ServerConnection = server,
): Promise<HeadlessDevice> {
  const device = await openedDevice(connection);
  expect(await assertIdentity(connection, device.storage, person)).toBeUndefined();
  return device;
}

/** Both keys are made; the application waits to be signed. */
export async function applyingDevice(
  person: SelfAssertedIdentity = PERSON,
  pins: Readonly<Record<Purpose, string>> = PINS,
  connection: ServerConnection = server,
): Promise<HeadlessDevice> {
  const device = await identifiedDevice(person, connection);
  const made = await makeKeys(device.client, { auth: pinOf(pins.auth), sign: pinOf(pins.sign) });
  expect(made).toEqual({ ok: true, value: undefined });
  return device;
}

/** An active account of that person, made as any device makes it. */
export async function enrol(
  person: SelfAssertedIdentity = PERSON,
  pins: Readonly<Record<Purpose, string>> = PINS,
  connection: ServerConnection = server,
): Promise<HeadlessDevice & { readonly documentNumber: string }> {
  const device = await applyingDevice(person, pins, connection);
  const application = await claimOnly(device);
  expect(await approveTransaction(device.client, application, pinOf(pins.sign))).toEqual({ ok: true, value: undefined });
  const state = await device.client.call("getKeyState", () => ({}));
  if (!state.ok || state.value.status !== "active") throw new Error(`enrolment ended in ${JSON.stringify(state)}`);
  return { ...device, documentNumber: state.value.documentNumber };
}

/** Claims the one transaction that waits. */
export async function claimOnly(device: HeadlessDevice): Promise<SignedTransaction> {
  const listed = await listTransactions(device.client);
  if (!listed.ok) throw new Error(JSON.stringify(listed.failure));
  const [only] = listed.value;
  if (listed.value.length !== 1 || only === undefined) throw new Error(`${listed.value.length} transactions wait`);
  const claim = only.relyingPartyName === "" ? claimApplication : claimTransaction;
  const claimed = await claim(device.client, only.transactionId);
  if (!claimed.ok) throw new Error(JSON.stringify(claimed.failure));
  return forPin(claimed.value);
}

/** A transaction that a PIN answers. */
export function forPin(claimed: ClaimedTransaction): SignedTransaction {
  if (claimed.kind === "certificate-choice") throw new Error("no PIN answers a certificate choice");
  return claimed;
}

/** The account's object, for what no HTTP interface shows. */
export function accountStub(record: DeviceRecord | undefined) {
  if (record === undefined) throw new Error("no account");
  return env.ACCOUNTS.get(env.ACCOUNTS.idFromString(record.handle));
}
