// When an object tries again what did not work: the first repetition soon, each further one after twice as long. In memory only: whoever
// forgot it tries sooner.

const DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 600_000;

export class RetryTime {
  /** Tries that failed in a row. */
  #failures = 0;
  /** Of what failed. */
  #at: number | undefined;
  /** Of what is tried for the first time: it comes and goes without a change to when the rest is tried again. */
  #soon: number | undefined;

  /** When something that waits is to be tried again. Milliseconds since the epoch, as all times here. */
  at(now: number): number {
    if (this.#soon === undefined) return (this.#at ??= now + DELAY_MS);
    return Math.min(this.#soon, this.#at ?? this.#soon);
  }

  /** Something new is to be done, and is being tried now. */
  soon(now: number): void {
    this.#soon ??= now + DELAY_MS;
  }

  /** What was new is done; what failed before still waits. */
  newIsDone(): void {
    this.#soon = undefined;
  }

  /** Gives the time of the next try. */
  failed(now: number): number {
    this.#soon = undefined;
    this.#at = now + Math.min(DELAY_MS * 2 ** this.#failures++, LONGEST_DELAY_MS);
    return this.#at;
  }

  /** Nothing waits. */
  succeeded(): void {
    this.#failures = 0;
    this.#at = undefined;
    this.#soon = undefined;
  }
}
