// The time that is left, in words: once for the page as it is sent, and once a second for its script.

/** `1:05 left`; seconds, whole and not negative. */
export const remainingText = (seconds: number): string =>
  seconds === 0 ? "Time is up" : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
