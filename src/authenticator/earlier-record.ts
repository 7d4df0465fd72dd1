// Device records as earlier versions of Tally wrote them, read as this one keeps them. Nothing of a key is made anew or left out: what a
// device held before it still holds.
import type { Purpose } from "../account/purpose.ts";
import { toBase64Url } from "../protocol/encoding.ts";
import type { DeviceKey, DeviceRecord } from "./device-record.ts";

/** From the time when `rsa` was the only suite, and one key of each purpose all that there was. */
export interface EarlierRecord extends Omit<DeviceRecord, "keys" | "returnSecret"> {
  readonly keys: Readonly<Partial<Record<Purpose, Omit<DeviceKey, "purpose">>>>;
}

export function currentRecord(record: DeviceRecord | EarlierRecord): DeviceRecord {
  if (!isEarlier(record)) return record;
  const { auth, sign } = record.keys;
  return {
    ...record,
    keys: [
      ...(auth === undefined ? [] : [{ ...auth, purpose: "auth" } as const]),
      ...(sign === undefined ? [] : [{ ...sign, purpose: "sign" } as const]),
    ],
    // What was derived from this salt before an update has to be the same after it. Without a key nobody has signed anything.
    returnSecret: auth?.salt ?? toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
  };
}

const isEarlier = (record: DeviceRecord | EarlierRecord): record is EarlierRecord => !Array.isArray(record.keys);
