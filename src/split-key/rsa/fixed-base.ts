// `powerModulo` in two steps for the device: the powers of a base that is known early and no secret, and then, when the exponent is
// there, an eighth of the multiplications. A comb with several blocks (Lim and Lee, "More Flexible Exponentiation with Precomputation",
// CRYPTO '94). Which operations there are and in which order tells nothing of the exponent: every digit is worked through, 0 too.
import { modularArithmetic } from "./exponentiation.ts";
import { modulo } from "./modular-arithmetic.ts";

/** An exponent is cut into so many rows, and a digit has one bit of each: so a block has 2^8 powers. */
const ROWS = 8;
/** Tables. With n of them one squaring does for n digits. */
const BLOCKS = 4;

/** All powers that one base needs for exponents of one length; about 400 kB for 3072 bits. Nothing in it is secret. */
export class FixedBase {
  readonly #base: bigint;
  readonly #modulus: bigint;
  readonly #exponentLength: number;
  /** Exponents are cut into ROWS × BLOCKS pieces of that many bits; a row is BLOCKS of them, one for each block. */
  readonly #pieceBits: number;
  readonly #arithmetic: ReturnType<typeof modularArithmetic>;
  readonly #tables: readonly (readonly bigint[])[];

  /** `exponentLength`: in bytes. As long as `powerModulo` takes for the whole, about. Throws a RangeError for the same moduli. */
  constructor(base: bigint, modulus: bigint, exponentLength: number) {
    this.#base = base;
    this.#modulus = modulus;
    this.#exponentLength = exponentLength;
    this.#pieceBits = Math.ceil((exponentLength * 8) / (ROWS * BLOCKS));
    this.#arithmetic = modularArithmetic(modulus);
    const pieces = this.#piecePowers(this.#arithmetic.enter(modulo(base, modulus)));
    this.#tables = Array.from({ length: BLOCKS }, (_, block) =>
      this.#products(pieces.filter((__, piece) => piece % BLOCKS === block)),
    );
  }

  /** Whether it was made for these: of another message's powers no contribution may ever come. */
  isOf(base: bigint, modulus: bigint): boolean {
    return base === this.#base && modulus === this.#modulus;
  }

  /** base^exponent mod modulus. `exponent`: big-endian. Throws a RangeError for one of another length. */
  power(exponent: Uint8Array): bigint {
    if (exponent.length !== this.#exponentLength) throw new RangeError(`the exponent has ${this.#exponentLength} bytes`);
    const { one, reduce, leave } = this.#arithmetic;
    let power = one;
    for (let bit = this.#pieceBits - 1; bit >= 0; bit--) {
      power = reduce(power * power);
      for (const [block, table] of this.#tables.entries()) {
        power = reduce(power * (table[this.#digit(exponent, block, bit)] ?? one));
      }
    }
    return leave(power);
  }

  /** base^(2^(piece · pieceBits)) for each piece. */
  #piecePowers(base: bigint): readonly bigint[] {
    const { reduce } = this.#arithmetic;
    const powers = [base];
    for (let power = base; powers.length < ROWS * BLOCKS; powers.push(power)) {
      for (let squaring = 0; squaring < this.#pieceBits; squaring++) power = reduce(power * power);
    }
    return powers;
  }

  /** At each digit the product of the rows whose bits are set in it. */
  #products(rows: readonly bigint[]): readonly bigint[] {
    const { one, reduce } = this.#arithmetic;
    const table = [one];
    for (const row of rows) table.push(...table.map((product, digit) => (digit === 0 ? row : reduce(product * row))));
    return table;
  }

  /** One bit of each row: those at `bit` of the pieces of that block. */
  #digit(exponent: Uint8Array, block: number, bit: number): number {
    let digit = 0;
    for (let row = 0; row < ROWS; row++) digit |= bitOf(exponent, (row * BLOCKS + block) * this.#pieceBits + bit) << row;
    return digit;
  }
}

/** Counted from the lowest; 0 above the highest. */
const bitOf = (bytes: Uint8Array, position: number): number =>
  ((bytes[bytes.length - 1 - (position >> 3)] ?? 0) >> (position & 7)) & 1;
