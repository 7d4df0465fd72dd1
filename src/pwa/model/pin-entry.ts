// The digits of the PIN that is being typed, in the one place where they are: an array that is overwritten. Never a string on the
// page: strings cannot be overwritten, and anything in the DOM can be read by extensions and screen readers.
import { PIN_LENGTHS } from "../../split-key/pin-rules.ts";

const CAPACITY = Math.max(PIN_LENGTHS.auth.most, PIN_LENGTHS.sign.most);
const ZERO = 0x30;

export class PinEntry {
  readonly #digits: Uint8Array;
  #length = 0;

  /** `digits`: where they are kept, as many bytes as the longest PIN has digits. */
  constructor(digits = new Uint8Array(CAPACITY)) {
    this.#digits = digits;
  }

  get length(): number {
    return this.#length;
  }

  /** `digit`: 0 to 9. What does not fit is not taken, and nothing else is. */
  press(digit: number): void {
    if (!Number.isInteger(digit) || digit < 0 || digit > 9 || this.#length === CAPACITY) return;
    this.#digits[this.#length] = ZERO + digit;
    this.#length++;
  }

  erase(): void {
    if (this.#length === 0) return;
    this.#length--;
    this.#digits[this.#length] = 0;
  }

  /** The digits in ASCII, in a buffer of their own that the caller transfers or overwrites. Here they are gone. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#digits.subarray(0, this.#length));
    this.clear();
    return taken;
  }

  clear(): void {
    this.#digits.fill(0);
    this.#length = 0;
  }
}
