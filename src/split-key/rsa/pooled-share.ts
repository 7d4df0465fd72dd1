// Server shares made ahead: (n2, d2) as an RSA-3072 key of WebCrypto. An enrolment takes one and does not wait.
import { fromBase64Url } from "../../protocol/encoding.ts";
import { HALF_LENGTH, HALF_MODULUS_BITS } from "./common.ts";
import { toBigInt, toFixedBytes } from "./modular-arithmetic.ts";
import { openRecord, sealRecord } from "../record.ts";

const KIND = "tally-rsa-pooled-share-1";

export interface PooledShare {
  readonly modulus: bigint;
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
}

/** 100–1000 ms. The bytes are secret and to be wrapped before they are stored. */
export async function generatePooledShare(): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: HALF_MODULUS_BITS,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const exported = (await crypto.subtle.exportKey("jwk", publicKey)) as { n?: string };
  const modulus = toBigInt(fromBase64Url(exported.n ?? "") ?? new Uint8Array());
  const secret = new Uint8Array((await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer);
  const record = sealRecord(KIND, toFixedBytes(modulus, HALF_LENGTH), secret);
  secret.fill(0);
  return record;
}

/** Undefined for anything but an intact pooled share. */
export function openPooledShare(record: Uint8Array): PooledShare | undefined {
  const [modulus, privateKey] = openRecord(KIND, record) ?? [];
  if (modulus?.length !== HALF_LENGTH || privateKey === undefined) return undefined;
  return { modulus: toBigInt(modulus), privateKey };
}
