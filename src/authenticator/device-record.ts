// Everything that the device ever writes to storage. None of it depends on an unmasked share: a thief who has every byte
// that was ever written, the channel keys and the OTP included, cannot tell a right PIN from a wrong one.
import type { Purpose, Suite } from "../account/purpose.ts";
import type { EcPublicKey } from "../protocol/ec-public-key.ts";
import type { Operation } from "../protocol/device-messages.ts";
import { fromBase64Url } from "../protocol/encoding.ts";

/** All byte strings in base64url. */
export interface DeviceRecord {
  readonly handle: string;
  /** 32 bytes each. */
  readonly deviceToServer: string;
  readonly serverToDevice: string;
  /** The server's published key for second envelopes. */
  readonly encryptionKey: EcPublicKey;
  /** SHA-256 of the handshake's transcript. */
  readonly transcriptHash: string;
  readonly oneTimePassword: string;
  /** The request that may be under way: written before it is sent, removed with its answer. */
  readonly pending?: PendingRequest;
  /** Of each purpose and suite the newest is the last; an older one stays until the server says that the newer one stands. */
  readonly keys: readonly DeviceKey[];
  /**
   * 32 random bytes that no server hears of: what proves to a relying party's page that the person who returns has just signed is derived
   * from them. Of no key, since keys may be replaced between a signature and the return.
   */
  readonly returnSecret: string;
  /** Undefined before the identity is proven. */
  readonly owner: Owner | undefined;
  /** The passkey under which every share lies besides its mask; missing where the mask is alone. */
  readonly passkey?: Passkey;
}

/** What asks a passkey for its PRF output (WebAuthn Level 3, 10.1.4): no secret, and of no use without the passkey. */
export interface Passkey {
  readonly credentialId: string;
  /** 32 random bytes of this record's own: another account's output of the same passkey is another one. */
  readonly salt: string;
}

/** Whose account it is: shown on the device, and no PIN may be made of it. */
export interface Owner {
  readonly givenName: string;
  readonly surname: string;
  readonly semanticsIdentifier: string;
  /** `YYYY-MM-DD`, where the person stated it: not every country's code tells it. */
  readonly dateOfBirth?: string;
}

/** Never the body, never an envelope: those hold contributions. */
export interface PendingRequest {
  readonly requestId: string;
  readonly operation: Operation;
  /** Of a device link its sessionToken. Empty where the operation has none. */
  readonly transactionId: string;
  readonly oneTimePassword: string;
}

/** Purpose and version name one key of an account; the suite says what is made of it. */
export interface KeyName {
  readonly purpose: Purpose;
  readonly suite: Suite;
  readonly keyVersion: number;
}

export interface DeviceKey extends KeyName {
  /** 32 random bytes of this key's own. */
  readonly salt: string;
  /** Of PBKDF2, so that keys to come can have more. 210 000 in a record that does not say. */
  readonly iterations?: number | undefined;
  /** What the suite keeps in the clear. `rsa`: the device's modulus; `ed25519`: the public key of both halves. */
  readonly stored: string;
  /** The share under the PIN's stream. Empty in a record whose passkey wraps it: never there beside `wrapped`. */
  readonly masked: string;
  /** `masked`, encrypted under the passkey's key; see passkey-wrap.ts. Apps from before it find no share, and pay no attempt for that. */
  readonly wrapped?: string;
}

/** Where the record lives: a file, a browser's database. `write` resolves when the record would survive a crash. */
export interface DeviceStorage {
  read(): Promise<DeviceRecord | undefined>;
  write(record: DeviceRecord): Promise<void>;
  remove(): Promise<void>;
  /** One at a time, over all tabs and processes that share the record: nobody clones themselves. `work` must not call it again. */
  exclusively<Value>(work: () => Promise<Value>): Promise<Value>;
}

/** The key that a server names; undefined where it is not on this device. */
export const keyNamed = ({ keys }: DeviceRecord, name: KeyName): DeviceKey | undefined => keys.find((key) => isKey(key, name));

export const isKey = (left: KeyName, right: KeyName): boolean =>
  left.purpose === right.purpose && left.suite === right.suite && left.keyVersion === right.keyVersion;

/** A byte string of the record. Throws where the record was damaged. */
export function storedBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new Error("the device record is damaged");
  return bytes;
}
