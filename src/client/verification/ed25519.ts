// Ed25519 signatures (RFC 8032 §5.1.7), by WebCrypto. The public key is looked at here: one of small order, by which everything is
// signed, is refused by some platforms and taken by others (Node 20 and Deno 2.9 among them).
import type { X509Certificate } from "@peculiar/x509";

const SIGNATURE_LENGTH = 64;
/** DER of a SubjectPublicKeyInfo up to the key (RFC 8410 §4): one form and no other, without parameters. */
const KEY_INFO = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const KEY_LENGTH = 32;
const PRIME = 2n ** 255n - 19n;
/** Of two of the points of order 8; the other two have its negative. */
const OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** The y-coordinates of the eight points of small order. With such a "key" everybody signs, and one signature is good for many texts. */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, PRIME - 1n, OF_ORDER_8, PRIME - OF_ORDER_8]);

/** 32 bytes. Undefined for a key of another kind, one of small order, and one that is not written as RFC 8032 §5.1.2 writes it. */
export function ed25519KeyOf({ publicKey }: X509Certificate): Uint8Array<ArrayBuffer> | undefined {
  const info = new Uint8Array(publicKey.rawData);
  const isOfKind = info.length === KEY_INFO.length + KEY_LENGTH && KEY_INFO.every((byte, index) => info[index] === byte);
  if (!isOfKind) return undefined;
  const key = info.slice(KEY_INFO.length);
  const y = littleEndian(key) & (2n ** 255n - 1n);
  return y < PRIME && !SMALL_ORDER.has(y) ? key : undefined;
}

const littleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((number, byte) => number * 256n + BigInt(byte), 0n);

/** Whether the signature is over exactly these bytes. Undefined where this runtime's WebCrypto has no Ed25519. */
export async function verifiesEd25519(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean | undefined> {
  if (signature.length !== SIGNATURE_LENGTH) return false;
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch (error) {
    if (error instanceof Error && error.name === "NotSupportedError") return undefined;
    // Not the encoding of a point, on platforms that look at it so early.
    return false;
  }
}
