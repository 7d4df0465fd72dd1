// PINs between the moment that they were typed and the job that they are for, each under a name. Nowhere else, never written down, and
// overwritten when they are not wanted any more.
import { equalBytes } from "../../protocol/encoding.ts";

export class KeptPins<Name extends string> {
  readonly #pins = new Map<Name, Uint8Array<ArrayBuffer>>();

  set(name: Name, pin: Uint8Array<ArrayBuffer>): void {
    this.forget(name);
    this.#pins.set(name, pin);
  }

  has(name: Name): boolean {
    return this.#pins.has(name);
  }

  matches(name: Name, repeated: Uint8Array): boolean {
    const kept = this.#pins.get(name);
    return kept !== undefined && equalBytes(kept, repeated);
  }

  /** One of its digits in ASCII, for the screen that shows a PIN that was drawn. */
  byteOf(name: Name, place: number): number | undefined {
    return this.#pins.get(name)?.[place];
  }

  /** For one job; the key worker overwrites it. */
  copyOf(name: Name): ArrayBuffer | undefined {
    return this.#pins.get(name)?.slice().buffer;
  }

  /** Once: here it is gone. */
  takeOne(name: Name): ArrayBuffer | undefined {
    const pin = this.#pins.get(name);
    this.#pins.delete(name);
    return pin?.buffer;
  }

  forget(name: Name): void {
    this.#pins.get(name)?.fill(0);
    this.#pins.delete(name);
  }

  clear(): void {
    for (const name of this.#pins.keys()) this.forget(name);
  }
}
