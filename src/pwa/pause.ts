// How long to wait before something that failed is tried again. Pure.

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Milliseconds after that many failures in a row, counted from 0: a second, doubled each time, a minute at most; of that between half
 * and all, so that many devices do not come back at once. `random`: at least 0 and less than 1.
 */
export const pauseAfter = (failures: number, random: () => number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + random() / 2);
