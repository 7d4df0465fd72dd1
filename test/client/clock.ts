// A clock that stands still until somebody sleeps: then it is later at once.
import type { Clock } from "../../src/client/index.ts";

export class TestClock implements Clock {
  time: number;
  /** Milliseconds of each sleep. */
  readonly slept: number[] = [];

  constructor(time: number) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.slept.push(milliseconds);
    this.time += milliseconds;
  }
}
