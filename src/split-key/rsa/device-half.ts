// The device's half of suite `rsa`. Runs in browsers, Node and workerd alike; nothing but WebCrypto and BigInt.
// d1 exists here only while a key is made, and only in the Web Worker that is terminated afterwards: strings and BigInts
// cannot be overwritten, so ending the worker is what forgets it. Nothing here is stored; the caller keeps `stored` and the
// masked share and may write nothing else that depends on the share (law 1).
import { fromBase64Url } from "../../protocol/encoding.ts";
import { type DeviceHalf, transcript } from "../scheme.ts";
import { DEVICE_SHARE_LENGTH, HALF_LENGTH, HALF_MODULUS_BITS, encodeMessage, isCompositeLength } from "./common.ts";
import { powerModulo } from "./exponentiation.ts";
import { FixedBase } from "./fixed-base.ts";
import { PUBLIC_EXPONENT, bitLength, modularInverse, modulo, toBigInt, toFixedBytes } from "./modular-arithmetic.ts";
import { decodePublicKey } from "./public-key.ts";

/** `share`: d1', 400 bytes. `stored` and `device`: n1, 384 bytes. `secret`: d1'', 384 bytes. A contribution: 384 bytes. */
export const rsaDeviceHalf: DeviceHalf = {
  suite: "rsa",
  maskLength: DEVICE_SHARE_LENGTH,

  async generate(random) {
    const { modulus, totient } = await generateModulus();
    const exponent = modularInverse(PUBLIC_EXPONENT, totient);
    if (exponent === undefined) throw new Error("the generated RSA key does not fit its public exponent");
    // Every bit is drawn, the top ones too: a share with a bit that is known would let wrong PINs be told by it.
    const share = random(DEVICE_SHARE_LENGTH);
    const remainder = modulo(exponent - toBigInt(share), totient);
    if (remainder === 0n) throw new Error("d1'' is 0, which happens once in 2^3072 keys");
    const device = toFixedBytes(modulus, HALF_LENGTH);
    const secret = toFixedBytes(remainder, HALF_LENGTH);
    return { device, secret, finish: (answer) => (answer.length === 0 ? { share, stored: device } : undefined) };
  },

  // Whoever makes a signature modulo n makes one modulo n1, too: n2 may be anybody's.
  isPartOf(publicKey, stored) {
    const modulus = decodePublicKey(publicKey);
    if (modulus === undefined || stored.length !== HALF_LENGTH) return false;
    const own = toBigInt(stored);
    return isCompositeLength(bitLength(modulus)) && own !== 0n && modulus % own === 0n;
  },

  mask: exclusiveOr,
  unmask: exclusiveOr,

  prepare(input) {
    const { base, modulus } = toRaise(input);
    return new FixedBase(base, modulus, DEVICE_SHARE_LENGTH);
  },

  contribute({ stored, share, preparation, ...input }) {
    if (share.length !== DEVICE_SHARE_LENGTH) throw new RangeError("not a share of suite rsa");
    const { encoded, base, modulus } = toRaise({ stored, ...input });
    const prepared = preparation instanceof FixedBase && preparation.isOf(base, modulus) ? preparation : undefined;
    const contribution = prepared === undefined ? powerModulo(base, share, modulus) : prepared.power(share);
    return { contribution: toFixedBytes(contribution, HALF_LENGTH), transcript: transcript("rsa", input, encoded) };
  },
};

/** EM, the same as a number, and n1. */
function toRaise({ stored, message, offer }: Parameters<NonNullable<DeviceHalf["prepare"]>>[0]) {
  if (stored.length !== HALF_LENGTH) throw new RangeError("not a key of suite rsa");
  const encoded = encodeMessage(message, offer);
  if (encoded === undefined) throw new RangeError("the offer does not fit the message");
  return { encoded, base: toBigInt(encoded), modulus: toBigInt(stored) };
}

/** All 2^3200 streams unmask to a well-formed share, so no PIN can be thrown out by what it unmasks to. */
function exclusiveOr(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== DEVICE_SHARE_LENGTH || right.length !== DEVICE_SHARE_LENGTH) {
    throw new RangeError(`share and stream have ${DEVICE_SHARE_LENGTH} bytes`);
  }
  return left.map((byte, index) => byte ^ (right[index] ?? 0));
}

/** n1 and φ(n1) = (p − 1)(q − 1) of a new RSA key of WebCrypto. */
async function generateModulus(): Promise<{ modulus: bigint; totient: bigint }> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: HALF_MODULUS_BITS,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const { privateKey } = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const exported = (await crypto.subtle.exportKey("jwk", privateKey)) as { p?: string; q?: string };
  const [p, q] = [exported.p, exported.q].map((factor) => toBigInt(fromBase64Url(factor ?? "") ?? new Uint8Array()));
  if (!p || !q) throw new Error("WebCrypto exported an RSA key without its factors");
  return { modulus: p * q, totient: (p - 1n) * (q - 1n) };
}
