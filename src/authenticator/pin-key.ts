// The one place where a PIN meets a share: unmask, contribute, overwrite. The unmasked share lives for one call.
import type { Purpose } from "../account/purpose.ts";
import { sealSecondEnvelope } from "../channel/second-envelope.ts";
import { toBase64Url } from "../protocol/encoding.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import { PIN_ITERATIONS, PIN_SALT_LENGTH, pinStream } from "../split-key/pin-mask.ts";
import type { DeviceHalf, TranscriptInput } from "../split-key/scheme.ts";
import { type DeviceKey, type DeviceRecord, storedBytes } from "./device-record.ts";

/** Digits in ASCII; the caller overwrites them when the last use is over. */
export type Pin = Uint8Array<ArrayBuffer>;

export interface Envelope {
  readonly requestId: string;
  readonly operation: string;
  readonly subject: string;
}

/** The key's mask: as secret as the PIN, and slow to compute. Whoever keeps it for a second use overwrites it. */
type PinStream = Uint8Array<ArrayBuffer>;

export interface NewKey {
  readonly key: DeviceKey;
  readonly device: Uint8Array;
  readonly secret: Uint8Array;
  /** For the proof that follows. */
  readonly stream: PinStream;
}

/** A new share under a PIN, and what goes to the server. Any PIN will do: nothing here can tell a right one. */
export async function makeKey(
  half: DeviceHalf,
  purpose: Purpose,
  keyVersion: number,
  pin: Pin,
  iterations = PIN_ITERATIONS,
): Promise<NewKey> {
  const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
  const salt = random(PIN_SALT_LENGTH);
  const { share, stored, device, secret } = await half.generate(random);
  const stream = await pinStream({ pin, salt, purpose, suite: half.suite, keyVersion, length: half.maskLength, iterations });
  const masked = half.mask(share, stream);
  share.fill(0);
  const key: DeviceKey = {
    suite: half.suite,
    keyVersion,
    salt: toBase64Url(salt),
    iterations,
    stored: toBase64Url(stored),
    masked: toBase64Url(masked),
  };
  return { key, device, secret, stream };
}

/** The contribution and its transcript, sealed for one request. It is never written to storage. */
export async function sealContribution(
  record: DeviceRecord,
  key: DeviceKey,
  pin: Pin,
  input: TranscriptInput,
  envelope: Envelope,
): Promise<string> {
  const { purpose, keyVersion } = input;
  const { suite, salt, iterations } = key;
  const length = deviceHalves[suite].maskLength;
  const stream = await pinStream({ pin, salt: storedBytes(salt), purpose, suite, keyVersion, length, iterations });
  const sealed = await sealWithStream(record, key, stream, input, envelope);
  stream.fill(0);
  return sealed;
}

/** The same with the stream of the key's PIN, which the caller overwrites. */
export async function sealWithStream(
  record: DeviceRecord,
  key: DeviceKey,
  stream: PinStream,
  input: TranscriptInput,
  envelope: Envelope,
): Promise<string> {
  const half = deviceHalves[key.suite];
  const share = half.unmask(storedBytes(key.masked), stream);
  const { contribution, transcript } = half.contribute({ ...input, stored: storedBytes(key.stored), share });
  share.fill(0);
  const sealed = await sealSecondEnvelope(
    record.encryptionKey,
    { handle: record.handle, ...envelope },
    { contribution, transcript },
  );
  contribution.fill(0);
  return sealed;
}
