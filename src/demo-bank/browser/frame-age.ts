// How old a QR code may be on the screen. An old one is refused by the service; and whoever films this page should have nothing that
// still works when the film is shown to somebody else. Pure: the clock is an argument.

/** Milliseconds between two codes. */
export const FRAME_EVERY = 1_000;
/** Milliseconds between two looks at the clock. */
export const LOOK_EVERY = 250;
/** Milliseconds after which no code is seen any more. */
export const OLDEST_FRAME = 3_000;

/**
 * Whether the code may stay until the next look. `askedAt`, `now`: milliseconds of the same wall clock, which alone goes on while a
 * device sleeps; the code was drawn after `askedAt`. A clock that was put back tells nothing: the code goes.
 */
export const mayStay = (askedAt: number, now: number): boolean => now >= askedAt && now + LOOK_EVERY < askedAt + OLDEST_FRAME;
