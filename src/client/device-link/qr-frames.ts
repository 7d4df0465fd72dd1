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
 * session's three minutes or with the signal.
 */
export async function* qrFrames(
  started: StartedDeviceLink,
  { signal, clock = systemClock, ...options }: QrFramesOptions = {},
): AsyncGenerator<QrFrame, void, undefined> {
  const end = started.receivedAt + SESSION_MILLISECONDS;
  let next = started.receivedAt;
  for (;;) {
    for (let now = clock.now(); now < next; now = clock.now()) {
      if (signal?.aborted === true) return;
      await clock.sleep(next - now, signal);
    }
    const now = clock.now();
    if (signal?.aborted === true || now >= end) return;
    const seconds = elapsedSeconds(started, now);
    const made = started.receivedAt + seconds * 1000;
    next = made + 1000;
    const link = await qrLink(started, now, options);
    yield { link, elapsedSeconds: seconds, staleAt: made + STALE_AFTER_MILLISECONDS };
  }
}
