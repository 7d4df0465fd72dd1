// The one place where a PIN meets a share: unmask, contribute, overwrite. The unmasked share lives for one call.
import { sealSecondEnvelope } from "../channel/second-envelope.ts";
import { toBase64Url } from "../protocol/encoding.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import { PIN_ITERATIONS, PIN_SALT_LENGTH, pinStream } from "../split-key/pin-mask.ts";
import type { DeviceHalf, HalfMadeKey, Preparation, RandomBytes, TranscriptInput } from "../split-key/scheme.ts";
import { Unanswerable } from "./channel-client.ts";
import { type DeviceKey, type DeviceRecord, type KeyName, storedBytes } from "./device-record.ts";

/** Digits in ASCII; the caller overwrites them when the last use is over. */
export type Pin = Uint8Array<ArrayBuffer>;

export interface Envelope {
  readonly requestId: string;
  readonly operation: string;
  readonly subject: string;
  /** Goes into the envelope beside the contribution. */
  readonly grant?: Uint8Array | undefined;
}

/** Purpose and version of the key stand with the key. */
export interface ToContribute extends Omit<TranscriptInput, "purpose" | "keyVersion"> {
  readonly preparation?: Preparation | undefined;
}

/** The key's mask: as secret as the PIN, and slow to compute. Whoever keeps it for a second use overwrites it. */
type PinStream = Uint8Array<ArrayBuffer>;

/** What a new key is masked with. */
export interface NewMask {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly stream: PinStream;
}

export const randomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** Any PIN will do: nothing here can tell a right one. */
export async function makeMask({ purpose, suite, keyVersion }: KeyName, pin: Pin, iterations = PIN_ITERATIONS): Promise<NewMask> {
  const salt = randomBytes(PIN_SALT_LENGTH);
  const length = deviceHalves[suite].maskLength;
  return { salt, iterations, stream: await pinStream({ pin, salt, purpose, suite, keyVersion, length, iterations }) };
}

/** A new share under its mask, once: it is overwritten here. */
export function maskShare(
  { purpose, suite, keyVersion }: KeyName,
  { share, stored }: NonNullable<ReturnType<HalfMadeKey["finish"]>>,
  { salt, iterations, stream }: NewMask,
): DeviceKey {
  const masked = deviceHalves[suite].mask(share, stream);
  share.fill(0);
  return {
    purpose,
    suite,
    keyVersion,
    salt: toBase64Url(salt),
    iterations,
    stored: toBase64Url(stored),
    masked: toBase64Url(masked),
  };
}

/** The contribution and its transcript, sealed for one request. It is never written to storage. */
export async function sealContribution(
  record: DeviceRecord,
  key: DeviceKey,
  pin: Pin,
  input: ToContribute,
  envelope: Envelope,
): Promise<string> {
  const { purpose, suite, keyVersion, salt, iterations } = key;
  const length = deviceHalves[suite].maskLength;
  const stream = await pinStream({ pin, salt: storedBytes(salt), purpose, suite, keyVersion, length, iterations });
  try {
    return await sealWithStream(record, key, stream, input, envelope);
  } finally {
    stream.fill(0);
  }
}

/** The same with the stream of the key's PIN, which the caller overwrites. */
export async function sealWithStream(
  record: DeviceRecord,
  key: DeviceKey,
  stream: PinStream,
  input: ToContribute,
  { grant, ...binding }: Envelope,
): Promise<string> {
  const { purpose, suite, keyVersion } = key;
  const half = deviceHalves[suite];
  const share = half.unmask(storedBytes(key.masked), stream);
  const stored = storedBytes(key.stored);
  const { contribution, transcript } = contribute(half, { ...input, purpose, keyVersion, stored, share, random: randomBytes });
  const sealed = await sealSecondEnvelope(
    record.encryptionKey,
    { handle: record.handle, ...binding },
    { contribution, transcript, ...(grant !== undefined && { grant }) },
  );
  contribution.fill(0);
  return sealed;
}

/** Overwrites the share. What the server offered is as hostile as anything. */
function contribute(half: DeviceHalf, input: Parameters<DeviceHalf["contribute"]>[0]): ReturnType<DeviceHalf["contribute"]> {
  try {
    return half.contribute(input);
  } catch (error) {
    throw error instanceof RangeError ? new Unanswerable("the offer does not fit the message", { cause: error }) : error;
  } finally {
    input.share.fill(0);
  }
}
