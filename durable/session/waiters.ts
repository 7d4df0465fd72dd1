// The long polls that wait for one session, in memory: whoever is lost with an evicted object asks again and reads the storage.

/** `setTimeout` beyond this many milliseconds fires at once. */
const LONGEST_TIMER = 0x7fff_ffff;

export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next `wake`, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(timeoutMs, 0), LONGEST_TIMER));
      this.#waiting.add(done);
    });
  }

  wake(): void {
    for (const done of this.#waiting) done();
  }
}
