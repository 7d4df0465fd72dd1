// When an object tries again what did not work: the first repetition soon, each further one after twice as long. In memory only: whoever
// forgot it tries sooner.

const DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 600_000;

export class RetryTime {
  /** Tries that failed in a row. */
  #failures = 0;
  #at: number | undefined;

  /** When something that waits is to be tried again. Milliseconds since the epoch, as all times here. */
  at(now: number): number {
    return (this.#at ??= now + DELAY_MS);
  }

  /** Something new is to be done, and is being tried now. */
  soon(now: number): void {
    this.#at = Math.min(this.at(now), now + DELAY_MS);
  }

  /** Gives the time of the next try. */
  failed(now: number): number {
    this.#at = now + Math.min(DELAY_MS * 2 ** this.#failures++, LONGEST_DELAY_MS);
    return this.#at;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#at = undefined;
  }
}
