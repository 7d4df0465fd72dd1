// A new account, in the order that the scheme asks for: channel, identity, PINs, keys of both purposes with their proofs,
// the application signed with PIN2 typed again; only then certificates. Every step can be repeated after an interruption.
import type { Purpose, Suite } from "../account/purpose.ts";
import { PURPOSES, SUITES } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { completeHandshake, generateHandshakeKey } from "../channel/handshake.ts";
import { publicKeyOf } from "../protocol/ec-public-key.ts";
import { toBase64Url } from "../protocol/encoding.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import type { DeviceKey, DeviceStorage } from "./device-record.ts";
import { type KeyMakingStep, makeKey } from "./key-making.ts";
import { type Pin, randomBytes } from "./pin-key.ts";
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

export type EnrolmentStep = KeyMakingStep | { readonly step: "proven" };

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
    const hasKeys = there !== undefined && there.keys.length > 0;
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
      keys: [],
      returnSecret: toBase64Url(randomBytes(32)),
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
 * Keys of both purposes in every suite that the server asks for, each proven once. What an earlier run left is thrown away here and by the
 * server: its PINs may have been others. `iterations`: of PBKDF2, where the PINs are no secret.
 */
export async function makeKeys(
  client: ChannelClient,
  pins: Readonly<Record<Purpose, Pin>>,
  progress: (step: EnrolmentStep) => void = () => {},
  iterations?: number,
): Promise<Result<undefined, ChannelFailure>> {
  const state = await client.call("getKeyState", () => ({}));
  if (!state.ok) return state;
  const grant = randomBytes(32);
  for (const purpose of PURPOSES) {
    for (const suite of inOrder(state.value.suites)) {
      const wanted = { purpose, suite, pin: pins[purpose], iterations, grant, keep: inPlaceOfEarlier };
      const made = await makeKey(client, wanted, progress);
      if (!made.ok) return made;
    }
  }
  progress({ step: "proven" });
  return success(undefined);
}

/** The main suite first, whatever the order of the server's list: it takes longest, and progress is told by it. */
const inOrder = (wanted: readonly Suite[]): readonly Suite[] => SUITES.filter((suite) => wanted.includes(suite));

/** Nothing stands yet that an earlier key of the same kind could be for. */
const inPlaceOfEarlier = (keys: readonly DeviceKey[], made: DeviceKey): readonly DeviceKey[] => [
  ...keys.filter(({ purpose, suite }) => purpose !== made.purpose || suite !== made.suite),
  made,
];
