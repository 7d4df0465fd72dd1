// The time that is left: in words, once for the page as it is sent and once a second for its script; and when waiting ends. Pure.

/** `1:05 left`; seconds, whole and not negative. */
export const remainingText = (seconds: number): string =>
  seconds === 0 ? "Time is up" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;

/** What the script of a waiting page knows after it has asked. `woken`: nothing, the device slept. */
export type Progress = "running" | "confirmed" | "over" | "trouble" | "woken";

/**
 * Whether the page goes on to what comes next. Trouble that outlasts the person's time is not waited out: the next page says what it is.
 * `end`, `now`: milliseconds of the same clock.
 */
export const goesOn = (progress: Progress, end: number, now: number): boolean =>
  progress === "over" || (progress === "trouble" && now >= end);
