// A QR code for each second that somebody looks at the page.
import { type Clock, systemClock } from "../clock.ts";
import { SESSION_MILLISECONDS, type StartedDeviceLink } from "../session/started.ts";
import { elapsedSeconds, type LinkOptions, qrLink } from "./link.ts";

export interface QrFrame {
  readonly link: string;
  /** Whole seconds since the session was started. */
  readonly elapsedSeconds: number;
  /** When it must be gone from the page: milliseconds since the epoch. */
  readonly staleAt: number;
}

export interface QrFramesOptions extends LinkOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A code that was photographed and sent on is soon worth nothing. */
const STALE_AFTER_MILLISECONDS = 3000;

/**
 * One link each second, made when it is asked for: a slow consumer gets the one of now, and never one that waited. Ends with the
 * session's three minutes or with the signal. Where the clock is set back, it goes on from where it was.
 */
export async function* qrFrames(
  started: StartedDeviceLink,
  { signal, clock = systemClock, ...options }: QrFramesOptions = {},
): AsyncGenerator<QrFrame, void, undefined> {
  const end = started.receivedAt + SESSION_MILLISECONDS;
  const forward = new ForwardClock(clock, started.receivedAt);
  let next = started.receivedAt;
  for (;;) {
    for (let now = forward.now(); now < next; now = forward.now()) {
      if (signal?.aborted === true) return;
      await clock.sleep(next - now, signal);
    }
    const now = forward.now();
    if (signal?.aborted === true || now >= end) return;
    const seconds = elapsedSeconds(started, now);
    const made = started.receivedAt + seconds * 1000;
    next = made + 1000;
    const link = await qrLink(started, now, options);
    yield { link, elapsedSeconds: seconds, staleAt: made + STALE_AFTER_MILLISECONDS - forward.ahead };
  }
}

/** Never earlier than it was: otherwise there would be no code until the clock is where it was, or one that counts anew. */
class ForwardClock {
  /** Milliseconds that it is ahead of the clock; none again once that is where it was. */
  ahead = 0;
  readonly #clock: Clock;
  #latest: number;

  constructor(clock: Clock, latest: number) {
    this.#clock = clock;
    this.#latest = latest;
  }

  now(): number {
    const now = this.#clock.now();
    this.ahead = now >= this.#latest ? 0 : Math.max(this.ahead, this.#latest - now);
    this.#latest = now + this.ahead;
    return this.#latest;
  }
}
