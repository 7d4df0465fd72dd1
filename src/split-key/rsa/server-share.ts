// What the server keeps of one key pair: n1 and d1'' of the device, its own (n2, d2), and the coefficient that joins them.
import { HALF_LENGTH } from "./common.ts";
import { toBigInt, toFixedBytes } from "./modular-arithmetic.ts";
import { openRecord, sealRecord } from "../record.ts";

const KIND = "tally-rsa-server-share-1";

export interface ServerShare {
  /** n1. */
  readonly deviceModulus: bigint;
  /** d1'', 384 bytes. */
  readonly deviceExponent: Uint8Array;
  /** n2. */
  readonly serverModulus: bigint;
  /** n2^-1 mod n1. */
  readonly coefficient: bigint;
  /** (n2, d2) as PKCS#8, DER. */
  readonly privateKey: Uint8Array;
}

export function sealServerShare(share: ServerShare): Uint8Array<ArrayBuffer> {
  return sealRecord(
    KIND,
    toFixedBytes(share.deviceModulus, HALF_LENGTH),
    share.deviceExponent,
    toFixedBytes(share.serverModulus, HALF_LENGTH),
    toFixedBytes(share.coefficient, HALF_LENGTH),
    share.privateKey,
  );
}

/** Undefined for anything but an intact server share. */
export function openServerShare(record: Uint8Array): ServerShare | undefined {
  const [deviceModulus, deviceExponent, serverModulus, coefficient, privateKey] = openRecord(KIND, record) ?? [];
  if (deviceModulus?.length !== HALF_LENGTH || deviceExponent?.length !== HALF_LENGTH) return undefined;
  if (serverModulus?.length !== HALF_LENGTH || coefficient?.length !== HALF_LENGTH || privateKey === undefined) return undefined;
  return {
    deviceModulus: toBigInt(deviceModulus),
    deviceExponent,
    serverModulus: toBigInt(serverModulus),
    coefficient: toBigInt(coefficient),
    privateKey,
  };
}
