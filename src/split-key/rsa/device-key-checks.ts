// What the server refuses of a device's n1 and d1''. It cannot see that n1 is a product of two good primes; it refuses what
// an honest device never sends. Whoever chooses a weak n1 weakens the half that only their own PIN protects.
import { HALF_LENGTH } from "./common.ts";
import { greatestCommonDivisor, toBigInt } from "./modular-arithmetic.ts";
import { decodePublicKey } from "./public-key.ts";

/** No RSA modulus of an honest device has a prime factor below this. */
const SMALLEST_FACTOR = 10_000;

/** n1 and d1'' as numbers; undefined unless both have their fixed length and 0 < d1'' < n1. */
export function parseDeviceKey(device: Uint8Array, secret: Uint8Array): { modulus: bigint; exponent: bigint } | undefined {
  if (device.length !== HALF_LENGTH || secret.length !== HALF_LENGTH) return undefined;
  const modulus = toBigInt(device);
  const exponent = toBigInt(secret);
  return exponent > 0n && exponent < modulus ? { modulus, exponent } : undefined;
}

/**
 * n1 is odd, without a small factor, and shares no factor with an earlier key of the account: a shared factor would be
 * revealed by the two public keys. `earlierPublicKeys` of other suites are passed over.
 */
export function isAcceptableModulus(modulus: bigint, earlierPublicKeys: readonly Uint8Array[]): boolean {
  if (greatestCommonDivisor(modulus, productOfSmallPrimes()) !== 1n) return false;
  return earlierPublicKeys.every((publicKey) => {
    const earlier = decodePublicKey(publicKey);
    return earlier === undefined || greatestCommonDivisor(modulus, earlier) === 1n;
  });
}

let smallPrimes: bigint | undefined;

/** Two among them, so that an even modulus is refused here. */
function productOfSmallPrimes(): bigint {
  if (smallPrimes !== undefined) return smallPrimes;
  const composite = new Uint8Array(SMALLEST_FACTOR);
  let product = 1n;
  for (let candidate = 2; candidate < SMALLEST_FACTOR; candidate++) {
    if (composite[candidate] === 1) continue;
    product *= BigInt(candidate);
    for (let multiple = candidate * candidate; multiple < SMALLEST_FACTOR; multiple += candidate) composite[multiple] = 1;
  }
  return (smallPrimes = product);
}
