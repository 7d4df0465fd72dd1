// The second wrap of the shares: what the PIN masks is encrypted once more, under a key that only the person's passkey gives (WebAuthn's
// PRF extension). AES-GCM tells a right passkey from a wrong one, and nothing about a PIN: what it opens is a masked share as before, which
// every PIN unmasks. Never the other way round, since whoever opened a mask around it could test PINs.
import { failed, type Result, success } from "../account/result.ts";
import { concatBytes, lengthPrefixed, toBase64Url, utf8 } from "../protocol/encoding.ts";
import { type DeviceKey, type DeviceRecord, type DeviceStorage, type Passkey, storedBytes } from "./device-record.ts";
import { randomBytes } from "./pin-key.ts";

/** Of what a passkey gives for one salt, in bytes. */
export const PRF_OUTPUT_LENGTH = 32;
const IV_LENGTH = 12;

/** Thrown where a share is wanted, and its passkey was not used or is another one. Nothing was sent and no attempt paid. */
export class PasskeyNeeded extends Error {
  override name = "PasskeyNeeded";
}

export class PasskeyWrap {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** `output`: what the passkey gave; it is overwritten here. Throws a RangeError where it has another length than any passkey gives. */
  static async of(output: Uint8Array<ArrayBuffer>): Promise<PasskeyWrap> {
    try {
      if (output.length !== PRF_OUTPUT_LENGTH) throw new RangeError(`a passkey gives ${PRF_OUTPUT_LENGTH} bytes`);
      const secret = await crypto.subtle.importKey("raw", output, "HKDF", false, ["deriveKey"]);
      const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("tally-passkey-wrap-1") };
      const algorithm = { name: "AES-GCM", length: 256 };
      return new PasskeyWrap(await crypto.subtle.deriveKey(derivation, secret, algorithm, false, ["encrypt", "decrypt"]));
    } finally {
      output.fill(0);
    }
  }

  async wrap(record: DeviceRecord, key: DeviceKey): Promise<DeviceKey> {
    const iv = randomBytes(IV_LENGTH);
    const algorithm = { name: "AES-GCM", iv, additionalData: boundTo(record, key) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, this.#key, storedBytes(key.masked)));
    return { ...key, masked: "", wrapped: toBase64Url(concatBytes(iv, sealed)) };
  }

  /** With its mask alone. Throws `PasskeyNeeded` where it is another passkey's, another key's, or not wrapped. */
  async open(record: DeviceRecord, { wrapped, ...key }: DeviceKey): Promise<DeviceKey> {
    if (wrapped === undefined) throw new PasskeyNeeded("the share is under no passkey");
    const bytes = storedBytes(wrapped);
    const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, IV_LENGTH), additionalData: boundTo(record, key) };
    const opened = await crypto.subtle.decrypt(algorithm, this.#key, bytes.subarray(IV_LENGTH)).catch(() => undefined);
    if (opened === undefined) throw new PasskeyNeeded("the share is not under this passkey");
    return { ...key, masked: toBase64Url(new Uint8Array(opened)) };
  }
}

/**
 * What is moved to another key or another account does not open, nor what lies beside another public part or another work of the PIN: else
 * whoever writes the profile, and cannot read the share, would have it used with a modulus of their own.
 */
const boundTo = (
  { handle }: DeviceRecord,
  { purpose, suite, keyVersion, salt, iterations, stored }: DeviceKey,
): Uint8Array<ArrayBuffer> =>
  lengthPrefixed("tally-wrapped-share-1", handle, purpose, suite, keyVersion, salt, iterations ?? "", stored);

/**
 * The storage of work with shares: the engine reads them under their masks alone, and whatever it writes is under the passkey as before,
 * new keys too. Of a record without a passkey nothing changes. `wrap`: undefined where no passkey was used.
 */
export class PasskeyStorage implements DeviceStorage {
  readonly #inner: DeviceStorage;
  readonly #wrap: PasskeyWrap | undefined;
  /** As they lie in the record: what did not change is written as it was read. */
  readonly #stored = new WeakMap<DeviceKey, DeviceKey>();

  constructor(inner: DeviceStorage, wrap: PasskeyWrap | undefined) {
    this.#inner = inner;
    this.#wrap = wrap;
  }

  /** Throws `PasskeyNeeded` before anything can be done that needs a share. */
  async read(): Promise<DeviceRecord | undefined> {
    const record = await this.#inner.read();
    if (record?.passkey === undefined) return record;
    return { ...record, keys: await Promise.all(record.keys.map((key) => this.#open(record, key))) };
  }

  async write(record: DeviceRecord): Promise<void> {
    if (record.passkey === undefined) return this.#inner.write(record);
    await this.#inner.write({ ...record, keys: await Promise.all(record.keys.map((key) => this.#close(record, key))) });
  }

  remove(): Promise<void> {
    return this.#inner.remove();
  }

  exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#inner.exclusively(work);
  }

  async #open(record: DeviceRecord, key: DeviceKey): Promise<DeviceKey> {
    if (this.#wrap === undefined) throw new PasskeyNeeded("no passkey was used");
    const opened = await this.#wrap.open(record, key);
    this.#stored.set(opened, key);
    return opened;
  }

  async #close(record: DeviceRecord, key: DeviceKey): Promise<DeviceKey> {
    const stored = this.#stored.get(key);
    if (stored !== undefined) return stored;
    if (this.#wrap === undefined) throw new PasskeyNeeded("no passkey was used");
    return this.#wrap.wrap(record, key);
  }
}

/** For whoever writes records without a passkey at hand: a share that has one never lies in storage under its mask alone. */
export function refuseUnwrapped({ passkey, keys }: DeviceRecord): void {
  if (passkey !== undefined && keys.some(({ masked, wrapped }) => masked !== "" || wrapped === undefined))
    throw new PasskeyNeeded("a share without its passkey");
}

export type PasskeyChangeFailure =
  | { readonly code: "no_account" }
  /** Another passkey is there, or none is: another window was first. */
  | { readonly code: "passkey_changed" };

/**
 * From now on the shares open with this passkey alone, in one write: the record never holds both forms. Whether the passkey gives the
 * same output every time was proven before, since from here there is no way back without it.
 */
export function addPasskey(
  storage: DeviceStorage,
  passkey: Passkey,
  wrap: PasskeyWrap,
): Promise<Result<undefined, PasskeyChangeFailure>> {
  return storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) return failed({ code: "no_account" });
    if (record.passkey !== undefined) return failed({ code: "passkey_changed" });
    const keys = await Promise.all(record.keys.map((key) => wrap.wrap(record, key)));
    await storage.write({ ...record, keys, passkey });
    return success(undefined);
  });
}

/** Back to the mask alone. Throws `PasskeyNeeded` where this is not the passkey. */
export function removePasskey(storage: DeviceStorage, wrap: PasskeyWrap): Promise<Result<undefined, PasskeyChangeFailure>> {
  return storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) return failed({ code: "no_account" });
    const { passkey, ...rest } = record;
    if (passkey === undefined) return failed({ code: "passkey_changed" });
    const keys = await Promise.all(record.keys.map((key) => wrap.open(record, key)));
    await storage.write({ ...rest, keys });
    return success(undefined);
  });
}
