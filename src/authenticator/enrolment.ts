// A new account, in the order that the scheme asks for: channel, identity, PINs, keys of both purposes with their proofs,
// the application signed with PIN2 typed again; only then certificates. Every step can be repeated after an interruption.
import type { Purpose, Suite } from "../account/purpose.ts";
import { PURPOSES } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { completeHandshake, generateHandshakeKey } from "../channel/handshake.ts";
import { sealSecondEnvelope } from "../channel/second-envelope.ts";
import { publicKeyOf } from "../protocol/ec-public-key.ts";
import { toBase64Url } from "../protocol/encoding.ts";
import { proofMessage } from "../protocol/proof-message.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import type { DeviceKey, DeviceStorage } from "./device-record.ts";
import { makeKey, type NewKey, type Pin, sealWithStream } from "./pin-key.ts";
import { fetchSigningKey, postHandshake, postIdentityProof, type Refusal, type ServerConnection } from "./server-connection.ts";

/** What the self-asserted method takes. */
export interface SelfAssertedIdentity {
  readonly givenName: string;
  readonly surname: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly personalCode: string;
  /** `YYYY-MM-DD`; for countries whose code does not tell. */
  readonly dateOfBirth?: string;
  readonly level: "ADVANCED" | "QUALIFIED";
  /** Four of `0-9A-Z`: asks for this suffix of the document number, which the server gives where it is free. */
  readonly documentSuffix?: string;
}

export type EnrolmentStep =
  { readonly step: "generating" | "joining" | "proving"; readonly purpose: Purpose } | { readonly step: "proven" };

/**
 * Opens the channel of a new account. A record without keys is replaced, its account left behind; one with keys may have become
 * active in another window meanwhile, and nothing brings keys back: it is replaced only where `replacing` is its handle.
 */
export async function openAccount(
  server: ServerConnection,
  storage: DeviceStorage,
  { replacing }: { readonly replacing?: string | undefined } = {},
): Promise<Result<undefined, "not_authentic" | "account_in_use">> {
  return storage.exclusively(async () => {
    const there = await storage.read();
    const hasKeys = there !== undefined && Object.keys(there.keys).length > 0;
    if (hasKeys && there.handle !== replacing) return failed("account_in_use");
    const own = await generateHandshakeKey();
    const signingKey = await fetchSigningKey(server);
    const deviceKey = publicKeyOf((await crypto.subtle.exportKey("jwk", own.publicKey)) as JsonWebKey);
    const opened = await completeHandshake({ own, signingKey, signedTranscript: await postHandshake(server, deviceKey) });
    if (opened === undefined) return failed("not_authentic");
    const { handle, keys, transcriptHash, encryptionKey } = opened;
    await storage.write({
      handle,
      deviceToServer: toBase64Url(keys.deviceToServer),
      serverToDevice: toBase64Url(keys.serverToDevice),
      encryptionKey,
      transcriptHash,
      oneTimePassword: keys.firstOneTimePassword,
      keys: {},
      owner: undefined,
    });
    return success(undefined);
  });
}

/** Says who the person is; the proof names the channel's transcript. Undefined for success. */
export async function assertIdentity(
  server: ServerConnection,
  storage: DeviceStorage,
  identity: SelfAssertedIdentity,
): Promise<Refusal | undefined> {
  return storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) throw new Error("an identity without a channel");
    const { handle, transcriptHash } = record;
    const refusal = await postIdentityProof(server, "self-asserted", { handle, transcriptHash, ...identity });
    if (refusal !== undefined) return refusal;
    const { givenName, surname, country, personalCode, dateOfBirth } = identity;
    const semanticsIdentifier = `PNO${country}-${personalCode}`;
    const owner = { givenName, surname, semanticsIdentifier, ...(dateOfBirth !== undefined && { dateOfBirth }) };
    await storage.write({ ...record, owner });
    return undefined;
  });
}

/**
 * Keys of both purposes, each proven once. Keys that an earlier run left half made are thrown away by the server. `iterations`: of
 * PBKDF2, where the PINs are no secret.
 */
export async function makeKeys(
  client: ChannelClient,
  pins: Readonly<Record<Purpose, Pin>>,
  progress: (step: EnrolmentStep) => void = () => {},
  iterations?: number,
): Promise<Result<undefined, ChannelFailure>> {
  for (const purpose of PURPOSES) {
    const made = await makeKeyPair(client, "rsa", purpose, pins[purpose], progress, iterations);
    if (!made.ok) return made;
  }
  progress({ step: "proven" });
  return success(undefined);
}

async function makeKeyPair(
  client: ChannelClient,
  suite: Suite,
  purpose: Purpose,
  pin: Pin,
  progress: (step: EnrolmentStep) => void,
  iterations: number | undefined,
): Promise<Result<undefined, ChannelFailure>> {
  const half = deviceHalves[suite];
  const initiated = await client.call("initiateKey", () => ({ purpose, suite }));
  if (!initiated.ok) return initiated;
  const { keyVersion } = initiated.value;
  progress({ step: "generating", purpose });
  const made = await makeKey(half, purpose, keyVersion, pin, iterations);
  try {
    return await joinAndProve(client, purpose, made, progress);
  } finally {
    made.secret.fill(0);
    made.stream.fill(0);
  }
}

async function joinAndProve(
  client: ChannelClient,
  purpose: Purpose,
  { key, device, secret, stream }: NewKey,
  progress: (step: EnrolmentStep) => void,
): Promise<Result<undefined, ChannelFailure>> {
  const { keyVersion } = key;
  progress({ step: "joining", purpose });
  const subject = `${purpose}:${keyVersion}`;
  const joined = await client.call("submitClient2ndPart", async ({ handle, encryptionKey }, requestId) => {
    const binding = { handle, requestId, operation: "submitClient2ndPart", subject };
    const envelope = await sealSecondEnvelope(encryptionKey, binding, { secret });
    return { purpose, keyVersion, device: toBase64Url(device), envelope };
  });
  // The server has it now, and this device must not: it would be the whole exponent beside the stream.
  secret.fill(0);
  if (!joined.ok) return joined;
  // Before the proof: its answer may be lost, and the server then holds a proven key that this device must be able to use.
  await keepKey(client.storage, purpose, key);

  progress({ step: "proving", purpose });
  const { nonce, offer } = joined.value.proof;
  const proven = await client.call("provePossession", async (record, requestId) => {
    const message = proofMessage({ operation: "provePossession", handle: record.handle, purpose, keyVersion, nonce });
    const input = { operation: "provePossession", purpose, keyVersion, message, offer };
    const envelope = await sealWithStream(record, key, stream, input, { requestId, operation: "provePossession", subject });
    return { purpose, keyVersion, envelope };
  });
  return proven.ok ? success(undefined) : proven;
}

async function keepKey(storage: DeviceStorage, purpose: Purpose, key: DeviceKey): Promise<void> {
  await storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) throw new Error("a key without an account");
    await storage.write({ ...record, keys: { ...record.keys, [purpose]: key } });
  });
}
