// How old a QR code may be on the screen. An old one is refused by the service; and whoever films this page should have nothing that
// still works when the film is shown to somebody else. Pure: the clock is an argument.

/** Milliseconds between two codes. */
export const FRAME_EVERY = 1_000;
/** Milliseconds between two looks at the clock. */
export const LOOK_EVERY = 250;
/** Milliseconds after which no code is seen any more: since the second began that stands in it. */
export const OLDEST_FRAME = 3_000;
/** Milliseconds into the next code's second: who asks on the stroke may get the one of before. */
const SLACK = 50;

/**
 * When a code's second began, at the earliest, by the clock of the browser: it was drawn after `askedAt`, and `age` milliseconds
 * of its second were over by then. What is no such age counts as a whole second.
 */
export const madeAt = (askedAt: number, age: unknown): number =>
  askedAt - (typeof age === "number" && age >= 0 && age < FRAME_EVERY ? age : FRAME_EVERY);

/**
 * Whether the code may stay until the next look. `made`, `now`: milliseconds of the same wall clock, which alone goes on while a
 * device sleeps. A clock that was put back tells nothing: the code goes.
 */
export const mayStay = (made: number, now: number): boolean => now >= made && now + LOOK_EVERY < made + OLDEST_FRAME;

/** Milliseconds until the next code is asked for. A clock that was put back, by minutes perhaps, makes nobody wait for it. */
export const untilNext = (made: number, now: number): number =>
  Math.min(Math.max(0, made + FRAME_EVERY + SLACK - now), FRAME_EVERY + SLACK);
