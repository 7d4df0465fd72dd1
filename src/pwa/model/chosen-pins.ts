// The PINs of an enrolment, from the moment they are chosen until the key worker takes them. Nowhere else, never written down: after a
// reload they are chosen again.
import type { Purpose } from "../../account/purpose.ts";
import { equalBytes } from "../../protocol/encoding.ts";

export class ChosenPins {
  readonly #pins: Partial<Record<Purpose, Uint8Array<ArrayBuffer>>> = {};

  set(purpose: Purpose, pin: Uint8Array<ArrayBuffer>): void {
    this.#pins[purpose]?.fill(0);
    this.#pins[purpose] = pin;
  }

  matches(purpose: Purpose, repeated: Uint8Array): boolean {
    const chosen = this.#pins[purpose];
    return chosen !== undefined && equalBytes(chosen, repeated);
  }

  /** For a check; the key worker overwrites it. */
  copyOf(purpose: Purpose): ArrayBuffer | undefined {
    return this.#pins[purpose]?.slice().buffer;
  }

  /** Both, once: here they are gone. Undefined where one was not chosen. */
  take(): Readonly<Record<Purpose, ArrayBuffer>> | undefined {
    const { auth, sign } = this.#pins;
    if (auth === undefined || sign === undefined) return undefined;
    delete this.#pins.auth;
    delete this.#pins.sign;
    return { auth: auth.buffer, sign: sign.buffer };
  }

  clear(): void {
    for (const pin of Object.values(this.#pins)) pin.fill(0);
    delete this.#pins.auth;
    delete this.#pins.sign;
  }
}
